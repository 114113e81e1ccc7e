"""How failures are recognised that lie in the project: what is switched off or forbidden, its accounts and its keys.

Reasons: https://cloud.google.com/apis/docs/errors and
https://github.com/googleapis/googleapis/blob/master/google/api/error_reason.proto
"""

from __future__ import annotations

import re
from typing import Final

from gke_clusters.errors import (
    ApiNotEnabled,
    BillingDisabled,
    EncryptionKeyUnusable,
    NodeServiceAccountUnusable,
    OrganizationPolicy,
    PerimeterViolated,
    ServiceAgentUnusable,
)
from gke_clusters.google.evidence import Evidence, Rank, Rule, Scene
from gke_clusters.google.roles import grant_on_project, grant_on_service_account, role_for

_CONSTRAINT: Final = re.compile(r"constraints/([\w.]*\w)")
# What a reason means that comes without the name of a constraint.
_CONSTRAINT_OF_REASON: Final = {
    "LOCATION_ORG_POLICY_VIOLATED": "gcp.resourceLocations",
    "LOCATION_POLICY_VIOLATED": "gcp.resourceLocations",
    "RESOURCE_USAGE_RESTRICTION_VIOLATED": "gcp.restrictServiceUsage",
}
# https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints
ABOUT_CONSTRAINTS: Final = {
    "compute.vmExternalIpAccess": (
        'It forbids nodes with external addresses: create the cluster with private nodes (expert JSON {"networkConfig":'
        ' {"defaultEnablePrivateNodes": true}}) in a network with Cloud NAT.'
    ),
    "compute.requireShieldedVm": (
        'It requires Secure Boot: give it to each node pool (expert JSON {"nodePools": [{"name": "POOL", "config":'
        ' {"shieldedInstanceConfig": {"enableSecureBoot": true, "enableIntegrityMonitoring": true}}}]}).'
    ),
    "compute.restrictVpcPeering": (
        "It forbids the peering by which older private control planes are connected: leave masterIpv4CidrBlock out of"
        " the expert JSON and use the DNS endpoint of the control plane, or have Google's network allowed."
    ),
    "compute.restrictSharedVpcSubnetworks": "It says which subnetworks may be used: choose one of them.",
    "compute.trustedImageProjects": "It says whose images may be used: have projects/gke-node-images allowed.",
    "gcp.resourceLocations": "It says which locations may be used: choose a zone or a region among them.",
    "gcp.restrictNonCmekServices": (
        'It requires encryption keys of your own: give one to each node pool (expert JSON {"nodePools": [{"name":'
        ' "POOL", "config": {"bootDiskKmsKey": "KEY"}}]}), and to the cluster as databaseEncryption.'
    ),
    "gcp.restrictServiceUsage": "It says which APIs may be used: have container.googleapis.com allowed.",
}
"""What each constraint that GKE meets asks for, by its name."""

_SERVICE: Final = re.compile(r"([a-z]+\.googleapis\.com)(?:/overview|\b.{0,20} before generating)")
_PERIMETER_ID: Final = re.compile(r"vpcServiceControlsUniqueIdentifier:\s*([\w-]+)")
_KEY: Final = re.compile(r"projects/[\w.:-]+/locations/[\w-]+/keyRings/[\w-]+/cryptoKeys/[\w-]+")
_GONE_ACCOUNT: Final = re.compile(
    r"Gaia id not found for email (?P<gaia>[\w.@-]*\w)"
    r"|[Ss]ervice account ['\"]?(?P<account>[\w.@-]+)['\"]? (?:does not exist|was not found|is disabled)"
)
_ACCOUNT: Final = re.compile(r"[\w.-]+@[\w.-]+\.gserviceaccount\.com|[\w-]+@developer\.gserviceaccount\.com")
_MISSING: Final = re.compile(r"Required ['\"](?P<permission>[\w.]+)['\"] permission")
_ACTING_AS: Final = re.compile(r"acting as ['\"]?(?P<account>[\w.@-]*\w)")
_DEFAULT_NODE_ROLE: Final = "roles/container.defaultNodeServiceAccount"
_KEY_ROLE: Final = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


