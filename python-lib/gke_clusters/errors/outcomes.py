"""What became of an accepted request, of a cluster that is there, and of a call that was not answered."""

# The names say the failure in the administrator's words; the word "error" in each would add nothing.
# ruff: noqa: N818

from __future__ import annotations

from gke_clusters.errors.base import GkeClustersError


class OperationFailed(GkeClustersError):
    """Google accepted the request, and the operation that carries it out ended with an error."""

    advice = "Correct what the answer names, then start again; the message says what became of what was created."


class OperationTimeout(GkeClustersError):
    """An operation of Google is still running after the time that it may take."""

    advice = "Look at the operation in the Google Cloud console; starting again resumes it and creates nothing twice."


class ClusterUnhealthy(GkeClustersError):
    """The cluster exists but its status says that it cannot be used."""

    advice = "Read the conditions of the cluster in the Google Cloud console; repair or delete it, then start again."


class ControlPlaneUnreachable(GkeClustersError):
    """The cluster runs, and its Kubernetes API server cannot be reached from the DSS host.

    Attributes:
        answered: whether something answered at its address all the same.
    """

    advice = (
        "Choose another control plane endpoint (the DNS endpoint needs no route to the VPC), or add the address of the "
        "DSS host to the authorized networks of the cluster."
    )

    answered = False


class PodsRemain(GkeClustersError):
    """Pods did not leave the nodes of a pool that is to be deleted, or have nowhere else to go."""

    advice = (
        "See what keeps a pod (kubectl get poddisruptionbudgets --all-namespaces, kubectl describe pod POD --namespace "
        "NAMESPACE), end the jobs and web applications in DSS that use the pool, then try again."
    )


class AccessDenied(GkeClustersError):
    """Kubernetes answers, and the identity in use may not do there what DSS needs."""

    advice = (
        "Grant roles/container.developer on the project to the identity that the message names, or an equivalent role "
        "in the cluster."
    )


class AdmissionRefused(GkeClustersError):
    """The identity may do what it asks of Kubernetes, and a rule of the cluster forbids it: a policy or a quota."""

    advice = (
        "Choose another namespace, or have the rule changed that the answer names. The policy for pods and the quotas "
        "of a namespace: kubectl describe namespace NAMESPACE"
    )


class GoogleUnavailable(GkeClustersError):
    """Google could not be reached, or kept answering that it is overloaded."""

    advice = (
        "Check that the DSS host reaches *.googleapis.com (proxy, firewall, DNS) and https://status.cloud.google.com, "
        "then start again: nothing is created twice."
    )
    wordings = (
        "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute'.",
        "The service is currently unavailable.",
    )


class GoogleError(GkeClustersError):
    """Google answered with an error that the plugin does not know."""

    advice = (
        "The answer received is all that Google said. If it is not clear, look for it in the documentation of Google "
        "Cloud."
    )
