"""What a diagnosis says as a whole: its verdict, and each part in its order."""

from __future__ import annotations

import re

import pytest

from gke_clusters.errors import ControlPlaneUnreachable, CredentialsError, PermissionDenied
from gke_clusters.google.compute import Quota
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.examination import story
from gke_clusters.lifecycle.journal import Journal, Phase
from tests.python.unit.lifecycle.examination.test_story import LABELS, Stage, failing
from tests.python.unit.lifecycle.examination.told import told


class Told(Stage):
    """A stage whose diagnosis is told as lines."""

    def __init__(self, world, patched, home):
        super().__init__(world, patched, home)
        self.diagnoses = []
        patched.setattr(story, "render_diagnosis", self._render)

    def _render(self, diagnosis):
        self.diagnoses.append(diagnosis)
        return '<p><span class="outcome x"></span> <strong></strong></p>\n<p class="muted">Taken'

    def lines(self, *arguments):
        self.diagnose(*arguments)
        found = self.diagnoses[-1]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", found.taken)
        assert 0 <= found.seconds < 20
        lines = [f"{found.cluster}, {found.identity or 'nobody'}: {found.verdict.name} {found.words}"]
        lines += [line for part in found.parts for line in told(part)]
        return [re.sub(r"\d+\N{NO-BREAK SPACE}ms", "0 ms", line.replace(str(self.home), "HOME")) for line in lines]


@pytest.fixture
def stage(world, monkeypatch, tmp_path):
    return Told(world, monkeypatch, tmp_path)


def test_the_lines_of_a_healthy_cluster(stage):
    assert stage.lines() == [
        "my-cluster, dss@acme.iam.gserviceaccount.com: GOOD Healthy: no problem was found.",
        "GOOD DSS cluster: DSS says that it is RUNNING.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: RUNNING",
        "GKE cluster of the last start: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Its id: id-1",
        "Created: 2026-01-01T00:00:00Z",
        "kubeconfig: HOME/run/kube_config",
        "GOOD GKE cluster: GKE says that it is RUNNING.",
        "Cluster: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Mode: Standard",
        "Nodes: 0",
        "Created: 2026-01-01T00:00:00Z",
        "GOOD Kubernetes API: It answers at the address that DSS uses.",
        "Address in the kubeconfig of DSS: https://203.0.113.1",
        "Version: v1.33.5",
        "GOOD Control plane endpoints: Answering from the DSS host: public, private, DNS.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "public | https://203.0.113.1 | answers [GOOD] | 0 ms | yes | ",
        "private | https://private | answers [GOOD] | 0 ms |  | ",
        "DNS | https://dns | answers [GOOD] | 0 ms |  | ",
        "GOOD Credential helper: It gives a token, as kubectl needs it, in 0.10 s.",
        "Command: /bin/sh",
        "Credentials: not said",
        "Identity of the connection: dss@acme.iam.gserviceaccount.com",
        "Time: 0.10 s",
        "GOOD Access that DSS needs: The identity may do in the cluster all that DSS needs.",
        "GOOD Nodes: 1 of 1 are ready.",
        "no node pool: 1 of 1 ready",
        "GOOD Pods that wait: No pod waits for anything.",
        "GOOD Recent warnings: The cluster remembers no warning; it does so for an hour.",
        "GOOD Operations: Nothing is being done to the cluster.",
        "GOOD Quota: No quota of europe-west1 is near its limit.",
        "GOOD Versions: Kubernetes of an unknown version, release channel none.",
        "What | Version | Skew",
        "Control plane |  | ",
        "kubectl of the DSS host | v1.33.1 | none [GOOD]",
    ]


