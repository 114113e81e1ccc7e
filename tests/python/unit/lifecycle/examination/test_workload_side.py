from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace

import pytest

from gke_clusters.errors import AccessDenied
from gke_clusters.kube.failures import CallError, Failure
from gke_clusters.kube.kubeconfig import Endpoint
from gke_clusters.kube.symptoms import NodeState, WaitingPod, WarningEvent
from gke_clusters.lifecycle.examination.workload_side import (
    events_part,
    nodes_of,
    nodes_part,
    pods_of,
    pods_part,
    warnings_of,
)
from gke_clusters.reports.diagnosis import Cell, Tone

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


class TestNodes:
    def test_those_that_are_well_are_counted_by_pool(self):
        part = nodes_part([NodeState("a", "x"), NodeState("b", "x"), NodeState("c")], autopilot=False)

        assert (part.tone, part.summary, part.table) == (Tone.GOOD, "3 of 3 are ready.", None)
        assert part.facts == (("no node pool", "1 of 1 ready"), ("x", "2 of 2 ready"))

    def test_those_that_are_not_are_listed_with_what_to_do(self):
        nodes = [
            NodeState("well", "x"),
            NodeState("full", "x", pressures=("DiskPressure",)),
            NodeState("closed", "x", cordoned=True),
            NodeState("lost", "y", ready=False, message="No heartbeat."),
        ]
        part = nodes_part(nodes, autopilot=False)

        assert (part.tone, part.summary) == (Tone.WARNING, "3 of 4 are ready.")
        assert part.table.rows == (
            ("lost", "y", Cell("not ready", Tone.WARNING), "No heartbeat."),
            ("full", "x", Cell("DiskPressure", Tone.WARNING), ""),
            ("closed", "x", Cell("cordoned", Tone.WARNING), ""),
        )
        assert [each.what for each in part.advice] == [
            "The node lost is not ready.",
            "The node closed is cordoned: nothing new is scheduled there.",
            "The node full is short of memory, disk or processes.",
        ]

    def test_nodes_that_are_ready_may_have_other_complaints(self):
        part = nodes_part([NodeState("a", cordoned=True), NodeState("b", cordoned=True)], autopilot=False)

        assert [each.what for each in part.advice] == ["2 nodes are cordoned: nothing new is scheduled there."]
        assert part.advice[0].remedy.endswith("kubectl uncordon a")

    def test_none_that_is_ready_is_a_problem(self):
        part = nodes_part([NodeState(str(number), ready=False) for number in range(60)], autopilot=False)

        assert part.tone is Tone.BAD
        assert part.advice[0].what == "60 nodes are not ready."
        assert (len(part.table.rows), part.table.left_out) == (50, 10)

    def test_those_of_autopilot_are_for_google_to_repair(self):
        part = nodes_part([NodeState("a"), NodeState("b", ready=False)], autopilot=True)

        assert part.summary.endswith("They are Google's, who repairs them.")
        assert part.advice == ()

    @pytest.mark.parametrize(("autopilot", "tone", "advised"), [(False, Tone.WARNING, 1), (True, Tone.INFO, 0)])
    def test_none_at_all_is_to_be_looked_at_unless_google_makes_them(self, autopilot, tone, advised):
        part = nodes_part([], autopilot=autopilot)

        assert (part.tone, len(part.advice)) == (tone, advised)


def waiting(reason, message="", created="2026-01-01T11:59:00Z", name="p"):
    return WaitingPod("ns", name, reason, message, created, 2)


