from __future__ import annotations

import json

import pytest
import yaml

from gke_clusters.errors import DssRefused
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.known_clusters import read_clusters_of_dss
from tests.python.unit.lifecycle.lost_clusters import Dss, data_of


@pytest.fixture
def dss():
    return Dss()


def test_a_started_cluster_says_which_it_is(dss, world):
    cluster = world.cluster()
    dss.has("my-cluster", "RUNNING", data_of(cluster))

    [known] = read_clusters_of_dss(dss, {}).own

    assert (known.id, known.state, known.is_started) == ("my-cluster", "RUNNING", True)
    assert known.saved.is_same(cluster)
    assert (known.journal, known.failure) == (None, None)


def test_a_cluster_that_was_never_started_knows_none(dss):
    dss.has("new")

    [known] = read_clusters_of_dss(dss, {}).own

    assert (known.saved, known.journal, known.is_started) == (None, None, False)


def test_one_that_attaches_is_told_from_one_that_creates(dss):
    dss.has("created")
    dss.has("attached", kind="pycluster_gke-clusters_attach-gke-cluster")

    assert [each.attaches for each in read_clusters_of_dss(dss, {}).own] == [False, True]


def kubeconfig_of(context):
    document = {
        "current-context": context,
        "contexts": [{"name": name, "context": {"cluster": f"of-{name}", "user": "u"}} for name in ("a", context)],
        "clusters": [
            {"name": f"of-{name}", "cluster": {"server": f"https://{name}.example/"}} for name in ("a", context)
        ],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    return yaml.safe_dump(document)


@pytest.mark.parametrize(
    ("overrides", "host"),
    [
        ({"kubeConfigPath": "FILE"}, "b.example"),
        ({"kubeConfigPath": "FILE", "kubeCtlContext": "a"}, "a.example"),
        ({"kubeConfigPath": "", "kubeCtlContext": None}, "home.example"),
    ],
)
def test_one_of_another_type_uses_the_context_of_its_kubeconfig(dss, tmp_path, overrides, host):
    (tmp_path / "config").write_text(kubeconfig_of("b"))
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(kubeconfig_of("home"))
    dss.has("by-hand", kind="manual")
    named = {key: str(tmp_path / "config") if value == "FILE" else value for key, value in overrides.items()}
    dss.clusters["by-hand"]["containerSettings"] = {"executionConfigsGenericOverrides": named}

    found = read_clusters_of_dss(dss, {"HOME": str(tmp_path)})

    assert found.own == ()
    assert [(each.id, each.context.host) for each in found.others] == [("by-hand", host)]


@pytest.mark.parametrize("settings", [None, {}, {"containerSettings": 3}, {"containerSettings": {}}, "path"])
def test_one_of_another_type_that_says_nothing_is_not_known(dss, tmp_path, settings):
    dss.has("emr", "RUNNING", {"anything": 1}, kind="pycluster_emr-clusters_create")
    dss.list_clusters = lambda: [{"name": "emr", "type": "pycluster_emr-clusters_create"}]
    odd = {"containerSettings": {"executionConfigsGenericOverrides": {"kubeConfigPath": 3}}}
    dss.clusters["emr"] = odd if settings == "path" else settings

    [found] = read_clusters_of_dss(dss, {"HOME": str(tmp_path)}).others

    assert (found.id, found.context) == ("emr", None)


CONTAINERS = "containerized execution configuration gpu"


@pytest.mark.parametrize(
    ("place", "config", "user"),
    [
        ("containerSettings", {"kubeConfigPath": "FILE"}, CONTAINERS),
        ("containerSettings", {"kubernetesRuntimeConfig": {"kubeConfigPath": "FILE"}}, CONTAINERS),
        ("sparkSettings", {"kubernetesSettings": {"kubeConfigPath": "FILE"}}, "Spark configuration gpu"),
    ],
)
def test_a_configuration_may_have_a_kubeconfig_of_its_own(dss, tmp_path, place, config, user):
    (tmp_path / "config").write_text(kubeconfig_of("b"))
    named = json.loads(json.dumps(config).replace("FILE", str(tmp_path / "config")))
    dss.general_settings.document = {place: {"executionConfigs": [{"name": "gpu", **named}, {"name": "other"}, None]}}

    found = read_clusters_of_dss(dss, {"HOME": str(tmp_path)})

    assert [(each.id, each.context.host) for each in found.configurations] == [(user, "b.example")]
    assert found.failure is None


def test_a_configuration_may_name_a_context_of_kubectls_own_kubeconfig(dss, tmp_path):
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(kubeconfig_of("home"))
    config = {"name": "gpu", "kubeConfigPath": "", "kubeCtlContext": "a"}
    dss.general_settings.document = {
        "useImplicitK8sCluster": True,
        "containerSettings": {"executionConfigs": [config]},
    }

    found = read_clusters_of_dss(dss, {"HOME": str(tmp_path)}).configurations

    assert [(each.id, each.context.host) for each in found] == [
        ("setting to use the cluster of kubectl", "home.example"),
        (CONTAINERS, "a.example"),
    ]


def test_a_spark_configuration_may_name_an_api_server(dss):
    conf = [
        {"key": "spark.master", "value": "k8s://https://192.0.2.1:443"},
        {"key": "spark.master", "value": "local[*]"},
        {"key": "spark.driver.host", "value": "k8s://https://192.0.2.2"},
    ]
    dss.general_settings.document = {"sparkSettings": {"executionConfigs": [{"name": "big", "conf": conf}]}}

    [found] = read_clusters_of_dss(dss, {}).configurations

    assert (found.id, found.context.host) == ("Spark configuration big", "192.0.2.1")


@pytest.mark.parametrize("text", [None, "", "current-context: a", "contexts: []", "\0"])
def test_a_kubeconfig_that_is_named_and_cannot_be_read_may_lead_anywhere(dss, tmp_path, text):
    path = tmp_path / "config"
    if text is not None:
        path.write_text(text)
    named = {"kubeConfigPath": "/with\0nul" if text == "\0" else str(path)}
    dss.general_settings.document = {"containerSettings": {"executionConfigs": [{"name": "gpu", **named}]}}
    dss.has("by-hand", "RUNNING", kind="manual")
    dss.clusters["by-hand"]["containerSettings"] = {"executionConfigsGenericOverrides": named}

    found = read_clusters_of_dss(dss, {"HOME": str(tmp_path)})

    assert [(each.context, each.is_unclear) for each in (*found.others, *found.configurations)] == [(None, True)] * 2


@pytest.mark.parametrize("user", [{}, {"user": None}, {"user": {"exec": {"unusual": 1}}}])
def test_a_kubeconfig_leads_somewhere_whatever_its_credentials(dss, tmp_path, user):
    document = yaml.safe_load(kubeconfig_of("b")) | {"users": [{"name": "u", **user}]}
    (tmp_path / "config").write_text(yaml.safe_dump(document))
    config = {"name": "gpu", "kubeConfigPath": str(tmp_path / "config")}
    dss.general_settings.document = {"containerSettings": {"executionConfigs": [config]}}

    [found] = read_clusters_of_dss(dss, {}).configurations

    assert (found.context.host, found.is_unclear) == ("b.example", False)


@pytest.mark.parametrize(("state", "is_unclear"), [("NONE", False), ("RUNNING", True)])
def test_a_stopped_cluster_of_another_plugin_leads_nowhere_any_more(dss, state, is_unclear):
    dss.has("eks", state, kind="pycluster_eks-clusters_create-eks-cluster")
    named = {"kubeConfigPath": "/nowhere"}
    dss.clusters["eks"]["containerSettings"] = {"executionConfigsGenericOverrides": named}

    [found] = read_clusters_of_dss(dss, {}).others

    assert found.is_unclear is is_unclear


def test_a_cluster_of_another_type_that_cannot_be_read_may_lead_anywhere(dss):
    dss.list_clusters = lambda: [{"name": "secret", "type": "manual"}]
    dss.clusters["secret"] = None

    [found] = read_clusters_of_dss(dss, {}).others

    assert found.is_unclear


def test_what_names_no_kubeconfig_leads_nowhere_where_kubectl_has_none(dss, tmp_path):
    dss.has("emr", "RUNNING", kind="pycluster_emr-clusters_create")
    dss.general_settings.document = {"useImplicitK8sCluster": True}

    found = read_clusters_of_dss(dss, {"HOME": str(tmp_path)})

    assert [each.is_unclear for each in (*found.others, *found.configurations)] == [False, False]


@pytest.mark.parametrize("settings", [{}, {"containerSettings": 3}, {"sparkSettings": {"executionConfigs": {"a": 1}}}])
def test_configurations_that_name_no_cluster_use_none(dss, settings):
    dss.general_settings.document = settings

    assert read_clusters_of_dss(dss, {}).configurations == ()


def test_configurations_that_cannot_be_read_say_so_and_the_clusters_are_read(dss):
    dss.has("open")
    dss.general_settings.document = None

    found = read_clusters_of_dss(dss, {})

    assert isinstance(found.failure, DssRefused)
    assert [each.id for each in found.own] == ["open"]


def test_a_cluster_that_cannot_be_read_says_so_and_the_others_are_read(dss):
    dss.clusters["secret"] = None
    dss.has("open")

    secret, opened = read_clusters_of_dss(dss, {}).own

    assert isinstance(secret.failure, DssRefused)
    assert opened.failure is None


def test_data_that_means_no_cluster_is_said(dss):
    dss.has("odd", "RUNNING", {"cluster": {"name": "c"}})

    [known] = read_clusters_of_dss(dss, {}).own

    assert known.failure is not None
    assert (known.state, known.saved) == ("RUNNING", None)


def test_a_list_that_is_refused_is_raised(dss):
    dss.lists = False

    with pytest.raises(DssRefused):
        read_clusters_of_dss(dss, {})


def test_the_journal_beside_the_kubeconfig_is_read(dss, world):
    Journal(world.directory).write(world.name, Phase.CREATING)
    dss.has("my-cluster", data=data_of(world.cluster(), str(world.directory / "kube_config")))

    [known] = read_clusters_of_dss(dss, {}).own

    assert known.journal == world.name


@pytest.mark.parametrize("place", ["", "exec", "a/exec"])
def test_the_journal_of_a_first_start_is_looked_for_below_the_data_directory(dss, world, tmp_path, place):
    folder = tmp_path / "clusters" / "my-cluster" / place
    Journal(folder).write(world.name, Phase.CREATING)
    dss.has("my-cluster")
    dss.has("other")

    mine, other = read_clusters_of_dss(dss, {"DIP_HOME": str(tmp_path)}).own

    assert mine.journal == world.name
    assert other.journal is None
