"""What each part of a diagnosis says, line by line: its facts, its rows, and what to do."""

from __future__ import annotations

from datetime import datetime, timezone

from gke_clusters.errors import ControlPlaneUnreachable
from gke_clusters.google.clusters import Cluster, ClusterList
from gke_clusters.google.compute import Quota
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pools import NodePool
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.kube.access import AccessReview
from gke_clusters.kube.endpoint_trial import EndpointTrial
from gke_clusters.kube.helper_trial import HelperTrial
from gke_clusters.kube.kubeconfig import HelperCommand
from gke_clusters.kube.symptoms import NodeState, WaitingPod, WarningEvent
from gke_clusters.lifecycle.access_needs import ACCESS_NEEDS
from gke_clusters.lifecycle.examination.access_side import access_part, api_part, endpoints_part, helper_part
from gke_clusters.lifecycle.examination.dss_side import created_part
from gke_clusters.lifecycle.examination.google_side import cluster_part, operations_part, quota_part
from gke_clusters.lifecycle.examination.versions import versions_part
from gke_clusters.lifecycle.examination.workload_side import events_part, nodes_part, pods_part
from gke_clusters.specs.ownership import Ownership
from tests.python.unit.lifecycle.examination.told import told

NAME = ClusterName("p", "us-central1-a", "c")
NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
SILENT = ControlPlaneUnreachable("It is silent.", verbatim="timeout")
HELPER = HelperCommand("/bin/sh", ("/data/helper",))


def cluster(status="RUNNING", **fields):
    resource = {"currentNodeCount": 3, **fields.pop("resource", {})}
    return Cluster(NAME, status, create_time="2026-01-01T00:00:00Z", resource=resource, **fields)


def operation(kind, status="DONE", **fields):
    return Operation(f"operation-{kind}", kind, status, "p", "us-central1-a", cluster="c", **fields)


def versions(control_plane, pool):
    return {"currentMasterVersion": control_plane, "nodePools": [{"name": "workers", "version": pool}]}


def waiting(reason, message="", created="2026-01-01T11:00:00Z", name="p"):
    return WaitingPod("ns", name, reason, message, created, 2)


def test_what_is_said_of_a_cluster_that_runs():
    assert told(cluster_part(cluster(), ())) == [
        "GOOD GKE cluster: GKE says that it is RUNNING.",
        "Cluster: projects/p/locations/us-central1-a/clusters/c",
        "Mode: Standard",
        "Nodes: 3",
        "Created: 2026-01-01T00:00:00Z",
    ]


def test_what_is_said_of_a_cluster_on_which_google_works():
    assert told(cluster_part(cluster("RECONCILING"), ())) == [
        ("INFO GKE cluster: GKE says that it is RECONCILING. Google is working on it, and it can be used meanwhile."),
        "Cluster: projects/p/locations/us-central1-a/clusters/c",
        "Mode: Standard",
        "Nodes: 3",
        "Created: 2026-01-01T00:00:00Z",
    ]


def test_what_is_said_of_a_cluster_that_is_being_created():
    assert told(cluster_part(cluster("PROVISIONING"), ())) == [
        "WARNING GKE cluster: GKE says that it is PROVISIONING. It is being created. Wait until it is RUNNING.",
        "Cluster: projects/p/locations/us-central1-a/clusters/c",
        "Mode: Standard",
        "Nodes: 3",
        "Created: 2026-01-01T00:00:00Z",
        "WARNING: The cluster is PROVISIONING.",
        "-> It is being created. Wait until it is RUNNING.",
    ]


def test_what_is_said_of_a_cluster_in_a_state_that_is_new():
    assert told(cluster_part(cluster("SOMETHING_NEW"), ())) == [
        "WARNING GKE cluster: GKE says that it is SOMETHING_NEW.",
        "Cluster: projects/p/locations/us-central1-a/clusters/c",
        "Mode: Standard",
        "Nodes: 3",
        "Created: 2026-01-01T00:00:00Z",
        "WARNING: The cluster is SOMETHING_NEW.",
        "-> ",
    ]


