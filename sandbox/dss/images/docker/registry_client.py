"""The way of Docker's daemon to a registry: tokens, uploads and manifests.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

import base64
import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

from sandbox.digests import digest_of
from sandbox.dss.images.content import MANIFEST_TYPE, Content
from sandbox.dss.images.docker.config_file import Login

_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_LOOPBACK = re.compile(r"(127\.\d+\.\d+\.\d+|localhost)(:\d+)?")
_TIMEOUT_SECONDS = 60


class RegistryRefusedError(Exception):
    """The registry refused, in the words in which Docker prints that."""


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class RegistryClient:
    """Talks to one registry.

    Args:
        host: host and port.
        login: who to be; None for nobody.
    """

    def __init__(self, host: str, login: Login | None) -> None:
        self.host = host
        # Docker takes loopback registries without TLS: https://docs.docker.com/reference/cli/dockerd/#insecure-registries
        self._url = f"http://{host}" if _LOOPBACK.fullmatch(host) else f"https://{host}"
        self._login = login
        self._token: str | None = None

    def check(self) -> None:
        """See whether the login is good.

        Raises:
            RegistryRefusedError: it is not.
            OSError: the registry cannot be reached.
        """
        self._refuse(self._send("GET", "/v2/"), 200)

    def push(self, name: str, tag: str, content: Content) -> str:
        """Push an image and return the digest of its manifest.

        Raises:
            RegistryRefusedError: the registry refused.
            OSError: the registry cannot be reached.
        """
        scope = f"repository:{name}:push,pull"
        for blob in (content.layer, content.config):
            self._push_blob(name, blob, scope)
        answer = self._send(
            "PUT", f"/v2/{name}/manifests/{tag}", content.manifest(), scope=scope, content_type=MANIFEST_TYPE
        )
        self._refuse(answer, 201)
        return answer.headers["docker-content-digest"]

    def _push_blob(self, name: str, blob: bytes, scope: str) -> None:
        digest = digest_of(blob)
        there = self._send("HEAD", f"/v2/{name}/blobs/{digest}", scope=scope)
        if there.status == 200:
            return
        begun = self._send("POST", f"/v2/{name}/blobs/uploads/", scope=scope)
        self._refuse(begun, 202)
        sent = self._send("PATCH", begun.headers["location"], blob, scope=scope)
        self._refuse(sent, 202)
        place = sent.headers["location"]
        end = f"{place}{'&' if urlsplit(place).query else '?'}{urlencode({'digest': digest})}"
        self._refuse(self._send("PUT", end, scope=scope), 201)

    def _send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        scope: str | None = None,
        content_type: str = "application/octet-stream",
    ) -> _Answer:
        """Send a request, with a token as soon as the registry asks for one."""
        answer = self._request(method, urljoin(self._url, path), body, self._bearer(), content_type)
        if answer.status != 401 or self._token is not None:
            return answer
        self._token = self._fetch_token(answer, scope)
        return self._request(method, urljoin(self._url, path), body, self._bearer(), content_type)

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _fetch_token(self, refused: _Answer, scope: str | None) -> str:
        challenge = dict(_CHALLENGE.findall(refused.headers.get("www-authenticate", "")))
        if "realm" not in challenge:
            self._refuse(refused, 200)
        query = {"service": challenge.get("service", ""), "client_id": "docker"}
        query |= {"scope": scope} if scope else {"offline_token": "true"}
        headers = {}
        if self._login is not None:
            query["account"] = self._login.user
            basic = base64.b64encode(f"{self._login.user}:{self._login.password}".encode()).decode("ascii")
            headers["Authorization"] = f"Basic {basic}"
        answer = self._request("GET", f"{challenge['realm']}?{urlencode(query)}", b"", headers)
        self._refuse(answer, 200)
        told = json.loads(answer.body)
        return str(told.get("token") or told["access_token"])

    @staticmethod
    def _request(
        method: str, url: str, body: bytes, headers: Mapping[str, str], content_type: str = "application/octet-stream"
    ) -> _Answer:
        place = urlsplit(url)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.netloc, timeout=_TIMEOUT_SECONDS)
        path = f"{place.path}?{place.query}" if place.query else place.path
        described = {"User-Agent": "docker/28.2.2", **headers} | ({"Content-Type": content_type} if body else {})
        try:
            connection.request(method, path, body=body or None, headers=described)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return _Answer(answer.status, told, answer.read())
        finally:
            connection.close()

    @staticmethod
    def _refuse(answer: _Answer, expected: int) -> None:
        if answer.status == expected:
            return
        try:
            first = json.loads(answer.body)["errors"][0]
            words = f"{first['code'].lower().replace('_', ' ')}: {first['message']}"
        except (ValueError, LookupError, TypeError):
            words = f"received unexpected HTTP status: {answer.status} {http.client.responses.get(answer.status, '')}"
        raise RegistryRefusedError(words.strip())
