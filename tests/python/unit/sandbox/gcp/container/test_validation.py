"""What the simulated GKE refuses before it starts anything."""

from typing import Any

import pytest

from sandbox.gcp.container import schema, validation
from sandbox.gcp.errors import GoogleError

ZONE, REGION = "us-central1-a", "us-central1"


def refused(cluster: dict[str, Any], location: str = ZONE) -> str:
    """Return why a cluster is refused."""
    with pytest.raises(GoogleError) as error:
        validation.check_cluster(schema.read("Cluster", cluster), location)
    assert error.value.status == "INVALID_ARGUMENT"
    return error.value.message


def with_pool(**pool: Any) -> dict[str, Any]:
    return {"name": "ok", "nodePools": [{"name": "cpu", "initialNodeCount": 1, **pool}]}


def with_config(**config: Any) -> dict[str, Any]:
    return with_pool(config=config)


@pytest.mark.parametrize("name", ["a", "dss-prod-1", "a" * 40])
def test_accepts_a_name_that_gke_allows(name: str) -> None:
    validation.check_cluster({"name": name, "initialNodeCount": 1}, ZONE)


@pytest.mark.parametrize("name", ["", "Dss", "1a", "a_b", "a-", "a" * 41, "a.b"])
def test_refuses_a_name_that_gke_does_not_allow(name: str) -> None:
    message = refused({"name": name, "initialNodeCount": 1})

    assert message.startswith(f'Invalid value for field "cluster.name": "{name}"')


@pytest.mark.parametrize("location", ["us-central1-z", "mars-north1", ""])
def test_refuses_an_unknown_location(location: str) -> None:
    assert refused({"name": "ok", "initialNodeCount": 1}, location) == f'Location "{location}" does not exist.'


def test_refuses_a_cluster_without_nodes() -> None:
    assert refused({"name": "ok"}) == "Cluster.initial_node_count must be greater than zero."


@pytest.mark.parametrize("extra", [{"initialNodeCount": 1}, {"nodeConfig": {"machineType": "e2-medium"}}])
def test_refuses_node_pools_beside_what_describes_the_default_pool(extra: dict[str, Any]) -> None:
    assert "cannot be specified together" in refused(with_pool() | extra)


def test_refuses_a_pool_named_twice() -> None:
    cluster = {"name": "ok", "nodePools": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}

    assert refused(cluster) == 'Duplicate node pool name "a".'


@pytest.mark.parametrize(
    ("autoscaling", "message"),
    [
        ({"enabled": True, "minNodeCount": 4, "maxNodeCount": 3}, "minimum (4) must be less than or equal"),
        ({"enabled": True, "totalMinNodeCount": 4, "totalMaxNodeCount": 3}, "minimum (4) must be less than or equal"),
        ({"enabled": True, "maxNodeCount": 3, "totalMaxNodeCount": 3}, "both total and per-zone"),
        ({"enabled": True, "minNodeCount": -1, "maxNodeCount": 3}, "cannot be negative"),
        ({"enabled": True}, "maximum must be greater than zero"),
    ],
)
def test_refuses_autoscaling_limits_that_contradict(autoscaling: dict[str, Any], message: str) -> None:
    assert message in refused(with_pool(autoscaling=autoscaling))


@pytest.mark.parametrize("version", ["latest", "-", "", "1.34", "1.34.8", "1.34.8-gke.1014001", "1.34.2-gke.100"])
def test_accepts_a_version_or_an_alias(version: str) -> None:
    validation.check_cluster({"name": "ok", "initialNodeCount": 1, "initialClusterVersion": version}, ZONE)


@pytest.mark.parametrize("version", ["1.19", "1.34.99", "1.3"])
def test_refuses_a_prefix_that_no_version_has(version: str) -> None:
    cluster = {"name": "ok", "initialNodeCount": 1, "initialClusterVersion": version}

    assert refused(cluster) == f'No valid versions with the prefix "{version}" found.'


@pytest.mark.parametrize("version", ["newest", "1.19.5-gke.100"])
def test_refuses_a_version_that_is_not_offered(version: str) -> None:
    cluster = {"name": "ok", "initialNodeCount": 1, "initialClusterVersion": version}

    assert refused(cluster) == f'Master version "{version}" is unsupported.'


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"clusterIpv4CidrBlock": "/17", "clusterSecondaryRangeName": "pods"}, "cannot both be set"),
        ({"servicesIpv4CidrBlock": "/22", "servicesSecondaryRangeName": "services"}, "cannot both be set"),
        ({"clusterIpv4CidrBlock": "10.0.0/14"}, "is not a CIDR block"),
        ({"clusterIpv4CidrBlock": "10.0.0.1/14"}, "is not a CIDR block"),
        ({"useRoutes": True, "useIpAliases": True}, "use_routes cannot both be set"),
    ],
)
def test_refuses_addresses_that_make_no_sense(policy: dict[str, Any], message: str) -> None:
    assert message in refused({"name": "ok", "initialNodeCount": 1, "ipAllocationPolicy": policy})