def test_what_is_said_of_a_cluster_that_is_broken():
    assert told(
        cluster_part(
            cluster(
                "ERROR",
                conditions=(Condition("GCE_STOCKOUT", "No machines."), Condition("X", ""), Condition("", "None.")),
            ),
            (),
        )
    ) == [
        "BAD GKE cluster: GKE says that it is ERROR.",
        "Cluster: projects/p/locations/us-central1-a/clusters/c",
        "Mode: Standard",
        "Nodes: 3",
        "Created: 2026-01-01T00:00:00Z",
        "Condition: GCE_STOCKOUT: No machines.",
        "Condition: X: ",
        "Condition: None.",
        "BAD: The cluster is ERROR. No machines. None.",
        (
            "-> Read the conditions below. If Google does not mend it by itself, stop the DSS cluster and start it"
            " again: that makes a new one."
        ),
    ]


def test_what_is_said_of_a_cluster_that_lacks_machines():
    assert told(
        cluster_part(
            cluster(
                status_message="Its CA expires.",
                pools=(
                    NodePool("well", "RUNNING", "n2-standard-4", zones=("a", "b")),
                    NodePool("updated", "RECONCILING"),
                    NodePool(
                        "short", "RUNNING_WITH_ERROR", conditions=(Condition("X", "No room."), Condition("", "Sorry."))
                    ),
                ),
            ),
            (Condition("STOCKOUT", "None left."), Condition("NEW", "")),
        )
    ) == [
        "WARNING GKE cluster: GKE says that it is RUNNING.",
        "Cluster: projects/p/locations/us-central1-a/clusters/c",
        "Mode: Standard",
        "Nodes: 3",
        "Created: 2026-01-01T00:00:00Z",
        "Condition: Its CA expires.",
        "Machines: STOCKOUT: None left.",
        "Machines: NEW: ",
        "Node pool | State | Machine | Zones | Conditions",
        "short | RUNNING_WITH_ERROR [WARNING] |  |  | X: No room. Sorry.",
        "well | RUNNING [GOOD] | n2-standard-4 | a, b | ",
        "updated | RECONCILING [INFO] |  |  | ",
        "WARNING: The node pool short is RUNNING_WITH_ERROR: No room. Sorry.",
        (
            "-> Read its conditions below. Pods run on the other node pools meanwhile; another machine type, zone"
            " or spot may have room where this one has none (macros Add node pool and Delete node pool)."
        ),
        "WARNING: None left.",
        (
            "-> Read its conditions below. Pods run on the other node pools meanwhile; another machine type, zone"
            " or spot may have room where this one has none (macros Add node pool and Delete node pool)."
        ),
        "WARNING: Its CA expires.",
        (
            "-> Read the conditions below. If Google does not mend it by itself, stop the DSS cluster and start it"
            " again: that makes a new one."
        ),
    ]


def test_what_is_said_of_a_cluster_of_autopilot():
    assert told(
        cluster_part(
            cluster(
                pools=(NodePool("google-s", "ERROR"),), resource={"autopilot": {"enabled": True}, "currentNodeCount": 0}
            ),
            (Condition("STOCKOUT", "None left."),),
        )
    ) == [
        "WARNING GKE cluster: GKE says that it is RUNNING.",
        "Cluster: projects/p/locations/us-central1-a/clusters/c",
        "Mode: Autopilot: the nodes are Google's, and so is their repair",
        "Nodes: 0",
        "Created: 2026-01-01T00:00:00Z",
        "Machines: STOCKOUT: None left.",
        "WARNING: None left.",
        (
            "-> Read its conditions below. Pods run on the other node pools meanwhile; another machine type, zone"
            " or spot may have room where this one has none (macros Add node pool and Delete node pool)."
        ),
    ]


def test_what_is_said_of_a_cluster_of_which_google_says_little():
    assert told(cluster_part(Cluster(NAME, "RUNNING", create_time="t"), ())) == [
        "GOOD GKE cluster: GKE says that it is RUNNING.",
        "Cluster: projects/p/locations/us-central1-a/clusters/c",
        "Mode: Standard",
        "Nodes: 0",
        "Created: t",
    ]


def test_what_is_said_of_no_operation():
    assert told(operations_part((), NOW)) == [
        "GOOD Operations: Nothing is being done to the cluster.",
    ]


def test_what_is_said_of_operations_under_way():
    assert told(
        operations_part(
            (
                operation("A"),
                operation("B", "RUNNING", progress=0.4, detail="Node 2 of 5.", pool="workers"),
                operation("C", "PENDING"),
            ),
            NOW,
        )
    ) == [
        "INFO Operations: 2 under way: B, C. Changes have to wait for it.",
        "Operation | On | State | Started | What Google says",
        "B | workers | RUNNING, 40% [INFO] |  | Node 2 of 5.",
        "C | c | PENDING [INFO] |  | ",
        "A | c | DONE [GOOD] |  | ",
    ]


