from __future__ import annotations

import threading
from dataclasses import replace

import html5lib
import pytest
from google.cloud import container_v1

from gke_clusters.errors import (
    AccessDenied,
    ControlPlaneUnreachable,
    CredentialsError,
    GoogleUnavailable,
    PermissionDenied,
    SettingsError,
)
from gke_clusters.google.operations import Condition
from gke_clusters.kube.kubeconfig import Endpoint
from gke_clusters.lifecycle.inspection import story
from gke_clusters.settings.inspect_node_pools import parse_inspect
from tests.python.unit.lifecycle.node_pools import (
    DSS_CLUSTER,
    NAME,
    NO_MACHINES,
    SMALL,
    ZONES,
    FakeGke,
    outcomes,
    plain,
)

VERSION = "1.33.5-gke.1"
POOL_LABEL, ZONE_LABEL = "cloud.google.com/gke-nodepool", "topology.kubernetes.io/zone"


class Stage:
    """A cluster with node pools, what runs in it, and the page about them."""

    def __init__(self, world, patched):
        self.world, self.endpoint = world, Endpoint("public", "203.0.113.1")
        self.gke = FakeGke(world)
        self.gke.message.current_master_version = VERSION
        self.nodes, self.pods, self.asked = [], [], []
        self.api_failure = self.list_failure = None
        self.cluster = DSS_CLUSTER
        patched.setattr(story, "kubernetes_of", self._kubernetes)

    def _kubernetes(self, cluster):
        if self.api_failure:
            raise self.api_failure
        return self

    def collect(self, path, begin, add, query=None):
        """As an API server that answers in one page."""
        self.asked.append(path)
        if self.list_failure:
            raise self.list_failure
        collected = begin()
        add(collected, self.nodes if path.endswith("nodes") else self.pods)
        return collected

    def add_pool(self, name, nodes=1, there=None, **fields):
        """Let there be a pool, with as many nodes in each zone as are wanted unless it is said otherwise."""
        known = {"version": VERSION, "config": {"machine_type": "n2-standard-8"}} | fields
        self.gke.add(name, nodes, **known)
        managers = self.world.compute.resources.setdefault("instanceGroupManagers", [])
        for zone in ZONES:
            managers.append({"zone": f"https://x/zones/{zone}", "name": f"{name}-{zone}", "targetSize": nodes})
            for _ in range(nodes if there is None else there):
                self.add_node(name, zone)

    def add_node(self, pool, zone=ZONES[0], ready="True", version=VERSION, **allocatable):
        name = f"n-{len(self.nodes)}"
        self.nodes.append(
            {
                "metadata": {"name": name, "labels": {POOL_LABEL: pool, ZONE_LABEL: zone}},
                "spec": {},
                "status": {
                    "allocatable": {"cpu": "8", "memory": "32Gi", **allocatable},
                    "conditions": [{"type": "Ready", "status": ready, "message": "kubelet stopped"}],
                    "nodeInfo": {"kubeletVersion": f"v{version}"},
                },
            }
        )
        return name

    def add_pod(self, node=None, pool=None, without_image=None, **requests):
        spec = {"containers": [{"resources": {"requests": {"cpu": "2", **requests}}}]}
        if node:
            spec["nodeName"] = node
        if pool:
            spec["nodeSelector"] = {POOL_LABEL: pool}
        pod = {"metadata": {"namespace": "ml", "name": f"pod-{len(self.pods)}"}, "spec": spec}
        if without_image:
            waiting = {"reason": "ImagePullBackOff", "message": without_image}
            pod["status"] = {"phase": "Pending", "containerStatuses": [{"state": {"waiting": waiting}}]}
        self.pods.append(pod)

    def page(self, connect=None, pool="", **options):
        settings = parse_inspect({"clusterId": NAME.name, "nodePoolId": pool})
        return story.inspect_node_pools(
            settings, self.cluster, connect or (lambda: self.gke.google), self.world.progress, **options
        )

    def text(self, *arguments, **options):
        return plain(self.page(*arguments, **options))


@pytest.fixture
def stage(world, monkeypatch):
    return Stage(world, monkeypatch)


def failing(failure):
    def connect():
        raise failure

    return connect


def test_pools_that_have_all_that_they_are_to_have_are_well(stage):
    stage.add_pool("cpu", 2)
    stage.add_pod(node="n-0", memory="8Gi")
    stage.add_pod(node="n-of-no-list")
    page = stage.page()

    html5lib.HTMLParser(strict=True).parse(page)
    assert outcomes(page)[0] == "good"
    assert "1 node pool, with all the nodes that there are to be." in plain(page)
    assert "cpu n2-standard-8 RUNNING 4 4 4 1 6 %, 2 of 32 cores 6 %, 8 of 128 GiB" in plain(page)
    assert f"{ZONES[0]} 2 2 2 1 12 %, 2 of 16 cores" in plain(page)
    assert "same version as the control plane" in page
    assert sorted(stage.asked) == ["/api/v1/nodes", "/api/v1/pods"]
    assert stage.world.compute.asked == [("instanceGroupManagers", "acme")]
    assert stage.world.percents[-1] == 100


