from __future__ import annotations

import copy
import logging
from types import SimpleNamespace

import pytest

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import ClusterNotFound, DssRefused, SettingsError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.registration import Stage, pool_placement, register_cluster, registration_steps
from gke_clusters.reports.checklist import Outcome
from gke_clusters.settings.register import REMEDY, parse_register
from tests.python.unit.lifecycle.checklists import notes_of, steps_of, title_of

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


def register(store, data=None, clusters=None, progress=None, **fields):
    config = {"clusterId": "my-cluster", "registryUrl": REGISTRY, **fields}
    cluster = DssCluster("my-cluster", "type", "RUNNING", {}, {}, data or {})
    google = SimpleNamespace(clusters=SimpleNamespace(find_cluster=(clusters or {}).get))
    return register_cluster(parse_register(config), cluster, store, lambda: google, progress or Progress())


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


def test_a_preview_says_what_dss_may_not_keep_and_the_run_what_it_did_not():
    class Fifteen(Store):
        def write(self, document):
            self.document = copy.deepcopy(document)
            self.document["containerSettings"]["executionConfigs"][0]["kubernetesRuntimeConfig"].pop("tolerations")

    store = Fifteen({"containerSettings": {"buildConfigs": [], "executionConfigs": []}, "sparkSettings": {}})
    place = "containerSettings.executionConfigs[my-cluster].kubernetesRuntimeConfig"

    [first] = notes_of(register(store, DATA, running(), nodePool="gpu", preview=True))
    register(store, DATA, running(), nodePool="gpu")
    [later] = notes_of(register(store, DATA, running(), nodePool="gpu", preview=True))
    [told] = notes_of(register(store, DATA, running(), nodePool="gpu"))

    assert f"{place}.nodeSelector, {place}.tolerations" in first
    assert later == (
        f"Not every version of DSS keeps {place}.tolerations. Each run tries it and says what did not stay; a preview"
        " cannot know and lists it each time."
    )
    assert told.startswith(f"This version of DSS does not keep {place}.tolerations.")


def test_a_registration_in_two_halves_comes_to_the_same(store):
    settings = parse_register(
        {"clusterId": "my-cluster", "registryUrl": REGISTRY, "makeDefault": True, "makeDefaultCluster": True}
    )
    whole = Store()
    registration_steps(settings, None, whole)

    configurations, _notes = registration_steps(settings, None, store, (Stage.CONFIGURATIONS,))
    between = store.read()
    defaults, _notes = registration_steps(settings, None, store, (Stage.DEFAULTS,))

    assert [step.outcome for step in configurations + defaults] == [Outcome.CHANGED] * 4
    assert "defaultExecutionConfig" not in str(between)
    assert "defaultK8sClusterId" not in between
    assert store.document == whole.document


def test_a_taint_of_an_unknown_effect_is_borne_whatever_its_effect():
    placement = pool_placement({"name": "x", "config": {"taints": [{"key": "k", "value": "v"}]}})

    assert placement.tolerations == ({"key": "k", "operator": "Equal", "value": "v"},)


NOT_ASKED = ["It was not asked for."]
CONTAINERS_ADDED = (
    'containerSettings.executionConfigs[gke]: added with usableBy "ALL", workloadType "ANY", type "KUBERNETES",'
    ' repositoryURL "europe-west1-docker.pkg.dev/my-project/dss", prePushMode "NONE", baseImageType "EXEC",'
    ' kubernetesNamespace "dssns-${dssUserLogin}", createNamespace true, ensureNamespaceCompliance true'
)
SPARK_ADDED = (
    "sparkSettings.executionConfigs[gke]: added with kubernetesSettings.managedKubernetes true,"
    ' kubernetesSettings.managedNamespace "dssns-${dssUserLogin}", kubernetesSettings.createNamespace true,'
    " kubernetesSettings.ensureNamespaceCompliance true,"
    ' kubernetesSettings.authenticationMode "DYNAMIC_SERVICE_ACCOUNT", kubernetesSettings.baseImageType "SPARK",'
    ' kubernetesSettings.repositoryURL "europe-west1-docker.pkg.dev/my-project/dss",'
    ' kubernetesSettings.prePushMode "NONE"'
)