def test_what_is_said_of_an_operation_that_takes_exactly_as_long_as_usual():
    assert told(operations_part((operation("B", "RUNNING", started="2026-01-01T08:00:00Z"),), NOW)) == [
        "INFO Operations: 1 under way: B. Changes have to wait for it.",
        "Operation | On | State | Started | What Google says",
        "B | c | RUNNING [INFO] | 2026-01-01T08:00:00Z | ",
    ]


def test_what_is_said_of_an_operation_that_takes_hours():
    assert told(
        operations_part(
            (operation("A", "RUNNING"), operation("B", "RUNNING", started="2026-01-01T02:15:00.123456789Z")), NOW
        )
    ) == [
        "WARNING Operations: 2 under way: A, B. Changes have to wait for it.",
        "Operation | On | State | Started | What Google says",
        "A | c | RUNNING [INFO] |  | ",
        "B | c | RUNNING [INFO] | 2026-01-01T02:15:00.123456789Z | ",
        "WARNING: B has been under way for 10 hours.",
        (
            "-> See what holds it: gcloud container operations describe operation-B --location us-central1-a"
            " --project p . An upgrade waits for pods that a PodDisruptionBudget keeps."
        ),
    ]


def test_what_is_said_of_an_operation_that_failed():
    assert told(
        operations_part(
            (
                operation(
                    "A",
                    failures=(
                        Condition("GCE_STOCKOUT", "The zone does not have enough resources available."),
                        Condition("", "Sorry."),
                    ),
                    detail="Over.",
                ),
                operation("B", failures=(Condition("", "No."),)),
            ),
            NOW,
        )
    ) == [
        "WARNING Operations: Nothing is being done to the cluster.",
        "Operation | On | State | Started | What Google says",
        "A | c | failed [WARNING] |  | GCE_STOCKOUT: The zone does not have enough resources available. Sorry.",
        "B | c | failed [WARNING] |  | No.",
        "WARNING: A of c failed: the zone us-central1-a has no machines of that type free at the moment.",
        "-> Choose another zone or machine type, untick spot VMs, or try again later.",
    ]


def test_what_is_said_of_more_operations_than_are_shown():
    assert told(operations_part(tuple(operation(str(number)) for number in range(12)), NOW)) == [
        "GOOD Operations: Nothing is being done to the cluster.",
        "Operation | On | State | Started | What Google says",
        "0 | c | DONE [GOOD] |  | ",
        "1 | c | DONE [GOOD] |  | ",
        "2 | c | DONE [GOOD] |  | ",
        "3 | c | DONE [GOOD] |  | ",
        "4 | c | DONE [GOOD] |  | ",
        "5 | c | DONE [GOOD] |  | ",
        "6 | c | DONE [GOOD] |  | ",
        "7 | c | DONE [GOOD] |  | ",
        "8 | c | DONE [GOOD] |  | ",
        "9 | c | DONE [GOOD] |  | ",
        "and 2 more",
    ]


def test_what_is_said_of_quotas_with_room():
    assert told(
        quota_part([Quota("CPUS", 100, 79), Quota("NVIDIA_T4_GPUS", 0, 0), Quota("ROUTES", 0, 0)], "r", "p")
    ) == [
        "GOOD Quota: No quota of r is near its limit.",
    ]


def test_what_is_said_of_quotas_near_their_limits():
    assert told(
        quota_part(
            [
                Quota("SNAPSHOTS", 10, 8),
                Quota("CPUS", 24000, 24000),
                Quota("ROUTES", 5, 6),
                Quota("NETWORKS", 1, 1),
                Quota("SSD_TOTAL_GB", 0, 0),
                Quota("INSTANCES", 1, 0),
            ],
            "r",
            "p",
        )
    ) == [
        "BAD Quota: 5 of r are used to 80% or more.",
        "Quota | In use | Limit | Used",
        "ROUTES [WARNING] | 6 | 5 | 100%",
        "CPUS [BAD] | 24,000 | 24,000 | 100%",
        "NETWORKS [WARNING] | 1 | 1 | 100%",
        "SSD_TOTAL_GB [BAD] | 0 | 0 | 100%",
        "SNAPSHOTS [WARNING] | 8 | 10 | 80%",
        "BAD: Quotas of r are used up or nearly so: ROUTES, CPUS, NETWORKS, SSD_TOTAL_GB, SNAPSHOTS.",
        (
            "-> New nodes fail where one is used up. Ask for more at"
            " https://console.cloud.google.com/iam-admin/quotas?project=p , or use less: fewer or smaller nodes,"
            " smaller or standard disks, private nodes (no external addresses)."
        ),
    ]


