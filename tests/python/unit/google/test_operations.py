from __future__ import annotations

import json
from typing import Any

import pytest
from google.cloud import container_v1

from gke_clusters.google.operations import Condition, Operation, read_conditions, read_operation, target_cluster


def message(**fields: Any) -> container_v1.Operation:
    known = {
        "name": "operation-1-a",
        "operationType": "CREATE_CLUSTER",
        "status": "RUNNING",
        "targetLink": "https://container.googleapis.com/v1/projects/123/zones/z/clusters/c",
    }
    made: container_v1.Operation = container_v1.Operation.from_json(json.dumps(known | fields))
    return made


def progress(*metrics: tuple[str, Any]) -> dict[str, Any]:
    return {"metrics": [{"name": name, "intValue": str(value)} for name, value in metrics]}


def test_reads_what_google_says() -> None:
    operation = read_operation(message(startTime="2026-01-01T00:00:00Z", detail="Waiting for nodes."), "p", "z")
    assert operation == Operation(
        name="operation-1-a",
        kind="CREATE_CLUSTER",
        status="RUNNING",
        project="p",
        location="z",
        cluster="c",
        started="2026-01-01T00:00:00Z",
        detail="Waiting for nodes.",
    )
    assert operation.path == "projects/p/locations/z/operations/operation-1-a"
    assert not operation.done


def test_takes_the_location_from_the_answer_if_none_is_given() -> None:
    assert read_operation(message(location="r"), "p").location == "r"
    assert read_operation(message(zone="z"), "p").location == "z"


def test_knows_the_cluster_of_an_operation_on_a_node_pool() -> None:
    link = "https://container.googleapis.com/v1/projects/123/zones/z/clusters/c/nodePools/pool"
    operation = read_operation(message(targetLink=link), "p")
    assert (operation.cluster, operation.pool) == ("c", "pool")


def test_knows_no_cluster_where_the_target_is_none() -> None:
    assert read_operation(message(targetLink="https://container.googleapis.com/v1/projects/1"), "p").cluster is None


def test_tells_the_cluster_before_anything_else_is_read() -> None:
    assert target_cluster(message()) == "c"
    assert target_cluster(message(targetLink="")) is None


def test_reads_an_operation_of_a_type_and_status_newer_than_the_client() -> None:
    operation = read_operation(message(operationType=99, status=77), "p", "z")
    assert (operation.kind, operation.status) == ("99", "77")
    assert not operation.done


def test_reads_a_condition_with_a_code_newer_than_the_client() -> None:
    operation = read_operation(message(status="DONE", clusterConditions=[{"code": 77, "message": "New."}]), "p", "z")
    assert operation.failures == (Condition("77", "New."),)


def test_a_done_operation_without_error_has_no_failures() -> None:
    operation = read_operation(message(status="DONE"), "p")
    assert operation.done
    assert operation.failures == ()


def test_a_done_operation_with_an_error_failed() -> None:
    operation = read_operation(message(status="DONE", error={"code": 8, "message": "Quota."}), "p")
    assert operation.failures == (Condition("RESOURCE_EXHAUSTED", "Quota."),)


@pytest.mark.parametrize(
    ("error", "failure"),
    [({"code": 13}, Condition("INTERNAL", "")), ({"message": "It broke."}, Condition("", "It broke."))],
)
def test_an_error_of_which_google_says_only_a_part_is_a_failure(error: dict[str, Any], failure: Condition) -> None:
    assert read_operation(message(status="DONE", error=error), "p").failures == (failure,)


def test_the_old_status_message_alone_is_a_failure() -> None:
    assert read_operation(message(status="DONE", statusMessage="It broke."), "p").failures == (
        Condition("", "It broke."),
    )


def test_a_condition_with_a_code_is_a_failure_and_comes_first() -> None:
    operation = read_operation(
        message(
            status="DONE",
            error={"code": 8, "message": "Short."},
            clusterConditions=[{"code": "GCE_STOCKOUT", "message": "No machines."}],
            nodepoolConditions=[{"canonicalCode": "RESOURCE_EXHAUSTED", "message": "None."}],
        ),
        "p",
    )
    assert operation.failures == (
        Condition("GCE_STOCKOUT", "No machines."),
        Condition("RESOURCE_EXHAUSTED", "None."),
        Condition("RESOURCE_EXHAUSTED", "Short."),
    )


def test_a_condition_without_any_code_is_a_remark() -> None:
    assert read_operation(message(status="DONE", clusterConditions=[{"message": "By the way."}]), "p").failures == ()


def test_leaves_out_conditions_that_say_nothing() -> None:
    assert read_conditions([container_v1.StatusCondition()]) == ()


def test_survives_a_code_that_is_not_known() -> None:
    operation = read_operation(message(status="DONE", error={"code": 999, "message": "New."}), "p")
    assert operation.failures == (Condition("", "New."),)


def test_progress_is_the_part_of_all_that_is_counted() -> None:
    counted = progress(("CLUSTER_CONFIGURING", 8), ("CLUSTER_CONFIGURING_TOTAL", 8), ("CLUSTER_DEPLOYING", 1))
    counted["metrics"].append({"name": "CLUSTER_DEPLOYING_TOTAL", "intValue": "12"})
    assert read_operation(message(progress=counted), "p").progress == pytest.approx(9 / 20)


def test_progress_stays_below_one_until_the_end() -> None:
    counted = progress(("NODES_TOTAL", 3), ("NODES_DONE", 3))
    assert read_operation(message(progress=counted), "p").progress == pytest.approx(0.99)


def test_progress_counts_a_thing_of_which_there_is_one() -> None:
    counted = progress(("CLUSTER_TOTAL", 1), ("CLUSTER_DONE", 1), ("NODES_TOTAL", 3), ("NODES_DONE", 0))
    assert read_operation(message(progress=counted), "p").progress == pytest.approx(0.25)


def test_progress_reads_nodes_that_are_complete() -> None:
    counted = progress(("NODES_TOTAL", 4), ("NODES_COMPLETE", 1))
    assert read_operation(message(progress=counted), "p").progress == pytest.approx(0.25)


def test_progress_counts_each_stage_apart() -> None:
    stages = {
        "stages": [
            {"name": "one", "metrics": progress(("NODES_TOTAL", 2), ("NODES_DONE", 2))["metrics"]},
            {"name": "two", "metrics": progress(("NODES_TOTAL", 2))["metrics"]},
        ]
    }
    assert read_operation(message(progress=stages), "p").progress == pytest.approx(0.5)


@pytest.mark.parametrize("counted", [{}, progress(("SOMETHING_NEW", 5)), progress(("NODES_TOTAL", 0))])
def test_progress_is_unknown_without_a_total(counted: dict[str, Any]) -> None:
    assert read_operation(message(progress=counted), "p").progress is None
