from __future__ import annotations

from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError

from gke_clusters import errors
from gke_clusters.errors import (
    AddressesExhausted,
    ApiNotEnabled,
    BillingDisabled,
    EncryptionKeyUnusable,
    GkeClustersError,
    MachineNotOffered,
    NetworkNotFound,
    NodeServiceAccountUnusable,
    OrganizationPolicy,
    PerimeterViolated,
    QuotaExceeded,
    ServiceAgentUnusable,
    Stockout,
    VersionNotAvailable,
)
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.error_translation import Asked, translate
from gke_clusters.google.operation_failures import operation_failure
from gke_clusters.google.operations import Condition, Operation
from tests.python.unit.google.answers import refusal


def refused(message: str, code: int = 400, *, at: str = "us-east1-b", status: str = "", **how: Any) -> GkeClustersError:
    asked = Asked(
        "create the cluster", f"projects/p/locations/{at}/clusters/c", "p", Authorization(AnonymousCredentials())
    )
    return translate(refusal(code, status, message, **how), asked)


def failed(message: str) -> GkeClustersError:
    return operation_failure(
        Operation("operation-1-a", "CREATE_CLUSTER", "DONE", "p", "l", failures=(Condition("", message),))
    )


@pytest.mark.parametrize(
    ("kind", "wording"),
    [
        (kind, wording)
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, GkeClustersError)
        for wording in vars(kind).get("wordings", ())
    ],
)
def test_every_typical_wording_means_the_failure_that_it_is_told_of(kind: type[GkeClustersError], wording: str) -> None:
    asked = Asked("x", "projects/p/locations/l/clusters/c", "p", Authorization(AnonymousCredentials()))
    met = [refused(wording, code) for code in (400, 401, 403, 429, 503)]
    met += [refused(wording, 404, status="NOT_FOUND"), refused(wording, 409, status="ALREADY_EXISTS")]
    met += [failed(wording), translate(RefreshError(wording), asked), refused(wording, status="FAILED_PRECONDITION")]
    assert kind in map(type, met)


class TestOrganizationPolicy:
    @pytest.mark.parametrize(
        ("message", "constraint", "advice"),
        [
            (
                "Constraint constraints/compute.vmExternalIpAccess violated for project 1.",
                "compute.vmExternalIpAccess",
                "private nodes",
            ),
            (
                "Location ZONE:z violates constraint constraints/gcp.resourceLocations on the resource projects/p.",
                "gcp.resourceLocations",
                "which locations",
            ),
            (
                "Constraint constraints/compute.requireShieldedVm violated for project projects/p. Secure Boot is not",
                "compute.requireShieldedVm",
                "enableSecureBoot",
            ),
            (
                "Constraint constraints/compute.restrictVpcPeering violated for project 1. Peering the network",
                "compute.restrictVpcPeering",
                "masterIpv4CidrBlock",
            ),
            (
                (
                    "Failed precondition: Constraint `constraints/gcp.restrictNonCmekServices` violated for `p`"
                    " attempting to create a resource without specifying a KMS CryptoKey."
                ),
                "gcp.restrictNonCmekServices",
                "bootDiskKmsKey",
            ),
            ("Constraint constraints/custom.dssRule violated.", "custom.dssRule", "settings that the policy allows"),
        ],
    )
    def test_names_the_constraint_and_what_meets_it(self, message: str, constraint: str, advice: str) -> None:
        for failure in (refused(message, 412), refused(message, 403), failed(message)):
            assert isinstance(failure, OrganizationPolicy)
            assert failure.constraint == constraint
            assert constraint in failure.cause
            assert advice in failure.remedy
            assert f"org-policies describe {constraint} --project p --effective" in failure.remedy

    @pytest.mark.parametrize("reason", ["LOCATION_ORG_POLICY_VIOLATED", "LOCATION_POLICY_VIOLATED"])
    def test_knows_what_a_reason_means_that_names_no_constraint(self, reason: str) -> None:
        failure = refused("Not here.", 403, reason=reason)
        assert isinstance(failure, OrganizationPolicy)
        assert failure.constraint == "gcp.resourceLocations"

    def test_says_so_where_no_constraint_is_named(self) -> None:
        failure = refused("No.", 403, reason="ORG_RESTRICTION_VIOLATION")
        assert "a policy of the organization forbids it" in failure.cause
        assert "describe" not in failure.remedy


