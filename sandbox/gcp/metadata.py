"""The metadata server of the DSS host's VM, which is also where its service account's tokens come from.

Protocol: https://cloud.google.com/compute/docs/metadata/querying-metadata
Tokens: https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
"""

import asyncio
import contextlib
import hashlib
import json
import math
import time
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.gcp.errors import GoogleError
from sandbox.gcp.host import SCOPES, Host
from sandbox.gcp.principals import Principals, Token

_ROOT = "computeMetadata/v1"
_FLAVOR = {"Metadata-Flavor": "Google", "Server": "Metadata Server for VM"}
# A cached token is handed out until five minutes before its end.
_RENEWED_BEFORE_END_SECONDS = 300
Tree = dict[str, Any]


class MetadataServer:
    """Serves what a VM asks about itself.

    Args:
        principals: where the service account's tokens are issued.
        host: the VM.
    """

    def __init__(self, principals: Principals, host: Host) -> None:
        self._principals = principals
        self._host = host
        self._tree = _tree(host)
        self._tokens: dict[tuple[str, ...], Token] = {}
        self._signer: crypt.RSASigner | None = None
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET"])])

    @staticmethod
    def failure(error: GoogleError) -> Response:
        """Return an error as the metadata server tells it: as text."""
        return _text(error.message, error.code)

    async def _answer(self, request: Request) -> Response:
        path = request.path_params["path"]
        if not path:
            return _text("computeMetadata/\n")
        if request.headers.get("metadata-flavor", "").lower() != "google" or "x-forwarded-for" in request.headers:
            return _text("Missing Metadata-Flavor:Google header.", 403)
        if path.strip("/") in ("computeMetadata", _ROOT) and not path.endswith("/"):
            return RedirectResponse(f"/{path}/", 301, headers=_FLAVOR)
        if path == "computeMetadata/":
            return _text("v1/\n")
        if not path.startswith(f"{_ROOT}/"):
            return _missing()
        answer = self._value(request, path.removeprefix(f"{_ROOT}/"))
        answer.headers["ETag"] = hashlib.sha256(answer.body).hexdigest()[:16]
        if request.query_params.get("wait_for_change", "").lower() == "true":
            await _wait_for_change(request, answer.headers["ETag"])
        return answer

    def _value(self, request: Request, path: str) -> Response:
        steps = [step for step in path.split("/") if step]
        account = steps[2] if steps[:2] == ["instance", "service-accounts"] and len(steps) > 2 else None
        if account in ("default", self._host.service_account) and len(steps) == 4:
            if steps[3] == "token":
                return self._token(request)
            if steps[3] == "identity":
                return self._identity(request)
        node: Any = self._tree
        for step in steps:
            if isinstance(node, dict) and step in node:
                node = node[step]
            elif _is_folder(node) and isinstance(node, list) and step.isdigit() and int(step) < len(node):
                node = node[int(step)]
            else:
                return _missing()
        return _shown(request, node, folder_asked=path.endswith("/") or not path)

    def _token(self, request: Request) -> Response:
        wanted = request.query_params.get("scopes", "")
        scopes = tuple(scope for scope in wanted.split(",") if scope) or SCOPES
        token = self._tokens.get(scopes)
        revoked = token is not None and self._principals.authenticate(token.value) is None
        if token is None or revoked or (token.expires_at or 0) - time.time() < _RENEWED_BEFORE_END_SECONDS:
            token = self._principals.issue(self._host.service_account, self._principals.lifetime_seconds, scopes)
            self._tokens[scopes] = token
        left = int((token.expires_at or 0) - time.time())
        return JSONResponse({"access_token": token.value, "expires_in": left, "token_type": "Bearer"}, headers=_FLAVOR)

    def _identity(self, request: Request) -> Response:
        audience = request.query_params.get("audience")
        if not audience:
            return _text("non-empty audience parameter required\n", 400)
        if self._signer is None:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            self._signer = crypt.RSASigner.from_string(pem, key_id="sandbox")
        principal = self._principals.get(self._host.service_account)
        now = int(time.time())
        claims = {
            "aud": audience,
            "azp": principal.unique_id if principal else "",
            "email": self._host.service_account,
            "email_verified": True,
            "exp": now + 3600,
            "iat": now,
            "iss": "https://accounts.google.com",
            "sub": principal.unique_id if principal else "",
        }
        signed: bytes = jwt.encode(self._signer, claims)
        return _text(signed.decode())


