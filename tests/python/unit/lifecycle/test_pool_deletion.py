from __future__ import annotations

from dataclasses import replace

import pytest
from google.cloud import container_v1

from gke_clusters.errors import (
    AccessDenied,
    ControlPlaneUnreachable,
    GkeClustersError,
    GoogleError,
    GoogleUnavailable,
    PodsRemain,
    SettingsError,
    StateError,
)
from gke_clusters.google.operations import Condition
from gke_clusters.kube.draining import NodeDrainer
from gke_clusters.lifecycle import pool_deletion
from gke_clusters.lifecycle.pool_deletion import delete_node_pool, reach_drainer
from gke_clusters.settings.node_pool_macros import parse_delete
from tests.python.unit.lifecycle.node_pools import DSS_CLUSTER, FakeDrainable, FakeGke, outcomes, plain

BUDGET = "Cannot evict pod as it would violate the pod's disruption budget."
UNREACHABLE = ControlPlaneUnreachable("The Kubernetes API server did not answer in time.")


class Deleting:
    def __init__(self, world):
        self.world = world
        self.gke = FakeGke(world)
        self.gke.add("cpu", 1)
        self.gke.add("gpu", 1)
        self.contents = FakeDrainable()
        self.contents.node("cpu")
        self.contents.node("gpu")

    def __call__(self, pool="gpu", **fields):
        settings = parse_delete({"clusterId": "my-cluster", "nodePoolId": pool, **fields})
        connect = lambda: self.gke.google  # noqa: E731 - what the macro does as well
        return delete_node_pool(settings, DSS_CLUSTER, connect, self.world.progress, reach=lambda _: self.contents)


@pytest.fixture
def delete(world):
    return Deleting(world)


def test_drains_a_pool_then_deletes_it(delete):
    delete.contents.pod("job", "gpu-1")
    delete.contents.pod("web", "gpu-1", owner="ReplicaSet web-1")
    delete.contents.pod("elsewhere", "cpu-1")
    delete.contents.pod("agent", "gpu-1", stays=True)
    page = delete()

    assert delete.contents.told == ["cordon gpu-1", "evict job", "evict web"]
    assert delete.gke.asked == ["delete gpu"]
    assert outcomes(page) == ["changed", "changed"]
    assert "2 pods were evicted: dss/job, which nothing makes again" in plain(page)
    assert "dss/web, which ReplicaSet web-1 makes again" in plain(page)
    assert "Nodes 2 = 1 in each of 2 zones none" in plain(page)
    assert delete.world.percents[-1] == 100


def test_a_pool_without_pods_needs_no_drain(delete):
    page = delete()

    assert outcomes(page) == ["done", "changed"]
    assert "There are no pods on it that have to move." in plain(page)


def test_a_second_run_finds_nothing_to_delete_and_names_the_pools_that_there_are(delete):
    delete()
    page = delete()

    assert (delete.gke.asked, outcomes(page)) == (["delete gpu"], ["done"])
    assert "There is no node pool gpu in the cluster, so nothing was deleted; there are: cpu" in plain(page)
    delete.gke.remove("cpu")
    assert "there are: none" in plain(delete())


def test_a_preview_changes_nothing(delete):
    assert outcomes(delete(preview=True)) == ["done", "would change"]
    delete.contents.pod("job", "gpu-1")
    page = delete(preview=True)

    assert outcomes(page) == ["would change", "would change"]
    assert "1 pods would be evicted: dss/job" in plain(page)
    assert (delete.contents.told, delete.gke.asked) == ([], [])
    assert "Would be" in plain(page)


def test_names_the_first_of_very_many_pods(delete):
    for number in range(25):
        delete.contents.pod(f"job-{number}", "gpu-1")
    page = plain(delete(preview=True))

    assert "dss/job-19" in page
    assert "dss/job-20" not in page
    assert "and 5 more" in page


def test_the_only_pool_is_never_deleted(delete):
    delete.gke.pool("cpu").status = "STOPPING"
    with pytest.raises(StateError, match="gpu is the only node pool of my-cluster: without nodes nothing runs there"):
        delete()
    delete.gke.remove("cpu")
    with pytest.raises(StateError):
        delete(pool="")


def test_without_a_name_the_pools_are_listed(delete):
    with pytest.raises(SettingsError, match="several node pools: cpu, gpu"):
        delete(pool="")


