"""After a cluster was deleted: what of it is still in Compute Engine and billed, for the log.

It is advice. Nothing is deleted, since marks are no proof, and nothing here fails, since the cluster is stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.leftovers import (
    ADDRESSES,
    DISKS,
    FORWARDING_RULES,
    Leftover,
    addresses_of,
    disks_of,
    forwarding_rules_by_kubernetes,
    forwarding_rules_of,
    list_command,
)
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.clearing import Remembered
from gke_clusters.lifecycle.google_access import Compute
from gke_clusters.settings.location import region_of

logger = logging.getLogger(__name__)


def report_leftovers(compute: Compute, cluster: ClusterName, remembered: Remembered) -> None:
    """Say what a deleted cluster left behind, each with the command that deletes it.

    Args:
        compute: Compute Engine.
        cluster: The cluster, which is gone.
        remembered: What it held before it was deleted.
    """
    disks = _items(compute, cluster.project, DISKS)
    rules = _items(compute, cluster.project, FORWARDING_RULES)
    addresses = _items(compute, cluster.project, ADDRESSES) if remembered.addresses else ()
    region = region_of(cluster.location)
    left = [
        *disks_of(disks or (), cluster, region, remembered.disks),
        *forwarding_rules_of(rules or (), cluster.project, region, remembered.addresses, remembered.rules),
        *addresses_of(addresses or (), cluster.project, region, remembered.addresses),
    ]
    lines = [f"- {each}. Delete it with: {each.command('delete')}" for each in left]
    lines += _elsewhere(remembered)
    if lines:
        logger.warning("%s left these behind, and they are billed:\n%s", cluster, "\n".join(lines))
    elif None not in (disks, rules, addresses):
        logger.info("%s left no disk, forwarding rule or address behind", cluster)
    if remembered.load_balancers is None:
        _say_whichever(forwarding_rules_by_kubernetes(rules or (), cluster.project, region))


def _items(compute: Compute, project: str, collection: str) -> tuple[dict[str, Any], ...] | None:
    try:
        return compute.everywhere(project, collection)
    except GkeClustersError as error:
        logger.warning(
            "Whether the cluster left %s behind could not be looked up: %s Look with: %s",
            collection,
            error.cause,
            list_command(collection, project),
        )
        return None


def _elsewhere(remembered: Remembered) -> Iterator[str]:
    """Volumes that are no disks, such as Filestore's, are not followed; whether they are left is not known."""
    for volume in remembered.volumes or ():
        if volume.driver and not volume.disk:
            yield f"- perhaps {volume.handle} of {volume.driver}, which {volume} was made of"


def _say_whichever(rules: Iterable[Leftover]) -> None:
    lines = [f"- {each}. Look at it with: {each.command('describe')}" for each in rules]
    if lines:
        logger.warning(
            "Which load balancers the cluster had is not known. These were made by Kubernetes, by this cluster or by"
            " another one that uses them:\n%s",
            "\n".join(lines),
        )
