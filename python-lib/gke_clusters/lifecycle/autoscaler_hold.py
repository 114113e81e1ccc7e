"""Keeping the autoscaler from a node pool that is emptied: it would add nodes to it for the very pods that are evicted.

Where Google drains a node pool that it deletes, it switches the autoscaler off first as well:
https://cloud.google.com/kubernetes-engine/multi-cloud/docs/azure/how-to/delete-node-pool
"""

from __future__ import annotations

from collections.abc import Callable

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.node_pools import Autoscaling
from gke_clusters.google.operations import UPDATE_CLUSTER
from gke_clusters.lifecycle.pool_changes import Change, carry_out, change_failure, pool_of
from gke_clusters.lifecycle.pool_target import Target
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.steps import Result
from gke_clusters.reports.checklist import Outcome


class AutoscalerHold:
    """The autoscaler of one node pool, switched off for a while.

    Attributes:
        limits: What it has to get back; None if nothing was taken from it.
    """

    def __init__(self, target: Target, pool: str, progress: Progress) -> None:
        """Prepare; nothing is asked yet.

        Args:
            target: The cluster.
            pool: Name of the node pool.
            progress: Where to report.
        """
        self.limits: Autoscaling | None = None
        self._target = target
        self._pool = pool
        self._progress = progress

    def switch_off(self) -> Result:
        """Switch the autoscaler off, unless it is.

        Raises:
            GkeClustersError: Google refuses, or could not do it.
        """

        def plan(cluster: Cluster) -> Change | None:
            there = pool_of(cluster, self._pool)
            if there is None or there.autoscaling is None:
                return None
            taken = there.autoscaling
            return self._change(cluster, None, lambda: self._keep(taken))

        self._carry_out(plan)
        if self.limits is None:
            return Outcome.DONE, ("It is off already.",)
        return Outcome.CHANGED, ("It would add nodes for the very pods that are evicted.",)

    def switch_on_again(self) -> Result:
        """Give the node pool the limits back that it had; one that is on, or gone, is left as it is.

        Raises:
            GkeClustersError: Google refuses, or could not do it; the remedy says how to do it by hand.
        """
        limits, there = self.limits, None
        asked: list[Autoscaling | None] = []

        def plan(cluster: Cluster) -> Change | None:
            nonlocal there
            there = pool_of(cluster, self._pool)
            if there is None or there.autoscaling is not None:
                return None
            return self._change(cluster, limits, lambda: asked.append(limits))

        try:
            self._carry_out(plan)
        except GkeClustersError as failure:
            failure.advise(f"The node pool stays as large as it is until you switch it on: {self._command()}")
            raise
        if asked:
            return Outcome.CHANGED, ("It has the limits that it had before.",)
        if there is None:
            return Outcome.DONE, ("The node pool is gone.",)
        return Outcome.DONE, (f"It is on: {there.autoscaling}.",)

    def _carry_out(self, plan: Callable[[Cluster], Change | None]) -> None:
        ended = carry_out(self._target.saved, self._pool, self._target.google, self._progress, plan)
        failure = change_failure(ended, self._pool)
        if failure is not None:
            raise failure

    def _change(
        self, cluster: Cluster, limits: Autoscaling | None, note: Callable[[], object] = lambda: None
    ) -> Change:
        calls = self._target.google.clusters.node_pools
        return Change(UPDATE_CLUSTER, lambda: calls.set_autoscaling(cluster.name, self._pool, limits), note)

    def _keep(self, limits: Autoscaling) -> None:
        self.limits = limits

    def _command(self) -> str:
        limits, name = self.limits, self._target.cluster.name
        assert limits is not None  # noqa: S101 - what was not switched off is not switched on again
        total = "total-" if limits.in_total else ""
        return (
            f"gcloud container clusters update {name.name} --location {name.location} --project {name.project}"
            f" --node-pool {self._pool} --enable-autoscaling --{total}min-nodes {limits.fewest}"
            f" --{total}max-nodes {limits.most}"
        )
