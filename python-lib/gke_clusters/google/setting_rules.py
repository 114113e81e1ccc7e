"""How failures are recognised that one value of the settings explains: a version, a machine, a network.

Google sends no reason with them, only words, so the words that were seen decide: versions in
terraform-google-kubernetes-engine#2177 and terraform-provider-google#22167; machines in bank-of-anthos#1234,
kubernetes-engine-samples#1738 and terraform-provider-google#8387; networks in googlecloudrobotics/core#339,
gcp-gke-clusters-ingress#2, terraform-google-kubernetes-engine#681 and gitpod-gke-guide#21, all on GitHub.
"""

from __future__ import annotations

import re
from typing import Final

from gke_clusters.errors import MachineNotOffered, NetworkNotFound, VersionNotAvailable
from gke_clusters.google.evidence import Evidence, Rule, Scene

_VERSION: Final = re.compile(
    r"(?:master|node|cluster) ?version (?:['\"](?P<version>[^'\"]+)['\"] )?"
    r"(?:is unsupported|is not supported|must be one of)"
    r"|No valid versions with the prefix ['\"](?P<prefix>[^'\"]+)['\"]",
    re.IGNORECASE,
)
_MACHINE: Final = re.compile(
    r"machine type (?:with name )?['\"](?P<machine>[^'\"]+)['\"] does not exist"
    r"|/machineTypes/(?P<path>[\w-]+)['\"] was not found",
    re.IGNORECASE,
)
_GPU: Final = re.compile(
    r"accelerator type ['\"](?P<gpu>[^'\"]+)['\"] does not exist|/acceleratorTypes/(?P<path>[\w-]+)['\"] was not found",
    re.IGNORECASE,
)
_MISMATCH: Final = re.compile(
    r"machine type \([^)]*\) with GPUs"
    r"|accelerator[^.]{0,80}(?:not compatible|incompatible|cannot be attached|not supported|not allowed)"
    r"|machine type[^.]{0,80}(?:does not support|not compatible with)[^.]{0,40}(?:accelerator|GPU)",
    re.IGNORECASE,
)
_NETWORK: Final = re.compile(
    r"has no network named ['\"](?P<network>[^'\"]+)['\"]"
    r"|(?<!\w)network ['\"](?P<missing>[^'\"]+)['\"] does not exist"
    r"|/networks/(?P<path>[\w-]+)['\"] was not found",
    re.IGNORECASE,
)
_SUBNETWORK: Final = re.compile(
    r"/subnetworks/(?P<path>[\w-]+)['\"] (?:was )?not found"
    r"|subnetwork ['\"]?(?P<subnetwork>[\w./-]+)['\"]? (?:does not exist|was not found|is not valid for network)"
    r"|subnetwork \\?['\"](?P<quoted>[^'\"\\]+)\\?['\"] (?:does not exist|was not found|is not valid for network)",
    re.IGNORECASE,
)
_RANGE: Final = re.compile(r"secondary range ['\"](?P<range>[^'\"]+)['\"] (?:not found|does not exist)", re.IGNORECASE)
_ZONE: Final = re.compile(r"\bzone ['\"]?(?P<zone>[a-z]+-[a-z]+\d+-[a-z])\b|/zones/(?P<path>[a-z]+-[a-z]+\d+-[a-z])/")


def _version(evidence: Evidence, scene: Scene) -> VersionNotAvailable:
    version = _named(_VERSION, evidence)
    place = scene.location or "LOCATION"
    return scene.failure(
        VersionNotAvailable,
        f"the Kubernetes version{f' {version}' if version else ''} is not available"
        f" in {scene.location or 'that location'}",
        f"See what is: gcloud container get-server-config --location {place} --project {scene.project} ; or leave the"
        " version empty, and the default of the release channel is taken.",
    )


def _machine(evidence: Evidence, scene: Scene) -> MachineNotOffered:
    zone = _zone(evidence, scene)
    return scene.failure(
        MachineNotOffered,
        f"the machine type {_named(_MACHINE, evidence)} does not exist{f' in {zone}' if zone else ''}",
        "See which there are: gcloud compute machine-types list --zones"
        f" {zone or 'ZONE'} --project {scene.project} ; choose another machine type in the node pool, or another zone"
        " or zones for its nodes.",
    )


def _gpu(evidence: Evidence, scene: Scene) -> MachineNotOffered:
    zone = _zone(evidence, scene)
    gpu = _named(_GPU, evidence)
    return scene.failure(
        MachineNotOffered,
        f"the GPU model {gpu} does not exist{f' in {zone}' if zone else ''}",
        f"See where it is: gcloud compute accelerator-types list --filter name={gpu} --project {scene.project} ; choose"
        " another GPU model in the node pool, or give the nodes zones that have this one.",
    )


def _mismatch(_evidence: Evidence, scene: Scene) -> MachineNotOffered:
    return scene.failure(
        MachineNotOffered,
        "that GPU model cannot be attached to that machine type",
        "Attach T4, P4, P100 and V100 to machine types of the series N1. The other models are built into machine types"
        " of their own (G2 has L4, A2 has A100, A3 has H100):"
        " https://cloud.google.com/compute/docs/gpus",
    )


def _network(evidence: Evidence, scene: Scene) -> NetworkNotFound:
    return scene.failure(
        NetworkNotFound,
        f"the network {_named(_NETWORK, evidence)} does not exist",
        f"See which there are: gcloud compute networks list --project {scene.project} ; a network that another project"
        " shares is named with its whole path, projects/HOST_PROJECT/global/networks/NAME.",
    )


def _subnetwork(evidence: Evidence, scene: Scene) -> NetworkNotFound:
    return scene.failure(
        NetworkNotFound,
        f"the subnetwork {_named(_SUBNETWORK, evidence)} does not exist in that network and region",
        f"See which there are: gcloud compute networks subnets list --regions {scene.region or 'REGION'} --project"
        f" {scene.project} ; one that another project shares is named with its whole path,"
        " projects/HOST_PROJECT/regions/REGION/subnetworks/NAME.",
    )


def _range(evidence: Evidence, scene: Scene) -> NetworkNotFound:
    return scene.failure(
        NetworkNotFound,
        f"the subnetwork has no secondary range {_named(_RANGE, evidence)}",
        "See which it has: gcloud compute networks subnets describe SUBNETWORK --region"
        f" {scene.region or 'REGION'} --project {scene.project} --format 'yaml(secondaryIpRanges)' ; or give the pods"
        " and services a block such as /20, for which GKE makes a range.",
    )


def _named(pattern: re.Pattern[str], evidence: Evidence) -> str:
    found = pattern.search(evidence.text)
    return next((each for each in found.groups() if each), "") if found else ""


def _zone(evidence: Evidence, scene: Scene) -> str:
    return _named(_ZONE, evidence) or scene.zone


SETTING_RULES: Final = (
    Rule(_version, text=_VERSION),
    Rule(_machine, text=_MACHINE),
    Rule(_gpu, text=_GPU),
    Rule(_mismatch, text=_MISMATCH),
    Rule(_range, text=_RANGE),
    Rule(_subnetwork, text=_SUBNETWORK),
    Rule(_network, text=_NETWORK),
)
