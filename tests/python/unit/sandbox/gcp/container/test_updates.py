"""What updates of clusters and node pools change."""

import copy
from typing import Any

import pytest

from sandbox.gcp.container import cluster_updates, pool_updates
from sandbox.gcp.container.cluster_defaults import Place, complete_cluster
from sandbox.gcp.container.documents import get
from sandbox.gcp.container.messages import message
from sandbox.gcp.container.schema import read
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.projects import Project

POOLS = [{"name": "cpu", "initialNodeCount": 1}, {"name": "gpu", "initialNodeCount": 1}]


@pytest.fixture
def cluster() -> dict[str, Any]:
    given = {"name": "c", "nodePools": POOLS, "verticalPodAutoscaling": {"enabled": True}}
    return complete_cluster(given, Place(Project("p", "123456789012"), "us-central1", 1, "ab" * 32))


def updated(cluster: dict[str, Any], **update: Any) -> dict[str, Any]:
    """Return the cluster after an update."""
    wanted = read("ClusterUpdate", update)
    cluster_updates.check(cluster, wanted)
    cluster_updates.apply(cluster, wanted)
    return cluster


# Where the usual sample is no zone, or what the cluster has already.
_SAMPLE_OF = {
    "desiredLocations": ["us-central1-a"],
    "desiredMasterVersion": "1.35",
    "desiredNodeVersion": "1.33",
    "desiredPodAutoscaling": {"hpaProfile": "NONE"},
    "desiredRbacBindingConfig": {"enableInsecureBindingSystemAuthenticated": False},
    "desiredShieldedNodes": {"enabled": False},
    "desiredVerticalPodAutoscaling": {"enabled": False},
    "machineType": "n2-standard-4",
    "nodeVersion": "1.33",
}


@pytest.mark.parametrize("name", sorted(set(message("ClusterUpdate").fields) - {"etag", "desiredNodePoolId"}))
def test_every_update_field_leads_to_a_valid_cluster(cluster: dict[str, Any], sample, name: str) -> None:
    before = copy.deepcopy(cluster)
    value = _SAMPLE_OF.get(name, sample(message("ClusterUpdate").fields[name]))

    updated(cluster, **{name: value}, desiredNodePoolId="cpu")

    unlike_update = {"removedAdditionalPodRangesConfig", "desiredImageProject"}
    assert name in unlike_update or cluster != before
    assert read("Cluster", cluster)


@pytest.mark.parametrize("name", sorted(set(message("UpdateNodePoolRequest").fields) - pool_updates._ADDRESSES))
def test_every_field_of_a_pool_update_leads_to_a_valid_pool(cluster: dict[str, Any], sample, name: str) -> None:
    pool = cluster["nodePools"][0]
    before = copy.deepcopy(pool)
    value = _SAMPLE_OF.get(name, sample(message("UpdateNodePoolRequest").fields[name]))
    given = read("UpdateNodePoolRequest", {name: value})
    wanted = pool_updates.wanted_fields(given)
    pool_updates.check(cluster, wanted)
    pool_updates.apply(cluster, pool, wanted)

    assert pool != before
    assert read("NodePool", pool)


@pytest.mark.parametrize("update", [{}, {"desiredNodePoolId": "cpu"}, {"desiredLoggingService": ""}])
def test_an_empty_update_is_refused(cluster: dict[str, Any], update: dict[str, Any]) -> None:
    with pytest.raises(GoogleError, match="Must specify a field to update"):
        updated(cluster, **update)


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        ({"desiredMasterVersion": "1.2"}, "No valid versions"),
        ({"desiredNodeVersion": "1.2", "desiredNodePoolId": "cpu"}, "No valid versions"),
        ({"desiredMasterVersion": "1.33"}, "cannot be downgraded"),
        ({"desiredNodeVersion": "1.35"}, "must not be newer than the master"),
        ({"desiredImageType": "COS_CONTAINERD", "desiredNodePoolId": "absent"}, '"absent" not found'),
        ({"desiredNodePoolAutoscaling": {"enabled": True, "maxNodeCount": 2}}, "desired_node_pool_id"),
    ],
)
def test_an_update_that_cannot_be_made_is_refused(cluster: dict[str, Any], update: dict[str, Any], reason: str) -> None:
    with pytest.raises(GoogleError, match=reason):
        updated(cluster, **update)


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        ({"desiredMasterVersion": "1.35"}, "UPGRADE_MASTER"),
        ({"desiredNodeVersion": "1.35"}, "UPGRADE_NODES"),
        ({"desiredLoggingService": "none"}, "UPDATE_CLUSTER"),
    ],
)
def test_the_operation_follows_from_the_field(update: dict[str, Any], kind: str) -> None:
    assert cluster_updates.operation_type(update) == kind


def test_what_is_turned_off_is_shown_empty(cluster: dict[str, Any]) -> None:
    assert updated(cluster, desiredVerticalPodAutoscaling={"enabled": False})["verticalPodAutoscaling"] == {}