class TestProject:
    def test_names_the_identifier_of_a_perimeter(self) -> None:
        message = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: AbC-1_x."
        failure = refused(message, 403)
        assert isinstance(failure, PerimeterViolated)
        assert "AbC-1_x" in failure.remedy

    def test_knows_a_perimeter_by_its_reason(self) -> None:
        failure = refused("No.", 403, reason="SECURITY_POLICY_VIOLATED", metadata={"uid": "U1"})
        assert isinstance(failure, PerimeterViolated)
        assert "(U1)" in failure.remedy

    def test_says_nothing_of_an_identifier_that_is_not_given(self) -> None:
        assert "identifier up" in refused("No.", 403, reason="SECURITY_POLICY_VIOLATED").remedy

    @pytest.mark.parametrize("how", [{"reason": "BILLING_DISABLED"}, {"reason": "UREQ_PROJECT_BILLING_NOT_FOUND"}])
    def test_knows_that_billing_is_disabled_by_the_reason(self, how: dict[str, str]) -> None:
        failure = refused("No.", 403, **how)
        assert isinstance(failure, BillingDisabled)
        assert "gcloud billing projects link p" in failure.remedy

    @pytest.mark.parametrize(
        ("message", "service"),
        [
            (
                (
                    "Compute Engine API has not been used in project p before or it is disabled. Enable it by visiting"
                    " https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project=p"
                ),
                "compute.googleapis.com",
            ),
            (
                (
                    "tenantmanager::1: Consumer 1 should enable service:container.googleapis.com before generating a"
                    " service account."
                ),
                "container.googleapis.com",
            ),
            (
                "Kubernetes Engine API has not been used in project p before or it is disabled.",
                "container.googleapis.com",
            ),
        ],
    )
    def test_names_the_api_that_only_the_text_names(self, message: str, service: str) -> None:
        failure = refused(message, 403)
        assert isinstance(failure, ApiNotEnabled)
        assert f"gcloud services enable {service} --project p" in failure.remedy

    def test_names_the_key_that_cannot_be_used(self) -> None:
        key = "projects/p/locations/us-east1/keyRings/r/cryptoKeys/k"
        failure = failed(f"Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource '{key}'.")
        assert isinstance(failure, EncryptionKeyUnusable)
        assert key in failure.cause
        assert f"add-iam-policy-binding {key}" in failure.remedy

    @pytest.mark.parametrize(
        ("message", "code"),
        [
            ("Generic::not_found: Gaia id not found for email 1-compute@developer.gserviceaccount.com.", 404),
            ('Service account "1-compute@developer.gserviceaccount.com" does not exist.', 400),
            ("Service account 1-compute@developer.gserviceaccount.com is disabled.", 400),
        ],
    )
    def test_names_the_service_account_of_the_nodes_that_is_gone(self, message: str, code: int) -> None:
        failure = refused(message, code)
        assert isinstance(failure, NodeServiceAccountUnusable)
        assert " 1-compute@developer.gserviceaccount.com that the nodes would have" in failure.cause

    @pytest.mark.parametrize(
        ("failure", "account"),
        [
            (refused('The user does not have access to service account "n@p.iam.gserviceaccount.com".'), "n@p.iam"),
            (refused('The user does not have access to service account "default".'), "SERVICE_ACCOUNT"),
            (
                refused('Required "iam.serviceAccounts.actAs" permission(s) for "projects/p".', 403),
                "SERVICE_ACCOUNT",
            ),
            (
                refused(
                    "Permission 'iam.serviceaccounts.actAs' denied on 1-compute@developer.gserviceaccount.com.", 403
                ),
                "1-compute@developer.gserviceaccount.com",
            ),
            (
                refused(
                    "No.", 403, metadata={"permission": "iam.serviceAccounts.actAs"}, reason="IAM_PERMISSION_DENIED"
                ),
                "SERVICE_ACCOUNT",
            ),
        ],
    )
    def test_tells_a_service_account_that_may_not_be_given_to_nodes(
        self, failure: GkeClustersError, account: str
    ) -> None:
        assert isinstance(failure, NodeServiceAccountUnusable)
        assert "iam.serviceAccounts.actAs" in failure.cause
        assert "roles/iam.serviceAccountUser" in failure.remedy
        assert f"add-iam-policy-binding {account}" in failure.remedy

    def test_tells_a_permission_of_googles_own_agent_from_one_of_ours(self) -> None:
        message = "Google Compute Engine: Required 'compute.regions.get' permission for 'projects/p/regions/us-east1'."
        failure = refused(f"Retry budget exhausted (5 attempts): {message}", 403)
        assert isinstance(failure, ServiceAgentUnusable)
        assert "compute.regions.get" in failure.cause
        assert "roles/container.serviceAgent" in failure.remedy

    def test_names_the_agent_and_its_role_where_google_names_the_agent(self) -> None:
        failure = failed(
            "[PERMISSIONS_ERROR]: Instance 'i' creation failed: Required 'compute.subnetworks.use' permission for 'x'"
            " (when acting as '1@cloudservices.gserviceaccount.com')"
        )
        assert isinstance(failure, ServiceAgentUnusable)
        assert "1@cloudservices.gserviceaccount.com" in failure.cause
        assert (
            "--member serviceAccount:1@cloudservices.gserviceaccount.com --role roles/compute.networkUser"
            in failure.remedy
        )

    def test_knows_the_agent_of_gke_by_its_address(self) -> None:
        agent = "service-1@container-engine-robot.iam.gserviceaccount.com"
        failure = failed(f"[PERMISSIONS_ERROR]: Required 'tpu.x.y' permission for 'x' (when acting as '{agent}')")
        assert f"--member serviceAccount:{agent} --role roles/container.serviceAgent" in failure.remedy

    def test_gives_an_agent_of_compute_engine_its_own_role_where_none_is_known(self) -> None:
        failure = failed(
            "[PERMISSIONS_ERROR]: Required 'tpu.x.y' permission for 'x' (when acting as '1@cloudservices.g')"
        )
        assert "--role roles/editor" in failure.remedy