@pytest.mark.parametrize("node", ["gpu-1", ""])
def test_the_last_pool_that_pods_can_run_on_is_kept(delete, node):
    delete.contents.pod("job", node, selector={"cloud.google.com/gke-nodepool": "gpu"})
    with pytest.raises(PodsRemain) as refused:
        delete()

    assert refused.value.cause.startswith("1 pods need the node pool gpu")
    assert refused.value.verbatim == "dss/job, which nothing makes again"
    assert (delete.contents.told, delete.gke.asked) == ([], [])


@pytest.mark.parametrize(
    "fields",
    [
        {"namespace": "kube-system"},
        {"namespace": "gmp-system"},
        {"going": True},
        {"stays": True},
        {"node": "", "stays": True},
    ],
)
def test_pods_that_are_no_work_of_dss_keep_no_pool(delete, fields):
    kept = {"node": "gpu-1", "selector": {"cloud.google.com/gke-nodepool": "gpu"}, **fields}
    delete.contents.pod("job", **kept)

    assert outcomes(delete())[-1] == "changed"


def test_a_waiting_pod_that_this_pool_would_not_take_either_keeps_it_not(delete):
    delete.contents.pod("job", "", selector={"no": "such"})

    assert outcomes(delete()) == ["done", "changed"]


def test_pods_may_go_to_a_pool_that_has_no_nodes_yet_and_is_autoscaled(delete):
    delete.gke.add("spare", 0, autoscaling={"enabled": True, "max_node_count": 3}, config={"labels": {"kind": "big"}})
    delete.contents.pod("job", "gpu-1", selector={"kind": "big"})

    assert outcomes(delete()) == ["changed", "changed"]


def test_pods_may_not_go_to_cordoned_nodes(delete):
    delete.contents.nodes_there.clear()
    delete.contents.node("gpu")
    delete.contents.node("cpu", schedulable=False)
    delete.contents.pod("job", "gpu-1")
    with pytest.raises(PodsRemain):
        delete()


def test_a_budget_is_waited_for(delete):
    delete.contents.pod("web", "gpu-1")
    delete.contents.held["web"] = [BUDGET, BUDGET]
    page = delete()

    assert outcomes(page) == ["changed", "changed"]
    assert delete.contents.told == ["cordon gpu-1", "evict web"]
    assert 0 < delete.world.now < 60


def test_a_budget_that_never_gives_in_keeps_the_pool_and_its_nodes_in_use(delete):
    delete.contents.node("gpu", 2, schedulable=False)
    delete.contents.pod("web", "gpu-1")
    for number in range(25):
        delete.contents.pod(f"w-{number}", "gpu-2")
        delete.contents.held[f"w-{number}"] = [BUDGET] * 1000
    delete.contents.held["web"] = [BUDGET] * 1000
    page = delete(drainMinutes=2)

    assert outcomes(page) == ["failed", "skipped"]
    assert delete.gke.asked == []
    assert "26 pods are still on the node pool gpu after 2 minutes" in plain(page)
    assert f"dss/web: {BUDGET}" in plain(page)
    assert "and 6 more" in plain(page)
    # One that took none before takes none afterwards.
    assert delete.contents.told == ["cordon gpu-1", "uncordon gpu-1"]
    assert 120 <= delete.world.now < 150


def test_a_pod_that_takes_its_time_is_said_so(delete):
    delete.contents.pods = lambda: (pod,)
    pod = delete.contents.pod("slow", "gpu-1", going=True)
    page = plain(delete(drainMinutes=1))

    assert "dss/slow: it is ending and takes its time" in page


def test_a_pod_that_is_going_keeps_no_other_from_being_evicted(delete):
    pods = delete.contents.pods
    slow = replace(delete.contents.pod("slow"), node="gpu-1", going=True)
    delete.contents.pod("web", "gpu-1")
    delete.contents.pods = lambda: (slow, *pods())
    delete(drainMinutes=1)

    assert "evict web" in delete.contents.told


@pytest.mark.parametrize(("number", "more"), [(20, None), (21, "and 1 more")])
def test_of_the_pods_that_remain_twenty_are_named(delete, number, more):
    for each in range(number):
        delete.contents.pod(f"job-{each}", "gpu-1")
        delete.contents.held[f"job-{each}"] = [BUDGET] * 1000
    planned = plain(delete(preview=True))
    page = plain(delete(drainMinutes=1))

    for text in (planned, page):
        assert "dss/job-19" in text
        assert "dss/job-20" not in text
        assert ("and 1 more" in text, "and 0 more" in text) == (more is not None, False)


