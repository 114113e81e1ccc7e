"""The test of a GCS connection, which really lists, writes and deletes in the simulated Cloud Storage.

What exactly DSS does in it is UNCONFIRMED; this does what datasets on the connection would.
"""

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

_SCOPES = ["https://www.googleapis.com/auth/devstorage.read_write"]
_TIMEOUT_SECONDS = 20


class OpeningError(Exception):
    """A connection cannot be used; the message says why, in Google's words where they are Google's reasons."""


def try_out(params: Mapping[str, Any], *, write: bool, environment: Mapping[str, str]) -> None:
    """Use a connection as datasets would. Takes several requests: call it in a thread of its own.

    Args:
        params: of the connection, with its secret.
        write: whether the connection may be written to.
        environment: the variables that tell where Cloud Storage and the metadata server are.

    Raises:
        OpeningError: the connection cannot be used.
    """
    with requests.Session() as session:
        # A proxy of the shell that started the sandbox is none of this.
        session.trust_env = False
        try:
            session.headers["Authorization"] = f"Bearer {_token(session, params, environment)}"
            _use(_Bucket(session, environment), params, write=write)
        except requests.RequestException as error:
            raise OpeningError(f"Cloud Storage cannot be reached: {error}") from error


class _Bucket:
    """Cloud Storage's JSON API."""

    def __init__(self, session: requests.Session, environment: Mapping[str, str]) -> None:
        self._session = session
        self._url = _variable(environment, "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE").rstrip("/")

    def ask(self, doing: str, method: str, path: str, **how: Any) -> None:
        answer = self._session.request(method, self._url + path, timeout=_TIMEOUT_SECONDS, **how)
        if not answer.ok:
            raise OpeningError(f"Could not {doing}: {_reason(answer)}")


def _use(storage: _Bucket, params: Mapping[str, Any], *, write: bool) -> None:
    bucket, folder = str(params.get("chbucket") or ""), str(params.get("chroot") or "").strip("/")
    if not bucket:
        project = {"project": params.get("projectId") or ""}
        storage.ask("list the buckets", "GET", "/storage/v1/b", params={**project, "maxResults": 1})
        return
    objects, prefix = f"/storage/v1/b/{quote(bucket, safe='')}/o", f"{folder}/" if folder else ""
    query: dict[str, Any] = {"prefix": prefix, "maxResults": 1}
    storage.ask(f"list gs://{bucket}/{prefix}", "GET", objects, params=query)
    if write:
        name = f"{prefix}.dss-connection-test-{secrets.token_hex(8)}"
        upload = {"uploadType": "media", "name": name}
        storage.ask(f"write gs://{bucket}/{name}", "POST", f"/upload{objects}", params=upload, data=b"test")
        storage.ask(f"delete gs://{bucket}/{name}", "DELETE", f"{objects}/{quote(name, safe='')}")


def _token(session: requests.Session, params: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    mode = params.get("credentialsMode")
    if mode == "KEYPAIR":
        return _signed(str(params.get("appSecretContent") or ""))
    if mode == "ENVIRONMENT":
        host = _variable(environment, "GCE_METADATA_HOST")
        path = "computeMetadata/v1/instance/service-accounts/default/token"
        answer = session.get(f"http://{host}/{path}", headers={"Metadata-Flavor": "Google"}, timeout=_TIMEOUT_SECONDS)
        if not answer.ok:
            raise OpeningError(f"The machine has no credentials: {answer.text.strip()}")
        return str(answer.json()["access_token"])
    raise OpeningError(f"The credentials mode {mode} is not simulated")


def _signed(secret: str) -> str:
    """Return a token that a key signs for itself, so that no other machine is asked.

    https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth
    """
    try:
        content = secret if secret.lstrip().startswith("{") else Path(secret).read_text(encoding="utf-8")
        credentials = service_account.Credentials.from_service_account_info(json.loads(content), scopes=_SCOPES)
        credentials = credentials.with_always_use_jwt_access(True)
        credentials.refresh(Request())
    except OSError as error:
        raise OpeningError(f"The private key cannot be read: {error.strerror}") from error
    except (ValueError, GoogleAuthError):
        # Whatever is wrong with a key, its text is in the message of the error.
        raise OpeningError("The private key is not the JSON key of a service account") from None
    return str(credentials.token)


def _variable(environment: Mapping[str, str], name: str) -> str:
    if name not in environment:
        raise OpeningError(f"Cloud Storage cannot be reached: {name} is not set")
    return environment[name]


def _reason(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason}"
