"""The calls that change the node pools of a cluster. Each is sent once and never repeated: whoever sends it settles it.

https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters.nodePools
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final

from google.cloud import container_v1

from gke_clusters.google.credentials import Authorization
from gke_clusters.google.error_translation import Asked, translated
from gke_clusters.google.names import ClusterName
from gke_clusters.google.node_pools import Autoscaling
from gke_clusters.google.operations import Operation, read_operation

_WRITE_TIMEOUT_SECONDS: Final = 90.0


class NodePoolCalls:
    """Changes of node pools. Every method raises one of :mod:`gke_clusters.errors` where Google does not do as asked.

    Each returns the operation that carries it out. A lost answer is a :class:`GoogleUnavailable`: the change may have
    begun or not. Where another operation holds the cluster it is a :class:`ClusterBusy`.
    """

    def __init__(self, client: container_v1.ClusterManagerClient, authorization: Authorization) -> None:
        """Keep what to call with.

        Args:
            client: The typed client, with those credentials.
            authorization: Whose they are.
        """
        self._client = client
        self._authorization = authorization

    def create(self, cluster: ClusterName, pool: container_v1.NodePool) -> Operation:
        """Ask for a node pool.

        Raises:
            NameTaken: One of that name is there.
        """
        with self._translated("create the node pool", cluster, pool.name):
            answer = self._client.create_node_pool(
                request={"parent": cluster.path, "node_pool": pool}, retry=None, timeout=_WRITE_TIMEOUT_SECONDS
            )
        return read_operation(answer, cluster.project, cluster.location)

    def delete(self, cluster: ClusterName, pool: str) -> Operation:
        """Ask for the deletion of a node pool.

        Raises:
            ClusterNotFound: It is gone already, or the cluster is.
        """
        with self._translated("delete the node pool", cluster, pool):
            answer = self._client.delete_node_pool(
                request={"name": _path(cluster, pool)}, retry=None, timeout=_WRITE_TIMEOUT_SECONDS
            )
        return read_operation(answer, cluster.project, cluster.location)

    def set_size(self, cluster: ClusterName, pool: str, nodes_per_zone: int) -> Operation:
        """Ask for a number of nodes in each zone of a node pool; autoscaling, if it is on, may change it again.

        Raises:
            ClusterNotFound: There is no such node pool.
        """
        with self._translated("resize the node pool", cluster, pool):
            answer = self._client.set_node_pool_size(
                request={"name": _path(cluster, pool), "node_count": nodes_per_zone},
                retry=None,
                timeout=_WRITE_TIMEOUT_SECONDS,
            )
        return read_operation(answer, cluster.project, cluster.location)

    def set_autoscaling(self, cluster: ClusterName, pool: str, limits: Autoscaling | None) -> Operation:
        """Ask for other limits of an autoscaled node pool; None switches its autoscaler off.

        Raises:
            ClusterNotFound: There is no such node pool.
        """
        message = container_v1.NodePoolAutoscaling(enabled=False) if limits is None else _message(limits)
        with self._translated("change the limits of the node pool", cluster, pool):
            answer = self._client.set_node_pool_autoscaling(
                request={"name": _path(cluster, pool), "autoscaling": message},
                retry=None,
                timeout=_WRITE_TIMEOUT_SECONDS,
            )
        return read_operation(answer, cluster.project, cluster.location)

    def _translated(self, doing: str, cluster: ClusterName, pool: str) -> AbstractContextManager[None]:
        return translated(Asked(doing, _path(cluster, pool), cluster.project, self._authorization))


_PER_ZONE: Final = ("min_node_count", "max_node_count")


def _message(limits: Autoscaling) -> container_v1.NodePoolAutoscaling:
    names = ("total_min_node_count", "total_max_node_count") if limits.in_total else _PER_ZONE
    wanted = dict(zip(names, (limits.fewest, limits.most), strict=True))
    # The whole message is replaced, so what it leaves out would be lost.
    policy = {"location_policy": limits.location_policy} if limits.location_policy else {}
    return container_v1.NodePoolAutoscaling(enabled=True, autoprovisioned=limits.autoprovisioned, **wanted, **policy)


def _path(cluster: ClusterName, pool: str) -> str:
    return f"{cluster.path}/nodePools/{pool}"