def _policy(evidence: Evidence, scene: Scene) -> OrganizationPolicy:
    named = _CONSTRAINT.search(evidence.text)
    by_reason = (_CONSTRAINT_OF_REASON[code] for code in sorted(evidence.codes) if code in _CONSTRAINT_OF_REASON)
    constraint = named[1] if named else next(by_reason, "")
    about = ABOUT_CONSTRAINTS.get(constraint, "Ask for settings that the policy allows.")
    remedy = f"{about} Otherwise ask an administrator of the organization for an exception for the project."
    if constraint:
        remedy += (
            " What holds: gcloud resource-manager org-policies describe"
            f" {constraint} --project {scene.project} --effective"
        )
    what = f"the policy {constraint} of the organization" if constraint else "a policy of the organization"
    failure = scene.failure(OrganizationPolicy, f"{what} forbids it", remedy)
    failure.constraint = constraint
    return failure


def _perimeter(evidence: Evidence, scene: Scene) -> PerimeterViolated:
    found = _PERIMETER_ID.search(evidence.text)
    identifier = evidence.metadata.get("uid") or (found[1] if found else "")
    named = f" ({identifier})" if identifier else ""
    failure = scene.failure(PerimeterViolated, "a perimeter of VPC Service Controls keeps the DSS host out")
    failure.remedy = (
        f"Have an administrator of the organization look the identifier{named} up in the VPC Service Controls"
        " troubleshooter (https://console.cloud.google.com/security/service-perimeter) and let"
        f" {scene.identity or 'the identity of the connection'} in: an ingress or egress rule, or an access level."
    )
    return failure


def _billing(_evidence: Evidence, scene: Scene) -> BillingDisabled:
    return scene.failure(
        BillingDisabled,
        f"project {scene.project} has no open billing account",
        f"Link one (gcloud billing projects link {scene.project} --billing-account ACCOUNT, or"
        f" https://console.cloud.google.com/billing/linkedaccount?project={scene.project}), wait some minutes and start"
        " again.",
    )


def _api(evidence: Evidence, scene: Scene) -> ApiNotEnabled:
    found = _SERVICE.search(evidence.text)
    service = evidence.metadata.get("service") or (found[1] if found else "container.googleapis.com")
    return scene.failure(
        ApiNotEnabled,
        f"the API {service} is not enabled in project {scene.project}",
        f"Run: gcloud services enable {service} --project {scene.project} ; wait a minute and start again.",
    )


def _key(evidence: Evidence, scene: Scene) -> EncryptionKeyUnusable:
    found = _KEY.search(evidence.text)
    key = found[0] if found else "KEY"
    return scene.failure(
        EncryptionKeyUnusable,
        f"the encryption key{f' {found[0]}' if found else ''} cannot be used",
        "Check that the key is enabled, not destroyed, and in the region of the cluster (gcloud kms keys versions list"
        f" --key {key}). The service agents of GKE (service-PROJECT_NUMBER@container-engine-robot.iam."
        f"gserviceaccount.com) and of Compute Engine (service-PROJECT_NUMBER@compute-system.iam.gserviceaccount.com)"
        f" need {_KEY_ROLE} on it: gcloud kms keys add-iam-policy-binding {key} --member MEMBER --role {_KEY_ROLE}",
    )


def _gone_account(evidence: Evidence, scene: Scene) -> NodeServiceAccountUnusable:
    found = _GONE_ACCOUNT.search(evidence.text)
    account = (found["gaia"] or found["account"]) if found else ""
    return scene.failure(
        NodeServiceAccountUnusable,
        f"the service account {account} that the nodes would have does not exist or is disabled",
        "Name an existing service account in the node pools (gcloud iam service-accounts list --project"
        f" {scene.project}), or have this one again: gcloud iam service-accounts enable {account} ; for 30 days after a"
        " deletion: gcloud iam service-accounts undelete NUMERIC_ID",
    )


def _may_not_act(evidence: Evidence, scene: Scene) -> NodeServiceAccountUnusable:
    account = next((each for each in _ACCOUNT.findall(evidence.text) if each != scene.identity), "")
    who = scene.identity or "the identity of the connection"
    command = grant_on_service_account(account or "SERVICE_ACCOUNT", scene.identity, "roles/iam.serviceAccountUser")
    return scene.failure(
        NodeServiceAccountUnusable,
        f"{who} may not give the nodes the service account{f' {account}' if account else ''}"
        " (iam.serviceAccounts.actAs is missing)",
        f"Grant it roles/iam.serviceAccountUser on the service account of the nodes: {command}",
    )