def test_addons_that_an_update_does_not_name_stay(cluster: dict[str, Any]) -> None:
    updated(cluster, desiredAddonsConfig={"httpLoadBalancing": {"disabled": True}})

    assert cluster["addonsConfig"]["httpLoadBalancing"] == {"disabled": True}
    assert cluster["addonsConfig"]["gcePersistentDiskCsiDriverConfig"] == {"enabled": True}


def test_only_the_pool_named_is_upgraded(cluster: dict[str, Any]) -> None:
    updated(cluster, desiredNodeVersion="1.33", desiredNodePoolId="gpu")

    assert [pool["version"][:4] for pool in cluster["nodePools"]] == ["1.34", "1.33"]


def test_new_locations_are_those_of_every_pool(cluster: dict[str, Any]) -> None:
    updated(cluster, desiredLocations=["us-central1-f", "us-central1-a"])

    assert cluster["locations"] == ["us-central1-a", "us-central1-f"]
    assert all(pool["locations"] == cluster["locations"] for pool in cluster["nodePools"])


def test_pod_ranges_are_added_and_removed(cluster: dict[str, Any]) -> None:
    path = "ipAllocationPolicy.additionalPodRangesConfig.podRangeNames"

    updated(cluster, additionalPodRangesConfig={"podRangeNames": ["a", "b"]})
    assert get(cluster, path) == ["a", "b"]
    updated(cluster, removedAdditionalPodRangesConfig={"podRangeNames": ["a"]})
    assert get(cluster, path) == ["b"]


def test_switches_of_the_network_become_its_fields(cluster: dict[str, Any]) -> None:
    updated(cluster, desiredIntraNodeVisibilityConfig={"enabled": True}, desiredL4ilbSubsettingConfig={"enabled": True})
    updated(cluster, desiredGatewayApiConfig={"channel": "CHANNEL_STANDARD"}, desiredDefaultEnablePrivateNodes=True)

    network = cluster["networkConfig"]
    assert network["enableIntraNodeVisibility"] is network["enableL4ilbSubsetting"] is True
    assert network["gatewayApiConfig"] == {"channel": "CHANNEL_STANDARD"}
    assert cluster["privateClusterConfig"]["enablePrivateNodes"] is True


def test_authorized_networks_are_replaced_as_a_whole(cluster: dict[str, Any]) -> None:
    networks = {"enabled": True, "cidrBlocks": [{"cidrBlock": "10.0.0.0/8"}]}
    updated(cluster, desiredMasterAuthorizedNetworksConfig=networks)
    updated(cluster, desiredMasterAuthorizedNetworksConfig={"enabled": False})

    assert cluster["masterAuthorizedNetworksConfig"] == {"gcpPublicCidrsAccessEnabled": True}


class TestNodePools:
    def change(self, cluster: dict[str, Any], **fields: Any) -> dict[str, Any]:
        pool: dict[str, Any] = cluster["nodePools"][0]
        pool_updates.apply(cluster, pool, read("UpdateNodePoolRequest", fields))
        return pool

    def test_an_empty_update_is_refused(self) -> None:
        with pytest.raises(GoogleError, match="Must specify a field to update"):
            pool_updates.wanted_fields({"name": "projects/p", "nodePoolId": "cpu"})

    def test_labels_and_taints_are_replaced(self, cluster: dict[str, Any]) -> None:
        taint = {"key": "a", "value": "b", "effect": "NO_SCHEDULE"}
        self.change(cluster, labels={"labels": {"a": "1"}}, taints={"taints": [taint]})
        pool = self.change(cluster, labels={"labels": {"b": "2"}}, taints={"taints": []})

        assert pool["config"]["labels"] == {"b": "2"}
        assert "taints" not in pool["config"]

    def test_gkes_own_resource_labels_stay(self, cluster: dict[str, Any]) -> None:
        pool = self.change(cluster, resourceLabels={"labels": {"team": "ds"}})

        expected = {"team": "ds", "goog-gke-node-pool-provisioning-model": "on-demand"}
        assert pool["config"]["resourceLabels"] == expected

    def test_a_disk_size_is_shown_in_both_places(self, cluster: dict[str, Any]) -> None:
        pool = self.change(cluster, diskSizeGb=200)

        assert (pool["config"]["diskSizeGb"], pool["config"]["bootDisk"]["sizeGb"]) == (200, "200")

    def test_a_kubelet_configuration_keeps_its_defaults(self, cluster: dict[str, Any]) -> None:
        pool = self.change(cluster, kubeletConfig={"podPidsLimit": 2048})

        assert pool["config"]["kubeletConfig"] == {
            "insecureKubeletReadonlyPortEnabled": False,
            "maxParallelImagePulls": 2,
            "podPidsLimit": "2048",
        }

    @pytest.mark.parametrize(("field", "kind"), [("labels", "UPDATE_CLUSTER"), ("machineType", "UPGRADE_NODES")])
    def test_only_changes_that_make_new_nodes_are_upgrades(self, field: str, kind: str) -> None:
        assert pool_updates.operation_type({field: "x"}) == kind