class TestCapacity:
    def test_names_the_zones_machine_and_those_that_have_it(self) -> None:
        failure = failed(
            "[ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS]: A n1-standard-4 VM instance with 1 nvidia-tesla-t4"
            " accelerator(s) is currently unavailable in the us-central1-b zone. Consider trying your request in the"
            " us-central1-a, us-central1-f zone(s), which currently has capacity to accommodate your request."
        )
        assert isinstance(failure, Stockout)
        assert "the zone us-central1-b has no n1-standard-4 machines free" in failure.cause
        assert failure.machine_type == "n1-standard-4"
        assert failure.zones_with_capacity == ("us-central1-a", "us-central1-f")
        assert "us-central1-a, us-central1-f" in failure.remedy

    def test_names_several_zones(self) -> None:
        words = "The zone 'projects/p/zones/{}' does not have enough resources available to fulfill the request."
        failure = failed(f"{words.format('z-a')} {words.format('z-b')} {words.format('z-a')}")
        assert "the zones z-a, z-b have no machines of that type free" in failure.cause

    def test_takes_the_zone_asked_for_where_none_is_named(self) -> None:
        failure = refused("No.", 403, at="us-east1-b", reason="resource_availability")
        assert isinstance(failure, Stockout)
        assert failure.zones == ("us-east1-b",)

    def test_takes_no_region_for_a_zone(self) -> None:
        failure = refused("No.", 403, at="us-east1", reason="resource_availability")
        assert isinstance(failure, Stockout)
        assert failure.zones == ()
        assert "the zone has no machines" in failure.cause

    def test_gives_the_page_and_the_command_that_show_the_quota(self) -> None:
        failure = refused(
            "Insufficient regional quota to satisfy request: resource \"CPUS\": request requires '8.0' is short '1'.",
            403,
        )
        assert isinstance(failure, QuotaExceeded)
        assert "https://console.cloud.google.com/iam-admin/quotas?project=p" in failure.remedy
        assert "gcloud compute regions describe us-east1 --project p" in failure.remedy

    def test_names_no_region_where_the_quota_is_for_all(self) -> None:
        failure = refused(
            "Insufficient project quota to satisfy request: resource \"CPUS_ALL_REGIONS\": request requires '8.0'.", 403
        )
        assert isinstance(failure, QuotaExceeded)
        assert "gcloud compute regions" not in failure.remedy

    def test_says_so_where_no_quota_is_named(self) -> None:
        assert "is too small." in refused("No.", 403, legacy="quotaExceeded").cause

    @pytest.mark.parametrize(
        ("message", "exhausted"),
        [
            (
                (
                    "[IP_SPACE_EXHAUSTED]: Instance 'i' creation failed: IP space of"
                    " 'projects/p/regions/r/subnetworks/s-pods-49c0' is exhausted."
                ),
                "projects/p/regions/r/subnetworks/s-pods-49c0",
            ),
            ("[IP_SPACE_EXHAUSTED]: Instance 'i' creation failed.", ""),
        ],
    )
    def test_names_the_range_that_is_used_up(self, message: str, exhausted: str) -> None:
        failure = failed(message)
        assert isinstance(failure, AddressesExhausted)
        assert failure.range == exhausted
        assert exhausted in failure.cause
        assert "a /20 for 16" in failure.remedy
        assert ("another subnetwork" in failure.remedy) == bool(exhausted)

    @pytest.mark.parametrize("where", ["10.0.0.0/8", ""])
    def test_advises_a_smaller_block_where_none_can_be_reserved(self, where: str) -> None:
        message = f'The network "n" does not have available private IP space in {where} to reserve a /14 block for pods'
        failure = refused(message)
        assert isinstance(failure, AddressesExhausted)
        assert failure.range == where
        assert where in failure.cause
        assert "a smaller block for the pods" in failure.remedy
        assert "a /20 for 16" in failure.remedy

    def test_tells_a_subnetwork_that_has_no_room_for_another_range(self) -> None:
        failure = refused("Exceeded maximum supported number of secondary ranges per subnetwork: 30.")
        assert isinstance(failure, AddressesExhausted)
        assert "another subnetwork" in failure.remedy

    def test_says_how_many_nodes_the_range_has_room_for(self) -> None:
        message = "IP space is exhausted. Insufficient free IP addresses in the IP range '10.0.0.0/21'."
        assert "The range 10.0.0.0/21 has room for 8 of them." in failed(message).remedy


