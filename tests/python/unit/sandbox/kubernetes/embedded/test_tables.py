"""Lists as kubectl prints them."""

from typing import Any

import pytest

from sandbox.kubernetes.embedded import durations
from sandbox.kubernetes.embedded.kinds import BUILT_IN, ResourceType
from sandbox.kubernetes.embedded.pod_cells import pod_status
from sandbox.kubernetes.embedded.store import Object
from sandbox.kubernetes.embedded.tables import table
from tests.python.unit.sandbox.kubernetes.embedded.conftest import Cluster


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0s"), (119, "119s"), (120, "2m"), (200, "3m20s"), (3600, "60m"), (10900, "3h1m"), (90000, "25h"),
     (200000, "2d7h"), (864000, "10d"), (70000000, "2y80d")],
)  # fmt: skip
def test_tells_durations_in_two_units(seconds: int, told: str) -> None:
    assert durations.human(seconds) == told


def test_describes_its_columns_once_and_carries_metadata(cluster: Cluster, pod: Object) -> None:
    item = cluster.create("v1", "pods", pod)
    found = table(cluster.kind("v1", "pods"), [item], {"resourceVersion": "1"})
    wide = [column["name"] for column in found["columnDefinitions"] if column["priority"]]
    assert wide == ["IP", "Node", "Nominated Node", "Readiness Gates"]
    assert found["rows"][0]["cells"][:4] == ["p", "0/1", "Pending", "0"]
    assert found["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


def test_has_a_row_for_a_bare_object_of_every_kind() -> None:
    item: Object = {
        "metadata": {"name": "x"},
        "spec": {},
        "status": {},
        "roleRef": {"kind": "Role", "name": "r"},
    }
    for kind in BUILT_IN:
        found = table(kind, [item], {})
        assert len(found["rows"][0]["cells"]) == len(found["columnDefinitions"]), kind.plural


def test_prints_the_columns_of_a_definition() -> None:
    columns = ({"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
               {"name": "Up", "type": "string", "jsonPath": ".status.conditions[?(@.type=='Up')].status"})  # fmt: skip
    kind = ResourceType("example.com", "v1", "things", "Thing", namespaced=True, columns=columns)
    item = {
        "metadata": {"name": "t"},
        "spec": {"size": 3},
        "status": {"conditions": [{"type": "Up", "status": "True"}]},
    }
    assert table(kind, [item], {})["rows"][0]["cells"] == ["t", 3, "True"]


def state(**changes: Any) -> Object:
    return {"metadata": {}, "spec": {"containers": [{}]}, "status": {"phase": "Pending"}, **changes}


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (state(), "Pending"),
        (state(metadata={"deletionTimestamp": "t"}), "Terminating"),
        (state(status={"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull"}}}]}), "ErrImagePull"),
        (state(status={"containerStatuses": [{"state": {"terminated": {"exitCode": 3}}}]}), "ExitCode:3"),
        (
            state(spec={"initContainers": [{}, {}]}, status={"initContainerStatuses": [{"state": {"running": {}}}]}),
            "Init:0/2",
        ),
    ],
)
def test_tells_a_pods_state_in_a_word(item: Object, told: str) -> None:
    assert pod_status(item) == told
