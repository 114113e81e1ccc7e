"""Cloud Storage as its clients ask for it: buckets of two projects, objects, and who may do what."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.python.integration.conftest import OTHER_PROJECT, Sandbox

needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="the Google Cloud CLI is not installed")


class Storage:
    """The JSON API, as somebody."""

    def __init__(self, sandbox: Sandbox, token: str | None = None) -> None:
        self._sandbox = sandbox
        self._token = token
        self.url = f"{sandbox.url('storage')}/storage/v1/b"

    def call(self, method: str, path: str = "", **how: Any) -> requests.Response:
        return self._sandbox.call(self.url + path, method, self._token, **how)

    def create(self, name: str, project: str = "sandbox-project", **fields: Any) -> dict[str, Any]:
        answer = self.call("POST", params={"project": project}, json={"name": name, **fields})
        assert answer.ok, answer.text
        bucket: dict[str, Any] = answer.json()
        return bucket

    def put(self, bucket: str, name: str, content: bytes = b"content") -> requests.Response:
        url = f"{self._sandbox.url('storage')}/upload/storage/v1/b/{bucket}/o"
        return self._sandbox.call(url, "POST", self._token, params={"uploadType": "media", "name": name}, data=content)

    def grant(self, bucket: str, role: str, member: str) -> None:
        policy = self.call("GET", f"/{bucket}/iam").json()
        policy["bindings"].append({"role": role, "members": [member]})
        assert self.call("PUT", f"/{bucket}/iam", json=policy).ok


@pytest.fixture
def admin(sandbox: Sandbox) -> Storage:
    return Storage(sandbox)


@pytest.fixture
def somebody(sandbox: Sandbox) -> Callable[..., tuple[str, Storage]]:
    """Make a service account with these permissions: its email, and the API as it."""

    def make(*permissions: str) -> tuple[str, Storage]:
        email = f"robot-{uuid.uuid4().hex[:8]}@sandbox-project.iam.gserviceaccount.com"
        sandbox.service_account_key(email, list(permissions))
        return email, Storage(sandbox, sandbox.access_token(email))

    return make


@pytest.fixture
def bucket(admin: Storage) -> str:
    name = f"data-{uuid.uuid4().hex[:8]}"
    admin.create(name, location="us-central1")
    return name


def refused(answer: requests.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    assert error["errors"][0]["message"] == error["message"]
    assert error["code"] == answer.status_code
    return answer.status_code, error["errors"][0]["reason"], error["message"]


def test_a_bucket_shows_where_and_whose_it_is(admin: Storage, bucket: str) -> None:
    shown = admin.call("GET", f"/{bucket}").json()
    listed = admin.call("GET", params={"project": "sandbox-project"}).json()["items"]

    assert (shown["location"], shown["locationType"]) == ("US-CENTRAL1", "region")
    assert shown["projectNumber"] == "123456789012"
    assert shown in listed
    assert bucket not in str(admin.call("GET", params={"project": OTHER_PROJECT}).json())


def test_a_bucket_that_does_not_exist(admin: Storage) -> None:
    message = "The specified bucket does not exist."

    assert refused(admin.call("GET", "/there-is-none")) == (404, "notFound", message)
    assert refused(admin.put("there-is-none", "x")) == (404, "notFound", message)
    assert refused(admin.call("GET", "/there-is-none/o")) == (404, "notFound", message)


def test_a_name_that_is_taken_elsewhere_is_not_available(admin: Storage, bucket: str) -> None:
    answer = admin.call("POST", params={"project": OTHER_PROJECT}, json={"name": bucket})

    assert refused(answer)[:2] == (409, "conflict")


def test_a_caller_without_permission_is_told_which(bucket: str, somebody: Any) -> None:
    email, robot = somebody()
    permission = "storage.buckets.get"

    assert refused(robot.call("GET", f"/{bucket}")) == (
        403,
        "forbidden",
        (
            f"{email} does not have {permission} access to the Google Cloud Storage bucket. "
            f"Permission '{permission}' denied on resource (or it may not exist)."
        ),
    )
    assert "storage.objects.create" in refused(robot.put(bucket, "x"))[2]
    assert (
        "storage.buckets.list access to the Google Cloud project"
        in (refused(robot.call("GET", params={"project": "sandbox-project"}))[2])
    )


def test_permissions_hold_in_ones_own_project_only(admin: Storage, bucket: str, somebody: Any) -> None:
    email, robot = somebody("storage.buckets.get", "storage.objects.list")
    theirs = f"theirs-{bucket}"
    admin.create(theirs, OTHER_PROJECT)

    assert robot.call("GET", f"/{bucket}").ok
    assert robot.call("GET", f"/{theirs}").status_code == 403
    admin.grant(theirs, "roles/storage.objectViewer", f"serviceAccount:{email}")
    assert robot.call("GET", f"/{theirs}/o").ok
    assert robot.call("GET", f"/{theirs}").status_code == 403


def test_tells_which_permissions_one_has(admin: Storage, bucket: str, somebody: Any) -> None:
    email, robot = somebody("storage.buckets.get")
    admin.grant(bucket, "roles/storage.objectCreator", f"serviceAccount:{email}")
    asked = ["storage.buckets.get", "storage.objects.create", "storage.objects.get"]
    path = f"/{bucket}/iam/testPermissions"

    assert robot.call("GET", path, params={"permissions": asked}).json()["permissions"] == asked[:2]
    assert "permissions" not in robot.call("GET", path, params={"permissions": asked[2:]}).json()


def test_who_may_create_objects_may_not_replace_them(admin: Storage, bucket: str, somebody: Any) -> None:
    email, robot = somebody()
    admin.grant(bucket, "roles/storage.objectCreator", f"serviceAccount:{email}")

    assert robot.put(bucket, "once").ok
    assert "storage.objects.delete" in refused(robot.put(bucket, "once", b"again"))[2]
    assert admin.call("GET", f"/{bucket}/o/once", params={"alt": "media"}).content == b"content"


def test_who_does_not_say_who_it_is(sandbox: Sandbox, bucket: str) -> None:
    url = f"{sandbox.url('storage')}/storage/v1/b/{bucket}/o"
    nobody = requests.get(url, timeout=60)
    expired = sandbox.call(url, token="ya29.sandbox-long-gone")

    assert refused(nobody)[:2] == (401, "required")
    assert refused(nobody)[2].startswith("Anonymous caller does not have storage.objects.list access")
    assert refused(expired) == (401, "authError", "Invalid Credentials")


def test_objects_are_listed_like_folders_page_by_page(admin: Storage, bucket: str) -> None:
    for name in ("a/1", "a/2", "b", "c"):
        assert admin.put(bucket, name).ok
    path = f"/{bucket}/o"

    first = admin.call("GET", path, params={"delimiter": "/", "maxResults": 2}).json()
    rest = admin.call("GET", path, params={"delimiter": "/", "pageToken": first["nextPageToken"]}).json()

    assert (first["prefixes"], [one["name"] for one in first["items"]]) == (["a/"], ["b"])
    assert [one["name"] for one in rest["items"]] == ["c"]
    assert "prefixes" not in rest
    assert "nextPageToken" not in rest
    assert admin.call("GET", path, params={"prefix": "none/"}).json() == {"kind": "storage#objects"}


def test_an_object_is_written_read_and_deleted(admin: Storage, bucket: str) -> None:
    content = bytes(range(256))
    made = admin.put(bucket, "folder/file name", content).json()
    path = f"/{bucket}/o/folder%2Ffile%20name"

    assert (made["name"], made["size"]) == ("folder/file name", "256")
    assert admin.call("GET", path, params={"alt": "media"}).content == content
    assert refused(admin.call("DELETE", f"/{bucket}"))[2] == "The bucket you tried to delete is not empty."
    assert admin.call("DELETE", path).status_code == 204
    assert refused(admin.call("GET", path)) == (404, "notFound", f"No such object: {bucket}/folder/file name")
    assert admin.call("GET", path, params={"alt": "media"}).text == f"No such object: {bucket}/folder/file name"
    assert admin.call("DELETE", f"/{bucket}").status_code == 204


def test_large_uploads_go_on_where_they_stopped(sandbox: Sandbox, admin: Storage, bucket: str) -> None:
    url = f"{sandbox.url('storage')}/upload/storage/v1/b/{bucket}/o"
    begun = sandbox.call(url, "POST", params={"uploadType": "resumable"}, json={"name": "large"})
    at = begun.headers["Location"]
    first = requests.put(at, data=b"a" * 8, headers={"Content-Range": "bytes 0-7/12"}, timeout=60)
    asked = requests.put(at, headers={"Content-Range": "bytes */12"}, timeout=60)
    last = requests.put(at, data=b"b" * 4, headers={"Content-Range": "bytes 8-11/12"}, timeout=60)

    assert (first.status_code, first.headers["Range"]) == (308, "bytes=0-7")
    assert (asked.status_code, asked.headers["Range"]) == (308, "bytes=0-7")
    assert last.json()["size"] == "12"
    assert admin.call("GET", f"/{bucket}/o/large", params={"alt": "media"}).content == b"a" * 8 + b"b" * 4


def test_a_method_cannot_be_smuggled_past_the_check(
    admin: Storage, sandbox: Sandbox, bucket: str, somebody: Any
) -> None:
    email, robot = somebody()
    admin.grant(bucket, "roles/storage.objectViewer", f"serviceAccount:{email}")
    admin.put(bucket, "kept")
    headers = {
        "Authorization": f"Bearer {sandbox.access_token(email)}",
        "X-Http-Method-Override": "DELETE",
    }

    requests.get(f"{robot.url}/{bucket}/o/kept", headers=headers, timeout=60)

    assert admin.call("GET", f"/{bucket}/o/kept").ok


def test_a_fault_has_the_shape_of_the_services_own_errors(sandbox: Sandbox, admin: Storage, bucket: str) -> None:
    with sandbox.faults({"service": "storage", "path": f"*/b/{bucket}", "effect": {"status": 503}}):
        answer = admin.call("GET", f"/{bucket}")

    assert refused(answer)[:2] == (503, "backendError")
    assert "status" not in answer.json()["error"]


@pytest.mark.gcloud
@needs_gcloud
def test_gcloud_copies_to_a_bucket_and_back_and_removes_it(
    sandbox: Sandbox, admin: Storage, bucket: str, tmp_path: Path
) -> None:
    large, small = tmp_path / "large", tmp_path / "small"
    large.write_bytes(bytes(9 * 1024 * 1024))
    small.write_text("small")

    def gcloud(*arguments: str) -> None:
        command = ["gcloud", "storage", *arguments]
        done = subprocess.run(command, env=sandbox.env, capture_output=True, text=True, timeout=150, check=False)
        assert done.returncode == 0, done.stderr

    gcloud("cp", str(large), str(small), f"gs://{bucket}/folder/")
    listed = admin.call("GET", f"/{bucket}/o").json()["items"]
    gcloud("cp", f"gs://{bucket}/folder/large", str(tmp_path / "back"))
    gcloud("rm", "-r", f"gs://{bucket}")

    assert [one["name"] for one in listed] == ["folder/large", "folder/small"]
    assert (tmp_path / "back").read_bytes() == large.read_bytes()
    assert admin.call("GET", f"/{bucket}").status_code == 404
