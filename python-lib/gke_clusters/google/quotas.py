"""What Google says of a quota that is too small, and what the node pools that were asked for multiply to. Pure.

A refusal says it in words, ``resource "X": request requires 'a' and is short 'b'``, one quota or several
(https://github.com/terraform-google-modules/terraform-google-kubernetes-engine/issues/1795); a machine that could not
be made says ``Quota 'X' exceeded. Limit: 8.0 in region R``
(https://github.com/kubernetes-sigs/sig-storage-local-static-provisioner/pull/526); and newer services send details
(https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto). What each quota counts:
https://cloud.google.com/compute/resource-usage
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gke_clusters.errors import QuotaExceeded, Shortage

EVERYWHERE: Final = "all regions"
"""The place of a quota that is not regional."""

_NUMBER: Final = r"\d+(?:\.\d+)?"
# The wording of 2016, "resource: "CPUS". The request requires", is met as well.
_REQUEST_SHORT: Final = re.compile(
    r"(?:insufficient (?P<scope>\w+) quota [^\"]{0,60})?"
    r"resource:? \"(?P<resource>[^\"]+)\"[.:] (?:the )?request requires '(?P<asked>" + _NUMBER + r")'"
    r"(?: and is short '(?P<short>" + _NUMBER + r")')?"
    r"(?:\.[^'\"]{0,40}quota (?:of|is) '(?P<limit>" + _NUMBER + r")' with '(?P<available>" + _NUMBER + r")')?",
    re.IGNORECASE,
)
_MACHINE_SHORT: Final = re.compile(
    r"Quota '(?P<resource>[^']+)' exceeded\.\s+Limit: (?P<limit>" + _NUMBER + r")"
    r"(?: in region (?P<region>[\w-]+)|(?P<globally> globally))?"
)
_NOT_REGIONAL: Final = frozenset({"project", "global"})


@dataclass(frozen=True)
class PoolFootprint:
    """What a node pool takes, as it is asked for.

    Attributes:
        name: Its name.
        zones: In how many zones it has nodes.
        nodes_per_zone: How many it has in each of them at first.
        machine_type: Such as ``n2-highmem-8``.
        disk_gb: Size of each node's boot disk.
        disk_type: Such as ``pd-balanced``; empty for Google's default.
        gpus_per_node: How many GPUs are attached to each node.
        gpu_model: Such as ``nvidia-tesla-t4``; empty without GPUs.
        spot: Whether its nodes are spot VMs.
        external_addresses: Whether each node has an external address.
    """

    name: str
    zones: int
    nodes_per_zone: int
    machine_type: str
    disk_gb: int
    disk_type: str = ""
    gpus_per_node: int = 0
    gpu_model: str = ""
    spot: bool = False
    external_addresses: bool = True


def read_shortages(text: str, details: Iterable[Mapping[str, Any]] = (), region: str = "") -> tuple[Shortage, ...]:
    """Read the quotas that an answer calls too small, each once.

    Args:
        text: What Google says.
        details: The ``details`` of its error, as JSON.
        region: Where the request was for: that is where a quota is short that the text calls regional.
    """
    found: dict[tuple[str, str], Shortage] = {}
    for shortage in (*_from_text(text, region), *_from_details(details, region)):
        found.setdefault((shortage.resource, shortage.place), shortage)
    return tuple(found.values())


def account_for(failure: QuotaExceeded, pools: Iterable[PoolFootprint]) -> None:
    """Add to a failure what the node pools that were asked for multiply to, for each quota that it names."""
    failure.reckoning = explain(failure.shortages, pools)


def explain(shortages: Iterable[Shortage], pools: Iterable[PoolFootprint]) -> tuple[str, ...]:
    """Multiply out what node pools take of each quota that is too small.

    Args:
        shortages: The quotas.
        pools: All node pools of the request.

    Returns:
        A line for each quota and node pool, such as ``node pool workers: 3 zones × 3 nodes × 100 GB = 900 GB of
        SSD_TOTAL_GB``, and one for their sum where there are several; none where the quota counts something else or
        where a machine type does not say how many vCPUs it has.
    """
    pools = tuple(pools)
    return tuple(line for shortage in shortages for line in _reckoning(shortage.resource, pools))


def vcpus(machine_type: str) -> int | None:
    """Return the vCPUs of a machine type whose name says them, as ``n2-highmem-8`` and ``e2-custom-4-8192`` do.

    https://cloud.google.com/compute/docs/machine-resource#machine_type_naming
    """
    found = _VCPUS.match(machine_type)
    return int(found["custom"] or found["predefined"]) if found else None


_VCPUS: Final = re.compile(
    r"(?:[a-z]\w*-)?custom-(?P<custom>\d+)-\d+(?:-ext)?$"
    r"|[a-z]\w*-(?:standard|highmem|highcpu|megamem|hypermem|ultramem)-(?P<predefined>\d+)(?:-[a-z]+)*$"
)
_SSD_TYPES: Final = ("", "pd-ssd", "pd-balanced")


@dataclass(frozen=True)
class _Kind:
    """What a quota counts: in which unit, and how much of it a node of a pool takes (None: the name does not say)."""

    quota: re.Pattern[str]
    unit: str
    per_node: Callable[[PoolFootprint], int | None]
    takes: Callable[[PoolFootprint, str], bool]


def _takes_cpus(pool: PoolFootprint, quota: str) -> bool:
    # N2_CPUS counts one series of machines, PREEMPTIBLE_CPUS spot VMs, CPUS and CPUS_ALL_REGIONS the others.
    if quota.startswith("PREEMPTIBLE_"):
        return pool.spot
    series = pool.machine_type.partition("-")[0].upper()
    return quota.startswith("CPUS") or quota.partition("_")[0] == series


def _takes_gpus(pool: PoolFootprint, quota: str) -> bool:
    model = pool.gpu_model.removeprefix("nvidia-").removeprefix("tesla-").upper().replace("-", "_")
    return (model in quota or "ALL_REGIONS" in quota) and (pool.spot or not quota.startswith("PREEMPTIBLE_"))


_KINDS: Final = (
    _Kind(re.compile(r"(?:^|_)CPUS(?:_|$)"), "vCPUs", lambda pool: vcpus(pool.machine_type), _takes_cpus),
    _Kind(re.compile(r"(?:^|_)GPUS(?:_|$)"), "GPUs", lambda pool: pool.gpus_per_node, _takes_gpus),
    _Kind(re.compile(r"^SSD_TOTAL_GB$"), "GB", lambda pool: pool.disk_gb, lambda pool, _: pool.disk_type in _SSD_TYPES),
    _Kind(
        re.compile(r"^DISKS_TOTAL_GB$"),
        "GB",
        lambda pool: pool.disk_gb,
        lambda pool, _: pool.disk_type == "pd-standard",
    ),
    _Kind(
        re.compile(r"^IN_USE_ADDRESSES$"),
        "addresses",
        lambda pool: int(pool.external_addresses),
        lambda pool, _: pool.external_addresses,
    ),
    _Kind(re.compile(r"^INSTANCES$"), "machines", lambda _: 1, lambda _pool, _quota: True),
)


def _reckoning(quota: str, pools: tuple[PoolFootprint, ...]) -> Iterator[str]:
    kind = next((each for each in _KINDS if each.quota.search(quota)), None)
    if kind is None:
        return
    # A quota that seems to count none of the pools counts something that is not known here: better all than nothing.
    counted = [pool for pool in pools if kind.takes(pool, quota)] or pools
    total = products = 0
    for pool in counted:
        per_node = kind.per_node(pool)
        product = pool.zones * pool.nodes_per_zone * (per_node or 0)
        if not product:
            continue
        total += product
        products += 1
        factors = [_count(pool.zones, "zone"), _count(pool.nodes_per_zone, "node")]
        factors += [f"{per_node:,} {_unit(kind.unit, per_node or 0)}"] if kind.unit != "machines" else []
        yield f"node pool {pool.name}: {' × '.join(factors)} = {product:,} {_unit(kind.unit, product)} of {quota}"
    if products > 1:
        yield f"all node pools together: {total:,} {kind.unit} of {quota}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _unit(unit: str, number: int) -> str:
    singular = {"vCPUs": "vCPU", "GPUs": "GPU", "addresses": "address", "machines": "machine"}
    return singular.get(unit, unit) if number == 1 else unit


def _from_text(text: str, region: str) -> Iterator[Shortage]:
    for found in _REQUEST_SHORT.finditer(text):
        everywhere = (found["scope"] or "").lower() in _NOT_REGIONAL
        yield Shortage(
            resource=found["resource"],
            asked=_number(found["asked"]),
            short=_number(found["short"]),
            limit=_number(found["limit"]),
            available=_number(found["available"]),
            place=EVERYWHERE if everywhere else region,
        )
    for found in _MACHINE_SHORT.finditer(text):
        place = EVERYWHERE if found["globally"] else found["region"] or region
        yield Shortage(found["resource"], limit=_number(found["limit"]), place=place)


def _from_details(details: Iterable[Mapping[str, Any]], region: str) -> Iterator[Shortage]:
    for detail in details:
        violations = detail.get("violations")
        for violation in violations if isinstance(violations, list) else ():
            if isinstance(violation, dict):
                yield from _from_violation(violation, region)
        metadata = detail.get("metadata")
        if isinstance(metadata, dict) and metadata.get("quota_metric"):
            place = str(metadata.get("quota_location") or region)
            yield Shortage(str(metadata["quota_metric"]), limit=_number(metadata.get("quota_limit_value")), place=place)


def _from_violation(violation: Mapping[str, Any], region: str) -> Iterator[Shortage]:
    yield from _from_text(str(violation.get("description", "")), region)
    if violation.get("quotaMetric"):
        dimensions = violation.get("quotaDimensions")
        place = dimensions.get("region") if isinstance(dimensions, dict) else None
        yield Shortage(
            str(violation["quotaMetric"]), limit=_number(violation.get("quotaValue")), place=str(place or region)
        )


def _number(text: object) -> float | None:
    """Read a number; int64 is text in Google's JSON, and what is neither says nothing."""
    return float(str(text)) if re.fullmatch(_NUMBER, str(text)) else None