def test_what_is_said_of_quotas_that_nodes_need_less():
    assert told(quota_part([Quota("SNAPSHOTS", 10, 8), Quota("ROUTES", 5, 5)], "r", "p")) == [
        "WARNING Quota: 2 of r are used to 80% or more.",
        "Quota | In use | Limit | Used",
        "ROUTES [WARNING] | 5 | 5 | 100%",
        "SNAPSHOTS [WARNING] | 8 | 10 | 80%",
        "WARNING: Quotas of r are used up or nearly so: ROUTES, SNAPSHOTS.",
        (
            "-> New nodes fail where one is used up. Ask for more at"
            " https://console.cloud.google.com/iam-admin/quotas?project=p , or use less: fewer or smaller nodes,"
            " smaller or standard disks, private nodes (no external addresses)."
        ),
    ]


def test_what_is_said_of_a_helper_that_gives_a_token():
    assert told(helper_part(HelperTrial(HELPER, "s", 3.0, "the metadata server"), "a@b.c")) == [
        "GOOD Credential helper: It gives a token, as kubectl needs it, in 3.00 s.",
        "Command: /bin/sh /data/helper",
        "Credentials: the metadata server",
        "Identity of the connection: a@b.c",
        "Time: 3.00 s",
    ]


def test_what_is_said_of_a_helper_that_is_slow():
    assert told(helper_part(HelperTrial(HELPER, "s", 3.26), "")) == [
        "WARNING Credential helper: It gives a token, as kubectl needs it, in 3.26 s.",
        "Command: /bin/sh /data/helper",
        "Credentials: not said",
        "Identity of the connection: not known",
        "Time: 3.26 s",
        "WARNING: The credential helper took 3.3 s, and kubectl waits for it.",
        "-> Check how the DSS host reaches the metadata server and Google's token service (proxy, DNS).",
    ]


def test_what_is_said_of_a_kubeconfig_without_a_helper():
    assert told(helper_part(HelperTrial(None, "s"), "")) == [
        "INFO Credential helper: The kubeconfig brings credentials of its own and runs no helper.",
    ]


def test_what_is_said_of_an_api_that_answers():
    assert told(api_part("v1.33", "https://1.2.3.4")) == [
        "GOOD Kubernetes API: It answers at the address that DSS uses.",
        "Address in the kubeconfig of DSS: https://1.2.3.4",
        "Version: v1.33",
    ]


def test_what_is_said_of_endpoints_that_answer_beside_one_that_does_not():
    assert told(
        endpoints_part(
            [
                EndpointTrial("public", "https://1", answers=True, seconds=0.05),
                EndpointTrial("private", "https://2", seconds=5.0, failure=SILENT),
                EndpointTrial("dns", "https://3", answers=True, seconds=0.1, failure=SILENT),
            ],
            "https://1",
        )
    ) == [
        "GOOD Control plane endpoints: Answering from the DSS host: public, DNS.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "public | https://1 | answers [GOOD] | 50\N{NO-BREAK SPACE}ms | yes | ",
        "private | https://2 | no answer [WARNING] | 5000\N{NO-BREAK SPACE}ms |  | It is silent. timeout",
        "DNS | https://3 | refuses [WARNING] | 100\N{NO-BREAK SPACE}ms |  | It is silent. timeout",
    ]


def test_what_is_said_of_an_endpoint_that_answers_where_that_of_dss_does_not():
    assert told(
        endpoints_part(
            [
                EndpointTrial("private", "https://1", failure=SILENT),
                EndpointTrial("dns", "https://2", answers=True),
                EndpointTrial("public", failure=SILENT),
            ],
            "https://1",
        )
    ) == [
        "BAD Control plane endpoints: Answering from the DSS host: DNS.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "private | https://1 | no answer [WARNING] | 0\N{NO-BREAK SPACE}ms | yes | It is silent. timeout",
        "DNS | https://2 | answers [GOOD] | 0\N{NO-BREAK SPACE}ms |  | ",
        "public |  | off [INFO] |  |  | It is silent.",
        "BAD: The DNS endpoint answers from here, and the one that DSS uses does not.",
        "-> Choose it as the control plane endpoint in the form of the cluster, then attach or start it again.",
    ]


