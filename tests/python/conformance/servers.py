"""The servers that the conformance suite compares, and the kubectl programs that it finds."""

import asyncio
import contextlib
import os
import shutil
import threading
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests
import yaml

from sandbox.certificates import CertificateAuthority
from sandbox.gcp.principals import Principals
from sandbox.kubernetes.control_plane import ControlPlane, ControlPlaneRequest, ControlPlanes, NodeSpec, Taint
from sandbox.kubernetes.embedded import EmbeddedControlPlanes
from sandbox.kubernetes.real import RealControlPlanes
from sandbox.traffic import Traffic

T = TypeVar("T")

ASSETS = os.environ.get("KUBEBUILDER_ASSETS", "")
VERSIONS = tuple(f"1.{minor}" for minor in range(27, 34))
# Without a real server to compare with, the newest kubectl says enough; the integration tests take them all.
_ALONE = VERSIONS[-1:]
_VIEWER = ("container.pods.get", "container.pods.list", "container.namespaces.get", "container.nodes.list")


@dataclass(frozen=True)
class Server:
    """One API server of the suite.

    Attributes:
        name: `embedded` or `real`.
        url: its public endpoint.
        ca_file: the CA of its certificate.
        tokens: bearer tokens by user: `admin`, `viewer` (may read pods), `nobody` (no permission), `stranger`.
        kubeconfigs: a kubeconfig for each of them.
        version: `gitVersion` of its `/version`.
        plane: the control plane.
        loop: where it lives.
        public_ca_file: the CA of its DNS endpoint.
        traffic: its request log.
    """

    name: str
    url: str
    ca_file: Path
    tokens: dict[str, str]
    kubeconfigs: dict[str, Path]
    version: str
    plane: ControlPlane
    loop: "LoopThread"
    public_ca_file: Path
    traffic: Traffic

    @property
    def survives_custom_objects(self) -> bool:
        """Whether it can be asked to create custom objects.

        Kubernetes 1.20 built with Go 1.18 or newer, which is no release, crashes when it encodes the first one:
        https://github.com/modern-go/reflect2/pull/25.
        """
        return not self.version.startswith("v0.0.0-master")


class LoopThread:
    """An event loop in a thread of its own, in which servers live while tests block."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], timeout_seconds: float = 90) -> T:
        """Run a coroutine in the loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_seconds)

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def kubectl_versions() -> Sequence[str]:
    """Return the versions of kubectl that the suite uses on this machine."""
    return VERSIONS if ASSETS else _ALONE


def kubectl_of(version: str) -> str | None:
    """Return the kubectl of that version: those that the Google Cloud CLI brings, else one on the PATH."""
    folders = []
    if gcloud := shutil.which("gcloud"):
        folders.append(Path(gcloud).resolve().parent)
    folders += [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for folder in folders:
        program = folder / f"kubectl.{version}"
        if program.is_file():
            return str(program)
    return None


def nodes() -> list[NodeSpec]:
    """Return the nodes that both servers have: two plain ones and one for GPUs."""
    made = []
    for number in range(3):
        gpu = number == 2
        pool = "gpu" if gpu else "default-pool"
        made.append(
            NodeSpec(
                name=f"gke-c-{pool}-1a2b-{number:04d}",
                pool=pool,
                zone="us-central1-a",
                machine_type="n1-standard-4",
                version="1.33.5-gke.1080000",
                internal_ip=f"10.128.0.{number + 2}",
                pod_cidr=f"10.4.{number}.0/24",
                provider_id=f"gce://sandbox-project/us-central1-a/gke-c-{pool}-1a2b-{number:04d}",
                cpus=4,
                memory_bytes=15 * 1024**3,
                labels={"cloud.google.com/gke-nodepool": pool},
                taints=(Taint("nvidia.com/gpu", "present", "NoSchedule"),) if gpu else (),
                gpus=1 if gpu else 0,
            )
        )
    return made


@contextlib.contextmanager
def running(folder: Path) -> Iterator[list[Server]]:
    """Run the embedded server, and the real one where `KUBEBUILDER_ASSETS` names its programs."""
    principals = Principals()
    public_ca = CertificateAuthority.create("public")
    (folder / "public.crt").write_bytes(public_ca.pem)
    traffics = {"embedded": Traffic(principals), "real": Traffic(principals)}
    makers: dict[str, ControlPlanes] = {}
    loop = LoopThread()
    principals.add("admin@example.com", ["*"])
    principals.add("viewer@example.com", _VIEWER)
    principals.add("nobody@example.com", [])
    tokens = {name: principals.issue(f"{name}@example.com", None).value for name in ("admin", "viewer", "nobody")}
    tokens["stranger"] = "ya29.sandbox-stranger"

    async def start() -> list[Server]:
        if not os.environ.get("CONFORMANCE_ONLY_REAL"):
            makers["embedded"] = EmbeddedControlPlanes(folder / "embedded", principals, public_ca, traffics["embedded"])
        if ASSETS:
            makers["real"] = RealControlPlanes(Path(ASSETS), folder / "real", principals, public_ca, traffics["real"])
        return [await _serve(folder, name, maker, tokens, loop, traffics[name]) for name, maker in makers.items()]

    async def stop() -> None:
        for maker in makers.values():
            await maker.stop()

    try:
        yield loop.run(start())
    finally:
        loop.run(stop())
        loop.close()


async def _serve(
    folder: Path, name: str, maker: ControlPlanes, tokens: dict[str, str], loop: LoopThread, traffic: Traffic
) -> Server:
    request = ControlPlaneRequest("sandbox-project", "us-central1-a", "c", f"uid-{name}", "1.33.5-gke.1080000")
    plane: ControlPlane = await maker.start(request)
    await plane.set_nodes(nodes())
    ca_file = folder / f"{name}.crt"
    ca_file.write_bytes(plane.ca_certificate)
    url = f"https://{plane.public_endpoint}"
    files = {user: _kubeconfig(folder / f"{name}-{user}.yaml", url, ca_file, token) for user, token in tokens.items()}
    told = await asyncio.to_thread(requests.get, f"{url}/version", verify=str(ca_file), timeout=10)
    version = told.json()["gitVersion"]
    return Server(
        name=name,
        url=url,
        ca_file=ca_file,
        tokens=tokens,
        kubeconfigs=files,
        version=version,
        plane=plane,
        loop=loop,
        public_ca_file=folder / "public.crt",
        traffic=traffic,
    )


def _kubeconfig(file: Path, url: str, ca_file: Path, token: str) -> Path:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url, "certificate-authority": str(ca_file)}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    file.write_text(yaml.safe_dump(config))
    file.chmod(0o600)
    return file