def test_what_runs_on_the_nodes_of_one_zone_is_added_up(stage):
    stage.add_pool("cpu", 2)
    for node in ("n-0", "n-1"):
        stage.add_pod(node=node)

    assert f"{ZONES[0]} 2 2 2 2 25 %, 4 of 16 cores" in stage.text()


def test_a_pool_of_spot_machines_with_gpus_and_limits_says_so(stage):
    config = {
        "machine_type": "g2-standard-8",
        "spot": True,
        "accelerators": [{"accelerator_count": 2, "accelerator_type": "nvidia-l4"}],
    }
    limits = container_v1.NodePoolAutoscaling(enabled=True, total_min_node_count=0, total_max_node_count=9)
    stage.add_pool("gpu", 1, config=config, autoscaling=limits, management={"auto_upgrade": True, "auto_repair": True})
    stage.nodes[0]["status"]["allocatable"]["nvidia.com/gpu"] = "2"
    stage.add_pod(node="n-0", **{"nvidia.com/gpu": "1"})
    text = stage.text()

    assert "g2-standard-8, 2 × nvidia-l4, spot" in text
    assert "Autoscaling: 0 to 9 nodes in total" in text
    assert "50 %, 1 of 2" in text
    assert "Upgrades: automatic, same version" in text
    assert "Repair: automatic" in text


def test_limits_in_each_zone_come_with_their_policy(stage):
    limits = container_v1.NodePoolAutoscaling(
        enabled=True, min_node_count=1, max_node_count=3, location_policy="BALANCED"
    )
    stage.add_pool("cpu", 1, autoscaling=limits, config={"machine_type": "e2-standard-4", "preemptible": True})

    assert "1 to 3 nodes in each zone, BALANCED" in stage.text()
    assert "e2-standard-4, preemptible" in stage.text()


def test_nodes_that_are_not_there_are_counted_by_zone_and_compute_engine_is_asked_why(stage):
    stage.add_pool("full")
    stage.add_pool("scarce", 3, 0)
    stage.add_node("scarce", ZONES[0])
    stage.world.compute.errors[f"scarce-{ZONES[1]}"] = (SMALL,)
    page = stage.page()
    text = plain(page)

    assert "1 of 2 node pools is to be looked at." in text
    assert f"5 nodes are not there that ought to be: 3 in {ZONES[1]}, 2 in {ZONES[0]}." in text
    assert "Quota 'CPUS' exceeded" in text
    assert [each for each in stage.world.compute.asked if each[0] == "errors"] == [("errors", f"scarce-{ZONES[1]}")]
    assert text.index("scarce n2") < text.index("full n2")


def test_nodes_that_nothing_explains_may_be_on_their_way(stage):
    stage.add_pool("cpu", 1, 0)

    assert "A new node takes a minute or two" in stage.text()


def test_why_machines_are_missing_is_left_out_where_it_cannot_be_asked(stage):
    stage.add_pool("cpu", 1, 0)
    stage.world.compute.errors_fault = GoogleUnavailable("It does not answer.")

    assert "2 nodes are not there" in stage.text()


def test_machines_of_another_pool_are_not_asked_about(stage):
    stage.add_pool("one", 1, 0)
    stage.add_pool("two", 1, 0)
    stage.page(pool="two")

    assert [each for each in stage.world.compute.asked if each[0] == "errors"] == [("errors", f"two-{ZONES[0]}")]


def test_only_some_of_many_lacking_pools_are_asked_about(stage, monkeypatch):
    monkeypatch.setattr(story, "_MOST_ASKED", 1)
    stage.add_pool("one", 1, 0)
    stage.add_pool("two", 1, 0)
    stage.page()

    assert [each for each in stage.world.compute.asked if each[0] == "errors"] == [("errors", f"one-{ZONES[0]}")]


def test_what_google_says_of_a_broken_pool_is_explained_once(stage):
    stage.add_pool("bad", 1, status="ERROR", conditions=[{"canonical_code": "INTERNAL", "message": "No idea."}])
    stage.add_pool("scarce", 1, status="RUNNING_WITH_ERROR", status_message=NO_MACHINES.message)
    stage.add_pool("silent", 0, status="ERROR", instance_group_urls=[])
    page = stage.page()
    text = plain(page)

    assert outcomes(page)[0] == "problem"
    assert "3 of 3 node pools are to be looked at." in text
    assert "The node pool bad is ERROR." in text
    assert "No idea." in text
    assert "The node pool scarce is RUNNING_WITH_ERROR: " in text
    assert "The node pool silent is ERROR." in text
    assert [each[1] for each in stage.world.compute.asked if each[0] == "errors"] == [
        f"bad-{ZONES[0]}",
        f"scarce-{ZONES[0]}",
    ]


