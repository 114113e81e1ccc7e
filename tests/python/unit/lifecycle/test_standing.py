from __future__ import annotations

from dataclasses import replace

import pytest

from gke_clusters.errors import DssRefused
from gke_clusters.google.names import ClusterName
from gke_clusters.kube.kubeconfig_file import KubeconfigContext
from gke_clusters.lifecycle.known_clusters import DssClusters, KnownCluster
from gke_clusters.lifecycle.kubeconfig_users import KubeconfigUser
from gke_clusters.lifecycle.standing import Standing, judge
from gke_clusters.specs.ownership import Ownership
from tests.python.unit.lifecycle.conftest import make_cluster
from tests.python.unit.lifecycle.lost_clusters import started_as

OURS = make_cluster()
ELSEWHERE = make_cluster(ClusterName("acme", "us-east1", "other"), id="id-2")


def standing(cluster, *known, **beside):
    judgement = judge(cluster, "install-1", DssClusters(known, **beside))
    return judgement.standing, judgement.reason


def test_a_started_cluster_of_dss_is_known_with_labels_or_without():
    of_old = replace(OURS, labels={})

    assert standing(OURS, started_as(OURS)) == (Standing.KNOWN, "It is my-cluster of DSS.")
    assert standing(of_old, started_as(of_old, "attached"))[0] is Standing.KNOWN


def test_one_that_nobody_knows_is_forgotten():
    judgement = judge(OURS, "install-1", DssClusters())

    assert (judgement.standing, judgement.owner) == (Standing.FORGOTTEN, "my-cluster")
    assert judgement.reason == "DSS has no cluster my-cluster."


def test_one_whose_dss_cluster_was_started_as_another_is_forgotten():
    found, reason = standing(OURS, started_as(ELSEWHERE))

    assert found is Standing.FORGOTTEN
    assert reason == f"my-cluster of DSS was started as {ELSEWHERE.name} since."


def test_a_started_cluster_is_known_by_the_number_of_its_project_as_well():
    by_number = replace(OURS, name=ClusterName("123456789012", OURS.name.location, OURS.name.name))

    assert standing(by_number, started_as(OURS))[0] is Standing.KNOWN


def test_one_of_another_installation_is_none_of_ours():
    other = replace(OURS, labels=Ownership.of("install-2", "my-cluster").labels)

    assert standing(other, KnownCluster("my-cluster"))[0] is Standing.OTHER_DSS


@pytest.mark.parametrize("labels", [{}, {"dss-cluster-id": "my-cluster"}, {"dss-install-id": "install-1"}])
def test_one_without_both_labels_is_left_alone(labels):
    assert standing(replace(OURS, labels=labels))[0] is Standing.UNMARKED


def test_an_attached_cluster_of_others_is_theirs_after_it_was_detached():
    foreign = replace(OURS, labels={"team": "x"})

    assert standing(foreign, started_as(foreign, "attached", "NONE", attaches=True))[0] is Standing.UNMARKED


def test_one_of_an_earlier_version_that_dss_has_stopped_is_in_doubt_though_it_has_no_label():
    of_old = replace(OURS, labels={})

    found, reason = standing(of_old, started_as(of_old, state="NONE"))

    assert found is Standing.IN_DOUBT
    assert "my-cluster is stopped in DSS, and the cluster of its last start is still there." in reason
    assert f"gcloud container clusters delete {OURS.name.name} --location {OURS.name.location}" in reason


def context_of(name="c", cluster="k", server="https://192.0.2.9"):
    return KubeconfigUser("by-hand", KubeconfigContext(name, cluster, server, None))


GCLOUDS_NAME = f"gke_{OURS.name.project}_{OURS.name.location}_{OURS.name.name}"


@pytest.mark.parametrize(
    "user",
    [
        context_of(name=GCLOUDS_NAME),
        context_of(cluster=GCLOUDS_NAME),
        context_of(server="https://192.0.2.1/"),
        context_of(server="https://192.0.2.1:443"),
    ],
)
def test_one_that_a_cluster_of_another_type_uses_is_in_doubt(user):
    reached = replace(OURS, resource={**OURS.resource, "endpoint": "192.0.2.1"})

    found, reason = standing(reached, others=[user])

    assert found is Standing.IN_DOUBT
    assert reason == "by-hand of DSS, of another type, has a kubeconfig for it."


