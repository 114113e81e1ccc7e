from __future__ import annotations

from datetime import datetime, timezone

import pytest

from gke_clusters.errors import GoogleUnavailable
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.compute import Quota
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pools import InstanceGroup, NodePool
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.lifecycle.examination.google_side import (
    cluster_part,
    node_errors_of,
    operations_part,
    quota_part,
)
from gke_clusters.reports.diagnosis import Cell, Tone
from tests.python.unit.lifecycle.conftest import FakeCompute


@pytest.fixture
def fake_compute():
    return FakeCompute()


NAME = ClusterName("p", "us-central1-a", "c")
NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
GROUP = InstanceGroup("p", "us-central1-a", "g")


def cluster(status="RUNNING", **fields):
    resource = {"currentNodeCount": 3, **fields.pop("resource", {})}
    return Cluster(NAME, status, create_time="2026-01-01T00:00:00Z", resource=resource, **fields)


class TestCluster:
    def test_one_that_runs_is_well(self):
        part = cluster_part(cluster(), ())

        assert (part.tone, part.summary) == (Tone.GOOD, "GKE says that it is RUNNING.")
        assert dict(part.facts) == {
            "Cluster": NAME.path,
            "Mode": "Standard",
            "Nodes": "3",
            "Created": "2026-01-01T00:00:00Z",
        }
        assert (part.table, part.advice) == (None, ())

    @pytest.mark.parametrize(
        ("status", "tone"),
        [
            ("RECONCILING", Tone.INFO),
            ("PROVISIONING", Tone.WARNING),
            ("STOPPING", Tone.WARNING),
            ("SOMETHING_NEW", Tone.WARNING),
            ("ERROR", Tone.BAD),
            ("DEGRADED", Tone.BAD),
        ],
    )
    def test_its_status_says_how_it_is(self, status, tone):
        assert cluster_part(cluster(status), ()).tone is tone

    def test_what_is_wrong_with_it_is_said_with_what_to_do(self):
        part = cluster_part(cluster("ERROR", conditions=(Condition("GCE_STOCKOUT", "No machines."),)), ())

        assert part.advice[0].what == "The cluster is ERROR. No machines."
        assert ("Condition", "GCE_STOCKOUT: No machines.") in part.facts

    def test_a_condition_of_one_that_runs_is_to_be_looked_at(self):
        part = cluster_part(cluster(status_message="Its CA expires."), ())

        assert part.tone is Tone.WARNING
        assert [each.what for each in part.advice] == ["Its CA expires."]
        assert ("Condition", "Its CA expires.") in part.facts

    def test_node_pools_that_lack_nodes_come_first_with_their_reasons(self):
        well = NodePool("well", "RUNNING", "n2-standard-4", zones=("a", "b"))
        updated = NodePool("updated", "RECONCILING")
        short = NodePool("short", "RUNNING_WITH_ERROR", conditions=(Condition("X", "No room."),))
        part = cluster_part(cluster(pools=(well, updated, short)), (Condition("STOCKOUT", "None left."),))

        assert part.tone is Tone.WARNING
        assert part.table.rows == (
            ("short", Cell("RUNNING_WITH_ERROR", Tone.WARNING), "", "", "X: No room."),
            ("well", Cell("RUNNING", Tone.GOOD), "n2-standard-4", "a, b", ""),
            ("updated", Cell("RECONCILING", Tone.INFO), "", "", ""),
        )
        assert [each.what for each in part.advice] == [
            "The node pool short is RUNNING_WITH_ERROR: No room.",
            "None left.",
        ]
        assert ("Machines", "STOCKOUT: None left.") in part.facts

    def test_the_node_pools_of_autopilot_are_google_s(self):
        pools = (NodePool("google-s", "ERROR"),)
        part = cluster_part(cluster(pools=pools, resource={"autopilot": {"enabled": True}}), ())

        assert (part.tone, part.table) == (Tone.GOOD, None)
        assert "Autopilot" in dict(part.facts)["Mode"]

    def test_no_more_than_fifty_node_pools_are_shown(self):
        part = cluster_part(cluster(pools=tuple(NodePool(str(number), "RUNNING") for number in range(53))), ())

        assert (len(part.table.rows), part.table.left_out) == (50, 3)


