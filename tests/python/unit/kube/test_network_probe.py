from __future__ import annotations

import json
from typing import Any

import pytest

from gke_clusters.kube.failures import CallError, Failure
from gke_clusters.kube.network_probe import NetworkProbe
from gke_clusters.kube.probe_pod import UNTIL, ProbePod

POD = ProbePod("dss.internal", 10001, "image:1")
CHECK = {"check": "resolve", "outcome": "ok"}
LOST = CallError(Failure.TIMEOUT, "no answer")
GONE = CallError(Failure.UNEXPECTED, "not found", 404)
REFUSED = CallError(Failure.FORBIDDEN, "pods is forbidden", 403)


def state_of(**state: Any) -> dict[str, Any]:
    phase = "Succeeded" if "terminated" in state else "Pending"
    status = {"phase": phase, "podIP": "10.0.0.9", "containerStatuses": [{"name": "probe", "state": state}]}
    return {"spec": {"nodeName": "n1"}, "status": status}


def beside_a_sidecar(pod: dict[str, Any]) -> dict[str, Any]:
    """The pod of a namespace that adds a container to each: that one goes on running, and comes first in the list."""
    sidecar = {"name": "istio-proxy", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
    statuses = [sidecar, *pod["status"]["containerStatuses"]]
    return {**pod, "status": {**pod["status"], "phase": "Running", "containerStatuses": statuses}}


DONE = state_of(terminated={"reason": "Completed", "message": json.dumps(CHECK) + "\n"})
WAITING = state_of(waiting={"reason": "ContainerCreating"})
UNSCHEDULED = {
    "spec": {},
    "status": {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no room"}],
    },
}


class Server:
    """An API server that answers what it is told to; the last answer of each kind stays."""

    def __init__(self, *pods: Any, **answers: Any) -> None:
        self.answers: dict[str, list[Any]] = {
            "pods": [DONE],
            "POST": [{}],
            "DELETE": [{}],
            "list": [{}],
            "events": [{}],
        }
        self.answers |= {"pods": list(pods) or [DONE]} | {key: list(value) for key, value in answers.items()}
        self.calls: list[tuple[str, str]] = []
        self.now = 1000.0

    def call(self, method: str, path: str, *, query: Any = None, body: Any = None) -> Any:
        del query, body
        self.calls.append((method, path))
        kind = method
        if method == "GET":
            kind = "events" if path.endswith("/events") else "list" if path.endswith("/pods") else "pods"
        answers = self.answers[kind]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def probe(self) -> NetworkProbe:
        return NetworkProbe(self, POD, self.sleep, lambda: self.now)  # type: ignore[arg-type]  # a server in memory

    def deleted(self) -> list[str]:
        return [path.rpartition("/")[2] for method, path in self.calls if method == "DELETE"]


def test_a_report_comes_back_and_the_pod_is_deleted() -> None:
    server = Server(WAITING, DONE)
    probe = server.probe()
    run = probe.run(60, lambda _: None)

    assert run.checks == (CHECK,)
    assert (run.node, run.address, run.seconds, run.left) == ("n1", "10.0.0.9", 1.0, "")
    assert server.deleted() == [probe.name]


def test_each_event_of_the_pod_is_told_once_in_the_order_of_time() -> None:
    # The scheduler writes its events with microseconds and counts them up, the autoscaler with whole seconds.
    series = {"count": 2, "lastObservedTime": "2026-01-01T00:00:01.5Z"}
    refused = {"eventTime": "2026-01-01T00:00:00.5Z", "reason": "FailedScheduling", "message": "no room"}
    grown = {"lastTimestamp": "2026-01-01T00:00:00Z", "reason": "TriggeredScaleUp", "message": "1->2"}
    events = [{"items": [grown, refused, {"message": ""}]}, {"items": [grown, refused | {"series": series}]}]
    told: list[str] = []
    Server(WAITING, WAITING, DONE, events=events).probe().run(60, told.append)
    assert told == ["FailedScheduling: no room", "TriggeredScaleUp: 1->2"]


def test_events_between_the_last_look_and_the_end_are_told() -> None:
    grown = {"lastTimestamp": "2026-01-01T00:00:00Z", "reason": "TriggeredScaleUp", "message": "1->2"}
    told: list[str] = []
    Server(WAITING, DONE, events=[{"items": []}, {"items": [grown]}]).probe().run(60, told.append)
    assert told == ["ContainerCreating", "TriggeredScaleUp: 1->2"]


def test_the_state_of_the_pod_is_told_where_no_events_can_be_read() -> None:
    told: list[str] = []
    Server(UNSCHEDULED, WAITING, {}, DONE, events=[REFUSED]).probe().run(60, told.append)
    assert told == ["Unschedulable: no room", "ContainerCreating", "Pending"]


@pytest.mark.parametrize("text", [json.dumps(CHECK), "python3: not found"])
def test_the_end_of_the_probe_ends_the_wait_though_a_sidecar_runs_on(text: str) -> None:
    server = Server(beside_a_sidecar(state_of(terminated={"reason": "Error", "message": text})))
    run = server.probe().run(600, lambda _: None)

    assert (run.checks, run.message) in (((CHECK,), ""), ((), "python3: not found"))
    assert server.now == 1000.0


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "InvalidImageName", "RunContainerError"])
def test_what_does_not_get_better_is_not_waited_for(reason: str) -> None:
    server = Server(state_of(waiting={"reason": reason, "message": "back-off"}))
    run = server.probe().run(600, lambda _: None)

    assert (run.reason, run.message, run.checks) == (reason, "back-off", ())
    assert server.now == 1000.0
    assert server.deleted()


