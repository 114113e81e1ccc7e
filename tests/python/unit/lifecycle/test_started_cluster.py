from __future__ import annotations

from types import SimpleNamespace

import pytest

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import ClusterNotFound, StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.saved_cluster import SavedCluster
from gke_clusters.lifecycle.started_cluster import find_started, kubernetes_of, require_started

NAME = ClusterName("p", "us-central1-a", "c")
DATA = {"project": "p", "schema_version": 2, "cluster": {"id": "1", "name": "c", "location": "us-central1-a"}}


def dss_cluster(data, state="RUNNING"):
    return DssCluster("my-cluster", "type", state, {}, {}, data)


def gke(*clusters):
    return SimpleNamespace(find_cluster={cluster.name: cluster for cluster in clusters}.get)


def test_a_started_cluster_is_the_one_of_its_data():
    assert require_started(dss_cluster(DATA)) == SavedCluster(NAME, id="1")


@pytest.mark.parametrize(("data", "state"), [({}, "RUNNING"), (DATA, "NONE")])
def test_a_cluster_that_is_not_started_has_nothing_to_act_on(data, state):
    with pytest.raises(ClusterNotFound, match="my-cluster is not started"):
        require_started(dss_cluster(data, state))


def test_finds_the_cluster_that_was_started():
    there = Cluster(NAME, "RUNNING", id="1")

    assert find_started(SavedCluster(NAME, id="1"), gke(there)) is there


def test_a_cluster_that_was_deleted_behind_the_back_of_dss_is_gone():
    with pytest.raises(ClusterNotFound, match="is gone: it was deleted outside of DSS"):
        find_started(SavedCluster(NAME, id="1"), gke())


def test_another_cluster_of_the_same_name_is_not_the_one_that_was_started():
    with pytest.raises(StateError) as refused:
        find_started(SavedCluster(NAME, id="1"), gke(Cluster(NAME, "RUNNING", id="2", create_time="today")))

    assert refused.value.verbatim == "started: id 1, created unknown; there now: id 2, created today"


@pytest.mark.parametrize("path", [None, "", 5])
def test_data_without_a_kubeconfig_is_refused(path):
    with pytest.raises(StateError, match="does not say where its kubeconfig is"):
        kubernetes_of(dss_cluster({**DATA, "kube_config_path": path}))


def test_the_kubeconfig_is_the_one_of_the_data(tmp_path):
    missing = tmp_path / "kube_config"

    with pytest.raises(StateError) as refused:
        kubernetes_of(dss_cluster({**DATA, "kube_config_path": str(missing)}))

    assert refused.value.resource == str(missing)


def test_says_what_to_do_about_a_cluster_that_is_not_started():
    with pytest.raises(ClusterNotFound) as refused:
        require_started(dss_cluster({}))

    assert refused.value.resource == "DSS cluster my-cluster"
    assert refused.value.remedy.startswith("Start or attach the cluster in DSS")


@pytest.mark.parametrize(("there", "error"), [((), ClusterNotFound), ((Cluster(NAME, "RUNNING", id="2"),), StateError)])
def test_says_what_to_do_about_a_cluster_that_is_not_there_any_more(there, error):
    with pytest.raises(error) as refused:
        find_started(SavedCluster(NAME, id="1"), gke(*there))

    assert refused.value.resource == NAME.path
    assert refused.value.remedy == "Mark the DSS cluster as stopped (force stop), then start it again."


def test_what_is_not_known_of_a_former_start_is_said_to_be_unknown():
    with pytest.raises(StateError) as refused:
        find_started(SavedCluster(NAME, create_time="then"), gke(Cluster(NAME, "RUNNING", id="2", create_time="today")))

    assert refused.value.verbatim == "started: id unknown, created then; there now: id 2, created today"


def test_says_how_the_kubeconfig_is_written_anew():
    with pytest.raises(StateError) as refused:
        kubernetes_of(dss_cluster(DATA))

    assert refused.value.resource == "DSS cluster my-cluster"
    assert refused.value.remedy.startswith("Start or attach the cluster again")
