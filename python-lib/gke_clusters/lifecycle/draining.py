"""Emptying a node pool: its nodes take no new pods, and their pods are evicted as PodDisruptionBudgets allow.

GKE empties the nodes of a pool that it deletes as well, and asks no budget:
https://cloud.google.com/sdk/gcloud/reference/container/node-pools/delete
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from gke_clusters.errors import GkeClustersError, PodsRemain
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.waiting import pause_seconds
from gke_clusters.kube.draining import Pod, WorkerNode
from gke_clusters.lifecycle.progress import Progress

logger = logging.getLogger(__name__)

_MOST_NAMED: Final = 20
"""Of a thousand pods not each is named."""


class Drainable(Protocol):
    """The nodes and pods of a cluster, as :class:`gke_clusters.kube.draining.NodeDrainer` offers them."""

    def nodes(self) -> tuple[WorkerNode, ...]:
        """All nodes."""

    def pods(self) -> tuple[Pod, ...]:
        """All pods that have not ended."""

    def set_schedulable(self, node: str, *, schedulable: bool) -> bool:
        """Let a node take new pods, or none; whether that was not so before."""

    def evict(self, pod: Pod) -> str:
        """Ask for an eviction; why it is not evicted now, empty if it goes."""


def named(pods: Sequence[Pod]) -> list[str]:
    """Say in a line each which pods they are, and what makes them again; of very many the first only."""
    lines = [
        f"{pod}, which {pod.owner} makes again" if pod.owner else f"{pod}, which nothing makes again"
        for pod in pods[:_MOST_NAMED]
    ]
    if len(pods) > _MOST_NAMED:
        lines.append(f"and {len(pods) - _MOST_NAMED} more")
    return lines


def pods_to_move(contents: Drainable, pool: str) -> list[Pod]:
    """Return the pods on the nodes of a pool, without those that go with their node."""
    nodes = {node.name for node in contents.nodes() if node.pool == pool}
    return [pod for pod in contents.pods() if pod.node in nodes and not pod.stays]


class Drain:
    """Empties the nodes of one pool.

    Attributes:
        moved: The pods that were told to go, as they were first seen.
    """

    def __init__(
        self, contents: Drainable, pool: str, deadline: Deadline, sleep: Callable[[float], None], progress: Progress
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            contents: The cluster.
            pool: Name of the node pool.
            deadline: When to give up.
            sleep: Waits for a number of seconds.
            progress: Where to report.
        """
        self.moved: dict[str, Pod] = {}
        self._contents = contents
        self._pool = pool
        self._deadline = deadline
        self._sleep = sleep
        self._progress = progress
        self._cordoned: set[str] = set()
        self._closed_before: set[str] = set()

    def run(self) -> None:
        """Empty the nodes.

        Raises:
            PodsRemain: Some pods are still there at the deadline.
            GkeClustersError: Kubernetes refuses, or does not answer. As above, the remedy says which nodes take pods.
        """
        try:
            self._empty()
        except GkeClustersError as failure:
            failure.advise(self.undo())
            raise
        except BaseException:
            self.undo()
            raise

    def undo(self) -> str:
        """Let the nodes take pods again that took some before; say which do, and which do not."""
        closed = sorted(node for node in self._cordoned if not self._release(node))
        words = "Its nodes take pods again, as before." if self._cordoned else ""
        if closed:
            words = f"These nodes still take no pods: kubectl uncordon {' '.join(closed)}"
        self._cordoned.clear()
        if self._closed_before:
            before = " ".join(sorted(self._closed_before))
            words += f" These took none before this run already; if nobody wants it so: kubectl uncordon {before}"
            self._closed_before.clear()
        return words.strip()

    def _release(self, node: str) -> bool:
        try:
            self._contents.set_schedulable(node, schedulable=True)
        except GkeClustersError as error:
            logger.warning("%s takes no pods: %s Let it take some with: kubectl uncordon %s", node, error.cause, node)
            return False
        return True

    def _empty(self) -> None:
        waiting = Deadline(self._deadline.remaining_seconds)
        said: tuple[int, int] | None = None
        while True:
            # The autoscaler may add nodes for the very pods that were evicted.
            self._cordon()
            left = pods_to_move(self._contents, self._pool)
            if not left:
                return
            held = self._evict(left)
            if (len(left), len(held)) != said:
                said = len(left), len(held)
                self._progress.step(0, f"{len(left)} pods are still on {self._pool}, {len(held)} of them kept there")
            if waiting.expired:
                raise self._remain(left, held)
            self._sleep(min(pause_seconds(waiting.elapsed_seconds, None), waiting.remaining_seconds))

    def _cordon(self) -> None:
        for node in self._contents.nodes():
            if node.pool != self._pool or node.name in self._cordoned:
                continue
            if not node.schedulable:
                self._closed_before.add(node.name)
            elif self._contents.set_schedulable(node.name, schedulable=False):
                self._cordoned.add(node.name)

    def _evict(self, pods: Sequence[Pod]) -> dict[str, str]:
        held = {}
        for pod in pods:
            if pod.going:
                continue
            words = self._contents.evict(pod)
            if words:
                held[pod.uid] = words
            else:
                self.moved.setdefault(pod.uid, pod)
        return held

    def _remain(self, left: Sequence[Pod], held: dict[str, str]) -> PodsRemain:
        lines = [f"{pod}: {held.get(pod.uid, 'it is ending and takes its time')}" for pod in left[:_MOST_NAMED]]
        if len(left) > _MOST_NAMED:
            lines.append(f"and {len(left) - _MOST_NAMED} more")
        return PodsRemain(
            f"{len(left)} pods are still on the node pool {self._pool} after"
            f" {self._deadline.seconds / 60:g} minutes; nothing was deleted.",
            resource=f"node pool {self._pool}",
            verbatim="\n".join(lines),
        )