def test_the_lines_of_a_cluster_with_quotas_near_their_limits(stage):
    stage.world.compute.quotas = (Quota("SNAPSHOTS", 10, 9), Quota("CPUS", 10, 8))

    assert stage.lines() == [
        "my-cluster, dss@acme.iam.gserviceaccount.com: WARNING It works; one part is to be looked at.",
        "GOOD DSS cluster: DSS says that it is RUNNING.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: RUNNING",
        "GKE cluster of the last start: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Its id: id-1",
        "Created: 2026-01-01T00:00:00Z",
        "kubeconfig: HOME/run/kube_config",
        "GOOD GKE cluster: GKE says that it is RUNNING.",
        "Cluster: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Mode: Standard",
        "Nodes: 0",
        "Created: 2026-01-01T00:00:00Z",
        "GOOD Kubernetes API: It answers at the address that DSS uses.",
        "Address in the kubeconfig of DSS: https://203.0.113.1",
        "Version: v1.33.5",
        "GOOD Control plane endpoints: Answering from the DSS host: public, private, DNS.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "public | https://203.0.113.1 | answers [GOOD] | 0 ms | yes | ",
        "private | https://private | answers [GOOD] | 0 ms |  | ",
        "DNS | https://dns | answers [GOOD] | 0 ms |  | ",
        "GOOD Credential helper: It gives a token, as kubectl needs it, in 0.10 s.",
        "Command: /bin/sh",
        "Credentials: not said",
        "Identity of the connection: dss@acme.iam.gserviceaccount.com",
        "Time: 0.10 s",
        "GOOD Access that DSS needs: The identity may do in the cluster all that DSS needs.",
        "GOOD Nodes: 1 of 1 are ready.",
        "no node pool: 1 of 1 ready",
        "GOOD Pods that wait: No pod waits for anything.",
        "GOOD Recent warnings: The cluster remembers no warning; it does so for an hour.",
        "GOOD Operations: Nothing is being done to the cluster.",
        "WARNING Quota: 2 of europe-west1 are used to 80% or more.",
        "Quota | In use | Limit | Used",
        "SNAPSHOTS [WARNING] | 9 | 10 | 90%",
        "CPUS [WARNING] | 8 | 10 | 80%",
        "WARNING: Quotas of europe-west1 are used up or nearly so: SNAPSHOTS, CPUS.",
        (
            "-> New nodes fail where one is used up. Ask for more at"
            " https://console.cloud.google.com/iam-admin/quotas?project=acme , or use less: fewer or smaller nodes,"
            " smaller or standard disks, private nodes (no external addresses)."
        ),
        "GOOD Versions: Kubernetes of an unknown version, release channel none.",
        "What | Version | Skew",
        "Control plane |  | ",
        "kubectl of the DSS host | v1.33.1 | none [GOOD]",
    ]


