from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import (
    ControlPlaneUnreachable,
    CredentialsError,
    GoogleUnavailable,
    MetadataServerError,
    PermissionDenied,
)
from gke_clusters.google.compute import Quota
from gke_clusters.google.names import ClusterName
from gke_clusters.kube.endpoint_trial import EndpointTrial
from gke_clusters.kube.helper_trial import HelperTrial
from gke_clusters.kube.kubeconfig import Endpoint, HelperCommand
from gke_clusters.lifecycle.examination import story
from gke_clusters.lifecycle.examination.story import diagnose
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.specs.ownership import Ownership

SERVER = "https://203.0.113.1"
LABELS = Ownership.of("install-1", "my-cluster").labels


class FakeApi:
    """A Kubernetes API that answers."""

    def __init__(self):
        self.endpoint = Endpoint("public", "203.0.113.1")
        self.failure = None
        self.nodes = [{"metadata": {"name": "n"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}]

    def from_kubeconfig(self, path, *, request_timeout_seconds):
        return self

    def version(self, *, patience_seconds):
        if self.failure:
            raise self.failure
        return "v1.33.5"

    def items(self, path):
        return self.nodes if path.endswith("nodes") else []

    def call(self, method, path, *, query):
        return {}

    def access_review(self, attributes, *, patience_seconds):
        return True


class Stage:
    """A DSS cluster that is started, its GKE cluster, and everything that is asked about it."""

    def __init__(self, world, patched, home):
        self.world = world
        self.api = FakeApi()
        self.helper = HelperTrial(HelperCommand("/bin/sh"), SERVER, 0.1)
        self.trials = []
        self.home = home
        (home / "install.ini").write_text("[general]\ninstallid = install-1\n")
        self.resource = {"currentMasterVersion": "1.33.5-gke.1"}
        gke = world.clusters.add(world.cluster())
        self.data = {
            "kube_config_path": str(home / "run" / "kube_config"),
            "project": gke.name.project,
            "schema_version": 2,
            "cluster": dict(gke.resource),
        }
        self.state = "RUNNING"
        self.type = "pycluster_gke-clusters_create-gke-cluster"
        self.config = {}
        patched.setattr(story, "KubernetesApi", self.api)
        patched.setattr(story, "try_helper", self._try_helper)
        patched.setattr(story, "try_endpoint", self._try_endpoint)
        patched.setattr(story, "kubectl_version", lambda: "v1.33.1")

    def _try_helper(self, kubeconfig):
        if isinstance(self.helper, Exception):
            raise self.helper
        return self.helper

    def _try_endpoint(self, project, cluster, kind, helper):
        self.trials.append((project, kind, helper))
        return EndpointTrial(kind, SERVER if kind == "public" else f"https://{kind}", answers=True)

    def diagnose(self, connect=None, **options):
        cluster = DssCluster("my-cluster", self.type, self.state, self.config, {}, self.data)
        environment = {"DIP_HOME": str(self.home)}
        page = diagnose(cluster, connect or (lambda: self.world.google), self.world.progress, environment, **options)
        return Page(page)


class Page:
    def __init__(self, text):
        self.text = text
        self.tones = dict(re.findall(r'<h2>([^<]+) <span class="outcome (\w+)">', text))
        [(self.tone, self.verdict)] = re.findall(
            r'<p><span class="outcome (\w+)">[^<]*</span> <strong>([^<]*)</strong></p>\n<p class="muted">Taken', text
        )


@pytest.fixture
def stage(world, monkeypatch, tmp_path):
    return Stage(world, monkeypatch, tmp_path)


def failing(failure):
    def connect():
        raise failure

    return connect


def test_a_healthy_cluster_is_said_to_be_so(stage):
    page = stage.diagnose()

    assert (page.tone, page.verdict) == ("good", "Healthy: no problem was found.")
    assert set(page.tones.values()) == {"good"}
    assert list(page.tones) == [
        "DSS cluster",
        "GKE cluster",
        "Kubernetes API",
        "Control plane endpoints",
        "Credential helper",
        "Access that DSS needs",
        "Nodes",
        "Pods that wait",
        "Recent warnings",
        "Operations",
        "Quota",
        "Versions",
    ]
    assert stage.world.clusters.identity in page.text
    assert {kind for _, kind, _ in stage.trials} == {"public", "private", "dns"}
    assert {helper for _, _, helper in stage.trials} == {stage.helper.helper}
    assert stage.world.percents[-1] == 100
    assert ("quotas", "acme", "europe-west1") in stage.world.compute.asked


def test_a_part_that_works_less_well_is_to_be_looked_at(stage):
    stage.world.compute.quotas = (Quota("SNAPSHOTS", 10, 9),)
    page = stage.diagnose()

    assert (page.tone, page.verdict) == ("warning", "It works; one part is to be looked at.")


def test_a_problem_makes_it_degraded(stage):
    stage.world.clusters.add(stage.world.cluster(status="DEGRADED"))
    stage.api.nodes = []
    page = stage.diagnose()

    assert (page.tone, page.verdict) == ("bad", "Degraded: one part is a problem.")


def test_a_part_that_is_refused_leaves_the_others_as_they_are(stage):
    stage.world.compute.quotas = PermissionDenied("compute.regions.get is missing.")
    page = stage.diagnose()

    assert page.tone == "unknown"
    assert page.verdict == "No problem was found in what could be learned. One part is not known."
    assert page.tones["Quota"] == "unknown"
    assert "compute.regions.get is missing." in page.text


def test_an_api_that_does_not_answer_is_unreachable_and_what_takes_it_is_not_asked(stage):
    stage.api.failure = ControlPlaneUnreachable("It is silent.")
    page = stage.diagnose()

    assert page.verdict == "Unreachable: the Kubernetes API does not answer at the address that DSS uses."
    assert page.tones["Kubernetes API"] == "bad"
    assert page.text.count("because there is no answer about the Kubernetes API") == 2 * 4
    assert page.tones["GKE cluster"] == page.tones["Control plane endpoints"] == "good"


def test_an_api_that_answers_with_a_refusal_is_not_called_unreachable(stage):
    stage.api.failure = ControlPlaneUnreachable("It did not accept the token (HTTP 401).")
    stage.api.failure.answered = True
    page = stage.diagnose()

    assert page.verdict.startswith("Degraded: one part is a problem.")
    assert page.tones["Kubernetes API"] == "bad"
    assert "It did not accept the token (HTTP 401)." in page.text


def test_a_helper_that_gives_no_token_is_the_problem_and_endpoints_are_asked_without_one(stage):
    stage.helper = CredentialsError("No token.")
    page = stage.diagnose()

    assert page.verdict.startswith("Degraded: one part is a problem. 5 parts are not known.")
    assert page.tones["Credential helper"] == "bad"
    assert {helper for _, _, helper in stage.trials} == {None}


def test_data_without_a_kubeconfig_is_said_to_lack_it(stage):
    del stage.data["kube_config_path"]
    page = stage.diagnose()

    assert page.tones["Credential helper"] == "bad"
    assert "does not say where its kubeconfig is" in page.text


def test_credentials_that_cannot_be_used_leave_what_the_cluster_says(stage):
    page = stage.diagnose(failing(CredentialsError("No key.")))

    assert page.tones["Google credentials"] == "bad"
    assert page.tones["GKE cluster"] == page.tones["Quota"] == page.tones["Versions"] == "unknown"
    assert page.tones["Nodes"] == page.tones["Kubernetes API"] == "good"
    assert "because there is no answer about the credentials of the connection" in page.text


def test_a_google_that_does_not_answer_leaves_what_the_cluster_says(stage):
    stage.world.clusters.find_cluster = lambda name: failing(GoogleUnavailable("It is silent."))()
    page = stage.diagnose()

    assert page.tones["GKE cluster"] == "unknown"
    assert page.tones["Nodes"] == "good"


def test_what_takes_too_long_is_shown_as_not_known(stage):
    held = threading.Event()
    stage.world.compute.region_quotas = lambda project, region: held.wait()
    page = stage.diagnose(deadline_seconds=1.0)
    held.set()

    assert page.tones["Quota"] == "unknown"
    assert "There was no answer about the quotas within 1 s." in page.text


def test_a_cluster_that_is_gone_is_said_to_be_so(stage):
    stage.world.clusters.clusters.clear()
    page = stage.diagnose()

    assert page.verdict == "The GKE cluster of my-cluster is gone."
    assert page.tones == {"DSS cluster": "good", "GKE cluster": "bad", "GKE clusters of this DSS cluster": "good"}
    assert "force stop" in page.text


def test_another_cluster_of_the_same_name_is_not_looked_at(stage):
    stage.world.clusters.add(stage.world.cluster(id="id-2", labels={}))
    page = stage.diagnose()

    assert page.verdict == "The GKE cluster of my-cluster is gone."
    assert "another one bears its name now" in page.text


def test_data_that_nobody_understands_leaves_what_the_cluster_says(stage):
    stage.data = {"kube_config_path": stage.data["kube_config_path"], "cluster": {"name": "x"}}
    page = stage.diagnose()

    assert page.verdict.startswith("Degraded: ")
    assert page.tones["DSS cluster"] == "bad"
    assert page.tones["Nodes"] == "good"


def test_the_nodes_of_autopilot_are_said_to_be_google_s(stage):
    gke = stage.world.cluster()
    stage.world.clusters.add(replace(gke, resource={**gke.resource, "autopilot": {"enabled": True}}))
    page = stage.diagnose()

    assert "They are Google&#39;s, who repairs them." in page.text


class TestNotStarted:
    @pytest.fixture
    def never(self, stage):
        stage.world.clusters.clusters.clear()
        stage.data, stage.state = {}, "NONE"
        return stage

    def test_it_is_said_with_what_google_has_of_it(self, never):
        page = never.diagnose()

        assert (page.tone, page.verdict) == ("info", "my-cluster is not started.")
        assert page.tones == {"DSS cluster": "info", "GKE clusters of this DSS cluster": "good"}

    def test_one_that_was_stopped_keeps_its_data(self, stage):
        stage.state = "NONE"
        stage.world.clusters.clusters.clear()
        page = stage.diagnose()

        assert "DSS keeps the data of its last start" in page.text

    @pytest.mark.parametrize("project", ["form", "host"])
    def test_clusters_that_were_created_for_it_are_billed(self, never, project):
        never.config = {"connectionInfo": {"projectId": "acme"}} if project == "form" else {"connectionInfo": {}}
        place = ClusterName("acme" if project == "form" else "host-project", "europe-west1-b", "left")
        never.world.clusters.add(never.world.cluster(place, labels=LABELS))
        page = never.diagnose()

        assert page.tones["GKE clusters of this DSS cluster"] == "warning"
        assert place.path in page.text
        assert f"{place} was created for it and is billed." in page.text
        assert "Start the DSS cluster, which takes it over" in page.text

    def test_one_of_an_earlier_version_without_labels_is_known_by_the_data_of_its_last_start(self, stage):
        stage.state = "NONE"
        found = stage.world.clusters.add(stage.world.cluster(labels={}))
        page = stage.diagnose()

        assert page.tones["GKE clusters of this DSS cluster"] == "warning"
        assert f"gcloud container clusters delete {found.name.name}" in page.text

    def test_what_was_attached_was_not_created_for_it(self, stage):
        stage.state, stage.type = "NONE", "pycluster_gke-clusters_attach-gke-cluster"
        stage.world.clusters.add(stage.world.cluster(labels={}))

        assert stage.diagnose().tones["GKE clusters of this DSS cluster"] == "good"

    @pytest.mark.parametrize(("there", "tone"), [(False, "unknown"), (True, "warning")])
    def test_zones_that_did_not_answer_are_named(self, never, there, tone):
        never.config = {"connectionInfo": {"projectId": "acme"}}
        never.world.clusters.missing_zones = ("us-east1-b",)
        if there:
            never.world.clusters.add(never.world.cluster(labels=LABELS))
        page = never.diagnose()

        assert page.tones["GKE clusters of this DSS cluster"] == tone
        assert "These zones did not answer: us-east1-b." in page.text

    def test_clusters_of_others_are_not_its_own(self, never):
        others = Ownership.of("install-2", "my-cluster").labels
        never.config = {"connectionInfo": {"projectId": "acme"}}
        never.world.clusters.add(never.world.cluster(labels=others))

        assert never.diagnose().tones["GKE clusters of this DSS cluster"] == "good"

    def test_a_host_that_says_no_project_is_explained(self, never):
        never.world.host = SimpleNamespace(project_id=failing(MetadataServerError("No metadata server.")))
        page = never.diagnose()

        assert page.tones["GKE clusters of this DSS cluster"] == "unknown"
        assert "No metadata server." in page.text

    def test_a_start_that_was_interrupted_is_named_by_its_journal(self, never):
        folder = never.home / "clusters" / "my-cluster"
        folder.mkdir(parents=True)
        Journal(folder).write(ClusterName("acme", "europe-west1-b", "half"), Phase.CREATING)
        page = never.diagnose()

        assert page.tones["DSS cluster"] == "warning"
        assert "clusters/half" in page.text

    def test_without_credentials_dss_is_all_that_is_known(self, never):
        page = never.diagnose(failing(CredentialsError("No key.")))

        assert page.tones == {
            "DSS cluster": "info",
            "Google credentials": "bad",
            "GKE clusters of this DSS cluster": "unknown",
        }


@pytest.mark.parametrize(("state", "words"), [("STARTING", "is being started"), ("STOPPING", "is being stopped")])
@pytest.mark.parametrize("data", ["of the last start", "none"])
@pytest.mark.parametrize("there", [True, False])
class TestUnderWay:
    def test_it_is_said_to_be_so_with_what_google_has_of_it(self, stage, state, words, data, there):
        stage.state = state
        if data == "none":
            stage.data, stage.config = {}, {"connectionInfo": {"projectId": "acme"}}
        stage.world.clusters.clusters.clear()
        if there:
            stage.world.clusters.add(stage.world.cluster(status="PROVISIONING", labels=LABELS))
            begun = datetime.now(timezone.utc).isoformat()
            stage.world.clusters.operations.append(stage.world.operation("CREATE_CLUSTER", started=begun))
        page = stage.diagnose()

        assert (page.tone, page.verdict) == ("info", f"my-cluster {words}.")
        assert page.tones == {
            "DSS cluster": "info",
            "GKE clusters of this DSS cluster": "info" if there else "good",
            "Operations": "info" if there else "good",
        }
        assert "PROVISIONING" in page.text or not there
        assert [each for each in ("gone", "force stop", "billed") if each in page.text] == []