def test_what_is_said_of_an_address_that_is_no_endpoint_any_more():
    assert told(endpoints_part([EndpointTrial("public", "https://1", answers=True)], "https://old")) == [
        "WARNING Control plane endpoints: Answering from the DSS host: public.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "public | https://1 | answers [GOOD] | 0\N{NO-BREAK SPACE}ms |  | ",
        "WARNING: DSS uses https://old, which is not an endpoint of the cluster (any more).",
        "-> Start or attach the cluster again in DSS: that writes the kubeconfig anew.",
        "WARNING: The public endpoint answers from here, and the one that DSS uses does not.",
        "-> Choose it as the control plane endpoint in the form of the cluster, then attach or start it again.",
    ]


def test_what_is_said_of_endpoints_of_which_none_answers():
    assert told(
        endpoints_part(
            [
                EndpointTrial("public", "https://1", failure=SILENT),
                EndpointTrial(
                    "dns", failure=ControlPlaneUnreachable("It is off.", remedy="gcloud ... --enable-dns-access")
                ),
            ],
            "https://1",
        )
    ) == [
        "BAD Control plane endpoints: Answering from the DSS host: none.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "public | https://1 | no answer [WARNING] | 0\N{NO-BREAK SPACE}ms | yes | It is silent. timeout",
        "DNS |  | off [INFO] |  |  | It is off.",
        (
            "INFO: No endpoint answers from here. The DNS endpoint, which is off, would need no route to the"
            " control plane."
        ),
        "-> gcloud ... --enable-dns-access",
    ]


def test_what_is_said_of_endpoints_of_which_none_answers_though_all_are_on():
    assert told(
        endpoints_part(
            [EndpointTrial("private", failure=SILENT), EndpointTrial("dns", "https://2", failure=SILENT)], "https://2"
        )
    ) == [
        "BAD Control plane endpoints: Answering from the DSS host: none.",
        "Endpoint | Address | From here | Time | DSS uses it | Why",
        "private |  | off [INFO] |  |  | It is silent.",
        "DNS | https://2 | no answer [WARNING] | 0\N{NO-BREAK SPACE}ms | yes | It is silent. timeout",
    ]


def test_what_is_said_of_access_to_everything():
    assert told(access_part(AccessReview(()))) == [
        "GOOD Access that DSS needs: The identity may do in the cluster all that DSS needs.",
    ]


def test_what_is_said_of_access_that_lacks_what_is_essential():
    assert told(
        access_part(
            AccessReview(
                (
                    next(each for each in ACCESS_NEEDS if each.essential),
                    next(each for each in ACCESS_NEEDS if not each.essential),
                )
            )
        )
    ) == [
        (
            "BAD Access that DSS needs: Containerized execution cannot work: the identity lacks 2 of the rights"
            " that DSS uses in the cluster."
        ),
        "What for | Not allowed | Permission",
        "containerized execution | create pods [BAD] | container.pods.create",
        "containerized execution | update pods [WARNING] | container.pods.update",
        ("BAD: Containerized execution cannot work: the identity lacks 2 of the rights that DSS uses in the cluster."),
        ("-> Grant roles/container.developer on the project, or a role in the cluster that allows what is listed."),
    ]


def test_what_is_said_of_access_that_lacks_what_some_features_need():
    assert told(access_part(AccessReview((next(each for each in ACCESS_NEEDS if not each.essential),)))) == [
        (
            "WARNING Access that DSS needs: Some features cannot work: the identity lacks 1 of the rights that DSS"
            " uses in the cluster."
        ),
        "What for | Not allowed | Permission",
        "containerized execution | update pods [WARNING] | container.pods.update",
        "WARNING: Some features cannot work: the identity lacks 1 of the rights that DSS uses in the cluster.",
        ("-> Grant roles/container.developer on the project, or a role in the cluster that allows what is listed."),
    ]


def test_what_is_said_of_versions_that_go_together():
    assert told(
        versions_part(
            cluster(resource={**versions("1.33.5", "1.32.5"), "releaseChannel": {"channel": "REGULAR"}}), "v1.34.1"
        )
    ) == [
        "GOOD Versions: Kubernetes 1.33.5, release channel REGULAR.",
        "What | Version | Skew",
        "Control plane | 1.33.5 | ",
        "Node pool workers | 1.32.5 | 1 minor version [GOOD]",
        "kubectl of the DSS host | v1.34.1 | 1 minor version [GOOD]",
    ]


