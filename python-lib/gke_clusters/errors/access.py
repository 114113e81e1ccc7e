"""Failures of who asks and what the project and its organization allow."""

# The names say the failure in the administrator's words; the word "error" in each would add nothing.
# ruff: noqa: N818

from __future__ import annotations

from gke_clusters.errors.base import GkeClustersError


class CredentialsError(GkeClustersError):
    """The credentials that the connection asks for cannot be read or are refused by Google."""

    advice = (
        "Check the credentials in the preset of the connection: attach a service account to the DSS host, "
        "or give a service account key that is readable by the user who runs DSS."
    )


class CredentialsExpired(CredentialsError):
    """The credentials were good once: the key or the account was deleted or disabled, or the login has expired."""

    advice = (
        "Give the connection a new service account key, or log in again as the user who runs DSS: gcloud auth "
        "application-default login"
    )
    wordings = (
        "invalid_grant: Invalid JWT Signature.",
        "invalid_grant: Token has been expired or revoked.",
        "invalid_grant: reauth related error (invalid_rapt)",
        "invalid_grant: Account has been deleted",
        "Request had invalid authentication credentials.",
    )


class ClockSkewed(CredentialsError):
    """The clock of the DSS host is wrong, so Google takes a fresh token request for an old or a future one."""

    advice = "Set the clock of the DSS host by NTP (on Compute Engine: metadata.google.internal), then start again."
    wordings = ("invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable",)


class PermissionDenied(GkeClustersError):
    """Google refuses a call because the identity in use lacks an IAM permission or an access scope."""

    advice = "Grant the permission to the identity, both as the message names them, then start again."
    wordings = ('Required "container.clusters.create" permission(s) for "projects/my-project".',)


class ScopesInsufficient(PermissionDenied):
    """The virtual machine of DSS has a service account whose access scopes leave out the Google Cloud APIs."""

    advice = (
        "Give the virtual machine of DSS the scope cloud-platform and let IAM decide: stop it, then gcloud compute "
        "instances set-service-account INSTANCE --scopes cloud-platform"
    )
    wordings = ("Request had insufficient authentication scopes.",)


class PerimeterViolated(PermissionDenied):
    """A perimeter of VPC Service Controls keeps the DSS host from calling the API."""

    advice = (
        "Have an administrator of the organization look the identifier up in the VPC Service Controls troubleshooter "
        "and let the identity that the message names in: an ingress or egress rule, or an access level."
    )
    wordings = ("Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: AbC",)


class ApiNotEnabled(GkeClustersError):
    """A Google Cloud API that the plugin calls is not enabled in the project."""

    advice = (
        "Enable it (gcloud services enable container.googleapis.com --project PROJECT), wait a minute and start again."
    )
    wordings = ("Kubernetes Engine API has not been used in project my-project before or it is disabled.",)


class BillingDisabled(GkeClustersError):
    """The project has no billing account, or it is closed."""

    advice = "Link the project to an open billing account, wait some minutes and start again."
    wordings = (
        "This API method requires billing to be enabled.",
        "Project my-project (#123456789012) has billing disabled. Please enable it.",
        "The billing account for the owning project is disabled in state absent",
    )


class OrganizationPolicy(GkeClustersError):
    """A policy of the organization forbids what was asked for.

    Attributes:
        constraint: the constraint that the policy sets, such as ``compute.vmExternalIpAccess``; empty if not named.
    """

    constraint: str = ""
    advice = "Ask an administrator of the organization for an exception for the project, or change the settings."
    wordings = (
        "Constraint constraints/compute.vmExternalIpAccess violated for project 123456789012.",
        "Location ZONE:us-central1-a violates constraint constraints/gcp.resourceLocations on the resource",
        "Constraint constraints/compute.requireShieldedVm violated for project projects/my-project.",
    )


class NodeServiceAccountUnusable(GkeClustersError):
    """The service account that the nodes would have does not exist, lacks a role, or may not be handed to them."""

    advice = (
        "Name an existing service account in the node pools, grant it roles/container.defaultNodeServiceAccount on the "
        "project, and grant the identity of the connection roles/iam.serviceAccountUser on it."
    )
    wordings = (
        "Generic::not_found: Gaia id not found for email 123456789012-compute@developer.gserviceaccount.com",
        'Service account "123456789012-compute@developer.gserviceaccount.com" does not exist.',
        'The user does not have access to service account "default".',
    )


class ServiceAgentUnusable(GkeClustersError):
    """The account by which GKE itself acts in the project was deleted, or lost its role."""

    advice = (
        "Grant the role roles/container.serviceAgent on the project to "
        "service-PROJECT_NUMBER@container-engine-robot.iam.gserviceaccount.com; if it is gone: gcloud services enable "
        "container.googleapis.com --project PROJECT"
    )
    wordings = (
        "Google Compute Engine: Required 'compute.regions.get' permission for 'projects/my-project/regions/us-east1'.",
    )


class EncryptionKeyUnusable(GkeClustersError):
    """A Cloud KMS key is disabled or destroyed, or Google's service agents may not use it."""

    advice = (
        "Check that the key is enabled and in the region of the cluster, and that the service agents of GKE and "
        "Compute Engine have roles/cloudkms.cryptoKeyEncrypterDecrypter on it."
    )
    wordings = ("Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied",)