def test_nodes_that_come_during_the_drain_take_no_pods_either(delete):
    delete.contents.pod("web", "gpu-1")
    delete.contents.held["web"] = [BUDGET]
    evict = delete.contents.evict

    def evict_and_scale_up(pod):
        if len(delete.contents.nodes_there) == 2:
            delete.contents.node("gpu", 2)
        return evict(pod)

    delete.contents.evict = evict_and_scale_up
    delete()

    assert "cordon gpu-2" in delete.contents.told


@pytest.fixture
def autoscaled(delete):
    """One whose pool gpu is autoscaled and has a pod."""
    limits = container_v1.NodePoolAutoscaling(enabled=True, max_node_count=3)
    delete.gke.pool("gpu").autoscaling = limits
    delete.contents.pod("web", "gpu-1")
    return delete


def test_the_autoscaler_adds_no_nodes_for_the_pods_that_are_evicted(autoscaled):
    page = autoscaled()

    assert autoscaled.gke.asked == ["no autoscaler gpu", "delete gpu"]
    assert outcomes(page) == ["changed", "changed", "changed"]
    assert "It would add nodes for the very pods that are evicted." in plain(page)


def test_the_autoscaler_of_a_pool_without_pods_is_left_alone(autoscaled):
    autoscaled.contents.pods_there.clear()
    autoscaled()
    assert autoscaled.gke.asked == ["delete gpu"]


def test_the_autoscaler_is_left_alone_where_no_drain_is_asked_for(autoscaled):
    autoscaled(drainMinutes=0)
    assert autoscaled.gke.asked == ["delete gpu"]


def test_a_preview_says_that_the_autoscaler_would_be_switched_off(autoscaled):
    page = autoscaled(preview=True)

    assert outcomes(page) == ["would change", "would change", "would change"]
    assert "It would be switched off before the pods are evicted." in plain(page)
    assert autoscaled.gke.asked == []


def test_a_drain_that_fails_gives_the_autoscaler_its_limits_back(autoscaled):
    autoscaled.contents.held["web"] = [BUDGET] * 1000
    page = autoscaled(drainMinutes=1)

    assert autoscaled.gke.asked == ["no autoscaler gpu", "limits gpu 0 3"]
    assert outcomes(page) == ["changed", "failed", "skipped", "changed"]
    assert "Switch the autoscaler of gpu on again" in plain(page)
    assert "It has the limits that it had before." in plain(page)


@pytest.mark.parametrize(
    ("in_total", "options"), [(False, "--min-nodes 0 --max"), (True, "--total-min-nodes 0 --total-max")]
)
def test_limits_that_cannot_be_given_back_are_told_with_the_command(autoscaled, in_total, options):
    if in_total:
        limits = container_v1.NodePoolAutoscaling(enabled=True, total_max_node_count=3)
        autoscaled.gke.pool("gpu").autoscaling = limits
    autoscaled.contents.held["web"] = [BUDGET] * 1000
    autoscaled.gke.endings = [((), ""), ((Condition("", "Internal error."),), "")]
    page = autoscaled(drainMinutes=1)

    assert outcomes(page) == ["changed", "failed", "skipped", "failed"]
    assert f"--node-pool gpu --enable-autoscaling {options}-nodes 3" in plain(page)


def test_nothing_is_evicted_while_the_autoscaler_cannot_be_switched_off(autoscaled):
    autoscaled.gke.faults = [("before", AccessDenied("Google refused."))]
    page = autoscaled()

    assert outcomes(page) == ["failed", "skipped", "skipped"]
    assert autoscaled.contents.told == []
    assert autoscaled.gke.asked == ["no autoscaler gpu"]


def test_an_autoscaler_that_somebody_else_switched_off_stays_off(autoscaled):
    gke = autoscaled.gke

    def switch_off():
        gke.pool("gpu").autoscaling = container_v1.NodePoolAutoscaling()

    gke.meanwhile = [lambda: None, switch_off]
    autoscaled.contents.held["web"] = [BUDGET] * 1000
    page = autoscaled(drainMinutes=1)

    assert gke.asked == []
    assert outcomes(page) == ["done", "failed", "skipped"]
    assert "It is off already." in plain(page)


def test_a_pool_that_goes_before_its_autoscaler_is_switched_off_is_gone(autoscaled):
    gke = autoscaled.gke
    gke.meanwhile = [lambda: None, lambda: gke.remove("gpu")]
    page = autoscaled()

    assert gke.asked == []
    assert "gpu is gone" in plain(page) or "It is gone" in plain(page)