class TestSettings:
    @pytest.mark.parametrize(
        ("message", "version"),
        [
            ('Master version "1.25.16-gke.1041000" is unsupported.', " 1.25.16-gke.1041000"),
            ('No valid versions with the prefix "1.22" found.', " 1.22"),
            ('Master version must be one of "STABLE" channel supported versions [1.29.9-gke.1177000].', ""),
        ],
    )
    def test_names_the_version_that_is_not_available(self, message: str, version: str) -> None:
        failure = refused(message)
        assert isinstance(failure, VersionNotAvailable)
        assert f"the Kubernetes version{version} is not available in us-east1-b" in failure.cause
        assert "get-server-config --location us-east1-b --project p" in failure.remedy

    @pytest.mark.parametrize(
        ("message", "what"),
        [
            (
                "Machine type with name 'n9' does not exist in zone 'us-east1-d'.",
                "machine type n9 does not exist in us-east1-d",
            ),
            ('machine type "n9" does not exist.', "machine type n9 does not exist in us-east1-b"),
            (
                "The resource 'projects/p/zones/us-east1-c/machineTypes/n9' was not found",
                "machine type n9 does not exist in us-east1-c",
            ),
            ('Accelerator type "k80" does not exist in zone us-east1-c.', "GPU model k80 does not exist in us-east1-c"),
            (
                "The resource 'projects/p/zones/us-east1-c/acceleratorTypes/p4' was not found",
                "GPU model p4 does not exist in us-east1-c",
            ),
            ("Cannot use default machine type (e2-medium) with GPUs; choose a different one.", "cannot be attached"),
            ('Accelerator type "nvidia-l4" cannot be attached to machine type "n2-standard-4".', "cannot be attached"),
        ],
    )
    def test_names_the_machine_or_gpu_that_is_not_there(self, message: str, what: str) -> None:
        failure = refused(message)
        assert isinstance(failure, MachineNotOffered)
        assert what in failure.cause

    def test_names_no_zone_in_a_region(self) -> None:
        failure = refused('machine type "n9" does not exist.', at="us-east1")
        assert failure.cause.endswith("the machine type n9 does not exist.")

    @pytest.mark.parametrize(
        ("message", "what"),
        [
            ('Project "p" has no network named "default".', "network default does not exist"),
            ('(1) Network "default" has no route. (2) network "dss" does not exist.', "network dss does not exist"),
            ("The resource 'projects/p/global/networks/dss' was not found", "network dss does not exist"),
            ("The resource 'projects/p/regions/r/subnetworks/s' was not found", "subnetwork s does not exist"),
            ('Subnetwork "s" is not valid for Network "n".', "subnetwork s does not exist in that network"),
            ('Pod secondary range "pods" not found in network "n", subnetwork "s".', "no secondary range pods"),
            ('Secondary range "pods" does not exist in network "n", subnetwork "s".', "no secondary range pods"),
        ],
    )
    def test_names_the_network_the_subnetwork_or_the_range_that_is_not_there(self, message: str, what: str) -> None:
        for failure in (refused(message), failed(message)):
            assert isinstance(failure, NetworkNotFound)
            assert what in failure.cause

    def test_looks_for_the_subnetwork_in_the_region_of_the_zone(self) -> None:
        failure = refused('Subnetwork "s" does not exist.', at="us-east1-b")
        assert "--regions us-east1 " in failure.remedy