def test_the_lines_of_a_cluster_that_is_degraded_and_has_no_nodes(stage):
    stage.world.clusters.add(stage.world.cluster(status="DEGRADED"))
    stage.api.nodes = []
    stage.world.compute.quotas = PermissionDenied("compute.regions.get is missing.")

    assert stage.lines() == [
        ("my-cluster, dss@acme.iam.gserviceaccount.com: BAD Degraded: one part is a problem. One part is not known."),
        "GOOD DSS cluster: DSS says that it is RUNNING.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: RUNNING",
        "GKE cluster of the last start: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Its id: id-1",
        "Created: 2026-01-01T00:00:00Z",
        "kubeconfig: HOME/run/kube_config",
        "BAD GKE cluster: GKE says that it is DEGRADED.",
        "Cluster: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Mode: Standard",
        "Nodes: 0",
        "Created: 2026-01-01T00:00:00Z",
        "BAD: The cluster is DEGRADED.",
        (
            "-> Read the conditions below. If Google does not mend it by itself, stop the DSS cluster and start it"
            " again: that makes a new one."
        ),
        "GOOD Kubernetes API: It answers at the address that DSS uses.",
        "Address in the kubeconfig of DSS: https://203.0.113.1",
        "Version: v1.33.5",
        "GOOD Control plane endpoints: Answering from the DSS host: public, private, DNS.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "public | https://203.0.113.1 | answers [GOOD] | 0 ms | yes | ",
        "private | https://private | answers [GOOD] | 0 ms |  | ",
        "DNS | https://dns | answers [GOOD] | 0 ms |  | ",
        "GOOD Credential helper: It gives a token, as kubectl needs it, in 0.10 s.",
        "Command: /bin/sh",
        "Credentials: not said",
        "Identity of the connection: dss@acme.iam.gserviceaccount.com",
        "Time: 0.10 s",
        "GOOD Access that DSS needs: The identity may do in the cluster all that DSS needs.",
        "WARNING Nodes: There is no node. Pods wait until one comes up.",
        "WARNING: There is no node. Pods wait until one comes up.",
        "-> Give a node pool nodes (macro Resize node pool), unless autoscaling is to bring the first one.",
        "GOOD Pods that wait: No pod waits for anything.",
        "GOOD Recent warnings: The cluster remembers no warning; it does so for an hour.",
        "GOOD Operations: Nothing is being done to the cluster.",
        "UNKNOWN Quota: There is no answer.",
        "failure: compute.regions.get is missing.",
        "GOOD Versions: Kubernetes of an unknown version, release channel none.",
        "What | Version | Skew",
        "Control plane |  | ",
        "kubectl of the DSS host | v1.33.1 | none [GOOD]",
    ]


def test_the_lines_of_a_silent_api(stage):
    stage.api.failure = ControlPlaneUnreachable("It is silent.")

    assert stage.lines() == [
        (
            "my-cluster, dss@acme.iam.gserviceaccount.com: BAD Unreachable: the Kubernetes API does not answer at"
            " the address that DSS uses."
        ),
        "GOOD DSS cluster: DSS says that it is RUNNING.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: RUNNING",
        "GKE cluster of the last start: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Its id: id-1",
        "Created: 2026-01-01T00:00:00Z",
        "kubeconfig: HOME/run/kube_config",
        "GOOD GKE cluster: GKE says that it is RUNNING.",
        "Cluster: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Mode: Standard",
        "Nodes: 0",
        "Created: 2026-01-01T00:00:00Z",
        "BAD Kubernetes API: There is no answer.",
        "failure: It is silent.",
        "GOOD Control plane endpoints: Answering from the DSS host: public, private, DNS.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "public | https://203.0.113.1 | answers [GOOD] | 0 ms | yes | ",
        "private | https://private | answers [GOOD] | 0 ms |  | ",
        "DNS | https://dns | answers [GOOD] | 0 ms |  | ",
        "GOOD Credential helper: It gives a token, as kubectl needs it, in 0.10 s.",
        "Command: /bin/sh",
        "Credentials: not said",
        "Identity of the connection: dss@acme.iam.gserviceaccount.com",
        "Time: 0.10 s",
        ("UNKNOWN Access that DSS needs: Not known, because there is no answer about the Kubernetes API: see there."),
        "UNKNOWN Nodes: Not known, because there is no answer about the Kubernetes API: see there.",
        "UNKNOWN Pods that wait: Not known, because there is no answer about the Kubernetes API: see there.",
        "UNKNOWN Recent warnings: Not known, because there is no answer about the Kubernetes API: see there.",
        "GOOD Operations: Nothing is being done to the cluster.",
        "GOOD Quota: No quota of europe-west1 is near its limit.",
        "GOOD Versions: Kubernetes of an unknown version, release channel none.",
        "What | Version | Skew",
        "Control plane |  | ",
        "kubectl of the DSS host | v1.33.1 | none [GOOD]",
    ]


