"""One sandbox: every service, its server and its principals, started and stopped together."""

import asyncio
import contextlib
import os
import shutil
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import certifi
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from sandbox.admin import Admin
from sandbox.certificates import CertificateAuthority
from sandbox.clock import Clock
from sandbox.dss.backend import DssBackend
from sandbox.environment import GCLOUD_OVERRIDES
from sandbox.gcp.access import Gate
from sandbox.gcp.artifact_registry.errors import shape as artifact_registry_shape
from sandbox.gcp.artifact_registry.repositories import Repositories
from sandbox.gcp.artifact_registry.service import ArtifactRegistry
from sandbox.gcp.compute.provisioned import Provisioned
from sandbox.gcp.compute.requests import shape as compute_shape
from sandbox.gcp.compute.service import ComputeService
from sandbox.gcp.container.service import ContainerService
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.host import Host, documented_permissions
from sandbox.gcp.iam import Impersonation, ServiceAccounts
from sandbox.gcp.metadata import MetadataServer
from sandbox.gcp.oauth import TokenEndpoint
from sandbox.gcp.principals import EVERYTHING, Principals
from sandbox.gcp.projects import DEFAULT_PROJECT_ID, DEFAULT_PROJECT_NUMBER, Project, Projects
from sandbox.gcp.resource_manager import ResourceManager
from sandbox.gcp.service_accounts import ServiceAccountKeys
from sandbox.gcp.service_usage import ServiceUsage
from sandbox.gcp.storage.errors import shape as storage_shape
from sandbox.gcp.storage.service import CloudStorage
from sandbox.kubernetes.control_plane import ControlPlanes
from sandbox.kubernetes.embedded import EmbeddedControlPlanes
from sandbox.kubernetes.embedded.statuses import StatusError
from sandbox.kubernetes.real import RealControlPlanes
from sandbox.registry.built_in import BuiltInRegistry
from sandbox.registry.credentials import Callers
from sandbox.registry.docker_registry import PROGRAM, DockerRegistry
from sandbox.registry.registry import Registry, Store
from sandbox.servers import LOOPBACK, LoopbackServer
from sandbox.traffic import Traffic

ADMINISTRATOR = "admin@sandbox.example"
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
# What belongs to the administrator at the terminal; the DSS host has its own identity, from the metadata server.
_NOT_FOR_DSS = ("CLOUDSDK_CONFIG", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "DKU_DSS_URL", "DKU_API_KEY")


@dataclass(frozen=True)
class Options:
    """What a sandbox is asked to be.

    Attributes:
        dss_version: major version whose general settings DSS speaks.
        speed: how many simulated seconds pass in one real second.
        projects: projects beside `sandbox-project`, which one of the same id replaces.
        real_code_envs: make plugin code environments from their requirements.
    """

    dss_version: Literal["14", "15"] = "15"
    speed: float = 100.0
    projects: tuple[Project, ...] = ()
    real_code_envs: bool = False