def test_a_deletion_that_google_goes_on_with_leaves_the_autoscaler_off(autoscaled):
    delete = autoscaled.gke.delete

    def stick(*arguments):
        autoscaled.gke.stuck = True
        return delete(*arguments)

    autoscaled.gke.delete = stick
    page = autoscaled()

    assert outcomes(page) == ["changed", "changed", "failed"]
    assert autoscaled.gke.asked == ["no autoscaler gpu", "delete gpu"]


def test_without_a_drain_gke_ends_the_pods(delete):
    delete.contents.pod("job", "gpu-1")
    page = delete(drainMinutes=0)

    assert outcomes(page) == ["skipped", "changed"]
    assert "No drain was asked for: GKE ends the pods and asks no budget. dss/job" in plain(page)
    assert delete.contents.told == []


def test_pods_that_cannot_be_seen_keep_the_pool_and_the_way_out_is_named(delete):
    delete.contents.fault = UNREACHABLE
    with pytest.raises(ControlPlaneUnreachable) as refused:
        delete()

    assert "set the time limit of the drain to 0" in refused.value.remedy
    assert delete.gke.asked == []


def test_pods_that_may_not_be_seen_keep_the_pool(delete):
    delete.contents.fault = AccessDenied("It refused.")
    with pytest.raises(AccessDenied) as refused:
        delete()

    assert "drain" not in refused.value.remedy


def test_without_a_drain_pods_that_cannot_be_seen_keep_nothing(delete):
    delete.contents.fault = ControlPlaneUnreachable("It did not answer.")
    page = delete(drainMinutes=0)

    assert outcomes(page) == ["skipped", "changed"]
    assert "the pods are not known: It did not answer." in plain(page)


def test_a_deletion_that_fails_lets_the_nodes_take_pods_again(delete):
    delete.contents.pod("job", "gpu-1")
    delete.gke.endings = [((Condition("", "Internal error."),), "ERROR")]
    page = delete()

    assert outcomes(page) == ["changed", "failed"]
    assert "Internal error." in plain(page)
    assert "Its nodes are still billed. Run the macro again." in plain(page)
    assert delete.contents.told[-1] == "uncordon gpu-1"
    assert "Status RUNNING ERROR" in plain(page)


def test_a_node_that_cannot_be_given_back_is_said_on_the_page_and_in_the_log(delete, caplog):
    delete.gke.faults = [("before", GkeClustersError("No."))]
    delete.contents.stays_cordoned = UNREACHABLE
    page = plain(delete())

    assert "These nodes still take no pods: kubectl uncordon gpu-1" in page
    assert "take pods again" not in page
    assert "Let it take some with: kubectl uncordon gpu-1" in caplog.text


@pytest.mark.parametrize("unreachable", [False, True])
def test_a_drain_that_fails_says_which_nodes_take_pods(delete, unreachable):
    delete.contents.node("gpu", 2, schedulable=False)
    delete.contents.pod("web", "gpu-1")
    delete.contents.held["web"] = [BUDGET] * 100_000
    if unreachable:
        delete.contents.stays_cordoned = UNREACHABLE
    page = plain(delete(drainMinutes=1440))

    assert "still on the node pool gpu after 1440 minutes; nothing was deleted." in page
    assert ("Its nodes take pods again, as before." in page) is not unreachable
    assert ("These nodes still take no pods: kubectl uncordon gpu-1" in page) is unreachable
    assert "These took none before this run already; if nobody wants it so: kubectl uncordon gpu-2" in page


def test_a_drain_that_is_broken_off_lets_the_nodes_take_pods_again(delete):
    delete.contents.pod("web", "gpu-1")

    def interrupt(pod):
        raise KeyboardInterrupt

    delete.contents.evict = interrupt
    with pytest.raises(KeyboardInterrupt):
        delete()

    assert delete.contents.told == ["cordon gpu-1", "uncordon gpu-1"]


def test_a_deletion_that_was_never_asked_for_leaves_the_pool_as_it_was(autoscaled):
    drain = autoscaled.contents.evict

    def evict(pod):
        autoscaled.gke.begin("UPGRADE_MASTER")
        autoscaled.gke.stuck = True
        return drain(pod)

    autoscaled.contents.evict = evict
    page = autoscaled()

    assert "delete gpu" not in autoscaled.gke.asked
    assert autoscaled.contents.told[-1] == "uncordon gpu-1"
    assert "Its nodes take pods again, as before." in plain(page)
    # What holds the cluster keeps the autoscaler from being switched on, too.
    assert outcomes(page) == ["changed", "changed", "failed", "failed"]
    assert "--enable-autoscaling --min-nodes 0 --max-nodes 3" in plain(page)


