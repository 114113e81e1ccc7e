from __future__ import annotations

import pytest

from gke_clusters.errors import GoogleUnavailable, OperationTimeout, PermissionDenied, SettingsError, StateError
from gke_clusters.google.node_pools import Autoscaling
from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.pool_resize import new_limits, resize_node_pool
from gke_clusters.settings.node_pool_macros import parse_resize
from tests.python.unit.lifecycle.node_pools import DSS_CLUSTER, NO_MACHINES, FakeDrainable, FakeGke, outcomes, plain

LOST = GoogleUnavailable("The answer was lost.")
AUTOSCALED = {"autoscaling": {"enabled": True, "min_node_count": 2, "max_node_count": 5}}


class Resizing:
    def __init__(self, world):
        self.world = world
        self.gke = FakeGke(world)
        self.contents = FakeDrainable()

    def __call__(self, number, **fields):
        settings = parse_resize({"clusterId": "my-cluster", "numNodes": number, **fields})
        connect = lambda: self.gke.google  # noqa: E731 - what the macro does as well
        return resize_node_pool(settings, DSS_CLUSTER, connect, self.world.progress, reach=lambda _: self.contents)


@pytest.fixture
def resize(world):
    return Resizing(world)


def test_sets_the_number_of_nodes_in_each_zone_and_says_their_total(resize):
    resize.gke.add("cpu", 1)
    page = resize(3)

    assert resize.gke.asked == ["size cpu 3"]
    assert outcomes(page) == ["changed"]
    assert "3 nodes in each of 2 zones, 6 in total." in plain(page)
    assert "Nodes 2 = 1 in each of 2 zones 6 = 3 in each of 2 zones" in plain(page)
    assert "Next" not in plain(page)


def test_a_second_run_changes_nothing(resize):
    resize.gke.add("cpu", 3)
    page = resize(3)

    assert (resize.gke.asked, outcomes(page)) == ([], ["done"])
    assert "It is so already" in plain(page)


def test_a_preview_changes_nothing(resize):
    resize.gke.add("cpu", 3)
    page = resize(1, preview=True)

    assert (resize.gke.asked, outcomes(page)) == ([], ["would change"])
    assert "Nodes 6 = 3 in each of 2 zones 2 = 1 in each of 2 zones" in plain(page)
    assert "1 node in each of 2 zones, 2 in total." in plain(page)


def test_zero_leaves_a_pool_without_nodes(resize):
    resize.gke.add("cpu", 3)
    page = resize(0)

    assert (resize.gke.asked, outcomes(page)) == (["size cpu 0"], ["changed"])
    assert "GKE chooses the nodes that go." in plain(page)
    assert "The autoscaler adds nodes" not in plain(page)


def test_a_pool_of_which_zones_differ_is_set_and_shown_zone_by_zone(resize):
    resize.gke.add("cpu", 3)
    resize.world.compute.sizes["cpu-europe-west1-b"] = 2
    page = plain(resize(3))

    assert resize.gke.asked == ["size cpu 3"]
    assert "Nodes 5 = 2 in europe-west1-b + 3 in europe-west1-c 6 = 3 in each of 2 zones" in page


def test_a_pool_that_lacks_nodes_is_asked_for_them_again(resize):
    resize.gke.add("cpu", 3, status="RUNNING_WITH_ERROR")

    assert outcomes(resize(3)) == ["changed"]
    assert resize.gke.asked == ["size cpu 3"]


def test_without_the_right_to_see_the_number_it_is_set_all_the_same(resize):
    resize.gke.add("cpu", 3)

    def refuse(_):
        raise PermissionDenied("lacks compute.instanceGroupManagers.get")

    resize.world.compute.instance_group_size = refuse
    page = resize(3)

    assert resize.gke.asked == ["size cpu 3"]
    assert "Nodes not known not known" in plain(page)


def test_a_pool_without_groups_yet_has_a_number_that_is_not_known(resize):
    resize.gke.add("cpu", instance_group_urls=[], locations=[])
    page = plain(resize(1, preview=True))

    assert "Nodes not known 1 = 1 in each of 1 zone " in page
    assert "1 node in each of 1 zone, 1 in total." in page


def test_names_the_pools_where_the_one_is_not_there_or_none_is_named(resize):
    resize.gke.add("cpu")
    resize.gke.add("gpu")
    with pytest.raises(SettingsError, match=r"tpu is not in the cluster; there are: cpu, gpu"):
        resize(1, nodePoolId="tpu")
    with pytest.raises(SettingsError, match=r"is required: the cluster has several node pools: cpu, gpu"):
        resize(1)


