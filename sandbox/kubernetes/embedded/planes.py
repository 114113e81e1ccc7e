"""Embedded control planes: an API server in the sandbox's own loop for each simulated cluster."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sandbox.certificates import CertificateAuthority
from sandbox.gcp.principals import Principals
from sandbox.kubernetes.control_plane import ControlPlaneRequest, Exposure, NodeSpec
from sandbox.kubernetes.controllers.cluster import ClusterControllers
from sandbox.kubernetes.embedded import schemas
from sandbox.kubernetes.embedded.authentication import Authenticator
from sandbox.kubernetes.embedded.authorization import Authorizer
from sandbox.kubernetes.embedded.doors import Door
from sandbox.kubernetes.embedded.front_end import FrontEnd
from sandbox.kubernetes.embedded.in_process import InProcessClient
from sandbox.kubernetes.embedded.kinds import Catalogue
from sandbox.kubernetes.embedded.registry import Registry
from sandbox.kubernetes.embedded.seed import seed
from sandbox.kubernetes.embedded.server import ApiServer
from sandbox.kubernetes.embedded.store import Store
from sandbox.traffic import Traffic

_HOSTS = [
    "127.0.0.1",
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
]


class EmbeddedControlPlane:
    """One cluster's control plane; made by `EmbeddedControlPlanes.start`."""

    def __init__(
        self,
        request: ControlPlaneRequest,
        folder: Path,
        principals: Principals,
        public_ca: CertificateAuthority,
        traffic: Traffic,
    ) -> None:
        authority = CertificateAuthority.create(request.uid)
        self.ca_certificate = authority.pem
        self._store = Store()
        registry = Registry(self._store, Catalogue())
        seed(registry)
        cluster = f"projects/{request.project}/locations/{request.location}/clusters/{request.name}"
        issuer = f"https://container.googleapis.com/v1/{cluster}"
        authenticator = Authenticator(principals, self._store, authority, issuer)
        self._server = ApiServer(registry, authenticator, Authorizer(principals, self._store), request.version)
        own = authority.issue(folder, "apiserver", _HOSTS)
        dns = public_ca.issue(folder, "dns", ["localhost"])
        app = traffic.observe(self._server, "kubernetes")
        front_end = traffic.observe(FrontEnd(self._server, principals, cluster), "kubernetes")
        self._doors = {"public": Door(app, own), "private": Door(app, own), "dns": Door(front_end, dns)}
        self._controllers = ClusterControllers(InProcessClient(registry, authenticator), request, self.ca_certificate)
        self._stopped = False

    async def start(self) -> None:
        """Open the usual endpoints and let the controllers work."""
        await self.expose(Exposure())
        await self._controllers.start()

    @property
    def public_endpoint(self) -> str:
        """`127.0.0.1:PORT`, with a certificate of the cluster's own CA."""
        return f"127.0.0.1:{self._doors['public'].port}"

    @property
    def private_endpoint(self) -> str:
        """`127.0.0.1:PORT`, another port than the public one, same certificate."""
        return f"127.0.0.1:{self._doors['private'].port}"

    @property
    def dns_endpoint(self) -> str:
        """`localhost:PORT`, with a certificate of the sandbox's public CA."""
        return f"localhost:{self._doors['dns'].port}"

    async def set_nodes(self, nodes: Sequence[NodeSpec]) -> None:
        """Make the cluster's nodes exactly these; pods of a node that goes are deleted."""
        await self._controllers.set_nodes(nodes)

    async def set_version(self, version: str) -> None:
        """Answer `/version` with another version after an upgrade."""
        self._server.version = version

    async def expose(self, exposure: Exposure) -> None:
        """Open and close endpoints; a closed one refuses connections and cuts those that it had."""
        for name, door in self._doors.items():
            if getattr(exposure, name):
                await door.open()
            else:
                await door.close()

    async def stop(self) -> None:
        """Stop the controllers and servers and forget the objects; safe to call twice."""
        if self._stopped:
            return
        self._stopped = True
        await self._controllers.stop()
        self._store.close()
        await asyncio.gather(*(door.release() for door in self._doors.values()))


class EmbeddedControlPlanes:
    """Makes embedded control planes.

    Args:
        folder: where certificates and keys are written, a folder for each cluster.
        principals: whose tokens the servers accept.
        public_ca: signs the certificates of the DNS endpoints.
        traffic: the sandbox's request log and faults.
    """

    def __init__(self, folder: Path, principals: Principals, public_ca: CertificateAuthority, traffic: Traffic) -> None:
        self._folder = folder
        self._principals = principals
        self._public_ca = public_ca
        self._traffic = traffic
        self._planes: list[EmbeddedControlPlane] = []

    async def start(self, request: ControlPlaneRequest) -> EmbeddedControlPlane:
        """Start a control plane and return once it answers."""
        await asyncio.to_thread(schemas.prepare)
        folder = self._folder / request.uid
        plane = EmbeddedControlPlane(request, folder, self._principals, self._public_ca, self._traffic)
        self._planes.append(plane)
        await plane.start()
        return plane

    async def stop(self) -> None:
        """Stop all that still run."""
        await asyncio.gather(*(plane.stop() for plane in self._planes))
        self._planes.clear()
