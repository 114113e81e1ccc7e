"""The macro *Create GCS connection* as an administrator runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

from tests.python.integration.conftest import Dss, Sandbox

MACRO = "pyrunnable_gke-clusters_create-gcs-connection"
PROJECT = "BUCKETS"
FAILING_TEST = {"service": "dss", "method": "GET", "path": "*/test", "effect": {"status": 500}}


class Bucket:
    """A bucket that the DSS host may use, and the macro run on it."""

    def __init__(self, sandbox: Sandbox, dss: Dss, name: str) -> None:
        self.sandbox, self.dss, self.name = sandbox, dss, name
        self.url = f"{sandbox.url('storage')}/storage/v1/b"
        body = {"name": name, "location": "us-central1"}
        assert sandbox.call(self.url, "POST", params={"project": sandbox.project}, json=body).ok
        self.grant("roles/storage.objectAdmin")

    def grant(self, role: str) -> None:
        bindings = [{"role": role, "members": [f"serviceAccount:{self.sandbox.host_email}"]}]
        assert self.sandbox.call(f"{self.url}/{self.name}/iam", "PUT", json={"bindings": bindings}).ok

    def objects(self) -> list[Any]:
        listed: list[Any] = self.sandbox.call(f"{self.url}/{self.name}/o").json().get("items", [])
        return listed

    def run(self, admin_params: dict[str, Any] | None = None, **params: Any) -> str:
        macro = self.dss.client.get_project(PROJECT).get_macro(MACRO)
        given = {"connectionName": self.name, "bucket": self.name, "path": "/dss", **params}
        return str(macro.get_result(macro.run(given, admin_params, wait=True), as_type="string"))

    def stored(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.dss.client._perform_json("GET", "/admin/connections/").get(self.name)
        return found


@pytest.fixture(scope="module")
def dss_with_project(dss: Dss) -> Dss:
    dss.client.create_project(PROJECT, PROJECT, "admin")
    return dss


@pytest.fixture
def bucket(sandbox: Sandbox, dss_with_project: Dss, unique_name: Callable[[str], str]) -> Bucket:
    return Bucket(sandbox, dss_with_project, unique_name("data"))


def outcomes(page: str) -> list[str]:
    return re.findall(r'class="outcome [^"]+">([^<]+)<', page)


def test_a_connection_is_previewed_made_and_left_alone_the_second_time(bucket: Bucket) -> None:
    preview = bucket.run(preview=True)
    previewed = bucket.stored()
    first = bucket.run()
    made = bucket.stored()
    second = bucket.run()

    assert (outcomes(preview), previewed) == (["done", "done", "would change"], None)
    assert outcomes(first) == ["done", "done", "changed"]
    assert outcomes(second) == ["done", "done", "done"]
    assert json.dumps(bucket.stored()) == json.dumps(made)
    assert made
    assert made["detailsReadability"]["readableBy"] == "ALL"
    assert (made["params"]["hdfsInterface"], made["params"]["chroot"]) == ("GS", "/dss")
    assert bucket.objects() == []


def test_with_a_key_nothing_else_of_an_existing_connection_changes_and_no_key_is_shown(
    bucket: Bucket, unique_name: Callable[[str], str]
) -> None:
    key = bucket.sandbox.service_account_key(
        f"{unique_name('robot')}@{bucket.sandbox.project}.iam.gserviceaccount.com",
        ["storage.objects.list", "storage.objects.get", "storage.objects.create", "storage.objects.delete"],
    )
    admin = {"authentication": "KEYPAIR", "bucketKey": json.dumps(key)}
    bucket.dss.client.create_connection(bucket.name, "GCS", {"defaultManagedPath": "/theirs"}, description="ours")

    first, made = bucket.run(admin), bucket.stored()
    second = bucket.run(admin)

    assert outcomes(first) == ["done", "done", "changed"]
    assert outcomes(second) == ["done", "done", "done"]
    assert json.dumps(bucket.stored()) == json.dumps(made)
    assert made
    assert (made["description"], made["params"]["defaultManagedPath"]) == ("ours", "/theirs")
    assert "PRIVATE KEY" not in first + second


def test_what_dss_cannot_use_is_as_it_was(bucket: Bucket) -> None:
    with bucket.sandbox.faults(FAILING_TEST):
        new = bucket.run()
    nothing = bucket.stored()
    bucket.run()
    made = bucket.stored()
    with bucket.sandbox.faults(FAILING_TEST):
        changed = bucket.run(path="/other")

    assert outcomes(new) == outcomes(changed) == ["done", "done", "failed"]
    assert nothing is None
    assert "was removed again" in new
    assert "as it was before" in changed
    assert json.dumps(bucket.stored()) == json.dumps(made)


def test_a_bucket_without_rights_or_of_another_name_leaves_dss_as_it_was(bucket: Bucket) -> None:
    bucket.grant("roles/storage.objectViewer")

    page = bucket.run()
    with pytest.raises(DataikuException, match="Bucket: there is no bucket of the name there-is-none"):
        bucket.run(bucket="there-is-none")

    assert outcomes(page) == ["done", "failed", "skipped"]
    assert "lacks storage.objects.create, storage.objects.delete" in page
    assert f"add-iam-policy-binding gs://{bucket.name} --member serviceAccount:{bucket.sandbox.host_email}" in page
    assert bucket.stored() is None
