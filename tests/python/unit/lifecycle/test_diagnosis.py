from __future__ import annotations

from dataclasses import replace

import pytest

from gke_clusters.errors import ClusterUnhealthy, OperationFailed, QuotaExceeded, Stockout
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.lifecycle.diagnosis import creation_failure

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


def test_a_done_operation_is_no_success_if_there_is_no_cluster() -> None:
    failure = creation_failure(DONE, None)
    assert isinstance(failure, OperationFailed)
    assert "does not exist" in failure.cause


def test_says_each_thing_about_a_cluster_once() -> None:
    left = replace(CLUSTER, status="ERROR", status_message="Bad.", conditions=(Condition("", "Bad."),))
    failure = creation_failure(DONE, left)
    assert failure is not None
    assert failure.verbatim == "Bad."
