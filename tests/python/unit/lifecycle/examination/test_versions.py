from __future__ import annotations

import pytest

from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.examination.versions import versions_part
from gke_clusters.reports.diagnosis import Cell, Tone


def cluster(control_plane="1.33.5-gke.1", pool="1.33.5-gke.1", **resource):
    pools = [{"name": "workers", "version": pool}]
    known = {"currentMasterVersion": control_plane, "nodePools": pools, "releaseChannel": {"channel": "REGULAR"}}
    return Cluster(ClusterName("p", "us-central1-a", "c"), "RUNNING", resource={**known, **resource})


def test_versions_that_go_together_are_well():
    part = versions_part(cluster(), "v1.33.1")

    assert (part.tone, part.advice) == (Tone.GOOD, ())
    assert part.summary == "Kubernetes 1.33.5-gke.1, release channel REGULAR."
    assert part.table.rows == (
        ("Control plane", "1.33.5-gke.1", ""),
        ("Node pool workers", "1.33.5-gke.1", Cell("none", Tone.GOOD)),
        ("kubectl of the DSS host", "v1.33.1", Cell("none", Tone.GOOD)),
    )


@pytest.mark.parametrize(
    ("version", "cell"),
    [
        ("1.32.1-gke.1", Cell("1 minor version", Tone.GOOD)),
        ("1.31.1-gke.1", Cell("2 minor versions", Tone.WARNING)),
        ("1.30.1-gke.1", Cell("3 minor versions", Tone.BAD)),
    ],
)
def test_nodes_may_be_two_minor_versions_behind(version, cell):
    part = versions_part(cluster(pool=version), "v1.33.1")

    assert part.table.rows[1][2] == cell
    assert part.tone is cell.tone
    assert len(part.advice) == (cell.tone is not Tone.GOOD)


def test_the_command_that_upgrades_a_node_pool_is_said():
    [advice] = versions_part(cluster(pool="1.30.1"), "v1.33.1").advice

    assert advice.remedy.endswith(
        "gcloud container clusters upgrade c --node-pool workers --location us-central1-a --project p"
    )


@pytest.mark.parametrize(("kubectl", "apart"), [("v1.31.0", 2), ("v1.35.0", 2), ("v1.32.0", 0), ("v1.34.0", 0)])
def test_kubectl_may_be_one_minor_version_apart(kubectl, apart):
    part = versions_part(cluster(), kubectl)

    assert part.tone is (Tone.INFO if apart else Tone.GOOD)
    assert len(part.advice) == (1 if apart else 0)


def test_a_missing_kubectl_is_a_problem():
    part = versions_part(cluster(), None)

    assert part.tone is Tone.BAD
    assert part.table.rows[-1] == ("kubectl of the DSS host", "none", Cell("missing", Tone.BAD))


def test_the_node_pools_of_autopilot_are_google_s():
    part = versions_part(cluster(pool="1.20.1", autopilot={"enabled": True}), "v1.33.1")

    assert (part.tone, len(part.table.rows)) == (Tone.GOOD, 2)


def test_what_google_does_not_say_is_taken_to_go_together():
    part = versions_part(Cluster(ClusterName("p", "l", "c"), "PROVISIONING"), "v1.33.1")

    assert (part.tone, part.summary) == (Tone.GOOD, "Kubernetes of an unknown version, release channel none.")
