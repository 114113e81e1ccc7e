"""Disks, forwarding rules and addresses in Compute Engine that a cluster had made for it, told by how they are marked.

Nothing is asked of Google here. None of the marks is documented as a contract; all are UNCONFIRMED on a live project:

- The disk of a persistent volume bears ``goog-k8s-cluster-name`` and ``goog-k8s-cluster-location``, which GKE adds to
  what https://github.com/kubernetes-sigs/gcp-compute-persistent-disk-csi-driver creates, and names its claim in a
  description of JSON. https://cloud.google.com/billing/docs/how-to/reports lists the labels.
- The forwarding rule of a service is named by the unique id of the service; that of an ingress, a gateway or a newer
  service is not, but has the address that the cluster's object has. So ids and addresses must have been read before the
  cluster was deleted. A description of JSON names the service or the ingress, and no rule names its cluster.
  https://github.com/kubernetes/cloud-provider/blob/master/cloud.go (``DefaultLoadBalancerName``),
  https://github.com/kubernetes/cloud-provider-gcp, https://github.com/kubernetes/ingress-gce
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gke_clusters.google.names import ClusterName, last_segment

DISKS: Final = "disks"
FORWARDING_RULES: Final = "forwardingRules"
ADDRESSES: Final = "addresses"

_CLUSTER_LABEL: Final = "goog-k8s-cluster-name"
_LOCATION_LABEL: Final = "goog-k8s-cluster-location"

_CLAIM_NAMESPACE, _CLAIM_NAME = "kubernetes.io/created-for/pvc/namespace", "kubernetes.io/created-for/pvc/name"
_SERVED_FOR: Final = ("kubernetes.io/service-name", "networking.gke.io/service-name", "kubernetes.io/ingress-name")
_NAME_BY_ID: Final = re.compile(r"a[0-9a-f]{31}")
# Of an ingress or a newer service, or of a gateway.
_OTHER_NAME_BY_KUBERNETES: Final = re.compile(r"(k8s2?|gkegw\d*)-.+")

# https://cloud.google.com/compute/docs/reference/rest/v1/addresses: not used by anything, and billed for that.
_UNUSED: Final = "RESERVED"

_COMMANDS: Final = {DISKS: "disks", FORWARDING_RULES: "forwarding-rules", ADDRESSES: "addresses"}
_WORDS: Final = {DISKS: "disk", FORWARDING_RULES: "forwarding rule", ADDRESSES: "address"}


@dataclass(frozen=True)
class Leftover:
    """A resource of Compute Engine that outlived its cluster.

    Attributes:
        collection: ``disks``, ``forwardingRules`` or ``addresses``.
        name: its name.
        project: project id.
        scope: ``zone``, ``region`` or ``global``.
        place: the zone or region; empty for ``global``.
        details: what it is and what it was made for, in words; empty if nothing is known.
    """

    collection: str
    name: str
    project: str
    scope: str
    place: str
    details: str

    def command(self, verb: str) -> str:
        """The gcloud command that does something to it.

        Args:
            verb: ``delete`` or ``describe``.
        """
        where = f"--{self.scope} {self.place}".strip()
        return f"gcloud compute {_COMMANDS[self.collection]} {verb} {self.name} {where} --project {self.project}"

    def __str__(self) -> str:
        told = ", ".join(part for part in (self.place or "global", self.details) if part)
        return f"{_WORDS[self.collection]} {self.name} ({told})"


def list_command(collection: str, project: str) -> str:
    """The gcloud command that lists what there is of a collection."""
    return f"gcloud compute {_COMMANDS[collection]} list --project {project}"


def disks_of(
    items: Iterable[Mapping[str, Any]], cluster: ClusterName, region: str, known: Collection[str]
) -> Iterator[Leftover]:
    """Yield the disks of a cluster's volumes that no machine uses.

    Args:
        items: Compute's JSON of disks.
        cluster: the cluster.
        region: of the cluster.
        known: the disks that its volumes were known to have, as ``zones/Z/disks/N`` or ``regions/R/disks/N``, since
            another place may have another disk of that name; the name alone means the region of the cluster.
    """
    for item in items:
        labels = item.get("labels") or {}
        labelled = (labels.get(_CLUSTER_LABEL), labels.get(_LOCATION_LABEL)) == (cluster.name, cluster.location)
        named = _path(item) in known or (item.get("name") in known and _path(item).split("/")[1].startswith(region))
        if (labelled or named) and not item.get("users"):
            kind = last_segment(str(item.get("type", "")))
            size = f"{item['sizeGb']} GB {kind}".strip() if item.get("sizeGb") else kind
            yield _leftover(DISKS, item, cluster.project, size, _claim(item))


def name_by_id(uid: str) -> str:
    """The name of the forwarding rule of a service with that unique id."""
    return f"a{uid.replace('-', '')}"[:32]


def forwarding_rules_of(
    items: Iterable[Mapping[str, Any]], project: str, region: str, addresses: Collection[str], names: Collection[str]
) -> Iterator[Leftover]:
    """Yield the forwarding rules that Kubernetes made for a cluster's load balancers.

    Args:
        items: Compute's JSON of forwarding rules.
        project: project id.
        region: of the cluster; another one may use the same internal addresses.
        addresses: IP addresses that the cluster's load balancers had.
        names: of the rules that are named by the ids of the cluster's services.
    """
    for item in items:
        name = str(item.get("name", ""))
        if _NAME_BY_ID.fullmatch(name):
            its_own = name in names
        else:
            its_own = item.get("IPAddress") in addresses and _is_there(item, region) and _by_kubernetes(item)
        if its_own:
            yield _leftover(FORWARDING_RULES, item, project, str(item.get("IPAddress", "")), _served(item))


def forwarding_rules_by_kubernetes(items: Iterable[Mapping[str, Any]], project: str, region: str) -> Iterator[Leftover]:
    """Yield the forwarding rules in a region, and the global ones, that Kubernetes made in whichever cluster.

    Args:
        items: Compute's JSON of forwarding rules.
        project: project id.
        region: such as ``europe-west1``.
    """
    for item in items:
        if _by_kubernetes(item) and _is_there(item, region):
            yield _leftover(FORWARDING_RULES, item, project, str(item.get("IPAddress", "")), _served(item))


def addresses_of(
    items: Iterable[Mapping[str, Any]], project: str, region: str, addresses: Collection[str]
) -> Iterator[Leftover]:
    """Yield the reserved addresses that the cluster's load balancers had and that nothing uses now.

    Args:
        items: Compute's JSON of addresses.
        project: project id.
        region: of the cluster; another one may use the same internal addresses.
        addresses: IP addresses that the cluster's load balancers had.
    """
    for item in items:
        if item.get("address") in addresses and _is_there(item, region) and item.get("status") == _UNUSED:
            yield _leftover(ADDRESSES, item, project, str(item["address"]), _served(item))


def _path(item: Mapping[str, Any]) -> str:
    """``zones/Z/disks/N`` or ``regions/R/disks/N``."""
    scope = "zone" if item.get("zone") else "region"
    return f"{scope}s/{last_segment(str(item.get(scope, '')))}/{DISKS}/{item.get('name', '')}"


def _is_there(item: Mapping[str, Any], region: str) -> bool:
    """Whether something is in a region, or global."""
    return last_segment(str(item.get("region") or region)) == region


def _leftover(collection: str, item: Mapping[str, Any], project: str, what: str, whose: str) -> Leftover:
    scope = next((scope for scope in ("zone", "region") if item.get(scope)), "global")
    details = ", ".join(part for part in (what, f"made for {whose}" if whose else "") if part)
    place = last_segment(str(item[scope])) if scope != "global" else ""
    return Leftover(collection, str(item.get("name", "")), project, scope, place, details)


def _by_kubernetes(item: Mapping[str, Any]) -> bool:
    name = str(item.get("name", ""))
    return bool(_served(item) or _NAME_BY_ID.fullmatch(name) or _OTHER_NAME_BY_KUBERNETES.fullmatch(name))


def _served(item: Mapping[str, Any]) -> str:
    """The service or ingress that a description names, as ``NAMESPACE/NAME``; empty if it names none."""
    described = _described(item)
    return next((str(described[key]) for key in _SERVED_FOR if described.get(key)), "")


def _claim(item: Mapping[str, Any]) -> str:
    described = _described(item)
    return "/".join(str(described[key]) for key in (_CLAIM_NAMESPACE, _CLAIM_NAME) if described.get(key))


def _described(item: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        found = json.loads(item.get("description") or "{}")
    except ValueError:
        # A description that somebody wrote by hand.
        return {}
    return found if isinstance(found, Mapping) else {}