class TestMachines:
    def test_those_of_pools_that_lack_nodes_are_asked_about(self, fake_compute):
        well = NodePool("well", "RUNNING", instance_groups=(InstanceGroup("p", "z", "other"),))
        short = NodePool("short", "PROVISIONING", instance_groups=(GROUP,))
        fake_compute.errors = {"g": (Condition("STOCKOUT", "None left."),)}

        found = node_errors_of(cluster(pools=(well, short)), fake_compute)

        assert found == (Condition("STOCKOUT", "Node pool short in us-central1-a: None left."),)
        assert fake_compute.asked == [("errors", "g")]
        assert fake_compute.patience_seconds == 3

    def test_what_cannot_be_asked_is_left_out(self, fake_compute):
        fake_compute.errors_fault = GoogleUnavailable("It is silent.")
        short = NodePool("short", "ERROR", instance_groups=(GROUP, GROUP))

        assert node_errors_of(cluster(pools=(short,)), fake_compute) == ()
        assert len(fake_compute.asked) == 1


def operation(number=1, status="DONE", **fields):
    return Operation(f"operation-{number}", "UPGRADE_NODES", status, "p", "us-central1-a", cluster="c", **fields)


class TestOperations:
    def test_none_is_well(self):
        part = operations_part((), NOW)

        assert (part.tone, part.table) == (Tone.GOOD, None)

    def test_those_under_way_come_first_with_how_far_they_are(self):
        going = operation(2, "RUNNING", progress=0.4, detail="Node 2 of 5.", pool="workers")
        part = operations_part((operation(), going), NOW)

        assert part.tone is Tone.INFO
        assert "UPGRADE_NODES" in part.summary
        assert part.table.rows == (
            ("UPGRADE_NODES", "workers", Cell("RUNNING, 40%", Tone.INFO), "", "Node 2 of 5."),
            ("UPGRADE_NODES", "c", Cell("DONE", Tone.GOOD), "", ""),
        )
        assert part.advice == ()

    @pytest.mark.parametrize(
        ("started", "advised"),
        [("2026-01-01T01:00:00.123456789Z", True), ("2026-01-01T11:00:00Z", False), ("nonsense", False)],
    )
    def test_one_that_takes_hours_is_to_be_looked_at(self, started, advised):
        part = operations_part((operation(status="RUNNING", started=started),), NOW)

        assert [each.what for each in part.advice] == ["UPGRADE_NODES has been under way for 11 hours."] * advised
        assert part.tone is (Tone.WARNING if advised else Tone.INFO)

    def test_the_last_one_that_ended_says_why_it_failed(self):
        failed = operation(failures=(Condition("GCE_STOCKOUT", "The zone does not have enough resources available."),))
        part = operations_part((failed, operation(0)), NOW)

        assert part.tone is Tone.WARNING
        assert part.table.rows[0][2] == Cell("failed", Tone.WARNING)
        assert len(part.advice) == 1

    def test_an_older_failure_is_only_listed(self):
        failed = operation(0, failures=(Condition("", "No."),))

        assert operations_part((operation(), failed), NOW).tone is Tone.GOOD


class TestQuota:
    def test_enough_of_everything_is_well(self):
        quotas = [Quota("CPUS", 100, 79), Quota("NVIDIA_T4_GPUS", 0, 0)]

        assert quota_part(quotas, "r", "p").tone is Tone.GOOD

    def test_those_near_their_limit_are_listed_the_nearest_first(self):
        part = quota_part([Quota("SNAPSHOTS", 10, 8), Quota("CPUS", 24, 22), Quota("ROUTES", 5, 5)], "r", "p")

        assert part.table.rows == (
            (Cell("ROUTES", Tone.WARNING), "5", "5", "100%"),
            (Cell("CPUS", Tone.WARNING), "22", "24", "92%"),
            (Cell("SNAPSHOTS", Tone.WARNING), "8", "10", "80%"),
        )
        assert part.tone is Tone.WARNING
        assert "project=p" in part.advice[0].remedy

    @pytest.mark.parametrize("quota", [Quota("CPUS", 24, 25), Quota("SSD_TOTAL_GB", 0, 0)])
    def test_one_that_nodes_need_and_that_is_used_up_is_a_problem(self, quota):
        assert quota_part([quota], "r", "p").tone is Tone.BAD
