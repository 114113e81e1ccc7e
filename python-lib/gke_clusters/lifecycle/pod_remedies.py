"""What to do about a pod of a network test that gave no report, by the reason that Kubernetes gives. Pure."""

from __future__ import annotations

from typing import Final

from gke_clusters.kube.probe_pod import ProbeRun
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.network_test import COMPONENT

_SCHEDULING: Final = (
    "Nodes take the pod when they have room and it bears their taints: name a node pool in the dialog, or look whether"
    " the autoscaler can add a node (macro Diagnose). A pool that grows from zero takes some minutes: give it more"
    " ({limit})."
)
_PREPARING: Final = (
    "The pod was on a node, which had not started it when the time was up. A node that does not have the image yet"
    " takes minutes to fetch a large one: give it more time ({limit}), or name a small image. If Kubernetes speaks of a"
    " failure, look at the node (macro Diagnose)."
)
_IMAGE: Final = (
    "Push the base images (macro Push base images), or name an image in the dialog that the nodes can pull. Their"
    " service account needs roles/artifactregistry.reader on the repository; without external addresses and Cloud NAT"
    " they cannot pull from Docker Hub."
)
_CONTAINER: Final = (
    "The node has the image and cannot make a container of it as the pod asks; what Kubernetes says names the reason."
    " Name another image, or another namespace if something of the cluster adds to its pods."
)
_PROGRAM: Final = "Name an image in the dialog that has python3 on its path, for any user."
_TAKEN_AWAY: Final = (
    "Somebody deleted the pod or its node gave it up: a node that is drained, preempted (Spot) or short of something,"
    " or a rule of the cluster. Run the test again; if it ends so again, name another node pool or namespace."
)
_UNKNOWN: Final = (
    "Look at what Kubernetes says of it, and run the test again: kubectl get events --namespace {namespace}"
)
_WAITING_FOR_A_NODE: Final = "Pending"
# Of the kubelet where nothing else is named: images/types.go, kuberuntime/kuberuntime_container.go, eviction/,
# nodeshutdown/ and preemption/ of https://github.com/kubernetes/kubernetes/tree/master/pkg/kubelet
_REMEDIES: Final = {
    # https://github.com/kubernetes/api/blob/master/core/v1/types.go (PodReasonUnschedulable)
    "Unschedulable": _SCHEDULING,
    _WAITING_FOR_A_NODE: _SCHEDULING,
    "ContainerCreating": _PREPARING,
    "PodInitializing": _PREPARING,
    "DeadlineExceeded": _PREPARING,
    "ErrImagePull": _IMAGE,
    "ImagePullBackOff": _IMAGE,
    "InvalidImageName": _IMAGE,
    "ImageInspectError": _IMAGE,
    "RegistryUnavailable": _IMAGE,
    "CreateContainerConfigError": _CONTAINER,
    "CreateContainerError": _CONTAINER,
    "RunContainerError": _PROGRAM,
    # Of containerd, and of Docker before it.
    "StartError": _PROGRAM,
    "ContainerCannotRun": _PROGRAM,
    "Error": _PROGRAM,
    # Of the probe, where the pod is not found any more.
    "Deleted": _TAKEN_AWAY,
    "Evicted": _TAKEN_AWAY,
    "Preempting": _TAKEN_AWAY,
    "NodeShutdown": _TAKEN_AWAY,
    "Terminated": _TAKEN_AWAY,
    "NodeLost": _TAKEN_AWAY,
}


def remedy_of(run: ProbeRun, namespace: str) -> str:
    """Say what to do about a pod without a report.

    Args:
        run: What became of it.
        namespace: Where it was.
    """
    on_a_node = bool(run.node) and run.reason == _WAITING_FOR_A_NODE
    remedy = _PREPARING if on_a_node else _REMEDIES.get(run.reason, _UNKNOWN)
    return remedy.format(limit=macro_descriptor(COMPONENT).label_of("minutes"), namespace=namespace)
