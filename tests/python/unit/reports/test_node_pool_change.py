from __future__ import annotations

import pytest

from gke_clusters.errors import PodsRemain
from gke_clusters.reports.checklist import Outcome, Step
from gke_clusters.reports.node_pool_change import PoolChange, PoolState, render_pool_change

STATE = PoolState("RUNNING", "n2-standard-4", (("a", 2), ("b", 2)), ("a", "b"), 1, 5)


def test_a_page_full_of_markup_is_valid_and_escaped(require_valid, hostile):
    state = PoolState(hostile, hostile, ((hostile, 1), (hostile, 2)), (hostile,), 1, 5, in_total=True)
    failure = PodsRemain(hostile, resource=hostile, verbatim=hostile, remedy=hostile)
    steps = [Step(hostile, Outcome.CHANGED, (hostile,)), Step.failed(hostile, failure)]

    for before, after in ((state, state), (None, state), (state, None)):
        page = render_pool_change(hostile, steps, PoolChange(hostile, before, after), [hostile])
        require_valid(page)
        assert "49" not in page


def test_a_page_without_a_pool_shows_none(require_valid):
    page = render_pool_change("T", [Step("S", Outcome.DONE)], None)

    require_valid(page)
    assert "Before" not in page


def test_a_preview_says_what_would_be():
    assert "Would be" in render_pool_change("T", [], PoolChange("p", STATE, STATE), preview=True)
    assert "Would be" not in render_pool_change("T", [], PoolChange("p", STATE, STATE))


@pytest.mark.parametrize(
    ("state", "total", "per_zone"),
    [
        (STATE, 4, 2),
        (PoolState(nodes=(("a", 2), ("b", 1))), 3, None),
        (PoolState(nodes=(("a", 0),)), 0, 0),
        (PoolState(), None, None),
    ],
)
def test_adds_up_the_nodes_of_all_zones(state, total, per_zone):
    assert (state.total, state.per_zone) == (total, per_zone)


def test_what_is_not_known_is_said_so():
    page = render_pool_change("T", [], PoolChange("p", PoolState(), None))

    assert "not known" in page
    assert "GKE’s default" in page