def test_a_cluster_without_any_pool_has_none_to_resize(resize):
    with pytest.raises(SettingsError, match="has no node pool"):
        resize(1)
    with pytest.raises(SettingsError, match="there are: none"):
        resize(1, nodePoolId="cpu")


@pytest.mark.parametrize("field", ["minNumNodes", "maxNumNodes"])
def test_limits_of_a_pool_that_is_not_autoscaled_are_refused(resize, field):
    resize.gke.add("cpu")
    with pytest.raises(SettingsError, match="cpu is not autoscaled, so it has no limits: leave it empty"):
        resize(3, **{field: 3})

    assert resize.gke.asked == []


def test_an_autoscaled_pool_gets_limits_that_allow_the_number_and_no_number(resize):
    resize.gke.add("cpu", 3, **AUTOSCALED)
    page = resize(8)

    assert resize.gke.asked == ["limits cpu 2 8"]
    assert outcomes(page) == ["changed", "skipped"]
    assert "2 to 8 nodes in each zone; before: 2 to 5 nodes in each zone." in plain(page)
    assert "would undo one that is set by hand" in plain(page)
    assert "Autoscaling 2 to 5 nodes in each zone 2 to 8 nodes in each zone" in plain(page)


def test_a_number_within_the_limits_changes_nothing_of_an_autoscaled_pool(resize):
    resize.gke.add("cpu", 3, **AUTOSCALED)
    page = resize(4)

    assert (resize.gke.asked, outcomes(page)) == ([], ["done", "skipped"])
    assert "To have at least 4 nodes in each zone, make that the minimum." in plain(page)


def test_a_preview_shows_the_limits_that_would_be(resize):
    resize.gke.add("cpu", 3, **AUTOSCALED)
    page = resize(6, minNumNodes=6, maxNumNodes=9, preview=True)

    assert (resize.gke.asked, outcomes(page)) == ([], ["would change", "skipped"])
    assert "Autoscaling 2 to 5 nodes in each zone 6 to 9 nodes in each zone" in plain(page)
    assert "Nodes 6 = 3 in each of 2 zones 6 = 3 in each of 2 zones" in plain(page)


def test_an_autoscaled_pool_is_emptied_at_zero_and_filled_again_by_need(resize):
    resize.gke.add("cpu", 3, **AUTOSCALED)
    page = resize(0)

    assert resize.gke.asked == ["limits cpu 0 5", "size cpu 0"]
    assert outcomes(page) == ["changed", "changed"]
    assert "The autoscaler adds nodes again as soon as pods wait for this node pool." in plain(page)


def test_limits_of_all_zones_together_stay_so(resize):
    limits = {"enabled": True, "total_min_node_count": 2, "total_max_node_count": 4, "location_policy": "ANY"}
    resize.gke.add("cpu", 1, autoscaling=limits)
    page = plain(resize(3))

    assert resize.gke.asked == ["limits cpu 2 6"]
    assert "2 to 6 nodes in all zones together; before: 2 to 4 nodes in all zones together." in page


@pytest.mark.parametrize(
    ("now", "fields", "expected"),
    [
        ((2, 5), {"numNodes": 2}, (2, 5)),
        ((2, 5), {"numNodes": 5}, (2, 5)),
        ((2, 5), {"numNodes": 1}, (1, 5)),
        ((2, 5), {"numNodes": 6}, (2, 6)),
        ((2, 5), {"numNodes": 7, "minNumNodes": 7}, (7, 7)),
        ((2, 5), {"numNodes": 3, "minNumNodes": 3}, (3, 5)),
        ((2, 5), {"numNodes": 1, "maxNumNodes": 1}, (1, 1)),
        ((2, 5), {"numNodes": 3, "maxNumNodes": 3}, (2, 3)),
        ((2, 5), {"numNodes": 0, "maxNumNodes": 9}, (0, 9)),
        ((2, 5), {"numNodes": 4, "minNumNodes": 3, "maxNumNodes": 8}, (3, 8)),
    ],
)
def test_limits_are_those_given_or_moved_for_the_number(now, fields, expected):
    settings = parse_resize({"clusterId": "c", **fields})

    assert new_limits(Autoscaling(*now), 2, settings) == Autoscaling(*expected)
    total = Autoscaling(now[0] * 2, now[1] * 2, in_total=True, location_policy="ANY")
    wanted = Autoscaling(expected[0] * 2, expected[1] * 2, in_total=True, location_policy="ANY")
    assert new_limits(total, 2, settings) == wanted