def test_a_pool_that_became_the_last_one_during_the_drain_is_kept(delete):
    delete.contents.pod("web", "gpu-1")
    drain = delete.contents.evict

    def evict(pod):
        delete.gke.remove("cpu")
        return drain(pod)

    delete.contents.evict = evict
    page = delete()

    assert delete.gke.asked == []
    assert "gpu is the only node pool of my-cluster" in plain(page)
    assert delete.contents.told[-1] == "uncordon gpu-1"


def test_a_pool_that_is_being_deleted_is_no_home_for_pods(delete):
    delete.gke.add("other", 1, status="STOPPING", autoscaling=container_v1.NodePoolAutoscaling(enabled=True))
    for pool in ("gpu", "other"):
        delete.gke.pool(pool).config.labels = {"kind": "gpu"}
    delete.contents.node("other", labels={"kind": "gpu"})
    delete.contents.pod("job", "gpu-1", selector={"kind": "gpu"})

    with pytest.raises(PodsRemain):
        delete()


def test_what_cannot_be_seen_after_a_failure_is_shown_as_it_was(delete):
    delete.gke.faults = [("before", GkeClustersError("No."))]

    def vanish():
        raise UNREACHABLE

    delete.gke.meanwhile = [lambda: None, lambda: None, vanish]
    page = delete()

    assert outcomes(page) == ["done", "failed"]
    assert "1 in each of 2 zones 2 = 1 in each of 2 zones" in plain(page)


def test_a_deletion_that_google_goes_on_with_keeps_the_nodes_empty(delete):
    delete.gke.stuck = True
    page = delete()

    assert outcomes(page) == ["done", "failed"]
    assert delete.contents.told == ["cordon gpu-1"]


def test_a_deletion_under_way_is_joined_without_a_drain(delete):
    gke = delete.gke
    gke.pool("gpu").status = "STOPPING"
    gke.begin("DELETE_NODE_POOL", "gpu", lambda: gke.remove("gpu"))
    page = delete()

    assert (gke.asked, outcomes(page)) == ([], ["changed"])


def test_a_lost_answer_is_settled_by_looking(delete):
    delete.gke.faults = [("after", GoogleUnavailable("The answer was lost."))]

    assert outcomes(delete()) == ["done", "changed"]
    assert delete.gke.asked == ["delete gpu"]


def test_a_pool_that_somebody_else_deletes_first_is_gone(delete):
    gke = delete.gke
    create = gke.delete

    def too_late(cluster, pool):
        gke.remove("gpu")
        return create(cluster, pool)

    gke.delete = too_late

    assert outcomes(delete()) == ["done", "changed"]


def test_a_pool_that_is_shown_after_its_deletion_is_no_clear_success(delete):
    delete.gke.endings = [((), "STOPPING")]
    page = delete()

    assert outcomes(page) == ["done", "warning"]
    assert "Google says that it is deleted, and still shows it: STOPPING." in plain(page)


def test_the_pods_are_reached_by_the_kubeconfig_of_dss(monkeypatch):
    asked = []

    class Api:
        endpoint = "https://203.0.113.1"

        def items(self, path):
            asked.append(path)
            return ()

    monkeypatch.setattr(pool_deletion, "kubernetes_of", lambda cluster: Api() if cluster is DSS_CLUSTER else None)

    drainer = reach_drainer(DSS_CLUSTER)
    assert isinstance(drainer, NodeDrainer)
    assert drainer.nodes() == ()
    assert asked == ["/api/v1/nodes"]


def test_one_that_is_left_half_deleted_is_deleted_though_it_is_the_last(delete):
    delete.gke.pool("gpu").status = "STOPPING"
    delete.gke.remove("cpu")
    page = delete()

    assert delete.gke.asked == ["delete gpu"]
    assert "It is gone" in plain(page)


def test_a_node_that_somebody_else_closed_meanwhile_stays_closed(delete):
    delete.contents.pod("web", "gpu-1")
    delete.contents.held["web"] = [BUDGET] * 1000
    delete.contents.set_schedulable = lambda node, *, schedulable: False
    page = plain(delete(drainMinutes=1))

    assert "take pods again" not in page
    assert "uncordon" not in page


