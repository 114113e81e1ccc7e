"""The story of a node pool that is added: which, whether it is there already, create, follow, judge, clean up."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from typing import Final

from google.cloud import container_v1

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import (
    GkeClustersError,
    OperationFailed,
    OperationTimeout,
    Problem,
    QuotaExceeded,
    SettingsError,
)
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.node_pools import NodePool
from gke_clusters.google.operations import CREATE_NODE_POOL, DELETE_NODE_POOL
from gke_clusters.lifecycle.fields import name_pool_fields
from gke_clusters.lifecycle.footprint import DEFAULT_MACHINE_TYPE, explain_pool_shortage
from gke_clusters.lifecycle.google_access import GoogleAccess
from gke_clusters.lifecycle.pool_changes import Change, Ended, carry_out, pool_failure, pool_of
from gke_clusters.lifecycle.pool_target import Target, find_target, per_zone, pool_resource, state_of, zones_of
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.steps import Result, StepsTaken
from gke_clusters.reports.checklist import Outcome
from gke_clusters.reports.node_pool_change import PoolChange, PoolState, render_pool_change
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.node_pool import NodePoolSettings
from gke_clusters.settings.node_pool_macros import ADD, AddNodePoolSettings
from gke_clusters.settings.register import REMEDY
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.node_pool import node_pool
from gke_clusters.specs.node_pool_differences import differences

_STOPPING, _PROVISIONING = "STOPPING", "PROVISIONING"
_NUMBERED: Final = re.compile(r"node-pool-[0-9]+")
_CLEAN_UP: Final = "Delete what was created"


def add_node_pool(
    settings: AddNodePoolSettings, cluster: DssCluster, connect: Callable[[], GoogleAccess], progress: Progress
) -> str:
    """Add a node pool to a started cluster, and wait until all its nodes are up.

    Args:
        settings: The dialog.
        cluster: The cluster, as DSS knows it.
        connect: Makes the clients of Google.
        progress: Where to report.

    Returns:
        A page that says what became of it.

    Raises:
        SettingsError: A node pool of that name is there with other settings; nothing was changed.
        GkeClustersError: The cluster cannot be changed; nothing was changed.
    """
    target = find_target(cluster, connect)
    addition = _Addition(settings, target, progress)
    addition.run()
    notes = list(settings.pool.warnings)
    if addition.taken.obstacle is None and not settings.preview:
        notes.append(
            "To run pods of DSS on it and nowhere else, run the macro Register with DSS and name the node pool there."
        )
    title = f"Add the node pool {addition.name} to {cluster.id}"
    return render_pool_change(title, addition.taken.steps, addition.change(), notes, preview=settings.preview)


def free_pool_name(cluster: Cluster) -> str:
    """Return the first of ``node-pool-0``, ``node-pool-1``, ... that no node pool of a cluster has."""
    taken = {pool.name for pool in cluster.pools}
    return next(name for name in (f"node-pool-{number}" for number in count()) if name not in taken)


def _begun(cluster: Cluster, wanted: Callable[[str], container_v1.NodePool]) -> str | None:
    """The name of a node pool that an earlier run without a name began to make, and that is not there yet."""
    begun = (pool.name for pool in cluster.pools if pool.status == _PROVISIONING and _NUMBERED.fullmatch(pool.name))
    return next((name for name in begun if not differences(wanted(name), pool_resource(cluster, name))), None)


class _Addition:
    """The way of one node pool."""

    def __init__(self, settings: AddNodePoolSettings, target: Target, progress: Progress) -> None:
        host = _host(settings.pool, target)

        def wanted(name: str) -> container_v1.NodePool:
            return node_pool(settings.pool, name, host, target.cluster.labels)

        named = settings.pool_name or settings.pool.name
        self.name = named or _begun(target.cluster, wanted) or free_pool_name(target.cluster)
        self.taken = StepsTaken()
        self._settings = settings
        self._target = target
        self._progress = progress
        self._there = pool_of(target.cluster, self.name)
        # Whether one was asked for, so that it may be there.
        self._asked = False
        # Whether it is known that not all its nodes came up, or none.
        self._failed = False
        self._wanted = wanted(self.name)

    def run(self) -> None:
        self._progress.step(5, f"Adding the node pool {self.name} to {self._target.saved.name}")
        if self._there is not None and self._there.status != _STOPPING:
            self._require_same(self._target.cluster)
        would_create = self._settings.preview and (self._there is None or self._there.status == _STOPPING)
        self.taken.take(self._title, self._preview if would_create else self._create)
        if self.taken.obstacle and self._asked:
            self.taken.take(_CLEAN_UP, self._clean_up, despite_obstacle=True)
        self._progress.step(100, "Nothing was changed" if self._settings.preview else f"{self.name} is dealt with")

    def change(self) -> PoolChange:
        google = self._target.google
        now = state_of(self._there, google) if self._there and self._there.status != _STOPPING else None
        if now is None and self._settings.preview:
            return PoolChange(self.name, None, self._planned())
        return PoolChange(self.name, None if self._asked else now, now)

    @property
    def _title(self) -> str:
        return f"Node pool {self.name}"

    def _preview(self) -> Result:
        return Outcome.WOULD_CHANGE, self._description()

    def _create(self) -> Result:
        if self._settings.preview:
            # It is there already: judged as it is, and not waited for.
            return self._judged(Ended(self._target.cluster))
        try:
            within = self._progress.within(10, 90)
            return self._judged(carry_out(self._target.saved, self.name, self._target.google, within, self._plan))
        except OperationTimeout as timeout:
            # Google goes on making it, and the next run waits for it.
            self._asked = False
            timeout.advise(f"Give the name {self.name} then.")
            raise
        except QuotaExceeded as shortage:
            explain_pool_shortage(shortage, self._settings.pool, self.name, self._target.cluster)
            raise
        except GkeClustersError as failure:
            name_pool_fields(failure)
            raise

    def _judged(self, ended: Ended) -> Result:
        self._there = ended.pool(self.name)
        if self._there is None:
            raise OperationFailed(
                f"The creation of the node pool {self.name} ended without an error, and it does not exist.",
                resource=self._target.saved.name.path,
                remedy="Look in the audit log of the project for who deleted it, then run the macro again.",
            )
        failure = pool_failure(ended, self.name)
        self._failed = failure is not None
        if failure and not self._asked:
            failure.advise("To make it anew, delete it with the macro Delete node pool, then add it again.")
        if failure:
            raise failure
        if not self._asked:
            return Outcome.DONE, ("It is there already, with the same settings.",)
        if self._there.failed:
            short = [condition.message for condition in (*self._there.conditions, *ended.node_errors)]
            words = "It has not all its nodes, which best-effort creation allows; GKE adds the others when it can."
            return Outcome.WARNING, [*self._description(), words, *dict.fromkeys(filter(None, short))]
        return Outcome.CHANGED, self._description()

    def _plan(self, cluster: Cluster) -> Change | None:
        there = pool_of(cluster, self.name)
        if there is not None and there.status != _STOPPING:
            self._require_same(cluster)
            return None
        calls = self._target.google.clusters.node_pools
        return Change(CREATE_NODE_POOL, lambda: calls.create(cluster.name, self._wanted), self._note_asked)

    def _note_asked(self) -> None:
        self._asked = True

    def _clean_up(self) -> Result:
        """Delete what has not all its nodes, as a failed start does: it would be billed, and be in the way."""
        name = self.name
        found: list[NodePool] = []

        def plan(cluster: Cluster) -> Change | None:
            there = pool_of(cluster, name)
            if there is None:
                return None
            found.append(there)
            if not (self._failed or there.failed):
                return None
            return Change(DELETE_NODE_POOL, lambda: self._target.google.clusters.node_pools.delete(cluster.name, name))

        try:
            ended = carry_out(self._target.saved, name, self._target.google, self._progress.within(90, 99), plan)
            self._there = ended.pool(name)
            failure = pool_failure(ended, name) if self._there else None
            if failure:
                raise failure
        except GkeClustersError as failure:
            failure.advise(f"{name} may still be there, and its nodes are billed: delete it with Delete node pool.")
            raise
        if self._there is not None:
            words = f"{name} is there ({self._there.status}) and is left: nobody said that it failed."
            return Outcome.WARNING, (words, f"Run the macro again with the name {name}: it waits for what is missing.")
        if not found:
            return Outcome.DONE, (f"{name} is not there.",)
        return Outcome.CHANGED, (f"{name} is gone, with the nodes that it had.",)

    def _require_same(self, cluster: Cluster) -> None:
        found = differences(self._wanted, pool_resource(cluster, self.name))
        if not found:
            return
        label = macro_descriptor(ADD).label_of("nodePoolId")
        problems = [Problem(label, f"a node pool {self.name} is there with other settings")]
        problems += [Problem(f"Node pool {self.name}", words) for words in found]
        remedy = (
            f"Give another name or the same settings; to change the number of nodes, use Resize node pool. {REMEDY}"
        )
        raise SettingsError(problems, remedy=remedy)

    def _description(self) -> list[str]:
        pool, zones = self._settings.pool, len(zones_of(self._target.cluster))
        machine = pool.machine_type or DEFAULT_MACHINE_TYPE
        spot = ", spot VMs" if pool.use_spot_vms else ""
        gpus = f", each with {pool.gpu_count} {pool.gpu_type}" if pool.with_gpu else ""
        lines = [
            f"Machine type {machine}{gpus}{spot}",
            per_zone(pool.num_nodes, zones),
        ]
        if pool.autoscaling:
            lines.append(
                f"Autoscaling between {pool.min_num_nodes} and {pool.max_num_nodes} nodes in each zone,"
                f" at most {pool.max_num_nodes * zones} in total"
            )
        return lines

    def _planned(self) -> PoolState:
        pool, zones = self._settings.pool, zones_of(self._target.cluster)
        return PoolState(
            machine_type=pool.machine_type or "",
            nodes=tuple((zone, pool.num_nodes) for zone in zones),
            zones=zones,
            fewest=pool.min_num_nodes if pool.autoscaling else None,
            most=pool.max_num_nodes if pool.autoscaling else None,
        )


def _host(pool: NodePoolSettings, target: Target) -> HostFacts:
    if pool.service_account_type != "fromDSSHost":
        return HostFacts()
    return HostFacts(service_account_email=target.google.host.service_account_email())
