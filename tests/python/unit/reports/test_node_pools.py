from __future__ import annotations

import re

from gke_clusters.errors import AccessDenied
from gke_clusters.reports.diagnosis import Advice, Tone
from gke_clusters.reports.node_pools import Inspection, PoolView, PoolZone, Share, Unlearned, render_inspection, total


def zone(name="z-a", wanted=2, actual=2, ready=2, pods=5, cpu=(1.0, 4.0)):
    return PoolZone(name, wanted, actual, ready, pods, (Share("CPU", *cpu, "cores"), Share("Memory", None, 8.0, "GiB")))


def pool(name, tone=Tone.GOOD, **fields):
    return PoolView(name, "RUNNING", tone, **{"zones": (zone(),), **fields})


def page_of(*pools, **fields):
    return render_inspection(Inspection("c", Tone.GOOD, "Well.", pools=pools, **fields))


def test_sums_up_zones_and_knows_no_sum_of_what_is_not_known():
    whole = total("All", [zone(), zone(cpu=(2.0, 4.0), pods=None)])

    assert (whole.wanted, whole.actual, whole.ready, whole.pods) == (4, 4, 4, None)
    assert whole.shares == (Share("CPU", 3.0, 8.0, "cores"), Share("Memory", None, 16.0, "GiB"))
    assert whole.shares[0].words == "3 of 8 cores"
    assert Share("GPU", 1, None).words == "1 of ?"
    assert Share("Memory", 0.04, 1234.5, "GiB").words == "0 of 1,234 GiB"


def test_a_share_of_nothing_is_not_known():
    assert [Share("GPU", 0.0, 0.0).part, Share("GPU", None, 2.0).part, Share("GPU", 1.0, None).part] == [None] * 3
    assert Share("CPU", 3.6, 4.0).is_full
    assert not Share("CPU", 3.0, 4.0).is_full


def test_a_bar_has_its_figure_in_words(require_valid):
    page = page_of(pool("cpu", zones=(zone(cpu=(6.0, 4.0)),)))

    require_valid(page)
    assert 'aria-label="CPU: 150 % requested"' in page
    assert 'width="100" height="10" fill="#d98a00"' in page
    assert "150 %, 6 of 4 cores" in page
    assert "GPU" not in page


def test_gpus_have_a_column_where_there_are_any(require_valid):
    gpu = PoolZone("z-b", 1, 1, 1, 1, (Share("GPU", 1.0, 2.0),))
    page = page_of(pool("cpu"), pool("gpu", zones=(gpu,)))

    require_valid(page)
    assert 'aria-label="GPU: 50 % requested"' in page


def test_of_many_pools_only_those_that_are_troubled_are_unfolded():
    many = [pool(f"p-{number}") for number in range(6)]
    few, more = page_of(*many[:5]), page_of(pool("bad", Tone.WARNING), *many)

    assert few.count("<details open>") == 5
    assert re.findall(r"<details open>\n<summary><strong>([^<]+)", more) == ["bad"]
    assert more.count("<details>") == 6


def test_what_is_not_known_is_no_number(require_valid):
    page = page_of(pool("cpu", zones=(PoolZone("z-a", None, 3, 1, None),)))

    require_valid(page)
    assert '<td class="number">?</td>\n<td class="number">3</td>' in page
    assert '<span class="badge warning">1</span>' in page


def test_every_name_is_escaped(hostile, require_valid):
    failure = AccessDenied(hostile, resource=hostile, verbatim=hostile)
    advice = (Advice(Tone.WARNING, hostile, hostile),)
    view = PoolView(
        hostile,
        hostile,
        Tone.BAD,
        hostile,
        ((hostile, hostile),),
        (PoolZone(hostile, 1, 1, 0, 1, (Share("CPU", 1.0, 2.0, hostile),)),),
        advice,
        (failure,),
        ((hostile, hostile, hostile),),
        3,
    )
    page = render_inspection(
        Inspection(
            hostile, Tone.BAD, hostile, ((hostile, hostile),), (view, view), advice, (Unlearned(hostile, failure),)
        )
    )

    require_valid(page)
    assert page.count("&lt;script&gt;") > 30
    assert "and 3 more" in page


def test_nodes_of_no_pool_and_a_page_without_any_are_valid(require_valid):
    page = page_of(pool("", zones=(zone(""),)))

    require_valid(page)
    require_valid(page_of())
    assert "Nodes of no pool" in page
    assert "(not told)" in page
