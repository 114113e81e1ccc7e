"""One real kube-apiserver: its files, its command line and its life.

Flags: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
"""

import asyncio
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from sandbox.certificates import CertificateAuthority
from sandbox.kubernetes.real.audit import write_audit_policy
from sandbox.kubernetes.real.https_client import HttpsClient
from sandbox.kubernetes.real.kubelet import NodeProxy
from sandbox.kubernetes.real.webhooks import write_webhook_config
from sandbox.programs import Program
from sandbox.servers import LOOPBACK

# The range that GKE gives Services by default: https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips
SERVICE_RANGE = "34.118.224.0/20"
_READY_SECONDS = 60.0
_OLD_GATE = "BoundServiceAccountTokenVolume=true|false (ALPHA"


@dataclass(frozen=True)
class Surroundings:
    """What every API server of a sandbox shares.

    Attributes:
        program: the `kube-apiserver` executable.
        etcd_url: the shared etcd.
        hooks_url: where the token, authorization and audit webhooks answer.
        gates: feature gates that this version needs switched on.
        sockets: a folder with a short path, for unix sockets.
    """

    program: Path
    etcd_url: str
    hooks_url: str
    gates: tuple[str, ...]
    sockets: Path


class ApiServer:
    """A kube-apiserver on a loopback port, with the sandbox's principals behind its webhooks.

    Args:
        surroundings: what it shares with the others.
        folder: where its certificates, configuration and log go; made if missing, 0700.
        etcd_prefix: its own part of etcd, such as `/registry-1a2b`.
        ca: the cluster's own CA.
        node_proxy: takes its connections to nodes.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        folder: Path,
        etcd_prefix: str,
        ca: CertificateAuthority,
        node_proxy: NodeProxy,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Held for the server's whole life: never listened on, it only keeps the port from everybody else.
        self._reserved = _reserved_port()
        self.port: int = self._reserved.getsockname()[1]
        token = secrets.token_urlsafe(32)
        flags = {"secure-port": str(self.port), "etcd-prefix": etcd_prefix}
        flags |= _shared_flags(surroundings, folder) | _identity_flags(ca, folder, token)
        flags["egress-selector-config-file"] = str(node_proxy.write_config(folder / "egress.json"))
        command = [str(surroundings.program), *(f"--{name}={value}" for name, value in flags.items())]
        self._program = Program("kube-apiserver", command, folder / "kube-apiserver.log")
        self._ca = ca
        self._token = token
        self._client: HttpsClient | None = None

    async def start(self) -> HttpsClient:
        """Start it; return an administrator's client once `/readyz` says ok.

        Raises:
            ProgramError: it ended, or was not ready within a minute.
        """
        await self._program.start()
        client = self._client = HttpsClient(f"https://{LOOPBACK}:{self.port}", self._ca.pem, self._token)
        deadline = asyncio.get_running_loop().time() + _READY_SECONDS
        while not await client.ready():
            if self._program.ended:
                raise self._program.failure("ended before it was ready")
            if asyncio.get_running_loop().time() > deadline:
                raise self._program.failure("was not ready in time")
            await asyncio.sleep(0.1)
        return client

    async def stop(self) -> None:
        """End it and free its port; safe to call twice."""
        if self._client is not None:
            await self._client.close()
        await self._program.stop()
        self._reserved.close()


async def gates_needed(program: Path) -> tuple[str, ...]:
    """Return the feature gates that make an old server behave like those that GKE runs.

    Before 1.22 a pod needs a token secret that a controller made for its service account, unless bound tokens are on;
    later servers know only bound tokens, and refuse to start with the gate:
    https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates-removed/
    """
    process = await asyncio.create_subprocess_exec(
        str(program), "--help", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={}
    )
    printed, _ = await process.communicate()
    return ("BoundServiceAccountTokenVolume=true",) if _OLD_GATE.encode() in printed else ()


def _identity_flags(ca: CertificateAuthority, folder: Path, token: str) -> dict[str, str]:
    """Make the server's certificates and the administrator's token, and return the flags that name them."""
    own = ca.issue(
        folder, "api-server", [LOOPBACK, "kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"]
    )
    signing = ca.issue(folder, "service-accounts", ["service-accounts"])
    tokens = _secret_file(folder / "tokens.csv", f'{token},sandbox-controllers,sandbox-controllers,"system:masters"\n')
    return {
        "tls-cert-file": str(own.certificate),
        "tls-private-key-file": str(own.key),
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-signing-key-file": str(signing.key),
        "service-account-key-file": str(signing.certificate),
        "token-auth-file": str(tokens),
    }


def _shared_flags(surroundings: Surroundings, folder: Path) -> dict[str, str]:
    """Write the configuration of the webhooks, and return the flags that are alike for every server."""
    hooks = surroundings.hooks_url
    flags = {
        "bind-address": LOOPBACK,
        "advertise-address": LOOPBACK,
        "permit-port-sharing": "true",
        "etcd-servers": surroundings.etcd_url,
        "service-cluster-ip-range": SERVICE_RANGE,
        "authentication-token-webhook-config-file": str(
            write_webhook_config(folder / "authentication.json", f"{hooks}/authenticate")
        ),
        "authentication-token-webhook-version": "v1",
        # Tokens expire and permissions change while a cluster runs, and tests look at once.
        "authentication-token-webhook-cache-ttl": "0s",
        "authorization-mode": "RBAC,Webhook",
        "authorization-webhook-config-file": str(
            write_webhook_config(folder / "authorization.json", f"{hooks}/authorize")
        ),
        "authorization-webhook-version": "v1",
        "authorization-webhook-cache-authorized-ttl": "0s",
        "authorization-webhook-cache-unauthorized-ttl": "0s",
        "audit-policy-file": str(write_audit_policy(folder / "audit-policy.json")),
        "audit-webhook-config-file": str(write_webhook_config(folder / "audit.json", f"{hooks}/audit")),
        "audit-webhook-mode": "batch",
        "audit-webhook-batch-max-wait": "50ms",
        "audit-webhook-batch-throttle-enable": "false",
        "endpoint-reconciler-type": "none",
        # Pods that ask for GPUs tolerate the taint of GPU nodes: https://cloud.google.com/kubernetes-engine/docs/how-to/gpus
        "enable-admission-plugins": "ExtendedResourceToleration",
        "allow-privileged": "true",
    }
    if surroundings.gates:
        flags["feature-gates"] = ",".join(surroundings.gates)
    return flags


def _secret_file(file: Path, content: str) -> Path:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(content)
    return file


def _reserved_port() -> socket.socket:
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind((LOOPBACK, 0))
    return reserved
