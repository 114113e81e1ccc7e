"""A cluster's controllers on the embedded server's store, without HTTP, for the tests of this folder."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.certificates import CertificateAuthority
from sandbox.faults import FaultPlan
from sandbox.gcp.compute.provisioned import Owner, Provisioned
from sandbox.gcp.principals import Principals
from sandbox.kubernetes.client import KubernetesClient, Object, Resource
from sandbox.kubernetes.control_plane import ControlPlaneRequest, NodeSpec
from sandbox.kubernetes.controllers.cluster import ClusterControllers
from sandbox.kubernetes.embedded.authentication import Authenticator
from sandbox.kubernetes.embedded.in_process import InProcessClient
from sandbox.kubernetes.embedded.kinds import Catalogue
from sandbox.kubernetes.embedded.registry import Registry
from sandbox.kubernetes.embedded.seed import seed
from sandbox.kubernetes.embedded.store import Store

REQUEST = ControlPlaneRequest("p", "us-central1-a", "c", "uid", "1.33.5-gke.1080000")

OWNER = Owner("p", "us-central1-a", "c", "uid", "default", "default")


class Cluster:
    """A running cluster of a test."""

    def __init__(
        self,
        client: KubernetesClient,
        controllers: ClusterControllers,
        provisioned: Provisioned,
        authenticator: Authenticator,
        request: ControlPlaneRequest,
    ) -> None:
        self.request = request
        self.client = client
        self.controllers = controllers
        self.provisioned = provisioned
        self.authenticator = authenticator

    async def create(self, resource: Resource, body: Object, namespace: str | None = "default") -> Object:
        """Create an object whose kind the resource tells."""
        told = {"apiVersion": resource.api_version, "kind": resource.kind, **body}
        return await self.client.create(resource, told, namespace if resource.namespaced else None)

    async def until(
        self, resource: Resource, holds: Callable[[list[Object]], bool], namespace: str | None = None
    ) -> list[Object]:
        """Wait, change by change, until the objects of a resource are as wanted; return them."""

        async def wait() -> list[Object]:
            while True:
                listing = await self.client.list(resource, namespace)
                if holds(listing.items):
                    return listing.items
                async with contextlib.aclosing(
                    _closable(self.client.watch(resource, listing.resource_version))
                ) as changes:
                    async for _ in changes:
                        break

        return await asyncio.wait_for(wait(), 20)

    async def one(
        self, resource: Resource, name: str, holds: Callable[[Object], bool], namespace: str = "default"
    ) -> Object:
        """Wait until the object of that name is as wanted; return it."""

        def found(items: list[Object]) -> bool:
            return any(item["metadata"]["name"] == name and holds(item) for item in items)

        items = await self.until(resource, found, namespace if resource.namespaced else None)
        return next(item for item in items if item["metadata"]["name"] == name)


def node(number: int, **changes: Any) -> NodeSpec:
    """Return a node with four vCPUs."""
    told: dict[str, Any] = {
        "name": f"node-{number}",
        "pool": "default-pool",
        "zone": "us-central1-a",
        "machine_type": "n2-standard-4",
        "version": "1.33.5-gke.1080000",
        "internal_ip": f"10.128.0.{number + 2}",
        "pod_cidr": f"10.4.{number}.0/24",
        "provider_id": f"gce://p/us-central1-a/node-{number}",
        "cpus": 4,
        "memory_bytes": 16 * 1024**3,
        "labels": {"cloud.google.com/gke-nodepool": "default-pool"},
    }
    return NodeSpec(**{**told, **changes})


def in_cluster(story: Callable[[Cluster], Awaitable[None]], nodes: int = 1, **request: Any) -> None:
    """Run a test's story in a new cluster; `request` changes what its control plane is asked for."""

    async def run() -> None:
        async with _cluster(request) as cluster:
            await cluster.controllers.set_nodes([node(number) for number in range(nodes)])
            await story(cluster)

    asyncio.run(run())


@contextlib.asynccontextmanager
async def _cluster(changes: Mapping[str, Any]) -> AsyncIterator[Cluster]:
    store = Store()
    registry = Registry(store, Catalogue())
    seed(registry)
    authority = CertificateAuthority.create("cluster")
    authenticator = Authenticator(Principals(), store, authority, "https://issuer")
    client = InProcessClient(registry, authenticator)
    provisioned = Provisioned()
    request = replace(REQUEST, cloud=provisioned.cloud_of(OWNER), faults=FaultPlan(), **changes)
    controllers = ClusterControllers(client, request, authority.pem)
    try:
        await controllers.start()
        yield Cluster(client, controllers, provisioned, authenticator, request)
    finally:
        await controllers.stop()
        store.close()


async def _closable(changes: AsyncIterator[Any]) -> Any:
    async for change in changes:
        yield change