def test_a_condition_is_shown_with_its_code(stage):
    stage.add_pool("bad", 1, status="ERROR")
    stage.world.compute.errors[f"bad-{ZONES[0]}"] = (Condition("SOMETHING_NEW", "Strange."),)

    assert "[SOMETHING_NEW] Strange." in stage.text()


def test_nodes_that_are_not_well_are_named_the_first_ten(stage):
    stage.add_pool("cpu", 0)
    for _ in range(12):
        stage.add_node("cpu", ready="False")
    text = stage.text()

    assert "12 nodes are not ready." in text
    assert "n-0 not ready kubelet stopped" in text
    assert "and 2 more" in text


def test_pods_without_a_node_are_counted_where_they_want_to_go(stage):
    limits = container_v1.NodePoolAutoscaling(enabled=True, max_node_count=3)
    stage.add_pool("cpu")
    stage.add_pool("auto", autoscaling=limits)
    for pool in ("cpu", "cpu", "auto", "gone", None):
        stage.add_pod(pool=pool)
    text = stage.text()
    only = stage.text(pool="auto")

    assert "2 pods are without a node, for this pool." in text
    assert "1 pod is without a node, for the node pool gone, which is not there." in text
    assert "1 pod is without a node, for no node pool in particular." in text
    assert "1 node pool, with all the nodes that there are to be." in only
    assert "1 pod is without a node, for this pool." in only
    assert "gone" not in only


def test_pods_whose_image_a_pool_cannot_pull_are_counted_and_the_first_says_why(stage):
    stage.add_pool("cpu")
    stage.add_pool("gpu")
    stage.add_pod("n-0", without_image="403 Forbidden")
    stage.add_pod("n-1", without_image="not found")
    stage.add_pod("n-gone", without_image="i/o timeout")

    text = stage.text()
    assert "2 pods are without an image: ml/pod-0: 403 Forbidden" in text
    assert "roles/artifactregistry.reader" in text
    assert "without an image" not in stage.text(pool="gpu")


def test_what_waits_for_no_pool_in_particular_is_to_be_looked_at(stage):
    stage.add_pool("cpu")
    stage.add_pod()

    assert "1 node pool; something is to be looked at." in stage.text()


def test_an_upgrade_and_a_version_far_behind_are_told(stage):
    update = {"blue_green_info": {"phase": "CREATING_GREEN_POOL"}}
    stage.add_pool("old", 1, version="1.31.2-gke.1", update_info=update)
    stage.add_pool("new", 0, status="RECONCILING")
    stage.add_node("new", ZONES[0], version="1.32.1-gke.1")
    page = stage.page()
    text = plain(page)

    assert "It is 2 minor versions behind the control plane; GKE supports two." in text
    assert "--node-pool old --location europe-west1 --project acme" in text
    assert "a blue-green one is under way (CREATING_GREEN_POOL), the control plane has 1.33.5-gke.1" in text
    assert f"{VERSION}; 1 of 1 nodes have 1.32.1-gke.1" in text
    assert "GKE is changing or upgrading it now" in text
    assert '<span class="badge info">RECONCILING</span>' in page


def test_a_version_that_is_not_told_is_not_known(stage):
    stage.gke.message.current_master_version = ""
    stage.add_pool("cpu", 0, version="")

    assert "Version: not known" in stage.text()
    assert "the control plane has" not in stage.text()


def test_nodes_of_a_pool_that_gke_does_not_name_are_shown(stage):
    stage.add_pool("cpu")
    stage.add_node("deleted")
    stage.add_node("", "")

    text = stage.text()
    assert "deleted not in GKE ? 1 1 0" in text
    assert "(none) not in GKE" in text


def test_a_pool_that_is_not_there_is_refused_with_those_that_are(stage):
    with pytest.raises(SettingsError, match="tpu is not in the cluster; there are: none"):
        stage.page(pool="tpu")
    stage.add_pool("cpu")
    with pytest.raises(SettingsError, match="tpu is not in the cluster; there are: cpu"):
        stage.page(pool="tpu")


def test_a_cluster_without_pools_says_so(stage):
    assert "The cluster has no node pool." in stage.text()


def test_autopilot_and_a_broken_cluster_are_said_to_be_so(stage):
    stage.gke.message.autopilot = container_v1.Autopilot(enabled=True)
    stage.gke.message.status = "ERROR"
    stage.gke.message.conditions = [{"message": "The network is gone."}]
    text = stage.text()

    assert "It is an Autopilot cluster" in text
    assert "The cluster is ERROR. The network is gone." in text
    stage.gke.message.status = "STOPPING"
    assert "The cluster is STOPPING." in stage.text()


