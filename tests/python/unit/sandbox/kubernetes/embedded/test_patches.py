"""The patch types."""

from typing import Any

import pytest

from sandbox.kubernetes.embedded.kinds import Catalogue, ResourceType
from sandbox.kubernetes.embedded.patches import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, patched
from sandbox.kubernetes.embedded.statuses import StatusError

POD = Catalogue().find("", "v1", "pods")


def item(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p", "finalizers": ["a"]}, "spec": spec}


def strategic(before: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    assert POD is not None
    return patched(POD, before, patch, STRATEGIC_PATCH)


def test_merges_containers_by_name() -> None:
    before = item(containers=[{"name": "a", "image": "1"}, {"name": "b", "image": "1"}])
    after = strategic(before, {"spec": {"containers": [{"name": "b", "image": "2"}]}})
    assert after["spec"]["containers"] == [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}]
    assert before["spec"]["containers"][1]["image"] == "1"


def test_puts_new_items_of_a_patch_before_known_ones() -> None:
    after = strategic(item(containers=[{"name": "a"}]), {"spec": {"containers": [{"name": "b"}]}})
    assert [one["name"] for one in after["spec"]["containers"]] == ["b", "a"]


def test_orders_a_list_as_the_patch_says() -> None:
    order = {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}], "containers": [{"name": "b"}]}
    after = strategic(item(containers=[{"name": "a"}]), {"spec": order})
    assert [one["name"] for one in after["spec"]["containers"]] == ["b", "a"]


def test_deletes_and_replaces_by_directives() -> None:
    before = item(containers=[{"name": "a"}, {"name": "b"}], nodeSelector={"x": "1"}, dnsConfig={"searches": ["s"]})
    patch = {
        "containers": [{"name": "a", "$patch": "delete"}],
        "nodeSelector": {"$patch": "replace", "y": "2"},
        "dnsConfig": None,
    }
    after = strategic(before, {"spec": patch})
    assert after["spec"] == {"containers": [{"name": "b"}], "nodeSelector": {"y": "2"}}


def test_merges_and_deletes_plain_values() -> None:
    added = strategic(item(), {"metadata": {"finalizers": ["b"]}})
    assert sorted(added["metadata"]["finalizers"]) == ["a", "b"]
    removed = strategic(added, {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}})
    assert removed["metadata"]["finalizers"] == ["b"]


def test_keeps_only_the_keys_that_are_to_be_retained() -> None:
    before = item(volumes=[{"name": "v", "emptyDir": {}}])
    change = {"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "c"}}
    after = strategic(before, {"spec": {"volumes": [change]}})
    assert after["spec"]["volumes"] == [{"name": "v", "configMap": {"name": "c"}}]


def test_replaces_lists_without_a_merge_key() -> None:
    after = strategic(item(tolerations=[{"key": "a"}]), {"spec": {"tolerations": [{"key": "b"}]}})
    assert after["spec"]["tolerations"] == [{"key": "b"}]


def test_merge_patch_removes_nulls_and_replaces_lists() -> None:
    assert POD is not None
    before = item(nodeSelector={"x": "1", "y": "2"}, tolerations=[{"key": "a"}])
    after = patched(POD, before, {"spec": {"nodeSelector": {"x": None}, "tolerations": []}}, MERGE_PATCH)
    assert after["spec"] == {"nodeSelector": {"y": "2"}, "tolerations": []}


def test_json_patch_adds_and_tests() -> None:
    assert POD is not None
    add = [{"op": "add", "path": "/spec/nodeName", "value": "n"}]
    assert patched(POD, item(), add, JSON_PATCH)["spec"] == {"nodeName": "n"}
    with pytest.raises(StatusError) as refused:
        patched(POD, item(), [{"op": "test", "path": "/spec/nodeName", "value": "m"}], JSON_PATCH)
    assert (refused.value.code, refused.value.reason) == (422, "Invalid")


def test_refuses_a_strategic_patch_of_a_custom_resource() -> None:
    custom = ResourceType("example.com", "v1", "things", "Thing", namespaced=True)
    with pytest.raises(StatusError) as refused:
        patched(custom, item(), {}, STRATEGIC_PATCH)
    assert refused.value.code == 415
    assert APPLY_PATCH in refused.value.message
