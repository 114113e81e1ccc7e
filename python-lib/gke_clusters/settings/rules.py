"""Other people's rules for names, labels, tags and addresses: each with the link to where it is written.

Every check returns the value, in its usual form where there is one, or raises ``ValueError`` with a message that
follows a label.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

CLUSTER_NAME_MAX_LENGTH = 40
CLUSTER_NAME_PATTERN = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
"""https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters (name)"""

PROJECT_ID_PATTERN = re.compile(r"([a-z0-9.-]+:)?[a-z]([-a-z0-9]{0,28}[a-z0-9])?|[0-9]+")
"""https://cloud.google.com/resource-manager/docs/creating-managing-projects, also a project number or an ID within a
domain. The lower bound of 6 characters is left to Google, whose oldest projects have shorter IDs."""

RFC1035_LABEL_PATTERN = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
"""https://cloud.google.com/compute/docs/naming-resources, also for network tags:
https://cloud.google.com/vpc/docs/add-remove-network-tags"""

RESOURCE_LABEL_MAX_LENGTH = 63
RESOURCE_LABEL_MAX_COUNT = 64
"""https://cloud.google.com/compute/docs/labeling-resources#requirements"""

KUBERNETES_NAME_PATTERN = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
KUBERNETES_PREFIX_PATTERN = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set"""

NODE_LABELS_MAX_CHARACTERS = 1024
"""https://cloud.google.com/kubernetes-engine/docs/how-to/update-existing-nodepools"""

MACHINE_TYPE_PATTERN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""https://cloud.google.com/compute/docs/machine-resource#naming_convention, GPU models and disk types look alike."""

VERSION_PATTERN = re.compile(r"latest|-|1\.[0-9]+(\.[0-9]+(-gke\.[0-9]+)?)?")
"""https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters
(initialClusterVersion)"""

SERVICE_ACCOUNT_PATTERN = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""https://cloud.google.com/iam/docs/service-account-types"""