def test_what_is_said_of_nodes_that_are_two_versions_behind():
    assert told(versions_part(cluster(resource=versions("1.33.5", "1.31.5")), "v1.31.1")) == [
        "WARNING Versions: Kubernetes 1.33.5, release channel none.",
        "What | Version | Skew",
        "Control plane | 1.33.5 | ",
        "Node pool workers | 1.31.5 | 2 minor versions [WARNING]",
        "kubectl of the DSS host | v1.31.1 | 2 minor versions [INFO]",
        "WARNING: Node pool workers is 2 minor versions behind the control plane.",
        (
            "-> Upgrade it: GKE supports nodes up to two minor versions behind, and upgrades the control plane no"
            " further. gcloud container clusters upgrade c --node-pool workers --location us-central1-a --project p"
        ),
        "INFO: kubectl v1.31.1 is 2 minor versions from the control plane.",
        (
            "-> Kubernetes supports one at most; most commands work across more. Install a nearer one if kubectl"
            " complains."
        ),
    ]


def test_what_is_said_of_nodes_that_are_three_versions_behind_without_kubectl():
    assert told(versions_part(cluster(resource=versions("1.33.5", "1.30.5")), None)) == [
        "BAD Versions: Kubernetes 1.33.5, release channel none.",
        "What | Version | Skew",
        "Control plane | 1.33.5 | ",
        "Node pool workers | 1.30.5 | 3 minor versions [BAD]",
        "kubectl of the DSS host | none | missing [BAD]",
        "BAD: Node pool workers is 3 minor versions behind the control plane.",
        (
            "-> Upgrade it: GKE supports nodes up to two minor versions behind, and upgrades the control plane no"
            " further. gcloud container clusters upgrade c --node-pool workers --location us-central1-a --project p"
        ),
        "BAD: There is no kubectl on the DSS host that works, and DSS runs everything in a cluster with it.",
        "-> Install kubectl where the user of DSS finds it: https://kubernetes.io/docs/tasks/tools/",
    ]


def test_what_is_said_of_versions_that_google_does_not_say():
    assert told(versions_part(cluster(resource={"nodePools": [{"name": "workers"}]}), "v1.36.1")) == [
        "GOOD Versions: Kubernetes of an unknown version, release channel none.",
        "What | Version | Skew",
        "Control plane |  | ",
        "Node pool workers |  | none [GOOD]",
        "kubectl of the DSS host | v1.36.1 | none [GOOD]",
    ]


def test_what_is_said_of_nodes_that_are_well():
    assert told(nodes_part([NodeState("a", "x"), NodeState("b", "x"), NodeState("c")], autopilot=False)) == [
        "GOOD Nodes: 3 of 3 are ready.",
        "no node pool: 1 of 1 ready",
        "x: 2 of 2 ready",
    ]


def test_what_is_said_of_nodes_that_are_not_well():
    assert told(
        nodes_part(
            [
                NodeState("well", "x"),
                NodeState("full", "x", pressures=("DiskPressure", "MemoryPressure")),
                NodeState("closed", "x", cordoned=True),
                NodeState("lost", "y", ready=False, message="No heartbeat.", cordoned=True),
            ],
            autopilot=False,
        )
    ) == [
        "WARNING Nodes: 3 of 4 are ready.",
        "x: 3 of 3 ready",
        "y: 0 of 1 ready",
        "Node | Node pool | State | What it says",
        "lost | y | not ready, cordoned [WARNING] | No heartbeat.",
        "full | x | DiskPressure, MemoryPressure [WARNING] | ",
        "closed | x | cordoned [WARNING] | ",
        "WARNING: The node lost is not ready.",
        (
            "-> GKE repairs a node that stays so for ten minutes, if auto-repair is on; deleting its VM makes it"
            " anew at once. Recent events may say why."
        ),
        "WARNING: 2 nodes are cordoned: nothing new is scheduled there.",
        "-> That is so during an upgrade or a deletion of the pool; otherwise: kubectl uncordon closed",
        "WARNING: The node full is short of memory, disk or processes.",
        "-> Pods are evicted there. Use larger machines or boot disks, or give containers limits.",
    ]