def test_limits_are_given_back_though_the_answer_that_took_them_was_lost(autoscaled):
    autoscaled.gke.faults = [("after", GoogleUnavailable("Google did not answer."))]
    autoscaled.contents.held["web"] = [BUDGET] * 1000
    page = autoscaled(drainMinutes=1)

    assert autoscaled.gke.asked == ["no autoscaler gpu", "limits gpu 0 3"]
    assert "It has the limits that it had before." in plain(page)


def cannot_be_followed(deleting, failure, meanwhile=lambda: None):
    """Let each look at the operation of the deletion fail."""
    find_operation = deleting.gke.find_operation

    def find(project, location, name, **how):
        if "delete gpu" not in deleting.gke.asked:
            return find_operation(project, location, name, **how)
        meanwhile()
        raise failure

    deleting.gke.find_operation = find


@pytest.mark.parametrize("failure", [AccessDenied("Google refused."), GoogleUnavailable("Google did not answer.")])
def test_a_deletion_that_cannot_be_followed_keeps_the_nodes_empty_and_the_autoscaler_off(autoscaled, failure):
    cannot_be_followed(autoscaled, failure)
    page = autoscaled()

    assert outcomes(page) == ["changed", "changed", "failed"]
    assert autoscaled.contents.told == ["cordon gpu-1", "evict web"]
    assert autoscaled.gke.asked == ["no autoscaler gpu", "delete gpu"]
    words = "Google may still be deleting gpu, so its nodes take no pods and its autoscaler stays off."
    assert words in plain(page)
    assert "take pods again" not in plain(page)


def test_a_deletion_that_cannot_be_followed_and_comes_all_the_same_is_shown(autoscaled):
    cannot_be_followed(autoscaled, AccessDenied("Google refused."), lambda: autoscaled.gke.remove("gpu"))
    page = autoscaled()

    assert outcomes(page) == ["changed", "changed", "failed"]
    assert autoscaled.contents.told == ["cordon gpu-1", "evict web"]
    assert "Google may still" not in plain(page)
    assert "Nodes 2 = 1 in each of 2 zones none" in plain(page)


def test_without_a_drain_nothing_is_kept_of_a_deletion_that_cannot_be_followed(autoscaled):
    cannot_be_followed(autoscaled, AccessDenied("Google refused."))
    page = autoscaled(drainMinutes=0)

    assert outcomes(page) == ["skipped", "failed"]
    assert "Google may still be deleting gpu." in plain(page)


def test_what_was_prepared_stays_where_nobody_can_look_after_the_deletion(autoscaled):
    def unseen():
        autoscaled.gke.meanwhile = [unseen]
        raise GoogleUnavailable("Google did not answer.")

    cannot_be_followed(
        autoscaled,
        AccessDenied("Google refused."),
        lambda: autoscaled.gke.meanwhile.append(unseen),
    )
    page = autoscaled()

    assert autoscaled.contents.told == ["cordon gpu-1", "evict web"]
    assert "Google may still be deleting gpu" in plain(page)


def test_limits_that_somebody_else_gave_meanwhile_are_left_and_told(autoscaled):
    def switch_on():
        limits = container_v1.NodePoolAutoscaling(enabled=True, max_node_count=9)
        autoscaled.gke.pool("gpu").autoscaling = limits
        return BUDGET

    autoscaled.contents.held["web"] = [BUDGET] * 1000
    evict = autoscaled.contents.evict
    autoscaled.contents.evict = lambda pod: switch_on() and evict(pod)
    page = autoscaled(drainMinutes=1)

    assert autoscaled.gke.asked == ["no autoscaler gpu"]
    assert outcomes(page) == ["changed", "failed", "skipped", "done"]
    assert "It is on: 0 to 9 nodes in each zone." in plain(page)


def test_a_pool_that_is_gone_gets_no_limits_back(autoscaled):
    autoscaled.contents.held["web"] = [BUDGET] * 1000
    evict = autoscaled.contents.evict
    autoscaled.contents.evict = lambda pod: autoscaled.gke.remove("gpu") or evict(pod)
    page = autoscaled(drainMinutes=1)

    assert autoscaled.gke.asked == ["no autoscaler gpu"]
    assert outcomes(page)[-1] == "done"
    assert "The node pool is gone." in plain(page)


def test_an_autoscaler_that_was_never_switched_off_is_not_said_to_be_switched_on(autoscaled):
    autoscaled.gke.faults = [("before", GoogleError("Google failed."))]
    page = autoscaled()

    assert outcomes(page) == ["failed", "skipped", "skipped", "done"]
    assert "It is on: 0 to 3 nodes in each zone." in plain(page)