def test_a_lost_answer_is_not_asked_for_again_where_the_operation_is_found(resize):
    resize.gke.add("cpu", 1)
    resize.gke.begin("SET_NODE_POOL_SIZE", "cpu")
    resize.gke.faults = [("after", LOST)]

    assert outcomes(resize(3)) == ["changed"]
    assert resize.gke.asked == ["size cpu 3"]


def test_a_lost_answer_is_judged_by_its_operation_though_it_is_over_by_then(resize):
    gke = resize.gke
    gke.add("cpu", 1)
    gke.faults = [("after", LOST)]
    gke.endings = [((Condition("ABORTED", "The operation was aborted."),), "RUNNING")]
    gke.meanwhile = [lambda: None, lambda: None, lambda: gke._end(gke.operations[0].name)]
    page = resize(3)

    assert outcomes(page) == ["failed"]
    assert "The operation was aborted." in plain(page)
    assert gke.asked == ["size cpu 3"]


def test_nodes_that_do_not_come_up_fail_the_resize_and_say_why(resize):
    resize.gke.add("cpu", 1)
    resize.gke.endings = [((NO_MACHINES,), "RUNNING_WITH_ERROR")]
    page = resize(3)

    assert outcomes(page) == ["failed"]
    assert "The node pool cpu does not have all its nodes." in plain(page)
    assert "The nodes that are up are there and billed." in plain(page)
    assert "Status RUNNING RUNNING_WITH_ERROR" in plain(page)


def test_an_autoscaled_pool_that_lacks_machines_is_emptied_in_one_run(resize):
    resize.gke.add("cpu", 3, status="RUNNING_WITH_ERROR", **AUTOSCALED)
    page = resize(0)

    assert resize.gke.asked == ["limits cpu 0 5", "size cpu 0"]
    assert outcomes(page) == ["changed", "changed"]


def test_a_failed_change_of_the_limits_leaves_the_number_alone(resize):
    resize.gke.add("cpu", 3, **AUTOSCALED)
    resize.gke.faults = [("before", PermissionDenied("lacks container.clusters.update"))]
    page = resize(0)

    assert outcomes(page) == ["failed", "skipped"]
    assert resize.gke.asked == ["limits cpu 0 5"]


@pytest.mark.parametrize("fields", [{}, AUTOSCALED])
def test_a_pool_that_vanishes_meanwhile_is_said(resize, fields):
    gke = resize.gke
    gke.add("cpu", 1, **fields)
    gke.add("other", 1)
    gke.meanwhile = [lambda: None, lambda: gke.remove("cpu")]
    page = resize(8, nodePoolId="cpu")

    assert (gke.asked, outcomes(page)[0]) == ([], "failed")
    assert "The node pool cpu is gone: somebody else deleted it meanwhile." in plain(page)


def test_limits_that_somebody_else_sets_meanwhile_are_not_set_again(resize):
    gke = resize.gke
    gke.add("cpu", 3, **AUTOSCALED)

    def set_by_somebody():
        gke.pool("cpu").autoscaling.max_node_count = 8

    gke.meanwhile = [lambda: None, set_by_somebody]

    assert outcomes(resize(8)) == ["changed", "skipped"]
    assert gke.asked == []


def test_autoscaling_that_somebody_else_ends_meanwhile_stays_off(resize):
    gke = resize.gke
    gke.add("cpu", 3, **AUTOSCALED)

    def end():
        gke.pool("cpu").autoscaling.enabled = False

    gke.meanwhile = [lambda: None, end]

    assert outcomes(resize(8)) == ["failed", "skipped"]
    assert gke.asked == []


def test_deletes_at_zero_where_that_is_ticked_and_only_there(resize):
    resize.gke.add("cpu", 1)
    resize.gke.add("gpu", 1)
    assert outcomes(resize(1, nodePoolId="gpu", deleteAtZero=True)) == ["done"]
    page = resize(0, nodePoolId="gpu", deleteAtZero=True)

    assert resize.gke.asked == ["delete gpu"]
    assert outcomes(page) == ["done", "changed"]
    assert "Delete the node pool gpu of my-cluster" in plain(page)


def test_the_last_pool_is_not_deleted_at_zero(resize):
    resize.gke.add("cpu", 1)
    with pytest.raises(StateError, match="cpu is the only node pool of my-cluster"):
        resize(0, deleteAtZero=True)


def test_a_resize_that_is_still_running_at_the_deadline_is_followed_by_the_next_run(resize):
    resize.gke.add("cpu", 1)
    resize.gke.stuck = True
    page = plain(resize(3))

    assert "SET_NODE_POOL_SIZE of my-cluster is not over after 60 minutes." in page
    assert OperationTimeout.advice not in page
