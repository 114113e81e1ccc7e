"""Who owns which field, and server-side apply."""

import pytest

from sandbox.kubernetes.embedded.patches import MERGE_PATCH
from sandbox.kubernetes.embedded.statuses import StatusError
from sandbox.kubernetes.embedded.store import Object
from tests.python.unit.sandbox.kubernetes.embedded.conftest import Cluster


def settings(**data: str) -> Object:
    return {"metadata": {"name": "c"}, "data": data}


def managers(item: Object) -> dict[str, str]:
    return {entry["manager"]: entry["operation"] for entry in item["metadata"]["managedFields"]}


def test_creates_what_is_not_there(cluster: Cluster) -> None:
    item = cluster.apply("v1", "configmaps", settings(a="1"), "one")
    assert managers(item) == {"one": "Apply"}
    assert item["metadata"]["managedFields"][0]["fieldsV1"] == {"f:data": {"f:a": {}}}


def test_removes_what_its_owner_no_longer_applies(cluster: Cluster) -> None:
    cluster.apply("v1", "configmaps", settings(a="1", b="2"), "one")
    assert cluster.apply("v1", "configmaps", settings(a="1"), "one")["data"] == {"a": "1"}


def test_keeps_what_another_manager_applies_too(cluster: Cluster) -> None:
    cluster.apply("v1", "configmaps", settings(a="1"), "one")
    cluster.apply("v1", "configmaps", settings(a="1", b="2"), "two")
    assert cluster.apply("v1", "configmaps", settings(c="3"), "one")["data"] == {"a": "1", "b": "2", "c": "3"}


def test_refuses_to_change_another_managers_field(cluster: Cluster) -> None:
    cluster.apply("v1", "configmaps", settings(a="1"), "one")
    with pytest.raises(StatusError, match=r'Apply failed with 1 conflict: conflict with "one": \.data\.a') as refused:
        cluster.apply("v1", "configmaps", settings(a="2"), "two")
    assert refused.value.details is not None
    assert refused.value.details["causes"][0]["reason"] == "FieldManagerConflict"


def test_takes_a_field_over_by_force(cluster: Cluster) -> None:
    cluster.apply("v1", "configmaps", settings(a="1"), "one")
    item = cluster.apply("v1", "configmaps", settings(a="2"), "two", force=True)
    assert item["data"] == {"a": "2"}
    assert managers(item) == {"two": "Apply"}


def test_names_the_version_of_an_updating_manager(cluster: Cluster) -> None:
    cluster.create("v1", "configmaps", settings(a="1"), "editor")
    with pytest.raises(StatusError, match=r'conflict with "editor" using v1: \.data\.a'):
        cluster.apply("v1", "configmaps", settings(a="2"), "one")


def test_an_update_takes_the_changed_fields(cluster: Cluster) -> None:
    cluster.apply("v1", "configmaps", settings(a="1", b="2"), "one")
    item = cluster.patch("v1", "configmaps", "c", {"data": {"a": "9"}}, MERGE_PATCH, "editor")
    fields = {entry["manager"]: entry["fieldsV1"] for entry in item["metadata"]["managedFields"]}
    assert fields == {"one": {"f:data": {"f:b": {}}}, "editor": {"f:data": {"f:a": {}}}}


def test_merges_list_items_by_their_keys(cluster: Cluster, deployment: Object) -> None:
    cluster.create("apps/v1", "deployments", deployment, "editor")
    container = {"name": "side", "image": "busybox:1"}
    config: Object = {"metadata": {"name": "web"}, "spec": {"template": {"spec": {"containers": [container]}}}}
    item = cluster.apply("apps/v1", "deployments", config, "one")
    assert [one["name"] for one in item["spec"]["template"]["spec"]["containers"]] == ["web", "side"]
    config["spec"]["template"]["spec"]["containers"] = []
    item = cluster.apply("apps/v1", "deployments", config, "one")
    assert [one["name"] for one in item["spec"]["template"]["spec"]["containers"]] == ["web"]


def test_an_apply_that_changes_nothing_leaves_the_object_alone(cluster: Cluster) -> None:
    first = cluster.apply("v1", "configmaps", settings(a="1"), "one")
    assert cluster.apply("v1", "configmaps", settings(a="1"), "one") == first