COMPUTE_URL_PATTERN = re.compile(r"https://(www|compute)\.googleapis\.com/compute/[a-z0-9]+/")
NETWORK_PATTERN = re.compile(r"(projects/[^/\s]+/global/networks/)?[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
SUBNETWORK_PATTERN = re.compile(r"(projects/[^/\s]+/regions/[^/\s]+/subnetworks/)?[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
"""https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-shared-vpc: paths for networks of other projects."""

REGISTRY_URL_PATTERN = re.compile(
    r"(?P<host>[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:[0-9]{1,5})?)(/[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*)*"
)
"""https://github.com/distribution/reference/blob/main/reference.go: what an image reference begins with."""

RFC1123_LABEL_PATTERN = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names"""

_QUOTED_LENGTH = 80


def quoted(text: str) -> str:
    """The text in quotes for a message, cut when it is long."""
    return f'"{text}"' if len(text) <= _QUOTED_LENGTH else f'"{text[:_QUOTED_LENGTH]}..."'


def _matching(text: str, pattern: re.Pattern[str], rule: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{quoted(text)} is refused by Google: {rule}")
    return text


def corrected_cluster_name(name: str) -> str:
    """The nearest name that GKE accepts for a cluster or a node pool; empty when nothing of the name is left."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_name)
    return re.sub(r"^[^a-z]+", "", words)[:CLUSTER_NAME_MAX_LENGTH].rstrip("-")


def gke_name(name: str) -> str:
    """The name of a cluster or node pool, refused with the corrected name when GKE would not take it."""
    if len(name) <= CLUSTER_NAME_MAX_LENGTH and CLUSTER_NAME_PATTERN.fullmatch(name):
        return name
    corrected = corrected_cluster_name(name)
    offer = f". Use {quoted(corrected)} instead" if corrected else ""
    raise ValueError(
        f"{quoted(name)} is refused by GKE: at most {CLUSTER_NAME_MAX_LENGTH} lowercase letters, digits and hyphens, "
        f"beginning with a letter and not ending with a hyphen{offer}"
    )


def project_id(text: str) -> str:
    """The ID of a project."""
    return _matching(text, PROJECT_ID_PATTERN, "a project ID has at most 30 lowercase letters, digits and hyphens")


def network_tag(text: str) -> str:
    """A network tag of a VM."""
    return _matching(
        text,
        RFC1035_LABEL_PATTERN,
        "a network tag has at most 63 lowercase letters, digits and hyphens, and begins with a letter",
    )


def machine_type(text: str) -> str:
    """A machine type, GPU model or disk type."""
    return _matching(
        text,
        MACHINE_TYPE_PATTERN,
        "such names have lowercase letters, digits and hyphens only, and begin with a letter",
    )


def registry_url(text: str) -> str:
    """A registry and a path in it, as image references begin."""
    text = re.sub(r"^https?://", "", text).rstrip("/")
    return _matching(
        text,
        REGISTRY_URL_PATTERN,
        "give host and path in lowercase, such as europe-west1-docker.pkg.dev/my-project/dss",
    )


def kubernetes_namespace(text: str) -> str:
    """A Kubernetes namespace, in which variables of DSS may stand."""
    # A variable is only known when a pod starts; what stands around it is checked with a letter in its place.
    if not RFC1123_LABEL_PATTERN.fullmatch(re.sub(r"\$\{[A-Za-z0-9_.:-]+\}", "x", text)):
        raise ValueError(
            f"{quoted(text)} is refused by Kubernetes: at most 63 lowercase letters, digits and hyphens between letters"
            " or digits, and variables of DSS such as ${dssUserLogin}"
        )
    return text


def kubernetes_version(text: str) -> str:
    """The Kubernetes version of a new cluster."""
    return _matching(text, VERSION_PATTERN, "use latest, or a version such as 1.33, 1.33.5 or 1.33.5-gke.1080000")


def service_account(text: str) -> str:
    """The email of a service account."""
    return _matching(text, SERVICE_ACCOUNT_PATTERN, "give its email, such as name@project.iam.gserviceaccount.com")


def node_service_account(text: str) -> str:
    """The email of the service account of nodes, or ``default`` for that of Compute Engine."""
    return text if text == "default" else service_account(text)


def network(text: str) -> str:
    """A VPC network by name or path."""
    return _matching(
        COMPUTE_URL_PATTERN.sub("", text), NETWORK_PATTERN, "give a name or projects/PROJECT/global/networks/NAME"
    )


def subnetwork(text: str) -> str:
    """A subnetwork by name or path."""
    return _matching(
        COMPUTE_URL_PATTERN.sub("", text),
        SUBNETWORK_PATTERN,
        "give a name or projects/PROJECT/regions/REGION/subnetworks/NAME",
    )


def _is_label_text(text: str) -> bool:
    # Lowercase letters, letters of scripts without case, and numbers of any script count, uppercase letters do not.
    return len(text) <= RESOURCE_LABEL_MAX_LENGTH and all(
        char in "_-" or unicodedata.category(char) in {"Ll", "Lo", "Nd", "Nl", "No"} for char in text
    )


def resource_labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Labels of Google Cloud resources."""
    for key, value in labels.items():
        if not key[0].islower() or not _is_label_text(key):
            raise ValueError(
                f"the key {quoted(key)} is refused by Google: at most {RESOURCE_LABEL_MAX_LENGTH} lowercase letters, "
                "digits, underscores and hyphens, beginning with a letter"
            )
        if not _is_label_text(value):
            raise ValueError(
                f"the value {quoted(value)} of {key} is refused by Google: at most {RESOURCE_LABEL_MAX_LENGTH} "
                "lowercase letters, digits, underscores and hyphens"
            )
    return labels


def kubernetes_key(key: str) -> str:
    """The key of a Kubernetes label or taint, with or without a prefix."""
    prefix, slash, name = key.rpartition("/")
    if KUBERNETES_NAME_PATTERN.fullmatch(name) and (not slash or KUBERNETES_PREFIX_PATTERN.fullmatch(prefix)):
        return key
    raise ValueError(
        f"the key {quoted(key)} is refused by Kubernetes: at most 63 letters, digits, hyphens, underscores and dots "
        "between letters or digits, after an optional DNS name and a slash"
    )


def kubernetes_value(key: str, value: str) -> str:
    """The value of the Kubernetes label or taint ``key``; it may be empty."""
    if not value or KUBERNETES_NAME_PATTERN.fullmatch(value):
        return value
    raise ValueError(
        f"the value {quoted(value)} of {key} is refused by Kubernetes: at most 63 letters, digits, hyphens, "
        "underscores and dots between letters or digits"
    )


def node_labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Kubernetes labels of nodes."""
    for key, value in labels.items():
        kubernetes_value(kubernetes_key(key), value)
    if sum(len(key) + len(value) for key, value in labels.items()) > NODE_LABELS_MAX_CHARACTERS:
        raise ValueError(f"GKE takes at most {NODE_LABELS_MAX_CHARACTERS} characters of labels for a pool")
    return labels
