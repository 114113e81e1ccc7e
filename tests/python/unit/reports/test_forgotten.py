from __future__ import annotations

import html

import pytest

from gke_clusters.errors import ClusterNotFound
from gke_clusters.reports.checklist import Outcome, Step
from gke_clusters.reports.forgotten import ForgottenClusters, GoneCluster, LostCluster, render_forgotten

STEPS = [Step("GKE clusters of p", Outcome.DONE, ("None.",))]


def lost(**fields):
    known = {
        "name": "us-east1/c",
        "status": "RUNNING",
        "created": "2026-01-01T00:00:00Z",
        "age_seconds": 0.0,
        "nodes": 1,
        "owner": "c",
        "why": "DSS has no cluster c.",
    }
    return LostCluster(**{**known, **fields})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "unknown"),
        (-5, "less than an hour"),
        (3599, "less than an hour"),
        (3600, "1 hour"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (400 * 86400 + 5, "400 days"),
    ],
)
def test_says_the_age_in_hours_and_then_in_days(seconds, said):
    assert lost(age_seconds=seconds).age == said


def test_shows_nothing_but_the_steps_where_nothing_was_found():
    page = render_forgotten(ForgottenClusters(STEPS))

    assert "GKE clusters of p" in page
    assert "<h2>" not in page


def test_shows_each_kind_in_a_table_of_its_own():
    gone = GoneCluster("x", is_gone=True, failure=ClusterNotFound("It is gone."))

    page = render_forgotten(ForgottenClusters(STEPS, (lost(),), (lost(name="us-east1/d"),), (gone,), ("Look.",)))

    places = [
        page.index(words) for words in ("<h2>Forgotten", "us-east1/c", "<h2>In doubt", "us-east1/d", "It is gone")
    ]
    assert places == sorted(places)
    assert "<li>Look.</li>" in page


def test_a_cluster_of_dss_of_which_nothing_is_known_is_not_to_be_marked_as_stopped():
    page = render_forgotten(ForgottenClusters(STEPS, gone=(GoneCluster("x", False, ClusterNotFound("No.")),)))

    assert "not known" in page
    assert "force_stop" not in page


def test_the_way_to_mark_a_cluster_as_stopped_is_a_line_of_python_whatever_its_name():
    gone = GoneCluster("it's", is_gone=True, failure=ClusterNotFound("No."))

    assert 'client.get_cluster("it\'s").stop(terminate=False, force_stop=True)' in html.unescape(
        render_forgotten(ForgottenClusters(STEPS, gone=(gone,)))
    )


def test_is_valid_and_escapes_whatever_comes_from_outside(require_valid, hostile):
    failure = ClusterNotFound(hostile, resource=hostile, verbatim=hostile, remedy=hostile)
    cluster = LostCluster(hostile, hostile, hostile, None, None, hostile, hostile)
    gone = (GoneCluster(hostile, True, failure), GoneCluster(hostile, False, failure))
    steps = [Step(hostile, Outcome.WARNING, (hostile,)), Step.failed(hostile, failure)]

    require_valid(render_forgotten(ForgottenClusters(steps, (cluster,) * 50, (cluster,), gone, (hostile,))))