def test_the_page_tells_of_each_step_what_was_changed(store):
    page = register(store, makeDefaultCluster=True, configurationName="gke")

    assert title_of(page) == "Register my-cluster with DSS"
    assert steps_of(page) == [
        (
            "Containerized execution configuration gke",
            "changed",
            [CONTAINERS_ADDED],
        ),
        (
            "Spark configuration gke",
            "changed",
            [SPARK_ADDED, "sparkSettings.sparkEnabled: nothing → true"],
        ),
        ("Defaults of containers and Spark", "skipped", NOT_ASKED),
        ("Default cluster", "changed", ['defaultK8sClusterId: nothing → "my-cluster"']),
    ]


def test_the_page_says_what_is_so_already(store):
    register(store)

    page = register(store, withSpark=False)

    assert steps_of(page)[:2] == [
        ("Containerized execution configuration my-cluster", "done", ["It is so already."]),
        ("Spark configuration my-cluster", "skipped", NOT_ASKED),
    ]
    assert notes_of(page) == []


def test_the_defaults_of_both_are_told_in_a_step_of_their_own(store):
    [*_, (title, _outcome, details), _cluster] = steps_of(register(store, makeDefault=True))

    assert title == "Defaults of containers and Spark"
    assert details == [
        'containerSettings.defaultExecutionConfig: nothing → "my-cluster"',
        'containerSettings.defaultExecutionConfigForVisualRecipesWorkloads: nothing → "my-cluster"',
        'sparkSettings.configForInteractive: nothing → "my-cluster"',
        'sparkSettings.configForJupyter: nothing → "my-cluster"',
    ]


def test_only_the_build_configuration_of_spark_belongs_to_the_step_of_spark():
    store = Store({"containerSettings": {"buildConfigs": [], "executionConfigs": []}, "sparkSettings": {}})

    containers, spark, *_ = (details for _title, _outcome, details in steps_of(register(store)))

    assert [line.partition(" with ")[0] for line in containers] == [
        "containerSettings.buildConfigs[my-cluster]: added",
        "containerSettings.executionConfigs[my-cluster]: added",
    ]
    assert spark[0].startswith("containerSettings.buildConfigs[my-cluster-spark]: added with ")
    assert all(line.startswith("sparkSettings.") for line in spark[1:])


def test_pods_ask_for_what_the_dialog_says(store):
    register(store, memoryRequestMb=1000, memoryLimitMb=2000, cpuRequest=1.5, cpuLimit=3, gpus=2, namespace="jobs")

    config = store.document["containerSettings"]["executionConfigs"][0]
    assert config["kubernetesNamespace"] == "jobs"
    assert config["kubernetesResources"] == {
        "memRequestMB": 1000,
        "memLimitMB": 2000,
        "cpuRequest": 1.5,
        "cpuLimit": 3.0,
        "customLimits": [{"key": "nvidia.com/gpu", "value": "2"}],
    }


def test_pods_run_anywhere_where_no_node_pool_is_chosen(store):
    def connect():
        raise AssertionError("Google is not asked")

    cluster = DssCluster("my-cluster", "type", "NONE", {}, {}, {})
    register_cluster(
        parse_register({"clusterId": "my-cluster", "registryUrl": REGISTRY}), cluster, store, connect, Progress()
    )

    assert "nodeSelector" not in store.document["containerSettings"]["executionConfigs"][0]


@pytest.mark.parametrize("shape", ["flat", "split"])
@pytest.mark.parametrize(
    ("first", "then", "reason"),
    [
        (
            {"memoryLimitMb": 2048},
            {"memoryRequestMb": 4096},
            "Memory request (MB): 4096 is more than the limit that the configuration has, 2048",
        ),
        (
            {"cpuRequest": 2},
            {"cpuLimit": 0.5},
            "CPU limit: 0.5 is less than the request that the configuration has, 2.0",
        ),
    ],
)
def test_a_request_above_a_limit_that_stays_is_refused_by_its_label(shape, first, then, reason):
    builds = {"buildConfigs": []} if shape == "split" else {}
    store = Store({"containerSettings": {**builds, "executionConfigs": []}, "sparkSettings": {}})
    register(store, **first)
    before = store.read()

    page = register(store, **then)

    [(_title, outcome, details)] = steps_of(page)
    assert outcome == "failed"
    assert reason in " ".join(details)
    assert store.document == before