def test_what_is_said_of_nodes_of_which_none_is_ready():
    assert told(nodes_part([NodeState(str(number), ready=False) for number in range(2)], autopilot=False)) == [
        "BAD Nodes: 0 of 2 are ready.",
        "no node pool: 0 of 2 ready",
        "Node | Node pool | State | What it says",
        "0 |  | not ready [BAD] | ",
        "1 |  | not ready [BAD] | ",
        "BAD: 2 nodes are not ready.",
        (
            "-> GKE repairs a node that stays so for ten minutes, if auto-repair is on; deleting its VM makes it"
            " anew at once. Recent events may say why."
        ),
    ]


def test_what_is_said_of_nodes_of_autopilot():
    assert told(nodes_part([NodeState("a"), NodeState("b", ready=False)], autopilot=True)) == [
        "WARNING Nodes: 1 of 2 are ready. They are Google's, who repairs them.",
        "no node pool: 1 of 2 ready",
        "Node | Node pool | State | What it says",
        "b |  | not ready [WARNING] | ",
    ]


def test_what_is_said_of_no_node():
    assert told(nodes_part([], autopilot=False)) == [
        "WARNING Nodes: There is no node. Pods wait until one comes up.",
        "WARNING: There is no node. Pods wait until one comes up.",
        "-> Give a node pool nodes (macro Resize node pool), unless autoscaling is to bring the first one.",
    ]


def test_what_is_said_of_no_node_of_autopilot():
    assert told(nodes_part([], autopilot=True)) == [
        "INFO Nodes: There is no node. Pods wait until one comes up.",
    ]


def test_what_is_said_of_no_pod_that_waits():
    assert told(pods_part([waiting("Terminating", created="2026-01-01T11:50:00Z")], NOW, autopilot=False)) == [
        "GOOD Pods that wait: No pod waits for anything.",
    ]


def test_what_is_said_of_pods_that_wait_as_usual():
    assert told(
        pods_part(
            [
                waiting("ContainerCreating", created="2026-01-01T11:50:00Z"),
                waiting("Unschedulable", "No room.", "2026-01-01T11:57:00Z"),
            ],
            NOW,
            autopilot=False,
        )
    ) == [
        "INFO Pods that wait: 2 wait, 0 of them not as usual.",
        "Pod | Reason | Since | Restarts | What is said",
        "ns/p | ContainerCreating [INFO] | 2026-01-01T11:50:00Z | 2 | ",
        "ns/p | Unschedulable [INFO] | 2026-01-01T11:57:00Z | 2 | No room.",
        "INFO: 1 pod: Unschedulable. No room.",
        (
            "-> No node has room for them, or they may not run on those that have. If the message says Insufficient"
            " cpu or memory: ask for less, or add nodes (macros Resize node pool and Add node pool). If it says"
            " taint, node affinity or selector: no pool fits what they ask for. An autoscaled pool needs some"
            " minutes, and a stockout or a quota may keep it from growing."
        ),
    ]


def test_what_is_said_of_pods_that_wait_for_long():
    assert told(
        pods_part(
            [
                waiting("Unschedulable", "No room.", name="u"),
                waiting("Unschedulable", "No place.", name="v"),
                waiting("ImagePullBackOff", "Denied.", name="i"),
                waiting("CrashLoopBackOff", name="c"),
                waiting("CreateContainerConfigError", name="g"),
                waiting("Pending", name="l"),
                waiting("SchedulingGated", name="q"),
                waiting("Terminating", name="t"),
            ],
            NOW,
            autopilot=False,
        )
    ) == [
        "WARNING Pods that wait: 8 wait, 8 of them not as usual.",
        "Pod | Reason | Since | Restarts | What is said",
        "ns/u | Unschedulable [WARNING] | 2026-01-01T11:00:00Z | 2 | No room.",
        "ns/v | Unschedulable [WARNING] | 2026-01-01T11:00:00Z | 2 | No place.",
        "ns/i | ImagePullBackOff [WARNING] | 2026-01-01T11:00:00Z | 2 | Denied.",
        "ns/c | CrashLoopBackOff [WARNING] | 2026-01-01T11:00:00Z | 2 | ",
        "ns/g | CreateContainerConfigError [WARNING] | 2026-01-01T11:00:00Z | 2 | ",
        "ns/l | Pending [WARNING] | 2026-01-01T11:00:00Z | 2 | ",
        "ns/q | SchedulingGated [WARNING] | 2026-01-01T11:00:00Z | 2 | ",
        "ns/t | Terminating [WARNING] | 2026-01-01T11:00:00Z | 2 | ",
        "WARNING: 2 pods: Unschedulable. No room.",
        (
            "-> No node has room for them, or they may not run on those that have. If the message says Insufficient"
            " cpu or memory: ask for less, or add nodes (macros Resize node pool and Add node pool). If it says"
            " taint, node affinity or selector: no pool fits what they ask for. An autoscaled pool needs some"
            " minutes, and a stockout or a quota may keep it from growing."
        ),
        "WARNING: 1 pod: ImagePullBackOff. Denied.",
        (
            "-> The node cannot pull the image. Check that it is in the repository (macro Push base images), that"
            " the service account of the nodes has roles/artifactregistry.reader there, and that private nodes reach"
            " the registry: they cannot pull from Docker Hub without Cloud NAT."
        ),
        "WARNING: 1 pod: CrashLoopBackOff.",
        "-> A container ends again and again. Read why: kubectl logs c --namespace ns --previous",
        "WARNING: 1 pod: CreateContainerConfigError.",
        "-> What the pod refers to is missing or wrong: kubectl describe pod g --namespace ns",
        "WARNING: 1 pod: Pending.",
        "-> It takes unusually long to begin: kubectl describe pod l --namespace ns",
        "WARNING: 1 pod: SchedulingGated.",
        (
            "-> A queue, such as Kueue, holds it back until its turn, and takes the gate away itself: kubectl get"
            " pod q --namespace ns -o jsonpath={.spec.schedulingGates}"
        ),
        "WARNING: 1 pod: Terminating.",
        (
            "-> Its node does not answer, or a finalizer holds it: kubectl get pod t --namespace ns -o yaml. If its"
            " node is gone: kubectl delete pod t --namespace ns --force --grace-period 0"
        ),
    ]


