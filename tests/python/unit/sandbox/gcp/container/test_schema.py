"""How request bodies are read and answers written."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.gcp.container import schema
from sandbox.gcp.errors import GoogleError

RECORDINGS = sorted((Path(__file__).resolve().parents[4] / "data" / "gke-traffic").glob("*.json"))


def _recorded_clusters(file: Path) -> list[dict[str, Any]]:
    exchanges = json.loads(file.read_text())["exchanges"]
    answers = [each["response"] for each in exchanges if each["method"] == "GET" and each["status"] == 200]
    return [answer for answer in answers if "nodePools" in answer]


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.stem)
def test_reading_leaves_a_recorded_answer_as_it_is(file: Path) -> None:
    clusters = _recorded_clusters(file)

    assert clusters
    for cluster in clusters:
        assert schema.read("Cluster", cluster) == cluster


def test_zero_values_vanish_unless_the_field_remembers_that_it_was_set() -> None:
    given = {
        "initialNodeCount": 0,
        "enableTpu": False,
        "description": "",
        "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": False}},
    }

    assert schema.read("Cluster", given) == {
        "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": False}}
    }


def test_an_empty_object_is_kept() -> None:
    assert schema.read("Cluster", {"binaryAuthorization": {"enabled": False}}) == {"binaryAuthorization": {}}


def test_enum_numbers_become_names() -> None:
    assert schema.read("Cluster", {"releaseChannel": {"channel": 2}}) == {"releaseChannel": {"channel": "REGULAR"}}


def test_snake_case_names_become_camel_case() -> None:
    assert schema.read("Cluster", {"initial_node_count": 3}) == {"initialNodeCount": 3}


@pytest.mark.parametrize("value", [64, "64", 64.0])
def test_int64_becomes_a_string(value: object) -> None:
    read = schema.read("NodePool", {"maxPodsConstraint": {"maxPodsPerNode": value}})

    assert read == {"maxPodsConstraint": {"maxPodsPerNode": "64"}}


def test_wrapped_booleans_are_scalars() -> None:
    assert schema.read("NodeKubeletConfig", {"cpuCfsQuota": False}) == {"cpuCfsQuota": False}


def test_a_field_newer_than_the_client_is_read() -> None:
    given = {"config": {"linuxNodeConfig": {"timeZone": "Europe/Paris"}}, "autopilotConfig": {"enabled": True}}

    assert schema.read("NodePool", given) == given


def test_null_means_unset() -> None:
    assert schema.read("Cluster", {"name": "a", "nodeConfig": None}) == {"name": "a"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"cluster": {"foo": 1}},
            "Invalid JSON payload received. Unknown name \"foo\" at 'cluster': Cannot find field.",
        ),
        (
            {"cluster": {"nodePools": [{"bar": 1}]}},
            "Invalid JSON payload received. Unknown name \"bar\" at 'cluster.node_pools[0]': Cannot find field.",
        ),
        ({"foo": 1}, 'Invalid JSON payload received. Unknown name "foo": Cannot find field.'),
        (
            {"cluster": {"initialNodeCount": "many"}},
            "Invalid value at 'cluster.initial_node_count' (TYPE_INT32), \"many\"",
        ),
        (
            {"cluster": {"releaseChannel": {"channel": "FAST"}}},
            '(type.googleapis.com/google.container.v1.ReleaseChannel.Channel), "FAST"',
        ),
        ({"cluster": {"initialNodeCount": 2**31}}, "Invalid value at 'cluster.initial_node_count' (TYPE_INT32)"),
        ({"cluster": {"name": 5}}, "Invalid value at 'cluster.name' (TYPE_STRING), 5"),
        ({"cluster": []}, "Invalid value at 'cluster' (type.googleapis.com/google.container.v1.Cluster)"),
        ({"cluster": {"locations": "a"}}, "Invalid value at 'cluster.locations' (TYPE_STRING), \"a\""),
        ({"cluster": {"resourceLabels": []}}, "Invalid value at 'cluster.resource_labels' (Map field resource_labels)"),
        ([], "Invalid JSON payload received."),
    ],
)
def test_a_wrong_body_is_refused_in_googles_words(body: object, message: str) -> None:
    with pytest.raises(GoogleError) as refused:
        schema.read("CreateClusterRequest", body)

    assert refused.value.code == 400
    assert message in refused.value.message


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(GoogleError) as refused:
        schema.read("CreateClusterRequest", {"cluster": {"foo": 1, "bar": 2}})

    violations = refused.value.details[0]["fieldViolations"]
    assert [violation["field"] for violation in violations] == ["cluster", "cluster"]


def test_answers_can_carry_enum_numbers() -> None:
    answer = {"name": "a", "status": "RUNNING", "nodePools": [{"status": "ERROR"}]}

    assert schema.with_enum_numbers("Cluster", answer) == {"name": "a", "status": 2, "nodePools": [{"status": 6}]}


def test_the_log_shows_enum_names_and_keeps_what_is_unknown() -> None:
    body = {"cluster": {"releaseChannel": {"channel": 1}, "foo": 1, "initialNodeCount": 0}}

    assert schema.with_enum_names("CreateClusterRequest", body) == {
        "cluster": {"releaseChannel": {"channel": "RAPID"}, "foo": 1, "initialNodeCount": 0}
    }