@pytest.mark.parametrize("user", [context_of(), KubeconfigUser("by-hand")])
def test_a_cluster_of_another_type_that_uses_another_one_raises_no_doubt(user):
    reached = replace(OURS, resource={**OURS.resource, "endpoint": "192.0.2.1"})

    assert standing(reached, others=[user])[0] is Standing.FORGOTTEN


def test_one_that_a_configuration_of_dss_leads_to_is_in_doubt():
    reached = replace(OURS, resource={**OURS.resource, "endpoint": "192.0.2.1"})
    user = replace(context_of(server="https://192.0.2.1"), id="Spark configuration big")

    found, reason = standing(reached, configurations=(user,))

    assert found is Standing.IN_DOUBT
    assert reason == (
        "The Spark configuration big of DSS leads to it. Remove that from DSS; then this is a forgotten one."
    )
    assert standing(OURS, configurations=(user,))[0] is Standing.FORGOTTEN


@pytest.mark.parametrize("place", ["others", "configurations"])
def test_none_is_forgotten_while_a_kubeconfig_that_dss_names_cannot_be_read(place):
    found, reason = standing(OURS, **{place: (KubeconfigUser("gpu", is_unclear=True),)})

    assert found is Standing.IN_DOUBT
    assert reason == (
        "Where gpu of DSS leads cannot be read here: it may be this one. Correct its kubeconfig in DSS, or remove it"
        " there."
    )


def test_none_is_forgotten_while_the_configurations_of_dss_cannot_be_read():
    found, reason = standing(OURS, failure=DssRefused("DSS refused to read its general settings."))

    assert found is Standing.IN_DOUBT
    assert reason.endswith("could not be read. DSS refused to read its general settings.")


def test_one_that_was_once_attached_to_is_forgotten_when_nothing_is_attached_any_more():
    attached = started_as(OURS, "attached", "NONE", attaches=True)

    found, reason = standing(OURS, attached)

    assert found is Standing.IN_DOUBT
    assert "Delete attached in DSS, or attach it to another cluster" in reason
    assert standing(OURS, KnownCluster("my-cluster", attaches=True)) == (
        Standing.FORGOTTEN,
        "my-cluster of DSS attaches clusters; the one of that name that created this is gone.",
    )


DOUBTS = {
    "it is being started": (KnownCluster("my-cluster", "STARTING"), "DSS is starting my-cluster right now."),
    "it is being stopped": (started_as(ELSEWHERE, state="STOPPING"), "DSS is stopping my-cluster right now."),
    "DSS has it stopped": (started_as(OURS, state="NONE"), "my-cluster is stopped in DSS, and the cluster of its last"),
    "another one has it stopped": (started_as(OURS, "attached", "NONE"), "attached is stopped in DSS"),
    "its next start takes it over": (KnownCluster("my-cluster"), "its next start takes this cluster over"),
    "it is started as nobody knows what": (KnownCluster("my-cluster", "RUNNING"), "DSS does not say as which"),
    "another of its name was started": (started_as(replace(OURS, id="id-9")), "as another cluster of that name"),
    "a journal names it": (KnownCluster("x", journal=OURS.name), "The journal of x names it"),
    "one could not be read": (KnownCluster("x", failure=DssRefused("No.")), "Which GKE cluster x of DSS is could not"),
    "its own could not be read": (KnownCluster("my-cluster", failure=DssRefused("No.")), "could not be read"),
}


@pytest.mark.parametrize("case", DOUBTS)
def test_it_is_in_doubt_while(case):
    known, reason = DOUBTS[case]

    found, said = standing(OURS, known)

    assert found is Standing.IN_DOUBT
    assert reason in said


def test_what_speaks_of_other_clusters_raises_no_doubt():
    others = [KnownCluster("x", journal=ELSEWHERE.name), started_as(ELSEWHERE, "y"), KnownCluster("z")]

    assert standing(OURS, *others)[0] is Standing.FORGOTTEN