def test_the_lines_of_a_helper_without_a_token(stage):
    stage.helper = CredentialsError("No token.")

    assert stage.lines() == [
        ("my-cluster, dss@acme.iam.gserviceaccount.com: BAD Degraded: one part is a problem. 5 parts are not known."),
        "GOOD DSS cluster: DSS says that it is RUNNING.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: RUNNING",
        "GKE cluster of the last start: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Its id: id-1",
        "Created: 2026-01-01T00:00:00Z",
        "kubeconfig: HOME/run/kube_config",
        "GOOD GKE cluster: GKE says that it is RUNNING.",
        "Cluster: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Mode: Standard",
        "Nodes: 0",
        "Created: 2026-01-01T00:00:00Z",
        "UNKNOWN Kubernetes API: Not known, because there is no answer about the credential helper: see there.",
        "GOOD Control plane endpoints: Answering from the DSS host: public, private, DNS.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "public | https://203.0.113.1 | answers [GOOD] | 0 ms |  | ",
        "private | https://private | answers [GOOD] | 0 ms |  | ",
        "DNS | https://dns | answers [GOOD] | 0 ms |  | ",
        "BAD Credential helper: There is no answer.",
        "failure: No token.",
        (
            "UNKNOWN Access that DSS needs: Not known, because there is no answer about the credential helper: see"
            " there."
        ),
        "UNKNOWN Nodes: Not known, because there is no answer about the credential helper: see there.",
        "UNKNOWN Pods that wait: Not known, because there is no answer about the credential helper: see there.",
        "UNKNOWN Recent warnings: Not known, because there is no answer about the credential helper: see there.",
        "GOOD Operations: Nothing is being done to the cluster.",
        "GOOD Quota: No quota of europe-west1 is near its limit.",
        "GOOD Versions: Kubernetes of an unknown version, release channel none.",
        "What | Version | Skew",
        "Control plane |  | ",
        "kubectl of the DSS host | v1.33.1 | none [GOOD]",
    ]


def test_the_lines_of_data_without_a_kubeconfig(stage):
    del stage.data["kube_config_path"]

    assert stage.lines() == [
        ("my-cluster, dss@acme.iam.gserviceaccount.com: BAD Degraded: one part is a problem. 5 parts are not known."),
        "GOOD DSS cluster: DSS says that it is RUNNING.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: RUNNING",
        "GKE cluster of the last start: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Its id: id-1",
        "Created: 2026-01-01T00:00:00Z",
        "kubeconfig: not saved",
        "GOOD GKE cluster: GKE says that it is RUNNING.",
        "Cluster: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Mode: Standard",
        "Nodes: 0",
        "Created: 2026-01-01T00:00:00Z",
        "UNKNOWN Kubernetes API: Not known, because there is no answer about the credential helper: see there.",
        "GOOD Control plane endpoints: Answering from the DSS host: public, private, DNS.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "public | https://203.0.113.1 | answers [GOOD] | 0 ms |  | ",
        "private | https://private | answers [GOOD] | 0 ms |  | ",
        "DNS | https://dns | answers [GOOD] | 0 ms |  | ",
        "BAD Credential helper: There is no answer.",
        "failure: The data that DSS keeps of this cluster does not say where its kubeconfig is.",
        (
            "UNKNOWN Access that DSS needs: Not known, because there is no answer about the credential helper: see"
            " there."
        ),
        "UNKNOWN Nodes: Not known, because there is no answer about the credential helper: see there.",
        "UNKNOWN Pods that wait: Not known, because there is no answer about the credential helper: see there.",
        "UNKNOWN Recent warnings: Not known, because there is no answer about the credential helper: see there.",
        "GOOD Operations: Nothing is being done to the cluster.",
        "GOOD Quota: No quota of europe-west1 is near its limit.",
        "GOOD Versions: Kubernetes of an unknown version, release channel none.",
        "What | Version | Skew",
        "Control plane |  | ",
        "kubectl of the DSS host | v1.33.1 | none [GOOD]",
    ]