class World:
    """Everything that runs in one sandbox.

    Args:
        options: what it is asked to be.
        state: folder for its files; must exist.
    """

    def __init__(self, options: Options, state: Path) -> None:
        self._state = state
        projects = {DEFAULT_PROJECT_ID: Project(DEFAULT_PROJECT_ID, DEFAULT_PROJECT_NUMBER)}
        projects |= {project.id: project for project in options.projects}
        home = projects[DEFAULT_PROJECT_ID]
        self._project = home
        self._projects = Projects(projects.values())
        self._host = Host(home)
        self._principals = Principals()
        self._principals.add(ADMINISTRATOR, [EVERYTHING])
        self._principals.add(self._host.service_account, documented_permissions())
        self._traffic = Traffic(self._principals)
        self._public_ca = CertificateAuthority.create("Sandbox Public CA")
        self._keys = ServiceAccountKeys(self._principals, home)
        self._principals.signed_by = self._keys.signer_of
        self._control_planes = self._choose_control_planes()
        self._provisioned = Provisioned()
        self._container = ContainerService(
            Clock(options.speed),
            self._principals,
            self._projects,
            self._control_planes,
            self._provisioned,
            self._traffic.faults,
        )
        repositories = Repositories()
        self._registry = Registry(Callers(self._principals, self._keys), repositories, _choose_store(state))
        gate = self._gate("artifactregistry")
        self._artifacts = ArtifactRegistry(gate, Clock(options.speed), repositories, self._registry)
        self._metadata = MetadataServer(self._principals, self._host)
        self._traffic.normalisers["container"] = self._container.normalise
        self._servers = {service: self._serve(app, service) for service, app in self._google().items()}
        self._keys.token_uri = f"{self._servers['oauth2'].url}/token"
        self._servers["registry"] = self._serve(self._registry.app, "registry")
        self._registry.listen(self._servers["registry"].url)
        self._traffic.callers["registry"] = self._registry.caller
        self._dss = DssBackend(
            state / "dss",
            options.dss_version,
            {name: value for name, value in self._google_variables().items() if name not in _NOT_FOR_DSS},
            real_code_envs=options.real_code_envs,
        )
        more = [*self._container.administration, *self._dss.administration]
        admin = Admin(self._traffic, self._principals, self._keys, self._container.truth, more)
        # The sandbox's own interface is not part of what it logs.
        self._servers["admin"] = LoopbackServer(admin.app)
        self._traffic.normalisers["dss"] = self._dss.normalise
        self._traffic.callers["dss"] = self._dss.caller
        self._traffic.shapes |= {
            "artifactregistry": artifact_registry_shape,
            "compute": compute_shape,
            "dss": lambda error: self._dss.failure(error.code, error.message),
            "kubernetes": _status,
            "metadata": self._metadata.failure,
            "registry": self._registry.failure,
            "storage": storage_shape,
        }
        self._servers["dss"] = self._serve(self._dss.app, "dss")
        self._traffic.faults.services = {*self._servers, "kubernetes"} - {"admin"}
        self._dss.listen(self._servers["dss"].url)

    async def start(self) -> None:
        """Write the files that clients need, and return once every server answers."""
        self._write_files()
        await self._registry.start()
        await asyncio.gather(*(server.start() for server in self._servers.values()))

    async def stop(self) -> None:
        """Stop every process and every server; safe to call after a start that failed."""
        # DSS first: its component processes are clients of everything else.
        for part in (self._dss, self._container, self._control_planes, self._artifacts, self._registry):
            with contextlib.suppress(Exception):
                await part.stop()
        await asyncio.gather(*(server.stop() for server in self._servers.values()), return_exceptions=True)

    def variables(self) -> dict[str, str]:
        """Return what clients need in their environment."""
        return self._google_variables() | {
            "DKU_DSS_URL": self._servers["dss"].url,
            "DKU_API_KEY": self._dss.api_key,
            "SANDBOX_ADMIN_URL": self._servers["admin"].url,
            "SANDBOX_PROJECT_NUMBER": self._project.number,
        }

    def _google(self) -> Mapping[str, ASGIApp]:
        """Return Google's services by the name that faults and the request log know them by."""
        return {
            "container": self._container.app,
            "compute": ComputeService(
                self._gate("compute"), self._host, self._container.instance_groups, self._provisioned
            ).app,
            "serviceusage": ServiceUsage(self._gate("serviceusage")).app,
            "artifactregistry": self._artifacts.app,
            "iam": ServiceAccounts(self._gate("iam")).app,
            "iamcredentials": Impersonation(self._gate("iamcredentials")).app,
            "cloudresourcemanager": ResourceManager(self._gate("cloudresourcemanager")).app,
            "storage": CloudStorage(self._gate("storage")).app,
            "oauth2": TokenEndpoint(self._principals, self._keys).app,
            "metadata": self._metadata.app,
        }

    def _gate(self, service: str) -> Gate:
        return Gate(self._principals, self._projects, f"{service}.googleapis.com")

    def _google_variables(self) -> dict[str, str]:
        metadata = f"{LOOPBACK}:{self._servers['metadata'].ports[0]}"
        overrides = {
            f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service.upper()}": f"{self._servers[service].url}/"
            for service in GCLOUD_OVERRIDES
        }
        return overrides | {
            "CLOUDSDK_CONFIG": str(self._state / "gcloud"),
            "CLOUDSDK_CORE_PROJECT": self._project.id,
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(self._state / "token"),
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "GCE_METADATA_HOST": metadata,
            "GCE_METADATA_IP": metadata,
            "GCE_METADATA_ROOT": metadata,
            "NO_PROXY": f"{LOOPBACK},localhost",
            # Where both spellings are set, Python and curl believe this one.
            "no_proxy": f"{LOOPBACK},localhost",
            "SSL_CERT_FILE": str(self._state / "ca-bundle.pem"),
        }

    def _serve(self, app: ASGIApp, service: str) -> LoopbackServer:
        return LoopbackServer(self._traffic.observe(app, service))

    def _choose_control_planes(self) -> ControlPlanes:
        folder = self._state / "kubernetes"
        assets = Path(os.environ.get("KUBEBUILDER_ASSETS", ""))
        if assets.name and (assets / "kube-apiserver").is_file() and (assets / "etcd").is_file():
            return RealControlPlanes(assets, folder, self._principals, self._public_ca, self._traffic)
        return EmbeddedControlPlanes(folder, self._principals, self._public_ca, self._traffic)

    def _write_files(self) -> None:
        (self._state / "gcloud").mkdir(mode=0o700, exist_ok=True)
        token = self._state / "token"
        token.touch(mode=0o600)
        token.write_text(self._principals.issue(ADMINISTRATOR, lifetime_seconds=None).value)
        (self._state / "ca-bundle.pem").write_bytes(_system_bundle() + b"\n" + self._public_ca.pem)


def _choose_store(state: Path) -> Store:
    program = shutil.which(PROGRAM)
    return DockerRegistry(program, state / "registry") if program else BuiltInRegistry()


def _status(error: GoogleError) -> Response:
    """Return an error as Kubernetes API servers tell it."""
    return JSONResponse(StatusError(error.code, error.message).body(), status_code=error.code)


def _system_bundle() -> bytes:
    """Return the certificate authorities that this machine trusts, as PEM."""
    # `cafile` of these paths would follow SSL_CERT_FILE, which another sandbox may have exported.
    for candidate in (ssl.get_default_verify_paths().openssl_cafile, *_BUNDLES, certifi.where()):
        if Path(candidate).is_file():
            return Path(candidate).read_bytes()
    return b""
