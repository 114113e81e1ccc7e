"""Images as a registry itself tells them: whether a tag is there, which digest it has, how large it is.

The registry is asked in Docker's way, with a token for reading one image:
https://distribution.github.io/distribution/spec/auth/token/ and
https://cloud.google.com/artifact-registry/docs/docker/authentication#token
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from google.api_core import exceptions as api_exceptions
from google.auth.transport.requests import Request

from gke_clusters.errors import GoogleError
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.error_translation import Asked, translated
from gke_clusters.google.refusals import VERBATIM_LIMIT
from gke_clusters.google.retries import read_retry

LOGIN_USER: Final = "oauth2accesstoken"
"""The user name under which a registry takes an access token for the password."""

_TIMEOUT_SECONDS: Final = 30.0
_INDEXES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
# A registry says that it has no such manifest where it has one of a kind that is not accepted.
# https://distribution.github.io/distribution/spec/api/#pulling-an-image-manifest
_ACCEPT: Final = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        *_INDEXES,
        "*/*",
    )
)
_PARAMETER: Final = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class ImageName:
    """The full name of an image: host, path and tag, such as ``us-docker.pkg.dev``, ``project/dss/base``, ``1.0``."""

    host: str
    path: str
    tag: str

    @classmethod
    def parse(cls, text: str) -> ImageName:
        """Read ``host/path:tag``; without a tag it is ``latest``, as for Docker."""
        host, _, rest = text.partition("/")
        path, colon, tag = rest.rpartition(":")
        return cls(host, path, tag) if colon else cls(host, rest, "latest")

    def __str__(self) -> str:
        return f"{self.host}/{self.path}:{self.tag}"


@dataclass(frozen=True)
class Image:
    """What a registry holds under a name.

    Attributes:
        digest: of the manifest, ``sha256:...``, by which it can be pulled too.
        size_bytes: of its configuration and its layers, compressed as they are pulled; of all platforms together.
    """

    digest: str
    size_bytes: int


class RegistryImages:
    """Looks images up. Each call raises one of :mod:`gke_clusters.errors`."""

    def __init__(self, authorization: Authorization) -> None:
        self._authorization = authorization

    def fresh_token(self) -> str:
        """Return an access token that was just issued, for Docker to log in with: good for about an hour."""
        with self._asked("issue an access token", "registry"):
            self._authorization.credentials.refresh(Request())
        return str(self._authorization.credentials.token)

    def find(self, name: ImageName) -> Image | None:
        """Look up an image; None if the registry has none of that name.

        Raises:
            PermissionDenied: the identity may not read it.
            GoogleError: the registry answers something else than the distribution API does.
        """
        with self._asked("read the image", str(name)):
            session = requests.Session()
            found = self._manifest(session, name, name.tag)
            if found is None:
                return None
            digest, manifest = found
            if "manifests" not in manifest:
                return Image(digest, _size(manifest))
            parts = (self._manifest(session, name, part["digest"]) for part in manifest["manifests"])
            return Image(digest, sum(_size(part[1]) for part in parts if part))

    def _manifest(
        self, session: requests.Session, name: ImageName, reference: str
    ) -> tuple[str, dict[str, Any]] | None:
        address = f"{registry_address(name.host)}/v2/{name.path}/manifests/{reference}"

        def once() -> requests.Response:
            answer = session.get(address, headers={"Accept": _ACCEPT}, timeout=_TIMEOUT_SECONDS)
            if answer.status_code == requests.codes.unauthorized:
                session.headers["Authorization"] = f"Bearer {self._reading_token(name, answer)}"
                answer = session.get(address, headers={"Accept": _ACCEPT}, timeout=_TIMEOUT_SECONDS)
            if not answer.ok and answer.status_code != requests.codes.not_found:
                raise _refused(answer)
            return answer

        answer = read_retry()(once)()
        if answer.status_code == requests.codes.not_found:
            return None
        digest = answer.headers.get("Docker-Content-Digest") or f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
        manifest = _object(answer)
        return digest, manifest

    def _reading_token(self, name: ImageName, refusal: requests.Response) -> str:
        """Ask the registry's token server, with Google's access token for the password."""
        challenge = refusal.headers.get("WWW-Authenticate", "")
        told = dict(_PARAMETER.findall(challenge))
        realm = told.get("realm", "")
        here = registry_address(name.host)
        # Google's token must not follow an address that the answer of something else gives.
        if not challenge.startswith("Bearer ") or urlsplit(realm)[:2] != urlsplit(here)[:2]:
            raise GoogleError(
                "The registry does not say where its tokens are to be had.",
                resource=here,
                verbatim=challenge[:VERBATIM_LIMIT],
            )
        credentials = self._authorization.credentials
        if not credentials.valid:
            credentials.refresh(Request())
        answer = requests.get(
            realm,
            params={"service": told.get("service", name.host), "scope": f"repository:{name.path}:pull"},
            auth=(LOGIN_USER, str(credentials.token)),
            timeout=_TIMEOUT_SECONDS,
        )
        if not answer.ok:
            raise _refused(answer)
        document = _object(answer)
        return str(document.get("token") or document.get("access_token"))

    def _asked(self, doing: str, resource: str) -> Any:
        return translated(
            Asked(doing, resource, resource.split("/")[1] if "/" in resource else "", self._authorization)
        )


def registry_address(host: str) -> str:
    """Return where the registry of a host is: HTTPS, but on loopback plain HTTP, as for Docker.

    https://docs.docker.com/reference/cli/dockerd/#insecure-registries
    """
    return f"{'http' if _is_loopback(host) else 'https'}://{host}"


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _refused(answer: requests.Response) -> api_exceptions.GoogleAPICallError:
    """A registry has an envelope of its own: https://distribution.github.io/distribution/spec/api/#errors."""
    try:
        errors = answer.json()["errors"]
        words = "; ".join(f"{error['code']}: {error['message']}" for error in errors)
    except (ValueError, KeyError, TypeError):
        words = answer.text[:VERBATIM_LIMIT]
    error: api_exceptions.GoogleAPICallError = api_exceptions.from_http_status(answer.status_code, words)
    return error


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise GoogleError(
            "The registry answered something that is not JSON.",
            resource=answer.url.partition("?")[0],
            verbatim=answer.text[:VERBATIM_LIMIT],
        )
    return document


def _size(manifest: Mapping[str, Any]) -> int:
    # https://github.com/opencontainers/image-spec/blob/main/manifest.md
    return sum(int(part.get("size", 0)) for part in (manifest.get("config", {}), *manifest.get("layers", ())))
