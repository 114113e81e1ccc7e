from __future__ import annotations

import pytest

from gke_clusters.google.permissions import IMPERSONATION_PERMISSION, PERMISSIONS
from gke_clusters.google.roles import grant_on_project, grant_on_service_account, role_for


@pytest.mark.parametrize("permission", [*PERMISSIONS, IMPERSONATION_PERMISSION])
def test_knows_a_role_for_every_permission_that_the_plugin_needs(permission: str) -> None:
    assert (role_for(permission) or "").startswith("roles/")


@pytest.mark.parametrize(
    ("permission", "role"),
    [
        ("container.clusters.create", "roles/container.clusterAdmin"),
        ("container.clusters.connect", "roles/container.developer"),
        ("container.pods.create", "roles/container.developer"),
        ("container.roles.escalate", "roles/container.admin"),
        ("compute.zones.list", "roles/compute.viewer"),
        ("compute.subnetworks.use", "roles/compute.networkUser"),
        ("iam.serviceAccounts.actAs", "roles/iam.serviceAccountUser"),
    ],
)
def test_the_most_specific_role_holds(permission: str, role: str) -> None:
    assert role_for(permission) == role


def test_knows_no_role_for_a_permission_of_something_else() -> None:
    assert role_for("bigquery.datasets.create") is None


@pytest.mark.parametrize(
    ("identity", "member"),
    [
        ("dss@p.iam.gserviceaccount.com", "serviceAccount:dss@p.iam.gserviceaccount.com"),
        ("1-compute@developer.gserviceaccount.com", "serviceAccount:1-compute@developer.gserviceaccount.com"),
        ("jo@example.com", "user:jo@example.com"),
        ("the service account of the DSS host", "MEMBER"),
    ],
)
def test_the_command_names_the_identity_as_iam_does(identity: str, member: str) -> None:
    assert grant_on_project("p", identity, "roles/r") == (
        f"gcloud projects add-iam-policy-binding p --member {member} --role roles/r"
    )
    assert grant_on_service_account("sa", identity, "roles/r") == (
        f"gcloud iam service-accounts add-iam-policy-binding sa --member {member} --role roles/r"
    )
