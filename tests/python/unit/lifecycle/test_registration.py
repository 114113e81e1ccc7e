from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import ClusterNotFound, DssRefused, SettingsError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.registration import pool_placement, register_cluster
from gke_clusters.settings.register import parse_register

REGISTRY = "europe-west1-docker.pkg.dev/my-project/dss"
POOLS = [
    {"name": "cpu", "config": {}},
    {"name": "gpu", "config": {"taints": [{"key": "dedicated", "value": "gpu", "effect": "NO_SCHEDULE"}]}},
]
DATA = {
    "project": "p",
    "schema_version": 2,
    "cluster": {
        "id": "1",
        "name": "c",
        "location": "us-central1-a",
        "selfLink": "x/projects/p/zones/us-central1-a/clusters/c",
    },
}


class Store:
    name = "general settings"

    def __init__(self, document=None):
        self.document = document or {
            "containerSettings": {"executionConfigs": []},
            "sparkSettings": {"executionConfigs": []},
        }

    def read(self):
        return copy.deepcopy(self.document)

    def write(self, document):
        self.document = document


@pytest.fixture
def store():
    return Store()


def register(store, data=None, clusters=None, **fields):
    config = {"clusterId": "my-cluster", "registryUrl": REGISTRY, **fields}
    cluster = DssCluster("my-cluster", "type", "RUNNING", {}, {}, data or {})
    google = SimpleNamespace(clusters=SimpleNamespace(find_cluster=(clusters or {}).get))
    return register_cluster(parse_register(config), cluster, store, lambda: google, Progress())


def running(pools=POOLS):
    name = ClusterName("p", "us-central1-a", "c")
    return {name: Cluster(name, "RUNNING", id="1", resource={"nodePools": pools})}


def outcomes(page):
    import re

    return re.findall(r'class="outcome [^"]+">([^<]+)<', page)


def test_makes_both_configurations_and_leaves_the_defaults(store):
    page = register(store)

    assert outcomes(page) == ["changed", "changed", "skipped", "skipped"]
    assert store.document["containerSettings"]["executionConfigs"][0]["repositoryURL"] == REGISTRY
    assert store.document["sparkSettings"]["executionConfigs"][0]["kubernetesSettings"]["repositoryURL"] == REGISTRY
    assert "Push the base images" in page


def test_the_second_time_everything_is_done_already(store):
    register(store, makeDefault=True, makeDefaultCluster=True)
    before = copy.deepcopy(store.document)

    page = register(store, makeDefault=True, makeDefaultCluster=True)

    assert outcomes(page) == ["done"] * 4
    assert store.document == before
    assert "Push the base images" not in page


def test_a_preview_shows_the_changes_and_makes_none(store):
    before = copy.deepcopy(store.document)

    page = register(store, preview=True, makeDefaultCluster=True)

    assert outcomes(page) == ["would change", "would change", "skipped", "would change"]
    assert store.document == before


def test_makes_them_the_defaults_on_request(store):
    page = register(store, makeDefault=True, makeDefaultCluster=True)

    assert outcomes(page) == ["changed"] * 4
    assert store.document["defaultK8sClusterId"] == "my-cluster"
    assert store.document["containerSettings"]["defaultExecutionConfig"] == "my-cluster"
    assert store.document["sparkSettings"]["configForJupyter"] == "my-cluster"


def test_makes_only_what_is_asked_for(store):
    page = register(store, withContainers=False, makeDefault=True)

    assert outcomes(page) == ["skipped", "changed", "changed", "skipped"]
    assert store.document["containerSettings"] == {"executionConfigs": []}


def test_spark_may_be_left_out(store):
    page = register(store, withSpark=False, makeDefault=True)

    assert outcomes(page) == ["changed", "skipped", "changed", "skipped"]
    assert "configForJupyter" not in store.document["sparkSettings"]


def test_the_build_configuration_of_spark_belongs_to_its_step():
    store = Store({"containerSettings": {"buildConfigs": [], "executionConfigs": []}, "sparkSettings": {}})

    page = register(store, withContainers=False)

    assert outcomes(page) == ["skipped", "changed", "skipped", "skipped"]
    assert page.count("my-cluster-spark") > 0


def test_pods_run_on_the_chosen_node_pool_and_bear_its_taints(store):
    register(store, DATA, running(), nodePool="gpu")

    config = store.document["containerSettings"]["executionConfigs"][0]
    assert "cloud.google.com/gke-nodepool: gpu" in config["nodeSelector"]
    assert "effect: NoSchedule" in config["tolerations"]


def test_a_node_pool_that_is_not_there_is_refused_with_those_that_are(store):
    before = copy.deepcopy(store.document)

    with pytest.raises(SettingsError) as refused:
        register(store, DATA, running(), nodePool="big")

    assert str(refused.value.problems[0]) == "Node pool: big is not in the cluster; there are: cpu, gpu"
    assert store.document == before


@pytest.mark.parametrize(("data", "reason"), [({}, "my-cluster is not started"), (DATA, "is gone")])
def test_a_node_pool_of_a_cluster_that_is_not_there_cannot_be_looked_up(store, data, reason):
    with pytest.raises(ClusterNotFound, match=reason):
        register(store, data, nodePool="cpu")


def test_what_dss_refuses_is_shown_on_the_page(store):
    def refuse(_document):
        raise DssRefused("DSS refused to save its general settings.", verbatim="no rights")

    store.write = refuse

    page = register(store)

    assert outcomes(page) == ["failed"]
    assert "no rights" in page


def test_says_what_dss_does_not_keep():
    class Fifteen(Store):
        def write(self, document):
            self.document = copy.deepcopy(document)
            for config in self.document["containerSettings"]["executionConfigs"]:
                config["kubernetesRuntimeConfig"].pop("nodeSelector", None)

    store = Fifteen({"containerSettings": {"buildConfigs": [], "executionConfigs": []}, "sparkSettings": {}})

    page = register(store, DATA, running(), nodePool="cpu")

    assert outcomes(page) == ["changed", "changed", "skipped", "skipped"]
    assert "does not keep containerSettings.executionConfigs[my-cluster].kubernetesRuntimeConfig.nodeSelector" in page


def test_a_taint_of_an_unknown_effect_is_borne_whatever_its_effect():
    placement = pool_placement({"name": "x", "config": {"taints": [{"key": "k", "value": "v"}]}})

    assert placement.tolerations == ({"key": "k", "operator": "Equal", "value": "v"},)