class TestPods:
    def test_none_that_waits_is_well(self):
        assert pods_part([], NOW, autopilot=False).tone is Tone.GOOD

    def test_one_that_has_just_begun_is_ordinary(self):
        part = pods_part([waiting("ContainerCreating")], NOW, autopilot=False)

        assert (part.tone, part.advice) == (Tone.INFO, ())
        assert part.table.rows == (("ns/p", Cell("ContainerCreating", Tone.INFO), "2026-01-01T11:59:00Z", "2", ""),)

    def test_one_that_begins_for_long_is_to_be_looked_at(self):
        part = pods_part([waiting("Pending", created="2026-01-01T11:00:00Z")], NOW, autopilot=False)

        assert part.tone is Tone.WARNING
        assert part.advice[0].remedy.endswith("kubectl describe pod p --namespace ns")

    @pytest.mark.parametrize("created", ["", "nonsense", "2026-01-01T11:00:00"])
    def test_one_of_unknown_age_is_taken_for_new(self, created):
        assert pods_part([waiting("Pending", created=created)], NOW, autopilot=False).tone is Tone.INFO

    @pytest.mark.parametrize(
        ("reason", "said"),
        [
            ("Unschedulable", "Resize node pool"),
            ("SchedulingGated", "takes the gate away itself"),
            ("ImagePullBackOff", "roles/artifactregistry.reader"),
            ("CrashLoopBackOff", "kubectl logs p --namespace ns --previous"),
            ("CreateContainerConfigError", "kubectl describe pod p --namespace ns"),
        ],
    )
    def test_each_reason_has_its_remedy(self, reason, said):
        [advice] = pods_part([waiting(reason, "Why.")], NOW, autopilot=False).advice

        assert advice.what == f"1 pod: {reason}. Why."
        assert said in advice.remedy

    def test_pods_without_room_on_autopilot_wait_for_nodes_of_google(self):
        [advice] = pods_part([waiting("Unschedulable", "Why.")], NOW, autopilot=True).advice

        assert "Google makes a node for what a pod asks for" in advice.remedy
        assert "kubectl describe pod p --namespace ns" in advice.remedy
        assert "macro" not in advice.remedy

    @pytest.mark.parametrize(
        ("created", "tone"), [("2026-01-01T11:57:01Z", Tone.INFO), ("2026-01-01T11:56:59Z", Tone.WARNING)]
    )
    def test_one_without_room_is_no_trouble_while_a_node_may_be_on_its_way(self, created, tone):
        part = pods_part([waiting("Unschedulable", "No room.", created)], NOW, autopilot=False)

        assert (part.tone, part.table.rows[0][1]) == (tone, Cell("Unschedulable", tone))
        assert [(each.tone, each.what) for each in part.advice] == [(tone, "1 pod: Unschedulable. No room.")]

    def test_one_that_is_being_deleted_is_shown_when_it_should_be_gone_for_long(self):
        leaving, stuck = waiting("Terminating"), waiting("Terminating", created="2026-01-01T11:49:00Z", name="stuck")
        part = pods_part([leaving, stuck], NOW, autopilot=False)

        assert (part.tone, [row[0] for row in part.table.rows]) == (Tone.WARNING, ["ns/stuck"])
        assert "kubectl delete pod stuck --namespace ns --force" in part.advice[0].remedy
        assert pods_part([leaving], NOW, autopilot=False).tone is Tone.GOOD

    def test_many_of_one_reason_are_one_thing_to_do(self):
        long_ago = "2026-01-01T11:00:00Z"
        part = pods_part(
            [waiting("Unschedulable", "No room.", long_ago, str(number)) for number in range(60)], NOW, autopilot=False
        )

        assert [each.what for each in part.advice] == ["60 pods: Unschedulable. No room."]
        assert (len(part.table.rows), part.table.left_out) == (50, 10)


def test_no_warning_is_well():
    assert events_part([]).tone is Tone.GOOD


def test_warnings_are_shown_up_to_thirty():
    part = events_part([WarningEvent("t", "ns/Pod/p", "Odd", "m", 3)] * 33)

    assert part.tone is Tone.INFO
    assert part.table.rows[0] == ("t", "ns/Pod/p", "Odd", "3", "m")
    assert (len(part.table.rows), part.table.left_out) == (30, 3)


class FakeApi:
    """An API server that answers page by page, or refuses."""

    endpoint = Endpoint("public", "1.2.3.4")

    def __init__(self, *pages, refuses=False):
        self.pages = list(pages)
        self.refuses = refuses
        self.queries = []

    def items(self, path):
        return self.call("GET", path)["items"]

    def call(self, method, path, *, query=None):
        if self.refuses:
            raise CallError(Failure.FORBIDDEN, "no", 403)
        self.queries.append(dict(query or {}))
        return self.pages[min(len(self.queries), len(self.pages)) - 1]


def test_nodes_and_pods_are_asked_for():
    pods = [{"metadata": {"name": "p"}, "status": {"phase": "Pending"}}]

    assert [node.name for node in nodes_of(FakeApi({"items": [{"metadata": {"name": "n"}}]}))] == ["n"]
    assert [pod.name for pod in pods_of(FakeApi({"items": pods}))] == ["p"]


@pytest.mark.parametrize("ask", [nodes_of, pods_of, warnings_of])
def test_a_refusal_is_said_for_the_administrator(ask):
    with pytest.raises(AccessDenied):
        ask(FakeApi(refuses=True))


def test_warnings_are_asked_for_page_by_page():
    warning = {"type": "Warning", "reason": "Odd"}
    api = FakeApi({"items": [warning], "metadata": {"continue": "more"}}, {"items": [warning]})

    assert len(warnings_of(api)) == 2
    assert api.queries[0] == {"fieldSelector": "type=Warning", "limit": 500}
    assert api.queries[1]["continue"] == "more"


def test_no_more_than_two_thousand_warnings_are_asked_for():
    api = FakeApi(SimpleNamespace(get={"items": [], "metadata": {"continue": "more"}}.get))

    warnings_of(api)

    assert len(api.queries) == 4