def _bare_account(_evidence: Evidence, scene: Scene) -> NodeServiceAccountUnusable:
    command = grant_on_project(scene.project, "", _DEFAULT_NODE_ROLE).replace("MEMBER", "serviceAccount:EMAIL")
    return scene.failure(
        NodeServiceAccountUnusable,
        "the service account of the nodes lacks permissions that nodes need",
        f"Grant it {_DEFAULT_NODE_ROLE} on the project: {command}",
    )


def _deleted_agent(_evidence: Evidence, scene: Scene) -> ServiceAgentUnusable:
    return scene.failure(
        ServiceAgentUnusable,
        "the service agent of GKE in the project was deleted",
        f"Have it made again: gcloud services enable container.googleapis.com --project {scene.project} ; if that does"
        f" not help: gcloud beta services identity create --service container.googleapis.com --project {scene.project}",
    )


def _bare_agent(evidence: Evidence, scene: Scene) -> ServiceAgentUnusable:
    missing, acting = _MISSING.search(evidence.text), _ACTING_AS.search(evidence.text)
    account = acting["account"] if acting else "service-PROJECT_NUMBER@container-engine-robot.iam.gserviceaccount.com"
    lacks = f"lacks the permission {missing['permission']}" if missing else "lacks a permission"
    role = "roles/container.serviceAgent"
    if acting and missing and "container-engine-robot" not in account:
        role = role_for(missing["permission"]) or "roles/editor"
    return scene.failure(
        ServiceAgentUnusable,
        f"{account if acting else 'the service agent'} by which Google acts in the project {lacks}",
        f"Grant it {role} again: {grant_on_project(scene.project, account, role)} ; in a Shared VPC it also needs"
        " roles/container.hostServiceAgentUser on the host project and roles/compute.networkUser on the subnetwork.",
    )


PROJECT_RULES: Final = (
    Rule(
        _policy,
        frozenset({*_CONSTRAINT_OF_REASON, "ORG_RESTRICTION_VIOLATION"}),
        re.compile(r"constraints/\w+\.\w+"),
    ),
    Rule(
        _perimeter,
        frozenset({"SECURITY_POLICY_VIOLATED"}),
        re.compile(r"vpcServiceControlsUniqueIdentifier|prohibited by organization's policy"),
    ),
    Rule(
        _billing,
        frozenset({"BILLING_DISABLED", "UREQ_PROJECT_BILLING_NOT_FOUND"}),
        re.compile(
            r"billing to be enabled|billing (?:is |has been )?disabled|billing must be enabled"
            r"|billing account .{0,60}(?:disabled|not found|closed|absent)",
            re.IGNORECASE,
        ),
    ),
    Rule(
        _api,
        frozenset({"SERVICE_DISABLED", "accessNotConfigured"}),
        re.compile(r"has not been used in project .{1,60} before or it is disabled|should enable service:"),
    ),
    Rule(
        _key,
        frozenset({"CLOUD_KMS_KEY_ERROR", "CLOUD_KMS_KEY_DESTROYED"}),
        re.compile(r"cloudkms\.\w|KMS (?:crypto)?key", re.IGNORECASE),
    ),
    Rule(_gone_account, text=_GONE_ACCOUNT),
    Rule(
        _may_not_act,
        frozenset({"iam.serviceAccounts.actAs"}),
        re.compile(r"serviceaccounts\.actAs|does not have access to service account|to act as service account", re.I),
    ),
    Rule(_deleted_agent, frozenset({"GKE_SERVICE_ACCOUNT_DELETED"})),
    Rule(
        _bare_agent,
        frozenset({"PERMISSIONS_ERROR"}),
        re.compile(r"Google Compute Engine: Required ['\"]|Missing edit permissions on account"),
    ),
    # Google says this beside any failure: https://cloud.google.com/kubernetes-engine/docs/troubleshooting/service-accounts
    Rule(_bare_account, frozenset({"NODE_SERVICE_ACCOUNT_MISSING_PERMISSIONS"}), rank=Rank.REMARK),
)
