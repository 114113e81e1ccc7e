"""What the administrator reads about node pools, word by word; nothing that was learned gets lost on the way."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from google.cloud import container_v1

from gke_clusters.errors import ControlPlaneUnreachable, CredentialsError, PermissionDenied
from tests.python.unit.lifecycle.inspection.test_story import Stage, failing
from tests.python.unit.lifecycle.node_pools import DSS_CLUSTER, SMALL, ZONES


@pytest.fixture
def stage(world, monkeypatch):
    return Stage(world, monkeypatch)


def read(stage, *arguments, **options):
    """The text of the page, without the time that it was taken."""
    taken = r"Taken \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC in \d\.\d s"
    text, found = re.subn(taken, "Taken T in S s", stage.text(*arguments, **options))
    assert found == 1
    return text


def test_the_page_of_pools_that_are_well(stage):
    stage.add_pool("cpu", 2)
    stage.add_pod(node="n-0", memory="8Gi")

    assert read(stage) == (
        "Node pools of my-cluster good 1 node pool, with all the nodes that there are to be. Taken T in S s."
        " Nothing was changed. Cluster projects/acme/locations/europe-west1/clusters/my-cluster State RUNNING"
        " Control plane 1.33.5-gke.1, release channel none Utilisation What the pods on the nodes request of what"
        " the nodes have for pods; by requests Kubernetes decides where a pod has room. Node pool State Wanted"
        " Nodes Ready Pods CPU Memory cpu n2-standard-8 RUNNING 4 4 4 1 6 %, 2 of 32 cores 6 %, 8 of 128 GiB cpu"
        " good Autoscaling: off · Version: 1.33.5-gke.1 · Upgrades: not automatic, same version as the control"
        " plane · Repair: not automatic Zone Wanted Nodes Ready Pods CPU Memory europe-west1-b 2 2 2 1 12 %, 2 of"
        " 16 cores 12 %, 8 of 64 GiB europe-west1-c 2 2 2 0 0 %, 0 of 16 cores 0 %, 0 of 64 GiB"
    )


def test_the_page_of_a_pool_with_all_that_can_be_wrong_with_it(stage):
    stage.add_pool(
        "auto",
        3,
        0,
        autoscaling=container_v1.NodePoolAutoscaling(enabled=True, max_node_count=3),
        version="1.31.2-gke.1",
        status="RUNNING_WITH_ERROR",
        conditions=[{"canonical_code": "INTERNAL", "message": "No idea."}],
        update_info={"blue_green_info": {"phase": "CREATING_GREEN_POOL"}},
        management={"auto_upgrade": True, "auto_repair": True},
    )
    stage.add_node("auto", ZONES[0], ready="False")
    stage.world.compute.errors[f"auto-{ZONES[1]}"] = (SMALL,)
    stage.add_pod(pool="auto")
    stage.add_pod("n-0", without_image="403 Forbidden")

    assert read(stage) == (
        "Node pools of my-cluster look at it 1 of 1 node pool is to be looked at. Taken T in S s. Nothing was"
        " changed. Cluster projects/acme/locations/europe-west1/clusters/my-cluster State RUNNING Control plane"
        " 1.33.5-gke.1, release channel none Utilisation What the pods on the nodes request of what the nodes have"
        " for pods; by requests Kubernetes decides where a pod has room. Node pool State Wanted Nodes Ready Pods"
        " CPU Memory auto n2-standard-8 RUNNING_WITH_ERROR 6 1 0 1 25 %, 2 of 8 cores 0 %, 0 of 32 GiB auto look at"
        " it The node pool auto is RUNNING_WITH_ERROR: the quota of project acme is too small for CPUS. – CPUS in"
        " r: the quota is 8 Resource: projects/acme/locations/europe-west1/clusters/my-cluster/nodePools/auto"
        " [INTERNAL] No idea. [GCE_QUOTA_EXCEEDED] Instance 'a' creation failed: Quota 'CPUS' exceeded. Limit: 8.0"
        " in region r. What to do: Ask for fewer or smaller nodes (a regional cluster has the number of nodes in"
        " each of its zones), or request a higher quota of CPUS:"
        " https://console.cloud.google.com/iam-admin/quotas?project=acme . What is in use: gcloud compute regions"
        ' describe r --project acme --flatten quotas --format "table(quotas.metric,quotas.limit,quotas.usage)" 5'
        " nodes are not there that ought to be: 3 in europe-west1-c, 2 in europe-west1-b. The node n-0 is not"
        " ready. GKE repairs a node that stays so for ten minutes, if auto-repair is on; deleting its VM makes it"
        " anew at once. Recent events may say why. 1 pod is without an image: ml/pod-1: 403 Forbidden Check that"
        " the image is in its repository (macro Push base images), that the service account of the nodes has"
        " roles/artifactregistry.reader there, and that private nodes reach the registry: they cannot pull from"
        " Docker Hub without Cloud NAT. 1 pod is without a node, for this pool. Where the pool is full, give it"
        " nodes (macro Resize node pool); an autoscaled one takes some minutes. The macro Diagnose shows what the"
        " scheduler says. It is 2 minor versions behind the control plane; GKE supports two. Upgrade it: gcloud"
        " container clusters upgrade my-cluster --node-pool auto --location europe-west1 --project acme"
        " Autoscaling: 0 to 3 nodes in each zone · Version: 1.31.2-gke.1; 1 of 1 nodes have 1.33.5-gke.1 ·"
        " Upgrades: automatic, a blue-green one is under way (CREATING_GREEN_POOL), the control plane has"
        " 1.33.5-gke.1 · Repair: automatic Zone Wanted Nodes Ready Pods CPU Memory europe-west1-b 3 1 0 1 25 %, 2"
        " of 8 cores 0 %, 0 of 32 GiB europe-west1-c 3 0 0 0 – – Node What is the matter In its own words n-0 not"
        " ready kubelet stopped"
    )


def test_the_page_of_nodes_that_gke_does_not_name_and_pods_that_wait_for_none(stage):
    stage.add_pool("cpu", 0)
    for _ in range(11):
        stage.add_node("cpu", ready="False")
    stage.add_node("deleted", ready="False", version="1.32.1-gke.1")
    stage.add_pod("n-11", without_image="not found")
    for pool in ("cpu", "cpu", "gone", None):
        stage.add_pod(pool=pool)

    assert read(stage) == (
        "Node pools of my-cluster look at it 1 of 2 node pools is to be looked at. Taken T in S s. Nothing was"
        " changed. Cluster projects/acme/locations/europe-west1/clusters/my-cluster State RUNNING Control plane"
        " 1.33.5-gke.1, release channel none About no pool by itself 1 pod is without a node, for no node pool in"
        " particular. Where the pool is full, give it nodes (macro Resize node pool); an autoscaled one takes some"
        " minutes. The macro Diagnose shows what the scheduler says. 1 pod is without a node, for the node pool"
        " gone, which is not there. Add it (macro Add node pool), or change the node selector. Utilisation What the"
        " pods on the nodes request of what the nodes have for pods; by requests Kubernetes decides where a pod has"
        " room. Node pool State Wanted Nodes Ready Pods CPU Memory cpu n2-standard-8 RUNNING 0 11 0 0 0 %, 0 of 88"
        " cores 0 %, 0 of 352 GiB deleted not in GKE ? 1 0 1 25 %, 2 of 8 cores 0 %, 0 of 32 GiB All ? 12 0 1 2 %,"
        " 2 of 96 cores 0 %, 0 of 384 GiB cpu look at it 11 nodes are not ready. GKE repairs a node that stays so"
        " for ten minutes, if auto-repair is on; deleting its VM makes it anew at once. Recent events may say why."
        " 2 pods are without a node, for this pool. Where the pool is full, give it nodes (macro Resize node pool);"
        " an autoscaled one takes some minutes. The macro Diagnose shows what the scheduler says. Autoscaling: off"
        " · Version: 1.33.5-gke.1 · Upgrades: not automatic, same version as the control plane · Repair: not"
        " automatic Zone Wanted Nodes Ready Pods CPU Memory europe-west1-b 0 11 0 0 0 %, 0 of 88 cores 0 %, 0 of"
        " 352 GiB europe-west1-c 0 0 0 0 – – Node What is the matter In its own words n-0 not ready kubelet stopped"
        " n-1 not ready kubelet stopped n-10 not ready kubelet stopped n-2 not ready kubelet stopped n-3 not ready"
        " kubelet stopped n-4 not ready kubelet stopped n-5 not ready kubelet stopped n-6 not ready kubelet stopped"
        " n-7 not ready kubelet stopped n-8 not ready kubelet stopped and 1 more deleted for information The node"
        " n-11 is not ready. GKE repairs a node that stays so for ten minutes, if auto-repair is on; deleting its"
        " VM makes it anew at once. Recent events may say why. 1 pod is without an image: ml/pod-0: not found Check"
        " that the image is in its repository (macro Push base images), that the service account of the nodes has"
        " roles/artifactregistry.reader there, and that private nodes reach the registry: they cannot pull from"
        " Docker Hub without Cloud NAT. Version: 1 of 1 nodes have 1.32.1-gke.1 Zone Wanted Nodes Ready Pods CPU"
        " Memory europe-west1-b ? 1 0 1 25 %, 2 of 8 cores 0 %, 0 of 32 GiB Node What is the matter In its own"
        " words n-11 not ready kubelet stopped"
    )


def test_the_page_of_a_pool_with_missing_nodes_that_nothing_explains(stage):
    stage.add_pool("cpu", 1, 0)

    assert read(stage) == (
        "Node pools of my-cluster look at it 1 of 1 node pool is to be looked at. Taken T in S s. Nothing was"
        " changed. Cluster projects/acme/locations/europe-west1/clusters/my-cluster State RUNNING Control plane"
        " 1.33.5-gke.1, release channel none Utilisation What the pods on the nodes request of what the nodes have"
        " for pods; by requests Kubernetes decides where a pod has room. Node pool State Wanted Nodes Ready Pods"
        " CPU Memory cpu n2-standard-8 RUNNING 2 0 0 0 – – cpu look at it 2 nodes are not there that ought to be: 1"
        " in europe-west1-b, 1 in europe-west1-c. A new node takes a minute or two: run the macro again. If they"
        " stay away, the macro Diagnose shows operations, quotas and events. Autoscaling: off · Version:"
        " 1.33.5-gke.1 · Upgrades: not automatic, same version as the control plane · Repair: not automatic Zone"
        " Wanted Nodes Ready Pods CPU Memory europe-west1-b 1 0 0 0 – – europe-west1-c 1 0 0 0 – –"
    )


def test_the_page_without_kubernetes(stage):
    stage.add_pool("cpu", 2)
    stage.api_failure = CredentialsError("No token.")

    assert read(stage) == (
        "Node pools of my-cluster not known No problem was found in what could be learned. Taken T in S s. Nothing"
        " was changed. Cluster projects/acme/locations/europe-west1/clusters/my-cluster State RUNNING Control plane"
        " 1.33.5-gke.1, release channel none Kubernetes not known No token. What to do: Check the credentials in"
        " the preset of the connection: attach a service account to the DSS host, or give a service account key"
        " that is readable by the user who runs DSS. Utilisation What the pods on the nodes request of what the"
        " nodes have for pods; by requests Kubernetes decides where a pod has room. Node pool State Wanted Nodes"
        " Ready Pods CPU Memory cpu n2-standard-8 RUNNING 4 ? ? ? cpu not known Autoscaling: off · Version:"
        " 1.33.5-gke.1 · Upgrades: not automatic, same version as the control plane · Repair: not automatic Zone"
        " Wanted Nodes Ready Pods CPU Memory europe-west1-b 2 ? ? ? europe-west1-c 2 ? ? ?"
    )


def test_the_page_without_sizes(stage):
    stage.add_pool("cpu", 1, status="ERROR")
    stage.add_pool("gpu", 1, 0)
    stage.world.compute.resources["instanceGroupManagers"] = PermissionDenied("It lacks the permission.")

    assert read(stage) == (
        "Node pools of my-cluster problem 1 of 2 node pools is to be looked at. Not everything could be learned."
        " Taken T in S s. Nothing was changed. Cluster projects/acme/locations/europe-west1/clusters/my-cluster"
        " State RUNNING Control plane 1.33.5-gke.1, release channel none How many nodes there are to be not known"
        " It lacks the permission. What to do: Grant the permission to the identity, both as the message names"
        " them, then start again. Utilisation What the pods on the nodes request of what the nodes have for pods;"
        " by requests Kubernetes decides where a pod has room. Node pool State Wanted Nodes Ready Pods CPU Memory"
        " cpu n2-standard-8 ERROR ? 2 2 0 0 %, 0 of 16 cores 0 %, 0 of 64 GiB gpu n2-standard-8 RUNNING ? 0 0 0 – –"
        " All ? 2 2 0 0 %, 0 of 16 cores 0 %, 0 of 64 GiB cpu problem The node pool cpu is ERROR. Resource:"
        " projects/acme/locations/europe-west1/clusters/my-cluster/nodePools/cpu What to do: Pods run on the other"
        " node pools meanwhile. Another machine type, zone or spot may have room where this one has none: macros"
        " Add node pool and Delete node pool. Autoscaling: off · Version: 1.33.5-gke.1 · Upgrades: not automatic,"
        " same version as the control plane · Repair: not automatic Zone Wanted Nodes Ready Pods CPU Memory"
        " europe-west1-b ? 1 1 0 0 %, 0 of 8 cores 0 %, 0 of 32 GiB europe-west1-c ? 1 1 0 0 %, 0 of 8 cores 0 %, 0"
        " of 32 GiB gpu good Autoscaling: off · Version: 1.33.5-gke.1 · Upgrades: not automatic, same version as"
        " the control plane · Repair: not automatic Zone Wanted Nodes Ready Pods CPU Memory europe-west1-b ? 0 0 0"
        " – – europe-west1-c ? 0 0 0 – –"
    )


def test_the_page_of_a_broken_autopilot_cluster(stage):
    stage.gke.message.autopilot = container_v1.Autopilot(enabled=True)
    stage.gke.message.status = "ERROR"
    stage.gke.message.conditions = [{"message": "The network is gone."}, {"code": "UNKNOWN"}, {"message": "All of it."}]

    assert read(stage) == (
        "Node pools of my-cluster problem 0 node pools; something is to be looked at. Taken T in S s. Nothing was"
        " changed. Cluster projects/acme/locations/europe-west1/clusters/my-cluster State ERROR Control plane"
        " 1.33.5-gke.1, release channel none About no pool by itself It is an Autopilot cluster: Google makes its"
        " nodes as pods need them, and takes them away. There are no node pools to change. The cluster is ERROR."
        " The network is gone. All of it. See the macro Diagnose for what to do."
    )


def test_the_page_of_a_cluster_that_is_being_deleted(stage):
    stage.gke.message.status = "STOPPING"

    assert read(stage) == (
        "Node pools of my-cluster look at it 0 node pools; something is to be looked at. Taken T in S s. Nothing"
        " was changed. Cluster projects/acme/locations/europe-west1/clusters/my-cluster State STOPPING Control"
        " plane 1.33.5-gke.1, release channel none About no pool by itself The cluster is STOPPING. See the macro"
        " Diagnose for what to do."
    )


def test_the_page_of_a_cluster_that_is_not_started(stage):
    stage.cluster = replace(DSS_CLUSTER, state="NONE")

    assert read(stage) == (
        "Node pools of my-cluster for information The node pools of my-cluster are not known. Taken T in S s."
        " Nothing was changed. Node pools not known my-cluster is not started, so there is no GKE cluster to act"
        " on. Resource: DSS cluster my-cluster What to do: Start or attach the cluster in DSS, then run the macro"
        " again."
    )


def test_the_page_of_a_cluster_that_is_gone(stage):
    stage.gke.message = None

    assert read(stage) == (
        "Node pools of my-cluster problem The GKE cluster of my-cluster is gone. Taken T in S s. Nothing was"
        " changed. Node pools not known projects/acme/locations/europe-west1/clusters/my-cluster is gone: it was"
        " deleted outside of DSS. Resource: projects/acme/locations/europe-west1/clusters/my-cluster What to do:"
        " Mark the DSS cluster as stopped (force stop), then start it again."
    )


def test_the_bar_and_the_log_follow_what_is_learned(stage, caplog):
    caplog.set_level("INFO")
    stage.add_pool("cpu")
    stage.text()
    stage.text(failing(CredentialsError("No credentials.")))

    assert stage.world.percents == [5, 40, 80, 100, 5, 40, 80, 100]
    assert caplog.messages == [
        "Asking about the node pools of my-cluster",
        "GKE has answered",
        "Looking at what is missing",
        "1 node pool, with all the nodes that there are to be.",
        "Asking about the node pools of my-cluster",
        "GKE does not tell",
        "Looking at what is missing",
        "No problem was found in what could be learned.",
    ]


def test_without_google_the_cluster_is_named_all_the_same(stage):
    stage.add_pool("cpu")
    text = read(stage, failing(CredentialsError("No credentials.")))

    assert "Cluster projects/acme/locations/europe-west1/clusters/my-cluster Google not known No credentials." in text
    assert "cpu not known Version: 2 of 2 nodes have 1.33.5-gke.1 Zone" in text


def test_one_reason_for_two_gaps_is_given_once(stage):
    stage.add_pool("cpu")
    stage.list_failure = ControlPlaneUnreachable("It does not answer.", resource="e")
    text = read(stage)

    assert text.startswith(
        "Node pools of my-cluster problem Unreachable: the Kubernetes API does not answer at the address that DSS uses."
    )
    assert "Nodes, Pods not known It does not answer. Resource: e What to do:" in text


def test_two_reasons_with_the_same_words_for_two_things_are_both_given(stage):
    stage.add_pool("cpu")

    def fail(path, *arguments):
        raise CredentialsError("It failed.", resource=path)

    stage.collect = fail
    text = read(stage)

    assert "Nodes not known It failed. Resource: /api/v1/nodes" in text
    assert "Pods not known It failed. Resource: /api/v1/pods" in text