def test_what_is_said_of_no_warning():
    assert told(events_part([])) == [
        "GOOD Recent warnings: The cluster remembers no warning; it does so for an hour.",
    ]


def test_what_is_said_of_warnings():
    assert told(
        events_part([WarningEvent("t", "ns/Pod/p", "Odd", "m", 3), WarningEvent("s", "ns/Pod/q", "Odd", "n", 1)])
    ) == [
        "INFO Recent warnings: 2 of the last hour, the newest first.",
        "Last seen | About | Reason | Times | Message",
        "t | ns/Pod/p | Odd | 3 | m",
        "s | ns/Pod/q | Odd | 1 | n",
    ]


def test_what_is_said_of_no_cluster_that_was_created_for_it():
    assert told(created_part(ClusterList((), ()), under_way=False)) == [
        "GOOD GKE clusters of this DSS cluster: Google has none that was created for it.",
    ]


def test_what_is_said_of_zones_that_did_not_answer():
    assert told(created_part(ClusterList((), ("us-east1-b", "us-east1-c")), under_way=False)) == [
        (
            "UNKNOWN GKE clusters of this DSS cluster: None was found that was created for it. These zones did not"
            " answer: us-east1-b, us-east1-c."
        ),
    ]


def test_what_is_said_of_clusters_that_were_created_for_it():
    assert told(
        created_part(
            ClusterList((cluster(labels=Ownership.of("install-1", "c").labels), cluster("ERROR")), ("us-east1-b",)),
            under_way=False,
        )
    ) == [
        (
            "WARNING GKE clusters of this DSS cluster: Google has 2 created for it. These zones did not answer:"
            " us-east1-b."
        ),
        "Cluster | State | Created",
        "projects/p/locations/us-central1-a/clusters/c | RUNNING [WARNING] | 2026-01-01T00:00:00Z",
        "projects/p/locations/us-central1-a/clusters/c | ERROR [WARNING] | 2026-01-01T00:00:00Z",
        "WARNING: projects/p/locations/us-central1-a/clusters/c was created for it and is billed.",
        ("-> Start the DSS cluster, which takes it over or clears it up, then stop it; or: Find forgotten clusters."),
        "WARNING: projects/p/locations/us-central1-a/clusters/c was created for it and is billed.",
        (
            "-> It has no label of this plugin, so a start refuses it. It may still be billed; delete it with:"
            " gcloud container clusters delete c --location us-central1-a --project p"
        ),
    ]


def test_what_is_said_of_clusters_that_are_being_created_for_it():
    assert told(created_part(ClusterList((cluster("PROVISIONING"),), ()), under_way=True)) == [
        "INFO GKE clusters of this DSS cluster: Google has 1 created for it.",
        "Cluster | State | Created",
        "projects/p/locations/us-central1-a/clusters/c | PROVISIONING [INFO] | 2026-01-01T00:00:00Z",
    ]
