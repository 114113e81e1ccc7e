"""All the controllers of one cluster, started and stopped together."""

import asyncio
from collections.abc import Sequence

from sandbox.kubernetes.client import KubernetesClient
from sandbox.kubernetes.control_plane import ControlPlaneRequest, NodeSpec
from sandbox.kubernetes.controllers import addons
from sandbox.kubernetes.controllers.daemon_sets import DaemonSets
from sandbox.kubernetes.controllers.deployments import Deployments
from sandbox.kubernetes.controllers.endpoint_slices import EndpointSlices
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.garbage import GarbageCollector
from sandbox.kubernetes.controllers.image_pulls import ImagePulls
from sandbox.kubernetes.controllers.jobs import Jobs
from sandbox.kubernetes.controllers.kinds import (
    CONFIG_MAPS,
    DAEMON_SETS,
    DEPLOYMENTS,
    ENDPOINTS,
    JOBS,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    REPLICA_SETS,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    STATEFUL_SETS,
    STORAGE_CLASSES,
)
from sandbox.kubernetes.controllers.kubelet import Kubelets
from sandbox.kubernetes.controllers.namespaces import NamespaceContents, NamespaceEnd
from sandbox.kubernetes.controllers.nodes import NodeController
from sandbox.kubernetes.controllers.replica_sets import ReplicaSets
from sandbox.kubernetes.controllers.scale_down import ScaleDown
from sandbox.kubernetes.controllers.scale_up import ScaleUp
from sandbox.kubernetes.controllers.scheduler import Scheduler
from sandbox.kubernetes.controllers.service_account_tokens import ServiceAccountTokens
from sandbox.kubernetes.controllers.services import LoadBalancers, ServiceEndpoints
from sandbox.kubernetes.controllers.state import ClusterState
from sandbox.kubernetes.controllers.stateful_sets import StatefulSets
from sandbox.kubernetes.controllers.volumes import Volumes

_CACHED = (
    NAMESPACES,
    NODES,
    PODS,
    SERVICE_ACCOUNTS,
    CONFIG_MAPS,
    SECRETS,
    DEPLOYMENTS,
    REPLICA_SETS,
    DAEMON_SETS,
    STATEFUL_SETS,
    JOBS,
    SERVICES,
    ENDPOINTS,
    STORAGE_CLASSES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
)


class ClusterControllers:
    """What one cluster does by itself.

    Args:
        client: acts on the cluster's server.
        request: the cluster.
        ca_certificate: the cluster's CA, PEM.
    """

    def __init__(self, client: KubernetesClient, request: ControlPlaneRequest, ca_certificate: bytes) -> None:
        self.client = client
        self._state = ClusterState(client, _CACHED)
        self._nodes = NodeController(self._state, request.project)
        scheduler = Scheduler(self._state)
        groups = request.node_groups
        self._scale_up = ScaleUp(self._state, scheduler, groups, request.project, request.clock)
        self._scale_down = ScaleDown(self._state, scheduler, groups, request.clock)
        self._controllers: list[Controller] = [
            self._nodes,
            NamespaceContents(self._state, ca_certificate),
            NamespaceEnd(self._state),
            ServiceAccountTokens(self._state, ca_certificate),
            scheduler,
            self._scale_up,
            self._scale_down,
            Kubelets(self._state, ImagePulls(self._state, request.faults, request.clock)),
            ReplicaSets(self._state),
            Deployments(self._state),
            DaemonSets(self._state),
            StatefulSets(self._state),
            Jobs(self._state),
            ServiceEndpoints(self._state),
            EndpointSlices(self._state),
            LoadBalancers(self._state, request.cloud),
            Volumes(self._state, request),
            GarbageCollector(self._state),
        ]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Create what a new cluster holds and start everything; the server must answer."""
        self._tasks = [asyncio.create_task(cache.run()) for cache in self._state.caches.values()]
        self._tasks += [asyncio.create_task(controller.run()) for controller in self._controllers]
        await asyncio.gather(*(cache.synced.wait() for cache in self._state.caches.values()))
        await addons.install(self._state)

    async def set_nodes(self, nodes: Sequence[NodeSpec]) -> None:
        """Make the nodes exactly these; returns when they are registered, or gone with their pods."""
        await self._nodes.set_nodes(nodes)
        self._scale_up.look_again()
        self._scale_down.look_again()

    async def stop(self) -> None:
        """End every task; safe to call twice."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
