"""Somebody else at work in the same project: creates, changes and deletes clusters with the administrator's token."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import requests

from sandbox.process import SandboxProcess

_TIMEOUT_SECONDS = 20
_POLL_SECONDS = 0.01
# Twice as long as a lack of machines keeps a creation busy.
_PATIENCE_SECONDS = 1.5


class Outsider:
    """An administrator of the project who does not use DSS.

    Args:
        sandbox: the project's cloud.

    Attributes:
        creations: the names of the operations that created its clusters.
    """

    def __init__(self, sandbox: SandboxProcess) -> None:
        self._sandbox = sandbox
        self._root = sandbox.exports["CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER"].rstrip("/")
        self._compute = sandbox.exports["CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE"].rstrip("/")
        self.project = sandbox.exports["CLOUDSDK_CORE_PROJECT"]
        self._session = requests.Session()
        self._session.trust_env = False
        token = Path(sandbox.exports["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
        self._session.headers["Authorization"] = f"Bearer {token}"
        self.creations: set[str] = set()

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the clusters of that name, wherever they are."""
        return [cluster for cluster in self._sandbox.clusters() if cluster["name"] == name]

    def operations(self, name: str) -> list[dict[str, Any]]:
        """Return every operation so far on the clusters of that name, wherever they are, the oldest first."""
        answer = self._session.get(
            f"{self._root}/v1/projects/{self.project}/locations/-/operations", timeout=_TIMEOUT_SECONDS
        )
        answer.raise_for_status()
        found = [one for one in answer.json().get("operations", ()) if one["targetLink"].endswith(f"/clusters/{name}")]
        return sorted(found, key=lambda one: str(one["startTime"]))

    def billed(self) -> set[str]:
        """Return the names of all disks and forwarding rules of the project."""
        found: set[str] = set()
        for collection in ("disks", "forwardingRules"):
            address = f"{self._compute}/compute/v1/projects/{self.project}/aggregated/{collection}"
            answer = self._session.get(address, timeout=_TIMEOUT_SECONDS)
            answer.raise_for_status()
            found |= {one["name"] for scope in answer.json()["items"].values() for one in scope.get(collection, ())}
        return found

    def create(self, location: str, name: str, labels: dict[str, str] | None = None) -> dict[str, Any]:
        """Create a cluster and return it once it runs and changes no more."""
        body = {"cluster": {"name": name, "initialNodeCount": 1, "resourceLabels": labels or {}}}
        answer = self._session.post(self._place(location), json=body, timeout=_TIMEOUT_SECONDS)
        self._finish(location, answer)
        self.creations.add(answer.json()["name"])
        (created,) = (cluster for cluster in self.named(name) if cluster["location"] == location)
        return created

    def delete(self, cluster: dict[str, Any], *, wait: bool = True) -> bool:
        """Delete a cluster, as soon as nothing holds it; whether that was so: one that is held for too long stays."""
        location, name = cluster["location"], cluster["name"]
        patient_until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < patient_until:
            answer = self._session.delete(f"{self._place(location)}/{name}", timeout=_TIMEOUT_SECONDS)
            if answer.status_code == requests.codes.not_found:
                return True
            if answer.ok:
                if wait:
                    self._finish(location, answer)
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def _place(self, location: str) -> str:
        return f"{self._root}/v1/projects/{self.project}/locations/{location}/clusters"

    def _finish(self, location: str, answer: requests.Response) -> None:
        answer.raise_for_status()
        operation = f"{self._root}/v1/projects/{self.project}/locations/{location}/operations/{answer.json()['name']}"
        while self._session.get(operation, timeout=_TIMEOUT_SECONDS).json()["status"] != "DONE":
            time.sleep(_POLL_SECONDS)