async def _wait_for_change(request: Request, etag: str) -> None:
    """Wait as long as the caller does: nothing about this VM ever changes, unless the caller knows something old."""
    if request.query_params.get("last_etag", etag) != etag:
        return
    try:
        seconds = float(request.query_params.get("timeout_sec", "inf"))
    except ValueError:
        seconds = 0
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(_disconnection(request), None if math.isinf(seconds) else max(seconds, 0))


async def _disconnection(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _tree(host: Host) -> Tree:
    number = host.project.number
    account = {"aliases": ["default"], "email": host.service_account, "scopes": list(SCOPES)}
    return {
        "instance": {
            "attributes": {},
            "cpu-platform": "Intel Ice Lake",
            "description": "",
            "disks": [{"device-name": host.name, "index": 0, "mode": "READ_WRITE", "type": "PERSISTENT-BALANCED"}],
            "hostname": host.hostname,
            "id": int(host.instance_id),
            "image": "projects/rocky-linux-cloud/global/images/rocky-linux-9",
            "machine-type": f"projects/{number}/machineTypes/{host.machine_type}",
            "maintenance-event": "NONE",
            "name": host.name,
            "network-interfaces": [
                {
                    "access-configs": [{"external-ip": "", "type": "ONE_TO_ONE_NAT"}],
                    "dns-servers": ["169.254.169.254"],
                    "gateway": "10.128.0.1",
                    "ip": host.internal_ip,
                    "mac": "42:01:0a:80:00:02",
                    "mtu": 1460,
                    "network": f"projects/{number}/networks/{host.network}",
                    "subnetmask": "255.255.240.0",
                }
            ],
            "preempted": "FALSE",
            "scheduling": {"automatic-restart": "TRUE", "on-host-maintenance": "MIGRATE", "preemptible": "FALSE"},
            "service-accounts": {"default": account, host.service_account: account},
            "tags": ["dss"],
            "zone": f"projects/{number}/zones/{host.zone}",
        },
        "project": {"attributes": {}, "numeric-project-id": int(number), "project-id": host.project.id},
        "universe": {"universe-domain": "googleapis.com"},
    }


def _shown(request: Request, node: Any, *, folder_asked: bool) -> Response:
    """Return a value, or the content of a folder, as the query asks for it."""
    recursive = request.query_params.get("recursive", "").lower() == "true"
    wanted = request.query_params.get("alt", "json" if recursive else "text")
    if not _is_folder(node):
        return _json(node) if wanted == "json" else _text(_plain(node))
    if not folder_asked:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{request.url.path}/{query}", 301, headers=_FLAVOR)
    if not recursive:
        return _text("".join(f"{name}{'/' if _is_folder(value) else ''}\n" for name, value in _entries(node)))
    return _json(_camel(node)) if wanted == "json" else _text("".join(_flat(node, "")))


def _is_folder(node: Any) -> bool:
    """Folders are objects, and lists of objects; a list of texts is a value of several lines."""
    return isinstance(node, dict) or (isinstance(node, list) and all(isinstance(one, dict) for one in node))


def _entries(node: Any) -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        entries = list(node.items())
        if {"aliases", "email", "scopes"} <= node.keys():
            entries += [("identity", ""), ("token", "")]
        return sorted(entries)
    return [(str(index), value) for index, value in enumerate(node)]


def _flat(node: Any, path: str) -> list[str]:
    if not _is_folder(node):
        return [f"{path} {line}\n" for line in (node if isinstance(node, list) else [node])]
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    return [line for name, value in pairs for line in _flat(value, f"{path}/{name}" if path else str(name))]


def _camel(node: Any) -> Any:
    if isinstance(node, dict):
        return {_camel_name(name): _camel(value) for name, value in node.items()}
    return [_camel(value) for value in node] if isinstance(node, list) else node


def _camel_name(name: str) -> str:
    if "@" in name:
        return name
    first, *others = name.split("-")
    return first + "".join(other.capitalize() for other in others)


def _plain(value: Any) -> str:
    return "".join(f"{line}\n" for line in value) if isinstance(value, list) else str(value)


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status, headers=_FLAVOR | {"Content-Type": "application/text"})


def _json(value: Any) -> Response:
    return Response(json.dumps(value), headers=_FLAVOR | {"Content-Type": "application/json"})


def _missing() -> Response:
    return Response(
        "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", 404, headers=_FLAVOR, media_type="text/html"
    )