def test_a_limit_that_is_not_set_bounds_no_request(store):
    store.document["containerSettings"]["executionConfigs"] = [
        {"name": "my-cluster", "kubernetesResources": {"memLimitMB": -1}}
    ]

    assert outcomes(register(store, memoryRequestMb=4096))[0] == "changed"


def test_an_emptied_node_pool_lets_pods_run_anywhere_again(store):
    register(store, DATA, running(), nodePool="gpu")

    page = register(store)

    assert outcomes(page) == ["changed", "changed", "skipped", "skipped"]
    assert store.document["containerSettings"]["executionConfigs"][0]["nodeSelector"] == ""
    assert store.document["sparkSettings"]["executionConfigs"][0]["conf"] == []


def test_a_registration_that_names_no_placement_leaves_the_one_there_is(store):
    register(store, DATA, running(), nodePool="gpu")
    placed = store.read()

    registration_steps(parse_register({"clusterId": "my-cluster", "registryUrl": REGISTRY}), None, store)

    assert store.document == placed


@pytest.mark.parametrize("resource", [{"nodePools": []}, {}])
def test_a_cluster_without_node_pools_has_none_to_choose(store, resource):
    name = ClusterName("p", "us-central1-a", "c")

    with pytest.raises(SettingsError) as refused:
        register(store, DATA, {name: Cluster(name, "RUNNING", id="1", resource=resource)}, nodePool="big")

    assert str(refused.value.problems[0]).endswith("there are: none")
    assert refused.value.remedy == REMEDY


def test_a_failure_is_the_only_step_and_stands_in_the_log(store, caplog):
    def refuse(_document):
        raise DssRefused("DSS refused to save its general settings.", verbatim="no rights")

    store.write = refuse

    page = register(store)

    [(title, _outcome, [cause, *_])] = steps_of(page)
    assert (title, cause) == ("General settings of DSS", "DSS refused to save its general settings.")
    assert notes_of(page) == []
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "The registration failed: DSS refused to save its general settings." in record.getMessage()


@pytest.mark.parametrize(("preview", "last"), [(True, "Nothing was changed"), (False, "my-cluster is dealt with")])
def test_tells_the_log_and_the_progress_bar_how_far_it_is(store, caplog, preview, last):
    caplog.set_level(logging.INFO)
    percents = []

    register(store, progress=Progress(percents.append), preview=preview, configurationName="gke")

    assert caplog.messages == ["Registering my-cluster as gke", "Reading the general settings of DSS", last]
    assert percents == [5, 30, 100]


def test_what_dss_does_not_keep_is_named_with_the_way_out():
    class Fifteen(Store):
        def write(self, document):
            self.document = copy.deepcopy(document)
            self.document["containerSettings"]["executionConfigs"][0]["kubernetesRuntimeConfig"].pop("tolerations")

    store = Fifteen({"containerSettings": {"buildConfigs": [], "executionConfigs": []}, "sparkSettings": {}})

    dropped, push = notes_of(register(store, DATA, running(), nodePool="gpu"))

    assert dropped.endswith("kubernetesRuntimeConfig.tolerations. If it is needed, set it on DSS's own screens.")
    assert push.startswith("Push the base images to the registry")


@pytest.mark.parametrize(
    ("taint", "effect"),
    [("NO_SCHEDULE", "NoSchedule"), ("PREFER_NO_SCHEDULE", "PreferNoSchedule"), ("NO_EXECUTE", "NoExecute")],
)
def test_a_taint_is_borne_with_its_effect(taint, effect):
    placement = pool_placement({"name": "x", "config": {"taints": [{"key": "k", "value": "v", "effect": taint}]}})

    assert placement.node_selector == {"cloud.google.com/gke-nodepool": "x"}
    assert placement.tolerations == ({"key": "k", "operator": "Equal", "value": "v", "effect": effect},)


@pytest.mark.parametrize("pool", [{"name": "x"}, {"name": "x", "config": {}}, {"name": "x", "config": {"taints": []}}])
def test_a_pool_without_taints_needs_no_tolerations(pool):
    assert pool_placement(pool).tolerations == ()


def test_a_taint_without_key_and_value_is_borne_as_such():
    assert pool_placement({"name": "x", "config": {"taints": [{}]}}).tolerations == (
        {"key": "", "operator": "Equal", "value": ""},
    )