def test_the_lines_of_a_cluster_that_is_gone(stage):
    stage.world.clusters.clusters.clear()

    assert stage.lines() == [
        "my-cluster, dss@acme.iam.gserviceaccount.com: BAD The GKE cluster of my-cluster is gone.",
        "GOOD DSS cluster: DSS says that it is RUNNING.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: RUNNING",
        "GKE cluster of the last start: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Its id: id-1",
        "Created: 2026-01-01T00:00:00Z",
        "kubeconfig: HOME/run/kube_config",
        "BAD GKE cluster: It is gone.",
        ("failure: projects/acme/locations/europe-west1-b/clusters/my-cluster is gone: it was deleted outside of DSS."),
        "GOOD GKE clusters of this DSS cluster: Google has none that was created for it.",
    ]


def test_the_lines_of_data_that_nobody_understands(stage):
    stage.data = {"kube_config_path": "/data/kube_config", "cluster": {"name": "x"}}

    assert stage.lines() == [
        ("my-cluster, dss@acme.iam.gserviceaccount.com: BAD Degraded: one part is a problem. 5 parts are not known."),
        "BAD DSS cluster: What DSS keeps of it cannot be understood.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: RUNNING",
        ("failure: The data that DSS keeps of this cluster does not say which GKE cluster it is; nothing was changed."),
        "UNKNOWN GKE cluster: There is no answer.",
        ("failure: The data that DSS keeps of this cluster does not say which GKE cluster it is; nothing was changed."),
        "GOOD Kubernetes API: It answers at the address that DSS uses.",
        "Address in the kubeconfig of DSS: https://203.0.113.1",
        "Version: v1.33.5",
        ("UNKNOWN Control plane endpoints: Not known, because there is no answer about the GKE cluster: see there."),
        "GOOD Credential helper: It gives a token, as kubectl needs it, in 0.10 s.",
        "Command: /bin/sh",
        "Credentials: not said",
        "Identity of the connection: dss@acme.iam.gserviceaccount.com",
        "Time: 0.10 s",
        "GOOD Access that DSS needs: The identity may do in the cluster all that DSS needs.",
        "GOOD Nodes: 1 of 1 are ready.",
        "no node pool: 1 of 1 ready",
        "GOOD Pods that wait: No pod waits for anything.",
        "GOOD Recent warnings: The cluster remembers no warning; it does so for an hour.",
        "UNKNOWN Operations: There is no answer.",
        ("failure: The data that DSS keeps of this cluster does not say which GKE cluster it is; nothing was changed."),
        "UNKNOWN Quota: Not known, because there is no answer about the GKE cluster: see there.",
        "UNKNOWN Versions: There is no answer.",
        ("failure: The data that DSS keeps of this cluster does not say which GKE cluster it is; nothing was changed."),
    ]


def test_the_lines_of_a_cluster_that_is_stopped(stage):
    stage.state = "NONE"

    assert stage.lines() == [
        "my-cluster, dss@acme.iam.gserviceaccount.com: INFO my-cluster is not started.",
        "INFO DSS cluster: It is not started; DSS keeps the data of its last start.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: NONE",
        "GKE cluster of the last start: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Its id: id-1",
        "Created: 2026-01-01T00:00:00Z",
        "kubeconfig: HOME/run/kube_config",
        "INFO: my-cluster is not started.",
        "-> Start or attach it in DSS to use it.",
        "WARNING GKE clusters of this DSS cluster: Google has 1 created for it.",
        "Cluster | State | Created",
        "projects/acme/locations/europe-west1-b/clusters/my-cluster | RUNNING [WARNING] | 2026-01-01T00:00:00Z",
        "WARNING: projects/acme/locations/europe-west1-b/clusters/my-cluster was created for it and is billed.",
        ("-> Start the DSS cluster, which takes it over or clears it up, then stop it; or: Find forgotten clusters."),
    ]


