"""Whatever a request says in whichever field, the simulated GKE refuses it or lives with it."""

from typing import Any

import pytest

from sandbox.gcp.container.messages import message

CLUSTER_FIELDS = sorted(set(message("Cluster").fields) - {"name", "initialNodeCount", "nodePools"})
POOL_FIELDS = sorted(set(message("NodePool").fields) - {"name"})
CONFIG_FIELDS = sorted(message("NodeConfig").fields)


def _name(kind: str, field: str) -> str:
    return f"{kind}-{field.lower()}"[:40]


@pytest.fixture(scope="module")
def answers(gke, sample) -> dict[str, tuple[int, dict[str, Any]]]:
    """The answer to the creation of one cluster for each field, by the cluster's name."""
    requests: dict[str, dict[str, Any]] = {}
    for field in CLUSTER_FIELDS:
        requests[_name("cluster", field)] = {"initialNodeCount": 1, field: sample(message("Cluster").fields[field])}
    for field in POOL_FIELDS:
        requests[_name("pool", field)] = {
            "nodePools": [{"name": "cpu", field: sample(message("NodePool").fields[field])}]
        }
    for field in CONFIG_FIELDS:
        config = {field: sample(message("NodeConfig").fields[field])}
        requests[_name("config", field)] = {"nodePools": [{"name": "cpu", "config": config}]}
    return {
        name: gke.call("POST", f"{gke.region}/clusters", {"cluster": {"name": name, **cluster}})
        for name, cluster in requests.items()
    }


@pytest.mark.parametrize(
    "name",
    [_name("cluster", field) for field in CLUSTER_FIELDS]
    + [_name("pool", field) for field in POOL_FIELDS]
    + [_name("config", field) for field in CONFIG_FIELDS],
)
def test_a_field_is_refused_or_lived_with(gke, answers, name: str) -> None:
    status, answer = answers[name]

    if status == 200:
        done = gke.wait(answer)
        assert "error" not in done
        assert gke.get(f"{gke.region}/clusters/{name}")["status"] == "RUNNING"
    else:
        assert status == 400
        assert answer["error"]["status"] == "INVALID_ARGUMENT"


def test_most_fields_are_lived_with(answers) -> None:
    refused = [name for name, (status, _) in answers.items() if status != 200]

    assert len(refused) < len(answers) / 4, refused
