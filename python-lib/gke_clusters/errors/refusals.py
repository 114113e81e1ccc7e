"""Requests that Google understood and does not carry out."""

# The names say the failure in the administrator's words; the word "error" in each would add nothing.
# ruff: noqa: N818

from __future__ import annotations

from gke_clusters.errors.base import GkeClustersError


class RequestRefused(GkeClustersError):
    """Google understood a request and refuses a value in it."""

    advice = "Correct the field that the answer names in the settings of the cluster or its presets, then start again."


class VersionNotAvailable(RequestRefused):
    """GKE does not offer that Kubernetes version there, or not in that release channel."""

    advice = (
        "See what is offered (gcloud container get-server-config --location LOCATION), or leave the version empty and "
        "take the default."
    )
    wordings = (
        'Master version "1.25.16-gke.1041000" is unsupported.',
        'No valid versions with the prefix "1.22" found.',
        'Master version must be one of "STABLE" channel supported versions [1.29.9-gke.1177000].',
    )


class MachineNotOffered(RequestRefused):
    """The zone does not have that machine type or GPU model at all, or the two do not go together."""

    advice = (
        "See what a zone has (gcloud compute machine-types list --zones ZONE, gcloud compute accelerator-types list "
        "--filter zone:ZONE). GPUs are attached to machines of the series N1; other series (A2, A3, G2, ...) have "
        "theirs built in."
    )
    wordings = (
        "Machine type with name 'n1-standard-1' does not exist in zone 'europe-west8-a'.",
        'Accelerator type "nvidia-tesla-k80" does not exist in zone us-east1-c.',
        "Cannot use default machine type (e2-medium) with GPUs; choose a different machine type.",
    )


class NetworkNotFound(RequestRefused):
    """The network, the subnetwork or a secondary range that the settings name does not exist there."""

    advice = (
        "See what exists: gcloud compute networks subnets list --network NETWORK ; a secondary range belongs to one "
        "subnetwork, and a subnetwork to one region."
    )
    wordings = (
        'Project "my-project" has no network named "default".',
        'Pod secondary range "pods" not found in network "default", subnetwork "default".',
        'network "default" does not exist.',
    )


class NameTaken(GkeClustersError):
    """A GKE cluster of that name exists at that location and was not created by this DSS cluster."""

    advice = "Choose another name, or attach the existing cluster with a DSS cluster of type Attach GKE cluster."
    wordings = ("Already exists: projects/my-project/zones/us-central1-a/clusters/my-cluster.",)


class ClusterNotFound(GkeClustersError):
    """No GKE cluster of that name exists in the project."""

    advice = "Check the project, the location and the name: gcloud container clusters list --project PROJECT"
    wordings = ("Not found: projects/my-project/zones/us-central1-a/clusters/my-cluster.",)


class WrongLocation(ClusterNotFound):
    """The cluster is not at the location given, and clusters of that name in other locations leave no single choice."""

    advice = "Give the location of the cluster that is meant."


class ClusterBusy(GkeClustersError):
    """Another operation holds the cluster, and Google takes one change at a time.

    Attributes:
        operation: the name of the operation that holds the cluster, where Google says it.
    """

    advice = "Wait until that operation is over, then try again: gcloud container operations list --project PROJECT"
    wordings = (
        (
            "Operation operation-1788740043003-c6053677 is currently creating cluster my-cluster. Please wait and try "
            "again once it is done."
        ),
        "Cluster is running incompatible operation operation-1788740043003-c6053677.",
    )

    def __init__(
        self,
        cause: str,
        *,
        operation: str | None = None,
        resource: str | None = None,
        verbatim: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(cause, resource=resource, verbatim=verbatim, remedy=remedy)
        self.operation = operation
