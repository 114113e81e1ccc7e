"""What keeps nodes from coming up, looked for while a creation waits for them: Google itself says it much later.

A stockout fails a creation after 35 minutes only (https://github.com/GoogleCloudPlatform/magic-modules/issues/17936),
while the instance group of the pool has its reason within minutes. Whatever goes wrong here fails no story.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from gke_clusters.errors import (
    ApiNotEnabled,
    GkeClustersError,
    OperationFailed,
    PermissionDenied,
    QuotaExceeded,
    Stockout,
)
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pools import InstanceGroup, NodePool
from gke_clusters.google.operation_failures import operation_failure
from gke_clusters.google.operations import Condition, Operation
from gke_clusters.lifecycle.google_access import GoogleAccess

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
"""How long from one look to the next; a healthy creation is over after six."""

# A look asks each group once: of a cluster with more, the others have the same to say.
_MOST_GROUPS: Final = 20
_PATIENCE_SECONDS: Final = 5.0


@dataclass(frozen=True)
class _Trouble:
    """Why a machine of a node pool could not be made in a zone."""

    pool: NodePool
    zone: str
    error: Condition

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it another trouble; the words differ with each machine."""
        return (self.pool.name, self.zone, self.error.code or self.error.message)


class NodeWatch:
    """Looks after the machines of a cluster, or of one of its node pools, that is being created or resized."""

    def __init__(self, name: ClusterName, google: GoogleAccess, *, only: str = "") -> None:
        """Prepare; nothing is asked yet.

        Args:
            name: The cluster.
            google: Clients.
            only: The node pool that is looked after; all of them if empty.
        """
        self._name = name
        self._only = only
        self._google = google
        self._seen: dict[tuple[str, str, str], _Trouble] = {}
        self._said: set[type[GkeClustersError]] = set()
        self._refused = False
        self._pause = Deadline(LOOK_SECONDS)

    @property
    def errors(self) -> tuple[Condition, ...]:
        """What was found so far, one of each kind for each pool and zone."""
        return tuple(
            replace(item.error, message=f"Node pool {item.pool.name} in {item.zone}: {item.error.message}")
            for item in self._seen.values()
        )

    def follow(self, operation: Operation) -> None:
        """Look, once a minute of waiting, and say in the log what is new.

        Args:
            operation: The creation, as last seen.
        """
        if operation.done or not self._pause.expired:
            return
        for trouble in self.look():
            failure = operation_failure(replace(operation, failures=(trouble.error,)))
            self._said.add(type(failure))
            logger.warning("%s", _warning(trouble, failure))
        self._say_detail(operation)
        self._pause = Deadline(LOOK_SECONDS)

    def look(self) -> list[_Trouble]:
        """Ask what keeps the machines of each pool from coming up.

        Returns:
            What was not known before.
        """
        try:
            found = {trouble.key: trouble for trouble in self._troubles()}
        except (PermissionDenied, ApiNotEnabled) as refused:
            logger.warning("What keeps nodes from coming up is not looked up: %s", refused.cause)
            self._refused = True
            return []
        except Exception:
            # What is looked for is advice, and the creation goes on.
            logger.debug("What keeps nodes from coming up could not be looked up", exc_info=True)
            return []
        new = [trouble for key, trouble in found.items() if key not in self._seen]
        self._seen = found | self._seen
        return new

    def _troubles(self) -> Iterator[_Trouble]:
        cluster = None if self._refused else self._google.clusters.find_cluster(self._name)
        pools = [pool for pool in cluster.pools if self._only in ("", pool.name)] if cluster else []
        groups = [(pool, group) for pool in pools for group in pool.instance_groups]
        for pool, group in groups[:_MOST_GROUPS]:
            for error in self._errors(group):
                yield _Trouble(pool, group.zone, error)

    def _errors(self, group: InstanceGroup) -> tuple[Condition, ...]:
        return self._google.compute.instance_group_errors(group, patience_seconds=_PATIENCE_SECONDS)

    def _say_detail(self, operation: Operation) -> None:
        """Say what Google's own words on the creation mean, unless the machines have said it better."""
        failure = operation_failure(replace(operation, failures=(Condition("", operation.detail),)))
        # Words without a known meaning are in the log as progress already.
        if type(failure) is OperationFailed or type(failure) in self._said:
            return
        self._said.add(type(failure))
        logger.warning("The creation goes on and may fail: %s %s", operation.detail, failure.remedy)


def _warning(trouble: _Trouble, failure: GkeClustersError) -> str:
    machines = trouble.pool.machine_type or "machines of that type"
    words = f"[{trouble.error.code}] {trouble.error.message}" if trouble.error.code else trouble.error.message
    if isinstance(failure, Stockout):
        cause = (
            f"Google has no {machines} in {trouble.zone} for the node pool {trouble.pool.name}: GKE keeps trying until"
            " about 35 minutes have passed."
        )
    elif isinstance(failure, QuotaExceeded):
        cause = f"A quota has no room for the node pool {trouble.pool.name} ({machines}) in {trouble.zone}."
    else:
        cause = f"Nodes of the pool {trouble.pool.name} do not come up in {trouble.zone}."
    # The advice of what is not known says nothing.
    remedy = "" if type(failure) is OperationFailed else f" If it stays so: {failure.remedy}"
    return f"{cause} Compute Engine says: {words}{remedy}"