def test_the_lines_of_a_cluster_that_never_ran(stage):
    stage.state, stage.data, stage.config = "NONE", {}, {"connectionInfo": {"projectId": "acme"}}
    stage.world.clusters.add(stage.world.cluster(labels=LABELS))

    assert stage.lines() == [
        "my-cluster, dss@acme.iam.gserviceaccount.com: INFO my-cluster is not started.",
        "INFO DSS cluster: DSS keeps nothing of a start of it.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: NONE",
        "INFO: my-cluster is not started.",
        "-> Start or attach it in DSS to use it.",
        "WARNING GKE clusters of this DSS cluster: Google has 1 created for it.",
        "Cluster | State | Created",
        "projects/acme/locations/europe-west1-b/clusters/my-cluster | RUNNING [WARNING] | 2026-01-01T00:00:00Z",
        "WARNING: projects/acme/locations/europe-west1-b/clusters/my-cluster was created for it and is billed.",
        ("-> Start the DSS cluster, which takes it over or clears it up, then stop it; or: Find forgotten clusters."),
    ]


def test_the_lines_of_a_cluster_that_is_being_started(stage):
    stage.state, stage.data = "STARTING", {}
    stage.config = {"connectionInfo": {"projectId": "acme"}}
    stage.world.clusters.add(stage.world.cluster(status="PROVISIONING", labels=LABELS))
    stage.world.clusters.operations.append(stage.world.operation("CREATE_CLUSTER", started=""))

    assert stage.lines() == [
        "my-cluster, dss@acme.iam.gserviceaccount.com: INFO my-cluster is being started.",
        "INFO DSS cluster: DSS keeps nothing of a start of it.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: STARTING",
        "INFO: my-cluster is being started.",
        "-> Follow its log in DSS; run this macro again afterwards.",
        "INFO GKE clusters of this DSS cluster: Google has 1 created for it.",
        "Cluster | State | Created",
        "projects/acme/locations/europe-west1-b/clusters/my-cluster | PROVISIONING [INFO] | 2026-01-01T00:00:00Z",
        "INFO Operations: 1 under way: CREATE_CLUSTER. Changes have to wait for it.",
        "Operation | On | State | Started | What Google says",
        "CREATE_CLUSTER | my-cluster | RUNNING [INFO] |  | ",
    ]


def test_the_lines_of_a_cluster_that_is_being_stopped(stage):
    stage.state = "STOPPING"

    assert stage.lines() == [
        "my-cluster, dss@acme.iam.gserviceaccount.com: INFO my-cluster is being stopped.",
        "INFO DSS cluster: It is being stopped.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: STOPPING",
        "GKE cluster of the last start: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Its id: id-1",
        "Created: 2026-01-01T00:00:00Z",
        "kubeconfig: HOME/run/kube_config",
        "INFO: my-cluster is being stopped.",
        "-> Follow its log in DSS; run this macro again afterwards.",
        "INFO GKE clusters of this DSS cluster: Google has 1 created for it.",
        "Cluster | State | Created",
        "projects/acme/locations/europe-west1-b/clusters/my-cluster | RUNNING [INFO] | 2026-01-01T00:00:00Z",
        "GOOD Operations: Nothing is being done to the cluster.",
    ]


def test_the_lines_of_a_start_that_was_interrupted(stage):
    folder = stage.home / "clusters" / "my-cluster"
    folder.mkdir(parents=True)
    Journal(folder).write(ClusterName("acme", "europe-west1-b", "half"), Phase.CREATING)
    stage.state, stage.data = "NONE", {}
    stage.config = {"connectionInfo": {"projectId": "acme"}}

    assert stage.lines() == [
        "my-cluster, dss@acme.iam.gserviceaccount.com: INFO my-cluster is not started.",
        "WARNING DSS cluster: DSS keeps nothing of a start of it.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: NONE",
        "Journal of the working directory: projects/acme/locations/europe-west1-b/clusters/half",
        (
            "WARNING: my-cluster is not started. A start of it was interrupted, or failed, when it worked on"
            " projects/acme/locations/europe-west1-b/clusters/half."
        ),
        "-> Start it again: that resumes, or clears up first.",
        "WARNING GKE clusters of this DSS cluster: Google has 1 created for it.",
        "Cluster | State | Created",
        "projects/acme/locations/europe-west1-b/clusters/my-cluster | RUNNING [WARNING] | 2026-01-01T00:00:00Z",
        "WARNING: projects/acme/locations/europe-west1-b/clusters/my-cluster was created for it and is billed.",
        ("-> Start the DSS cluster, which takes it over or clears it up, then stop it; or: Find forgotten clusters."),
    ]