def test_an_image_that_cannot_be_pulled_is_told_with_what_the_registry_said() -> None:
    events = [
        {"lastTimestamp": "1", "reason": "Failed", "message": "Failed to pull image: 403 Forbidden"},
        {"lastTimestamp": "2", "reason": "BackOff", "message": "Back-off pulling image"},
    ]
    pod = state_of(waiting={"reason": "ImagePullBackOff", "message": "Back-off pulling image"})
    run = Server(pod, events=[{"items": events}]).probe().run(600, lambda _: None)

    assert (run.reason, run.message) == ("ImagePullBackOff", "Failed to pull image: 403 Forbidden")


def test_a_wait_of_which_nothing_is_said_ends_without_words() -> None:
    run = Server({}).probe().run(5, lambda _: None)
    assert (run.reason, run.message) == ("Pending", "")


def test_a_wait_ends_with_its_deadline_and_says_what_was_waited_for() -> None:
    server = Server(UNSCHEDULED)
    run = server.probe().run(5, lambda _: None)

    assert (run.reason, run.message) == ("Unschedulable", "no room")
    assert server.now == 1006.0


def test_a_program_that_does_not_start_is_said_so() -> None:
    run = Server(state_of(terminated={"reason": "StartError", "message": "python3: not found"})).probe().run(5, print)
    assert (run.reason, run.message) == ("StartError", "python3: not found")


def test_a_pod_that_somebody_deletes_ends_the_wait() -> None:
    assert Server(WAITING, GONE).probe().run(60, lambda _: None).reason == "Deleted"


def test_lost_answers_are_put_up_with_but_not_for_ever() -> None:
    assert Server(LOST, LOST, DONE).probe().run(60, print).checks

    server = Server(LOST)
    with pytest.raises(CallError, match="no answer"):
        server.probe().run(60, print)
    assert server.deleted()


def test_a_refusal_is_raised_at_once_and_the_pod_is_deleted_all_the_same() -> None:
    server = Server(REFUSED)
    with pytest.raises(CallError, match="forbidden"):
        server.probe().run(60, print)
    assert server.now == 1000.0
    assert server.deleted()


def test_a_creation_whose_answer_is_lost_is_settled_by_reading() -> None:
    assert Server(WAITING, DONE, POST=[LOST]).probe().run(60, lambda _: None).checks

    server = Server(GONE, POST=[LOST])
    with pytest.raises(CallError, match="no answer"):
        server.probe().run(60, print)
    assert [method for method, _ in server.calls].count("POST") == 1


def test_a_creation_that_is_refused_is_not_looked_for() -> None:
    server = Server(POST=[REFUSED])
    with pytest.raises(CallError, match="forbidden"):
        server.probe().run(60, print)
    assert [method for method, _ in server.calls] == ["GET", "POST"]


def test_no_pod_is_looked_for_where_the_request_never_arrived() -> None:
    closed = CallError(Failure.REFUSED, "connection refused")
    probe = Server(closed, POST=[closed], DELETE=[closed]).probe()
    with pytest.raises(CallError, match="connection refused"):
        probe.run(60, print)
    assert probe.left == ""


def test_a_pod_that_stays_after_a_refusal_is_known() -> None:
    probe = Server(REFUSED, DELETE=[REFUSED]).probe()
    with pytest.raises(CallError, match="forbidden"):
        probe.run(60, print)
    assert probe.left == "pods is forbidden"


@pytest.mark.parametrize(("failure", "left"), [(GONE, ""), (REFUSED, "pods is forbidden")])
def test_a_pod_that_cannot_be_deleted_is_named(failure: CallError, left: str) -> None:
    assert Server(DELETE=[failure]).probe().run(60, print).left == left


def test_pods_of_tests_that_were_killed_are_deleted_and_those_of_others_not() -> None:
    def listed(name: str, until: str) -> dict[str, Any]:
        return {"metadata": {"name": name, "annotations": {UNTIL: until}}}

    pods = [listed("old", "10"), listed("other", "999"), listed("odd", "soon"), {}]
    server = Server(list=[{"items": pods}])
    probe = server.probe()
    probe.run(60, print)
    assert server.deleted() == ["old", probe.name]


def test_old_pods_that_cannot_be_listed_do_not_matter() -> None:
    assert Server(list=[REFUSED]).probe().run(60, print).checks
