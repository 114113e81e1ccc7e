from __future__ import annotations

from dataclasses import replace

import pytest

from gke_clusters.errors import ClusterUnhealthy, OperationFailed, QuotaExceeded, Stockout
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pools import NodePool
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.lifecycle.diagnosis import creation_failure, forgotten_creation

DONE = Operation("operation-1-a", "CREATE_CLUSTER", "DONE", "p", "z", cluster="c")
CLUSTER = Cluster(ClusterName("p", "z", "c"), "RUNNING")


@pytest.mark.parametrize("status", ["RUNNING", "RECONCILING", "PROVISIONING"])
def test_nothing_is_wrong_with_a_cluster_that_runs(status: str) -> None:
    assert creation_failure(DONE, replace(CLUSTER, status=status)) is None


def test_the_error_of_the_operation_is_the_failure() -> None:
    failed = replace(DONE, failures=(Condition("GCE_QUOTA_EXCEEDED", "Short."),))
    assert isinstance(creation_failure(failed, None), QuotaExceeded)


def test_the_cluster_says_what_the_operation_does_not() -> None:
    failed = replace(DONE, failures=(Condition("", "Failed to create cluster"),))
    left = replace(CLUSTER, status="ERROR", conditions=(Condition("GCE_STOCKOUT", "No machines."),))
    failure = creation_failure(failed, left)
    assert isinstance(failure, Stockout)
    assert failure.verbatim == "Failed to create cluster\n[GCE_STOCKOUT] No machines."


def test_a_done_operation_is_no_success_if_the_cluster_is_in_error() -> None:
    left = replace(CLUSTER, status="ERROR", conditions=(Condition("GCE_STOCKOUT", "No machines."),))
    assert isinstance(creation_failure(DONE, left), Stockout)


def test_a_done_operation_is_no_success_if_the_cluster_is_degraded() -> None:
    left = replace(CLUSTER, status="DEGRADED", status_message="Something is wrong.")
    failure = creation_failure(DONE, left)
    assert isinstance(failure, ClusterUnhealthy)
    assert failure.verbatim == "Something is wrong."
    assert failure.resource == CLUSTER.name.path


def test_a_done_operation_is_no_success_if_there_is_no_cluster() -> None:
    failure = creation_failure(DONE, None)
    assert isinstance(failure, OperationFailed)
    assert "does not exist" in failure.cause
    assert failure.resource == DONE.path
    assert "audit log" in failure.remedy


def test_a_creation_that_google_forgot_is_over_and_names_the_cluster() -> None:
    name = ClusterName("acme", "europe-west1-b", "c")
    forgotten = forgotten_creation(name)
    assert forgotten.done
    assert forgotten.name
    assert (forgotten.project, forgotten.location, forgotten.cluster) == ("acme", "europe-west1-b", "c")
    assert not forgotten.failures


def test_says_each_thing_about_a_cluster_once() -> None:
    left = replace(CLUSTER, status="ERROR", status_message="Bad.", conditions=(Condition("", "Bad."),))
    failure = creation_failure(DONE, left)
    assert failure is not None
    assert failure.verbatim == "Bad."


STOPPED = NodePool("gpu", "ERROR", conditions=(Condition("GCE_STOCKOUT", "No machines."),), status_message="Failed.")
NO_MACHINES = Condition("ZONE_RESOURCE_POOL_EXHAUSTED", "Node pool gpu in z: no machines.")
INTERNAL = replace(DONE, failures=(Condition("INTERNAL", "Internal error."),))


def test_a_pool_says_what_the_operation_and_the_cluster_do_not() -> None:
    failure = creation_failure(INTERNAL, replace(CLUSTER, status="ERROR", pools=(STOPPED,)))
    assert isinstance(failure, Stockout)
    assert failure.verbatim == "[INTERNAL] Internal error.\n[GCE_STOCKOUT] No machines.\nFailed."


@pytest.mark.parametrize("left", [None, replace(CLUSTER, status="ERROR"), CLUSTER])
def test_the_machines_say_what_nobody_else_does(left: Cluster | None) -> None:
    failure = creation_failure(INTERNAL, left, (NO_MACHINES,))
    assert isinstance(failure, Stockout)
    assert "[INTERNAL] Internal error." in str(failure.verbatim)
    assert "no machines" in str(failure.verbatim)


def test_what_the_machines_say_of_a_broken_cluster_is_the_failure() -> None:
    assert isinstance(creation_failure(DONE, replace(CLUSTER, status="DEGRADED"), (NO_MACHINES,)), Stockout)


def test_what_machines_said_on_the_way_is_no_failure() -> None:
    assert creation_failure(DONE, CLUSTER, (NO_MACHINES,)) is None


def test_a_failure_of_the_operation_is_one_although_the_cluster_runs_with_all_its_nodes() -> None:
    failure = creation_failure(INTERNAL, replace(CLUSTER, pools=(NodePool("cpu", "RUNNING"),)))
    assert isinstance(failure, OperationFailed)
    assert "without all nodes" not in failure.cause


def test_pools_that_may_lack_nodes_excuse_no_broken_cluster() -> None:
    broken = replace(CLUSTER, status="ERROR", pools=(replace(STOPPED, best_effort=True),))
    assert isinstance(creation_failure(DONE, broken), Stockout)
