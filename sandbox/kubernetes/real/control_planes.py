"""Control planes made of real programs: a kube-apiserver for each cluster, one etcd for all."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from sandbox.certificates import CertificateAuthority
from sandbox.gcp.principals import Principals
from sandbox.kubernetes.client import Object
from sandbox.kubernetes.control_plane import ControlPlaneRequest, Exposure, NodeSpec
from sandbox.kubernetes.controllers.cluster import ClusterControllers
from sandbox.kubernetes.controllers.kinds import PODS
from sandbox.kubernetes.embedded.doors import Door
from sandbox.kubernetes.embedded.front_end import FrontEnd
from sandbox.kubernetes.real.api_server import ApiServer, Surroundings, gates_needed
from sandbox.kubernetes.real.audit import audit_app
from sandbox.kubernetes.real.etcd import Etcd
from sandbox.kubernetes.real.forwarders import Forwarder
from sandbox.kubernetes.real.kubelet import NodeProxy, kubelet_app
from sandbox.kubernetes.real.webhooks import webhook_app
from sandbox.reverse_proxy import ReverseProxy
from sandbox.servers import LOOPBACK, LoopbackServer
from sandbox.traffic import Traffic


@dataclass(frozen=True)
class PublicSide:
    """What Google's front end needs: the CA that the world trusts, and who may connect."""

    ca: CertificateAuthority
    principals: Principals


class RealControlPlane:
    """One cluster's kube-apiserver, its endpoints, its nodes and its controllers.

    Args:
        surroundings: what its API server shares with the others.
        public: what Google's front end needs.
        folder: its own folder.
        request: the cluster.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        public: PublicSide,
        folder: Path,
        request: ControlPlaneRequest,
    ) -> None:
        ca = CertificateAuthority.create(f"{request.name} CA")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kubelet_tls = ca.issue(folder, "kubelet", ["kubelet"])
        self._kubelet = LoopbackServer(kubelet_app(self._find_pod), tls=kubelet_tls)
        self._proxy = NodeProxy(surroundings.sockets / f"{request.uid}.sock", self._kubelet.ports[0])
        self._server = ApiServer(surroundings, folder, f"/{request.uid}", ca, self._proxy)
        self._public, self._private = Forwarder(self._server.port), Forwarder(self._server.port)
        # TLS of the DNS endpoint ends at Google's front end, which asks IAM before the API server does.
        self._behind = ReverseProxy(f"https://{LOOPBACK}:{self._server.port}", ca.pem)
        name = f"projects/{request.project}/locations/{request.location}/clusters/{request.name}"
        dns_tls = public.ca.issue(folder, "dns-endpoint", ["localhost"])
        self._dns = Door(FrontEnd(self._behind, public.principals, name), dns_tls)
        self._request = request
        self._controllers: ClusterControllers | None = None
        self.ca_certificate = ca.pem

    @property
    def public_endpoint(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"{LOOPBACK}:{self._public.port}"

    @property
    def private_endpoint(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"{LOOPBACK}:{self._private.port}"

    @property
    def dns_endpoint(self) -> str:
        """`localhost:PORT`."""
        return f"localhost:{self._dns.port}"

    async def start(self) -> None:
        """Start everything; returns once the API server is ready and the controllers run."""
        await self._kubelet.start()
        await self._proxy.start()
        client = await self._server.start()
        self._controllers = ClusterControllers(client, self._request, self.ca_certificate)
        await self._controllers.start()
        await self.expose(Exposure())

    async def set_nodes(self, nodes: Sequence[NodeSpec]) -> None:
        """Make the cluster's nodes exactly these."""
        if self._controllers is not None:
            await self._controllers.set_nodes(nodes)

    async def set_version(self, version: str) -> None:
        """Do nothing: a real server's `/version` tells its own version."""

    async def expose(self, exposure: Exposure) -> None:
        """Open and close endpoints."""
        await (self._public.open() if exposure.public else self._public.close())
        await (self._private.open() if exposure.private else self._private.close())
        await (self._dns.open() if exposure.dns else self._dns.close())

    async def stop(self) -> None:
        """Stop controllers, endpoints and programs; safe to call twice."""
        controllers, self._controllers = self._controllers, None
        if controllers is not None:
            await controllers.stop()
        await self._dns.release()
        await self._behind.close()
        for forwarder in (self._public, self._private):
            await forwarder.stop()
        await self._server.stop()
        await self._proxy.stop()
        await self._kubelet.stop()

    async def _find_pod(self, namespace: str, name: str) -> Object:
        if self._controllers is None:
            raise RuntimeError("no controllers run")
        return await self._controllers.client.get(PODS, name, namespace)


class RealControlPlanes:
    """Makes real control planes.

    Args:
        assets: a folder with the executables `kube-apiserver` and `etcd`, what `KUBEBUILDER_ASSETS` names.
        folder: where everything is kept.
        principals: who may do what.
        public_ca: signs the certificates of DNS endpoints.
        traffic: takes the request log.
    """

    def __init__(
        self, assets: Path, folder: Path, principals: Principals, public_ca: CertificateAuthority, traffic: Traffic
    ) -> None:
        self._assets = assets
        self._folder = folder
        self._public_side = PublicSide(public_ca, principals)
        self._hooks = LoopbackServer(
            Starlette(routes=[*webhook_app(principals).routes, Mount("/", audit_app(traffic))])
        )
        self._etcd = Etcd(assets / "etcd", folder / "etcd")
        self._running: list[RealControlPlane] = []
        self._starting = asyncio.Lock()
        self._surroundings: Surroundings | None = None
        # The path of a unix socket has at most 108 bytes, which a state folder can exceed by itself: unix(7).
        self._sockets = Path(tempfile.mkdtemp(prefix="sandbox-"))

    async def start(self, request: ControlPlaneRequest) -> RealControlPlane:
        """Start a control plane and return once it answers; the first one also starts etcd."""
        surroundings = await self._shared()
        plane = RealControlPlane(surroundings, self._public_side, self._folder / request.uid, request)
        self._running.append(plane)
        try:
            await plane.start()
        except BaseException:
            await plane.stop()
            raise
        return plane

    async def stop(self) -> None:
        """Stop every API server, then what they share."""
        await asyncio.gather(*(plane.stop() for plane in self._running))
        self._running.clear()
        await self._etcd.stop()
        await self._hooks.stop()
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._sockets)

    async def _shared(self) -> Surroundings:
        async with self._starting:
            if self._surroundings is None:
                program = self._assets / "kube-apiserver"
                await self._hooks.start()
                gates, _ = await asyncio.gather(gates_needed(program), self._etcd.start())
                self._surroundings = Surroundings(program, self._etcd.url, self._hooks.url, gates, self._sockets)
            return self._surroundings
