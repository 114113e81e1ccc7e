"""GCS connections of DSS, tested against the simulated Cloud Storage as the DSS host or with a key."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import dataikuapi
import pytest

from tests.python.integration.conftest import Sandbox


class Connected:
    """A DSS connection to a bucket of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._storage = sandbox.url("storage")
        self.client = dataikuapi.DSSClient(sandbox.dss_url, sandbox.dss_api_key)
        self.bucket = f"data-{uuid.uuid4().hex[:8]}"
        params = {"project": sandbox.project}
        assert sandbox.call(f"{self._storage}/storage/v1/b", "POST", params=params, json={"name": self.bucket}).ok

    def grant(self, *roles: str, to: str | None = None) -> None:
        member = f"serviceAccount:{to or self._sandbox.host_email}"
        url = f"{self._storage}/storage/v1/b/{self.bucket}/iam"
        bindings = [{"role": f"roles/storage.{role}", "members": [member]} for role in roles]
        assert self._sandbox.call(url, "PUT", json={"bindings": bindings}).ok

    def create(self, **params: Any) -> Any:
        wanted = {"credentialsMode": "ENVIRONMENT", "chbucket": self.bucket, **params}
        return self.client.create_connection(f"gcs-{uuid.uuid4().hex[:8]}", "GCS", wanted)

    def requests(self) -> list[tuple[str, str | None]]:
        """What this bucket was asked for, and by whom, except to grant."""
        seen = [one for one in self._sandbox.requests(service="storage") if f"/b/{self.bucket}/o" in one["path"]]
        return [(one["method"], one["principal"]) for one in seen]


@pytest.fixture
def connected(sandbox: Sandbox) -> Connected:
    return Connected(sandbox)


def test_a_connection_is_used_as_the_dss_host(connected: Connected, sandbox: Sandbox) -> None:
    connected.grant("objectAdmin")

    assert connected.create(chroot="/dss").test() == {"connectionOK": True}
    assert connected.requests() == [(method, sandbox.host_email) for method in ("GET", "POST", "DELETE")]


def test_a_connection_is_used_with_its_key_given_as_text_or_as_a_file(
    connected: Connected, sandbox: Sandbox, tmp_path: Path
) -> None:
    email = f"robot-{connected.bucket}@{sandbox.project}.iam.gserviceaccount.com"
    key = json.dumps(sandbox.service_account_key(email, []))
    (tmp_path / "key.json").write_text(key)
    connected.grant("objectAdmin", to=email)

    for secret in (key, str(tmp_path / "key.json")):
        assert connected.create(credentialsMode="KEYPAIR", appSecretContent=secret).test() == {"connectionOK": True}
    assert {principal for _, principal in connected.requests()} == {email}


@pytest.mark.parametrize(
    ("roles", "permission"),
    [
        ([], "storage.objects.list"),
        (["objectViewer"], "storage.objects.create"),
        (["objectViewer", "objectCreator"], "storage.objects.delete"),
    ],
)
def test_a_failure_says_what_google_says(
    connected: Connected, sandbox: Sandbox, roles: list[str], permission: str
) -> None:
    connected.grant(*roles)

    told = connected.create().test()

    assert told["connectionOK"] is False
    assert f"{sandbox.host_email} does not have {permission} access" in told["connectionErrorMsg"]


def test_a_connection_that_is_only_read_need_not_write(connected: Connected) -> None:
    connected.grant("objectViewer")
    connection = connected.create()
    settings = connection.get_settings()
    settings.allow_write = False
    settings.save()

    assert connection.test() == {"connectionOK": True}


def test_a_bucket_that_does_not_exist(connected: Connected) -> None:
    told = connected.create(chbucket="there-is-none").test()

    assert "The specified bucket does not exist." in told["connectionErrorMsg"]


def test_without_a_bucket_those_of_the_project_are_listed(connected: Connected, sandbox: Sandbox) -> None:
    connection = connected.create(chbucket="", projectId=sandbox.project)

    with sandbox.permissions(sandbox.host_email, ["storage.buckets.list"]):
        allowed = connection.test()
    refused = connection.test()

    assert allowed == {"connectionOK": True}
    assert "storage.buckets.list access to the Google Cloud project" in refused["connectionErrorMsg"]


def test_a_storage_that_is_away_is_a_failure_like_others(connected: Connected, sandbox: Sandbox) -> None:
    with sandbox.faults({"service": "storage", "effect": {"reset": "before"}}):
        told = connected.create().test()

    assert told["connectionErrorMsg"].startswith("Cloud Storage cannot be reached")