@pytest.mark.parametrize(
    ("cluster", "location", "message"),
    [
        ({"locations": ["us-east1-b"]}, REGION, 'zone "us-east1-b" is not in "us-central1"'),
        ({"locations": ["us-central1-b"]}, ZONE, "must contain the cluster's zone"),
        ({"locations": ["us-central1"]}, REGION, 'zone "us-central1" is not in'),
    ],
)
def test_refuses_zones_of_elsewhere(cluster: dict[str, Any], location: str, message: str) -> None:
    assert message in refused({"name": "ok", "initialNodeCount": 1, **cluster}, location)


@pytest.mark.parametrize("labels", [{"Team": "a"}, {"1a": "a"}, {"team": "Data Science"}, {"a" * 64: "a"}])
def test_refuses_resource_labels_outside_googles_rule(labels: dict[str, str]) -> None:
    assert "resource label" in refused({"name": "ok", "initialNodeCount": 1, "resourceLabels": labels})


def test_refuses_more_than_64_resource_labels() -> None:
    labels = {f"l{number}": "" for number in range(65)}

    assert "At most 64" in refused({"name": "ok", "initialNodeCount": 1, "resourceLabels": labels})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"machineType": "n2-gigantic-8"}, 'Machine type with name "n2-gigantic-8" does not exist.'),
        ({"diskSizeGb": 5}, "Disk size must be at least 10 GB, got 5."),
        ({"spot": True, "preemptible": True}, "both spot and preemptible"),
        ({"labels": {"bad key": "x"}}, "is not a valid label"),
        ({"labels": {"key": "bad value"}}, "is not a valid label"),
        ({"tags": ["Bad"]}, ".tags"),
        ({"taints": [{"key": "a", "value": "b"}]}, 'taint "a" has no effect'),
        ({"taints": [{"key": "a b", "value": "b", "effect": "NO_SCHEDULE"}]}, ".taints"),
        ({"accelerators": [{"acceleratorType": "nvidia-tesla-t4"}]}, "at least 1"),
        (
            {"machineType": "n1-standard-4", "accelerators": [{"acceleratorType": "gpu", "acceleratorCount": 1}]},
            'Accelerator type "gpu" does not exist.',
        ),
        (
            {"machineType": "n2-standard-4", "accelerators": [{"acceleratorType": "nvidia-l4", "acceleratorCount": 1}]},
            'cannot be attached to machine type "n2-standard-4"',
        ),
        (
            {
                "machineType": "g2-standard-8",
                "accelerators": [{"acceleratorType": "nvidia-tesla-t4", "acceleratorCount": 1}],
            },
            'cannot be attached to machine type "g2-standard-8"',
        ),
    ],
)
def test_refuses_a_node_configuration_that_cannot_be(config: dict[str, Any], message: str) -> None:
    assert message in refused(with_config(**config))


@pytest.mark.parametrize("count", ["7", "257"])
def test_refuses_max_pods_outside_gkes_range(count: str) -> None:
    assert "between 8 and 256" in refused(with_pool(maxPodsConstraint={"maxPodsPerNode": count}))


class TestAutopilot:
    def test_is_accepted_in_a_region(self) -> None:
        validation.check_cluster({"name": "ok", "autopilot": {"enabled": True}}, REGION)

    @pytest.mark.parametrize(
        ("extra", "location", "message"),
        [
            ({}, ZONE, "Autopilot clusters must be regional clusters."),
            ({"nodePools": [{"name": "cpu"}]}, REGION, "Node pools cannot be specified for Autopilot clusters."),
            ({"networkPolicy": {"enabled": True}}, REGION, "cannot be set for Autopilot clusters"),
        ],
    )
    def test_refuses_what_only_standard_clusters_have(self, extra: dict[str, Any], location: str, message: str) -> None:
        assert message in refused({"name": "ok", "autopilot": {"enabled": True}, **extra}, location)


def test_refuses_old_and_new_endpoint_fields_that_contradict() -> None:
    cluster = {
        "name": "ok",
        "initialNodeCount": 1,
        "privateClusterConfig": {"enablePrivateEndpoint": True},
        "controlPlaneEndpointsConfig": {"ipEndpointsConfig": {"enablePublicEndpoint": True}},
    }

    assert "cannot have conflicting values" in refused(cluster)


@pytest.mark.parametrize("count", [-1, 1001, 2**31 - 1])
def test_no_pool_has_fewer_than_no_nodes_or_more_than_a_thousand_in_a_zone(count: int) -> None:
    assert refused({"name": "ok", "initialNodeCount": count})
    assert "Node count" in refused({"name": "ok", "nodePools": [{"name": "cpu", "initialNodeCount": count}]})
