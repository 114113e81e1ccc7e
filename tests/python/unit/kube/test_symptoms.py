from __future__ import annotations

from typing import Any

import pytest

from gke_clusters.errors import NOT_SHOWN
from gke_clusters.kube.symptoms import (
    NodeState,
    WaitingPod,
    WarningEvent,
    read_nodes,
    read_waiting_pods,
    read_warnings,
)


def node(*conditions: dict[str, str], **spec: Any) -> dict[str, Any]:
    labels = {"cloud.google.com/gke-nodepool": "workers"}
    status = {"conditions": list(conditions), "nodeInfo": {"kubeletVersion": "v1.33.5-gke.1"}}
    return {"metadata": {"name": "n", "labels": labels}, "spec": spec, "status": status}


READY = {"type": "Ready", "status": "True"}


class TestNodes:
    def test_a_node_without_complaints_is_well(self) -> None:
        [found] = read_nodes([node(READY, {"type": "DiskPressure", "status": "False"})])
        assert found == NodeState("n", "workers", "v1.33.5-gke.1")
        assert found.is_well

    def test_says_what_a_node_lacks_and_that_nothing_is_scheduled_there(self) -> None:
        [found] = read_nodes([node(READY, {"type": "DiskPressure", "status": "True"}, unschedulable=True)])
        assert (found.pressures, found.cordoned, found.is_well) == (("DiskPressure",), True, False)

    def test_says_why_a_node_is_not_ready_without_what_is_secret(self) -> None:
        unready = {"type": "Ready", "status": "Unknown", "message": "token=hunter2 expired"}
        [found] = read_nodes([node(unready)])
        assert (found.ready, found.message) == (False, "token=[not shown] expired")

    def test_a_node_that_says_nothing_is_not_ready(self) -> None:
        [found] = read_nodes([{}])
        assert found.message == "It does not report its state."


def pod(phase: str = "Pending", *statuses: dict[str, Any], **status: Any) -> dict[str, Any]:
    metadata = {"namespace": "ns", "name": "p", "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"metadata": metadata, "status": {"phase": phase, "containerStatuses": list(statuses), **status}}


def waits(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}, **more}


class TestWaitingPods:
    def test_the_scheduler_says_why_a_pod_has_no_node(self) -> None:
        said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: cpu."}
        assert read_waiting_pods([pod(conditions=[{"type": "Ready"}, said])]) == (
            WaitingPod("ns", "p", "Unschedulable", "0/1 nodes: cpu.", "2026-01-01T00:00:00Z"),
        )

    def test_an_image_that_cannot_be_pulled_keeps_a_pod(self) -> None:
        [found] = read_waiting_pods([pod("Pending", waits("ImagePullBackOff", "denied"))])
        assert (found.reason, found.message) == ("ImagePullBackOff", "denied")

    def test_a_container_that_ends_again_and_again_says_how_it_ended(self) -> None:
        last = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
        crashing = waits("CrashLoopBackOff", "back-off", restartCount=4, lastState=last)
        [found] = read_waiting_pods([pod("Running", {"state": {"running": {}}}, crashing)])
        assert (found.reason, found.restarts) == ("CrashLoopBackOff", 4)
        assert found.message == "back-off It ended before: OOMKilled, exit code 137."

    def test_an_init_container_can_keep_a_pod_as_well(self) -> None:
        [found] = read_waiting_pods([pod(initContainerStatuses=[waits("ErrImagePull")])])
        assert found.reason == "ErrImagePull"

    @pytest.mark.parametrize(
        ("statuses", "reason"), [((waits("ContainerCreating"),), "ContainerCreating"), ((), "Pending")]
    )
    def test_a_pod_that_only_begins_is_said_to_do_so(self, statuses: Any, reason: str) -> None:
        [found] = read_waiting_pods([pod("Pending", *statuses)])
        assert found.reason == reason

    @pytest.mark.parametrize("phase", ["Running", "Succeeded", "Failed"])
    def test_a_pod_that_runs_or_is_over_waits_for_nothing(self, phase: str) -> None:
        assert read_waiting_pods([pod(phase)]) == ()

    @pytest.mark.parametrize("phase", ["Pending", "Running", "Succeeded", "Failed"])
    def test_a_pod_that_is_being_deleted_says_until_when_it_was_to_be_gone(self, phase: str) -> None:
        leaving = pod(phase, waits("ImagePullBackOff"))
        leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:31Z"
        [found] = read_waiting_pods([leaving])
        assert (found.reason, found.created) == ("Terminating", "2026-01-01T00:00:31Z")

    def test_those_that_wait_longest_come_first(self) -> None:
        late = pod()
        late["metadata"] = {"name": "late", "creationTimestamp": "2026-02-01T00:00:00Z"}
        assert [each.name for each in read_waiting_pods([late, pod()])] == ["p", "late"]

    def test_nothing_of_the_environment_or_of_annotations_is_read(self) -> None:
        odd = pod("Pending", waits("ImagePullBackOff", "m"))
        odd["metadata"]["annotations"] = {"last-applied": "hunter2"}
        odd["spec"] = {"containers": [{"env": [{"name": "KEY", "value": "hunter2"}]}]}
        assert "hunter2" not in repr(read_waiting_pods([odd]))


def event(**fields: Any) -> dict[str, Any]:
    about = {"namespace": "ns", "kind": "Pod", "name": "p"}
    return {"type": "Warning", "reason": "Odd", "message": "m", "involvedObject": about, **fields}


class TestWarnings:
    def test_reads_a_warning_and_leaves_the_ordinary_out(self) -> None:
        found = read_warnings([event(lastTimestamp="t", count=3), event(type="Normal")])
        assert found == (WarningEvent("t", "ns/Pod/p", "Odd", "m", 3),)

    @pytest.mark.parametrize(
        "fields",
        [
            {"series": {"lastObservedTime": "t", "count": 2}, "lastTimestamp": "older"},
            {"eventTime": "t", "metadata": {"creationTimestamp": "older"}},
            {"metadata": {"creationTimestamp": "t"}},
        ],
    )
    def test_knows_the_last_time_by_whichever_field_has_it(self, fields: dict[str, Any]) -> None:
        [found] = read_warnings([event(**fields)])
        assert found.last == "t"

    def test_the_newest_comes_first(self) -> None:
        found = read_warnings([event(eventTime="1"), event(eventTime="3"), event(eventTime="2")])
        assert [each.last for each in found] == ["3", "2", "1"]

    def test_a_message_with_a_secret_is_not_repeated(self) -> None:
        [found] = read_warnings([event(message="the key\n-----BEGIN PRIVATE KEY-----\nMIIE")])
        assert found.message == NOT_SHOWN