def test_the_lines_of_a_cluster_without_credentials(stage):
    assert stage.lines(failing(CredentialsError("No key."))) == [
        "my-cluster, nobody: BAD Degraded: one part is a problem. 5 parts are not known.",
        "GOOD DSS cluster: DSS says that it is RUNNING.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: RUNNING",
        "GKE cluster of the last start: projects/acme/locations/europe-west1-b/clusters/my-cluster",
        "Its id: id-1",
        "Created: 2026-01-01T00:00:00Z",
        "kubeconfig: HOME/run/kube_config",
        "BAD Google credentials: Google could not be asked anything.",
        "failure: No key.",
        (
            "UNKNOWN GKE cluster: Not known, because there is no answer about the credentials of the connection: see"
            " there."
        ),
        "GOOD Kubernetes API: It answers at the address that DSS uses.",
        "Address in the kubeconfig of DSS: https://203.0.113.1",
        "Version: v1.33.5",
        (
            "UNKNOWN Control plane endpoints: Not known, because there is no answer about the credentials of the"
            " connection: see there."
        ),
        "GOOD Credential helper: It gives a token, as kubectl needs it, in 0.10 s.",
        "Command: /bin/sh",
        "Credentials: not said",
        "Identity of the connection: not known",
        "Time: 0.10 s",
        "GOOD Access that DSS needs: The identity may do in the cluster all that DSS needs.",
        "GOOD Nodes: 1 of 1 are ready.",
        "no node pool: 1 of 1 ready",
        "GOOD Pods that wait: No pod waits for anything.",
        "GOOD Recent warnings: The cluster remembers no warning; it does so for an hour.",
        (
            "UNKNOWN Operations: Not known, because there is no answer about the credentials of the connection: see"
            " there."
        ),
        ("UNKNOWN Quota: Not known, because there is no answer about the credentials of the connection: see there."),
        ("UNKNOWN Versions: Not known, because there is no answer about the credentials of the connection: see there."),
    ]


def test_the_lines_of_an_idle_cluster_without_credentials(stage):
    stage.state, stage.data = "NONE", {}

    assert stage.lines(failing(CredentialsError("No key."))) == [
        "my-cluster, nobody: INFO my-cluster is not started.",
        "INFO DSS cluster: DSS keeps nothing of a start of it.",
        "Id: my-cluster",
        "Type: pycluster_gke-clusters_create-gke-cluster",
        "State: NONE",
        "INFO: my-cluster is not started.",
        "-> Start or attach it in DSS to use it.",
        "BAD Google credentials: Google could not be asked anything.",
        "failure: No key.",
        (
            "UNKNOWN GKE clusters of this DSS cluster: Not known, because there is no answer about the credentials"
            " of the connection: see there."
        ),
    ]


def test_the_bar_and_the_log_follow_what_is_learned(stage, caplog):
    caplog.set_level("INFO")
    stage.lines()

    assert stage.world.percents == [5, *range(13, 94, 8), 100]
    assert caplog.messages[0] == "Asking about my-cluster"
    assert caplog.messages[1] == "GKE cluster: GKE says that it is RUNNING."
    assert caplog.messages[-1] == "Healthy: no problem was found."
