"""How failures for want of room are recognised: machines, quotas, addresses.

GKE's codes: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/StatusCondition ; Compute Engine's, as
instance groups tell them: https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-vm-creation
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from gke_clusters.errors import AddressesExhausted, QuotaExceeded, Stockout
from gke_clusters.google.address_blocks import DEFAULT_MAX_PODS, addresses_per_node, nodes_in
from gke_clusters.google.evidence import Evidence, Rule, Scene
from gke_clusters.google.quotas import EVERYWHERE, read_shortages

# "The zone 'projects/P/zones/Z' does not ..."; "... is currently unavailable in the Z zone." (kubernetes/k8s.io#9834);
# "... to fulfill request: Z." (kubeflow/pipelines#673).
_SHORT_ZONE: Final = re.compile(
    r"[Tt]he zone 'projects/[^/']+/zones/([a-z0-9-]+)'"
    r"|unavailable in the ([a-z0-9-]+) zone"
    r"|fulfill request: ([a-z0-9-]+)"
)
_SHORT_MACHINE: Final = re.compile(r"\bA ([a-z0-9-]+) VM instance")
_SUGGESTED_ZONES: Final = re.compile(r"request in the ([a-z0-9, -]+?) zone\(s\)")

_FULL_RANGE: Final = re.compile(r"IP range '(?P<block>[^']+)'|IP space of '(?P<name>[^']+)' is exhausted")
_FULL_SPACE: Final = re.compile(r"private IP space in (?P<space>[\d./]+)")
_PREFIX: Final = re.compile(r"/([12]?\d|3[0-2])$")
_BLOCKS: Final = (
    f"A node takes a block of {addresses_per_node()} addresses out of the range of the pods where it may run"
    f" {DEFAULT_MAX_PODS} pods (the next power of two of twice as many), so a /14 has room for {nodes_in(14):,} nodes,"
    f" a /20 for {nodes_in(20)} and a /21 for {nodes_in(21)}."
)


def _stockout(_evidence: Evidence, scene: Scene) -> Stockout:
    words = "\n".join(evidence.text for evidence in scene.evidence)
    zones = _distinct("".join(found) for found in _SHORT_ZONE.findall(words)) or ((scene.zone,) if scene.zone else ())
    machine = _SHORT_MACHINE.search(words)
    suggested = _SUGGESTED_ZONES.search(words)
    what = f"{machine[1]} machines" if machine else "machines of that type"
    where = f"zone{'s' if len(zones) > 1 else ''} {', '.join(zones)}" if zones else "zone"
    failure = scene.failure(Stockout, f"the {where} ha{'ve' if len(zones) > 1 else 's'} no {what} free at the moment")
    failure.zones = zones
    failure.machine_type = machine[1] if machine else ""
    failure.zones_with_capacity = _distinct(re.split(r"[, ]+", suggested[1])) if suggested else ()
    if failure.zones_with_capacity:
        failure.advise(f"Google has some now in {', '.join(failure.zones_with_capacity)}.")
    return failure


def _quota(_evidence: Evidence, scene: Scene) -> QuotaExceeded:
    words = "\n".join(evidence.text for evidence in scene.evidence)
    details = [detail for evidence in scene.evidence for detail in evidence.details]
    shortages = read_shortages(words, details, scene.region)
    names = ", ".join(_distinct(shortage.resource for shortage in shortages))
    page = f"https://console.cloud.google.com/iam-admin/quotas?project={scene.project}"
    failure = scene.failure(
        QuotaExceeded,
        f"the quota of project {scene.project} is too small{f' for {names}' if names else ''}",
        "Ask for fewer or smaller nodes (a regional cluster has the number of nodes in each of its zones), or request a"
        f" higher quota{f' of {names}' if names else ''}: {page} .",
    )
    failure.shortages = shortages
    regions = _distinct(shortage.place for shortage in shortages if shortage.place not in ("", EVERYWHERE))
    if regions:
        failure.advise(
            f"What is in use: gcloud compute regions describe {regions[0]} --project {scene.project} --flatten quotas"
            ' --format "table(quotas.metric,quotas.limit,quotas.usage)"'
        )
    return failure


def _addresses(evidence: Evidence, scene: Scene) -> AddressesExhausted:
    found = _FULL_RANGE.search(evidence.text)
    full = (found["block"] or found["name"]) if found else ""
    prefix = _PREFIX.search(full)
    room = f" The range {full} has room for {nodes_in(int(prefix[1])):,} of them." if prefix else ""
    subnetwork = " If it is the subnetwork's own, the nodes need another subnetwork." if "/subnetworks/" in full else ""
    failure = scene.failure(
        AddressesExhausted,
        f"no addresses are left in the range {full}" if full else "no addresses are left for nodes, pods or services",
        f"Give the pods and the services larger or other ranges, or have fewer nodes.{subnetwork} {_BLOCKS}{room}",
    )
    failure.range = full
    return failure


def _no_space(evidence: Evidence, scene: Scene) -> AddressesExhausted:
    found = _FULL_SPACE.search(evidence.text)
    where = found["space"] if found else ""
    failure = scene.failure(
        AddressesExhausted,
        f"the network has no block of addresses left{f' in {where}' if where else ''} that is large enough",
        "Ask for a smaller block for the pods, such as /20 (a /14 is taken by default), name a secondary range of the"
        f" subnetwork for the pods and one for the services, or use another network. {_BLOCKS}",
    )
    failure.range = where
    return failure


def _no_secondary_range(_evidence: Evidence, scene: Scene) -> AddressesExhausted:
    return scene.failure(
        AddressesExhausted,
        "the subnetwork has as many secondary ranges as it may have",
        "Name secondary ranges that it has and that no cluster uses for the pods and for the services, delete ranges of"
        " clusters that are gone, or use another subnetwork.",
    )


def _distinct(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in items if each))


CAPACITY_RULES: Final = (
    Rule(
        _addresses,
        frozenset({"IP_SPACE_EXHAUSTED", "IP_SPACE_EXHAUSTED_WITH_DETAILS"}),
        re.compile(r"IP space of '[^']*' is exhausted|free IP"),
    ),
    Rule(_no_space, text=re.compile(r"does not have available private IP space")),
    Rule(_no_secondary_range, text=re.compile(r"maximum supported number of secondary ranges")),
    Rule(
        _stockout,
        frozenset(
            {
                "GCE_STOCKOUT",
                "STOCKOUT",
                "ZONE_RESOURCE_POOL_EXHAUSTED",
                "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS",
                "resource_availability",
            }
        ),
        re.compile(
            r"does not have enough resources\s+available|currently unavailable in the [a-z0-9-]+ zone|state:STOCKOUT",
            re.IGNORECASE,
        ),
    ),
    Rule(
        _quota,
        frozenset({"GCE_QUOTA_EXCEEDED", "QUOTA_EXCEEDED", "quotaExceeded", "RESOURCE_QUOTA_EXCEEDED"}),
        re.compile(
            r"Quota '[^']+' exceeded|insufficient (?:\w+ )?quota"
            r"|request requires '[\d.]+' and is short",
            re.IGNORECASE,
        ),
    ),
)
