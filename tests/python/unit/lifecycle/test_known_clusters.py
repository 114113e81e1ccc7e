from __future__ import annotations

import pytest

from gke_clusters.errors import DssRefused
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.known_clusters import read_known_clusters
from tests.python.unit.lifecycle.lost_clusters import Dss, data_of


@pytest.fixture
def dss():
    return Dss()


def test_a_started_cluster_says_which_it_is(dss, world):
    cluster = world.cluster()
    dss.has("my-cluster", "RUNNING", data_of(cluster))

    [known] = read_known_clusters(dss, {})

    assert (known.id, known.state, known.is_started) == ("my-cluster", "RUNNING", True)
    assert known.saved.is_same(cluster)
    assert (known.journal, known.failure) == (None, None)


def test_a_cluster_that_was_never_started_knows_none(dss):
    dss.has("new")

    [known] = read_known_clusters(dss, {})

    assert (known.saved, known.journal, known.is_started) == (None, None, False)


def test_clusters_of_other_plugins_are_not_read(dss):
    dss.has("emr", "RUNNING", {"anything": 1}, kind="pycluster_emr-clusters_create")
    dss.has("by-hand", kind="manual")

    assert read_known_clusters(dss, {}) == ()


def test_a_cluster_that_cannot_be_read_says_so_and_the_others_are_read(dss):
    dss.clusters["secret"] = None
    dss.has("open")

    secret, opened = read_known_clusters(dss, {})

    assert isinstance(secret.failure, DssRefused)
    assert opened.failure is None


def test_data_that_means_no_cluster_is_said(dss):
    dss.has("odd", "RUNNING", {"cluster": {"name": "c"}})

    [known] = read_known_clusters(dss, {})

    assert known.failure is not None
    assert (known.state, known.saved) == ("RUNNING", None)


def test_a_list_that_is_refused_is_raised(dss):
    dss.lists = False

    with pytest.raises(DssRefused):
        read_known_clusters(dss, {})


def test_the_journal_beside_the_kubeconfig_is_read(dss, world):
    Journal(world.directory).write(world.name, Phase.CREATING)
    dss.has("my-cluster", data=data_of(world.cluster(), str(world.directory / "kube_config")))

    [known] = read_known_clusters(dss, {})

    assert known.journal == world.name


@pytest.mark.parametrize("place", ["", "exec", "a/exec"])
def test_the_journal_of_a_first_start_is_looked_for_below_the_data_directory(dss, world, tmp_path, place):
    folder = tmp_path / "clusters" / "my-cluster" / place
    Journal(folder).write(world.name, Phase.CREATING)
    dss.has("my-cluster")
    dss.has("other")

    mine, other = read_known_clusters(dss, {"DIP_HOME": str(tmp_path)})

    assert mine.journal == world.name
    assert other.journal is None