def test_an_api_server_that_does_not_answer_leaves_what_google_says(stage):
    stage.add_pool("cpu", 2)
    stage.list_failure = ControlPlaneUnreachable("It does not answer.", resource="e")
    page = stage.page()

    html5lib.HTMLParser(strict=True).parse(page)
    assert outcomes(page)[0] == "problem"
    assert "Unreachable: the Kubernetes API" in plain(page)
    assert "Nodes, Pods not known It does not answer." in plain(page)
    assert "cpu n2-standard-8 RUNNING 4 ? ? ?" in plain(page)


def test_an_api_server_that_refuses_the_token_is_not_called_unreachable(stage):
    stage.add_pool("cpu", 2)
    stage.list_failure = ControlPlaneUnreachable("It did not accept the token (HTTP 401).", resource="e")
    stage.list_failure.answered = True

    text = stage.text()

    assert "Unreachable" not in text
    assert "Nodes, Pods not known It did not accept the token (HTTP 401)." in text


@pytest.mark.parametrize("status", ["PROVISIONING", "STOPPING"])
def test_a_pool_that_comes_or_goes_is_not_said_to_be_complete(stage, status):
    stage.add_pool("cpu", 2, status=status)

    text = stage.text()

    assert "1 node pool; one of them is being made or removed." in text
    assert "with all the nodes" not in text


def test_a_group_that_compute_engine_leaves_out_is_not_known_to_be_empty(stage):
    stage.add_pool("cpu", 2)
    stage.world.compute.resources["instanceGroupManagers"].pop()

    text = stage.text()

    assert "1 node pool; how many nodes there are to be is not known of each." in text


def test_a_helper_without_a_token_leaves_what_google_says(stage):
    stage.add_pool("cpu")
    stage.api_failure = CredentialsError("No token.")

    assert "Kubernetes not known No token." in stage.text()


def test_pods_that_may_not_be_listed_leave_the_nodes(stage):
    stage.add_pool("cpu")
    collect = stage.collect

    def refuse(path, *arguments):
        if path.endswith("pods"):
            raise AccessDenied("Pods are refused.")
        return collect(path, *arguments)

    stage.collect = refuse
    text = stage.text()

    assert "Pods not known Pods are refused." in text
    assert "cpu n2-standard-8 RUNNING 2 2 2 ? ? of 16 cores ? of 64 GiB" in text
    assert outcomes(stage.page())[0] == "not known"
    assert "No problem was found in what could be learned." in text


def test_sizes_that_may_not_be_listed_leave_the_rest(stage):
    stage.add_pool("cpu", 1, status="ERROR")
    stage.world.compute.resources["instanceGroupManagers"] = PermissionDenied("It lacks the permission.")
    text = stage.text()

    assert "How many nodes there are to be not known It lacks the permission." in text
    assert "cpu n2-standard-8 ERROR ? 2 2" in text
    assert "1 of 1 node pool is to be looked at. Not everything could be learned." in text


def test_without_google_the_nodes_tell_of_the_pools(stage):
    stage.add_pool("cpu")
    text = stage.text(failing(CredentialsError("No credentials.")))

    assert "Google not known No credentials." in text
    assert "cpu not known ? 2 2 0" in text


def test_a_cluster_that_gke_does_not_show_leaves_the_nodes(stage, monkeypatch):
    stage.add_pool("cpu")
    monkeypatch.setattr(stage.gke, "find_cluster", lambda _: failing(PermissionDenied("Refused."))())
    stage.add_pod(pool="else")
    text = stage.text()

    assert "What GKE says not known Refused." in text
    assert "cpu not known ? 2 2 0" in text


def test_a_cluster_that_is_gone_or_not_started_is_said_to_be_so(stage):
    stage.cluster = replace(DSS_CLUSTER, state="NONE")
    idle = stage.page()
    stage.cluster = DSS_CLUSTER
    stage.gke.message = None
    gone = stage.page()

    assert outcomes(idle)[0] == "for information"
    assert "is not started, so there is no GKE cluster to act on." in plain(idle)
    assert outcomes(gone)[0] == "problem"
    assert f"The GKE cluster of {NAME.name} is gone." in plain(gone)


def test_what_does_not_answer_in_time_is_said_to_be_so(stage):
    stage.add_pool("cpu")
    over = threading.Event()
    stage.collect = lambda *_: over.wait(20)
    text = stage.text(deadline_seconds=0.5)
    over.set()

    assert "There was no answer about the nodes within 0 s." in text or "within 1 s." in text
    assert "cpu n2-standard-8 RUNNING" in text
