"""The registry as Docker and other clients meet it, with images kept by `docker-registry` and in memory."""

import base64
import http.client
import json
from typing import Any

import pytest
import requests

from sandbox.digests import digest_of
from sandbox.dss.images.content import MANIFEST_TYPE, content_of

ADMINISTRATOR, READER, STRANGER = "admin@example", "reader@example", "stranger@example"
RESOURCE = "projects/demo/locations/us-central1/repositories/images"


def _error(answer: requests.Response) -> tuple[int, str, str]:
    (first,) = answer.json()["errors"]
    return answer.status_code, first["code"], first["message"]


class TestLogin:
    def test_nobody_is_sent_to_the_token_server(self, running: Any) -> None:
        answer = running.call("GET", "/v2/")

        assert answer.status_code == 401
        assert answer.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
        assert (
            answer.headers["WWW-Authenticate"]
            == f'Bearer realm="{running.url}/v2/token",service="{running.registry.host}"'
        )

    def test_the_challenge_names_the_scope_of_the_request(self, running: Any) -> None:
        answer = running.call("GET", "/v2/demo/images/base/manifests/latest")

        assert 'scope="repository:demo/images/base:pull"' in answer.headers["WWW-Authenticate"]

    def test_an_access_token_as_password_becomes_a_token(self, running: Any) -> None:
        answer = running.ask_token(auth=("oauth2accesstoken", running.access_token(STRANGER)))

        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        assert running.call("GET", "/v2/", headers=headers).status_code == 200

    @pytest.mark.parametrize("user", ["_json_key", "_json_key_base64"])
    def test_a_key_file_as_password_becomes_a_token(self, running: Any, user: str) -> None:
        key = json.dumps(running.keys.create(READER))
        password = base64.b64encode(key.encode()).decode() if user.endswith("base64") else key

        assert running.ask_token("repository:demo/images/base:pull", auth=(user, password)).status_code == 200

    @pytest.mark.parametrize(
        "login",
        [
            ("oauth2accesstoken", "ya29.sandbox-unknown"),
            ("somebody", "secret"),
            ("_json_key", "{}"),
            ("_json_key", "no json"),
            ("_json_key_base64", "no base 64"),
        ],
    )
    def test_an_unknown_login_fails(self, running: Any, login: tuple[str, str]) -> None:
        assert _error(running.ask_token(auth=login)) == (401, "UNAUTHORIZED", "authentication failed")

    def test_a_key_that_was_never_handed_out_fails(self, running: Any) -> None:
        key = running.keys.create(READER) | {"client_email": ADMINISTRATOR}

        assert running.ask_token(auth=("_json_key", json.dumps(key))).status_code == 401

    def test_an_expired_access_token_fails(self, running: Any) -> None:
        token = running.principals.issue(ADMINISTRATOR, lifetime_seconds=0).value

        assert running.ask_token(auth=("oauth2accesstoken", token)).status_code == 401
        assert running.call("GET", "/v2/", headers={"Authorization": f"Bearer {token}"}).status_code == 401


class TestPermissions:
    def test_who_may_read_gets_no_token_to_push(self, running: Any) -> None:
        answer = running.ask_token(
            "repository:demo/images/base:pull,push", auth=("oauth2accesstoken", running.access_token(READER))
        )

        status, code, message = _error(answer)
        assert (status, code) == (403, "DENIED")
        assert message == (
            f'Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "{RESOURCE}" '
            "(or it may not exist)"
        )

    def test_who_may_nothing_gets_no_token_to_pull(self, running: Any) -> None:
        answer = running.ask_token(
            "repository:demo/images/base:pull", auth=("oauth2accesstoken", running.access_token(STRANGER))
        )

        assert "downloadArtifacts" in _error(answer)[2]

    def test_nobody_gets_no_token_for_a_private_repository(self, running: Any) -> None:
        status, code, message = _error(running.ask_token("repository:demo/images/base:pull"))

        assert (status, code) == (403, "DENIED")
        assert message.startswith("Unauthenticated request. Unauthenticated requests do not have permission")

    def test_a_token_to_pull_does_not_push(self, running: Any) -> None:
        headers = running.login(READER, "repository:demo/images/base:pull")

        answer = running.call("POST", "/v2/demo/images/base/blobs/uploads/", headers=headers)
        assert answer.status_code == 401
        assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]

    def test_a_scope_may_ask_for_every_action(self, running: Any, name: str) -> None:
        content = running.push("one", name)
        headers = running.login(ADMINISTRATOR, f"repository:{name}:*")

        manifest = f"/v2/{name}/manifests/{digest_of(content.manifest())}"
        assert running.call("DELETE", manifest, headers=headers).status_code == 202

    def test_a_token_is_good_for_its_image_only(self, running: Any, name: str) -> None:
        running.push("one", name)
        headers = running.login(READER, "repository:demo/images/base:pull")

        assert running.call("GET", f"/v2/{name}/manifests/one", headers=headers).status_code == 401

    def test_an_access_token_is_taken_in_place_of_a_registry_token(self, running: Any, name: str) -> None:
        running.push("one", name)
        bearer = {"Authorization": f"Bearer {running.access_token(READER)}"}
        basic = ("oauth2accesstoken", running.access_token(READER))

        assert running.call("HEAD", f"/v2/{name}/manifests/one", headers=bearer).status_code == 200
        assert running.call("GET", f"/v2/{name}/tags/list", auth=basic).json()["tags"] == ["one"]
        answer = running.call("DELETE", f"/v2/{name}/manifests/{digest_of(b'')}", headers=bearer)
        assert "deleteArtifacts" in _error(answer)[2]

    def test_a_repository_that_does_not_exist_is_unknown(self, running: Any) -> None:
        headers = running.administrator("demo/nothing/base")

        answer = running.call("POST", "/v2/demo/nothing/base/blobs/uploads/", headers=headers)
        assert _error(answer) == (404, "NAME_UNKNOWN", 'Repository "nothing" not found')

    def test_a_name_without_an_image_is_refused(self, running: Any) -> None:
        headers = {"Authorization": f"Bearer {running.access_token(ADMINISTRATOR)}"}

        answer = running.call("POST", "/v2/demo/images/blobs/uploads/", headers=headers)
        assert _error(answer)[:2] == (400, "NAME_INVALID")


class TestImages:
    def test_what_was_pushed_can_be_pulled(self, running: Any, name: str) -> None:
        content = running.push("one", name)
        headers = running.login(READER, f"repository:{name}:pull")

        manifest = running.call("GET", f"/v2/{name}/manifests/one", headers=headers | {"Accept": MANIFEST_TYPE})
        assert manifest.content == content.manifest()
        assert manifest.headers["Content-Type"] == MANIFEST_TYPE
        assert manifest.headers["Docker-Content-Digest"] == digest_of(content.manifest())
        by_digest = f"/v2/{name}/manifests/{digest_of(content.manifest())}"
        assert running.call("HEAD", by_digest, headers=headers | {"Accept": MANIFEST_TYPE}).status_code == 200
        blob = running.call("GET", f"/v2/{name}/blobs/{digest_of(content.layer)}", headers=headers)
        assert blob.content == content.layer
        assert running.call("GET", f"/v2/{name}/tags/list", headers=headers).json() == {"name": name, "tags": ["one"]}

    @pytest.mark.parametrize("accept", ["*/*", f"application/json, {MANIFEST_TYPE}", "application/*;q=0.5"])
    def test_a_manifest_comes_as_it_was_pushed(self, running: Any, name: str, accept: str) -> None:
        content = running.push("one", name)
        headers = running.administrator(name) | {"Accept": accept}

        manifest = running.call("GET", f"/v2/{name}/manifests/one", headers=headers)
        assert manifest.content == content.manifest()

    def test_accepted_forms_may_come_in_headers_of_their_own(self, running: Any, name: str) -> None:
        running.push("one", name)
        connection = http.client.HTTPConnection(running.registry.host, timeout=20)
        connection.putrequest("GET", f"/v2/{name}/manifests/one")
        connection.putheader("Authorization", running.administrator(name)["Authorization"])
        connection.putheader("Accept", "application/vnd.oci.image.manifest.v1+json")
        connection.putheader("Accept", MANIFEST_TYPE)
        connection.endheaders()

        assert connection.getresponse().status == 200
        connection.close()

    def test_a_manifest_in_no_accepted_form_is_unknown(self, running: Any, name: str) -> None:
        running.push("one", name)
        headers = running.administrator(name) | {"Accept": "application/vnd.oci.image.manifest.v1+json"}

        answer = running.call("GET", f"/v2/{name}/manifests/one", headers=headers)
        assert _error(answer)[:2] == (404, "MANIFEST_UNKNOWN")
        assert f"Manifest with tag 'one' has media type '{MANIFEST_TYPE}', but client accepts" in answer.text

    def test_pushes_are_noted_for_artifact_registry(self, running: Any, name: str) -> None:
        content = running.push("one", name)
        running.put_manifest(content, running.administrator(name), "two", name)

        (image,) = [image for image in running.registry.images.of("demo", "images") if str(image.name) == name]
        assert image.digest == digest_of(content.manifest())
        assert image.tags == {"one", "two"}
        assert image.size_bytes == len(content.config) + len(content.layer)
        assert image.media_type == MANIFEST_TYPE

    def test_a_tag_moves_to_what_was_pushed_last(self, running: Any, name: str) -> None:
        running.push("one", name)
        other = content_of("another", 1_700_000_001)
        headers = running.administrator(name)
        for blob in (other.config, other.layer):
            running.upload(blob, headers, name)
        running.put_manifest(other, headers, "one", name)

        tagged = [image for image in running.registry.images.of("demo", "images") if str(image.name) == name]
        assert {image.digest: image.tags for image in tagged}[digest_of(other.manifest())] == {"one"}
        assert sorted(len(image.tags) for image in tagged) == [0, 1]

    def test_a_blob_comes_in_pieces(self, running: Any, name: str) -> None:
        headers, blob = running.administrator(name), b"first second"
        begun = running.call("POST", f"/v2/{name}/blobs/uploads/", headers=headers)
        first = requests.patch(running.follow(begun), data=blob[:6], headers=headers, timeout=20)
        assert (first.status_code, first.headers["Range"]) == (202, "0-5")
        assert requests.get(running.follow(first), headers=headers, timeout=20).headers["Range"] == "0-5"
        second = requests.patch(running.follow(first), data=blob[6:], headers=headers, timeout=20)
        place = running.follow(second)
        end = f"{place}{'&' if '?' in place else '?'}digest={digest_of(blob)}"

        assert requests.put(end, headers=headers, timeout=20).status_code == 201
        assert running.call("GET", f"/v2/{name}/blobs/{digest_of(blob)}", headers=headers).content == blob

    def test_a_blob_of_another_image_is_mounted(self, running: Any, name: str) -> None:
        content = running.push("one", name)
        scopes = f"repository:{name}-copy:pull,push repository:{name}:pull"
        headers = running.login(ADMINISTRATOR, scopes)
        query = {"mount": digest_of(content.layer), "from": name}

        answer = running.call("POST", f"/v2/{name}-copy/blobs/uploads/", params=query, headers=headers)
        assert answer.status_code == 201
        blob = f"/v2/{name}-copy/blobs/{digest_of(content.layer)}"
        assert running.call("HEAD", blob, headers=headers).status_code == 200

    def test_an_upload_can_be_given_up(self, running: Any, name: str) -> None:
        headers = running.administrator(name)
        begun = running.call("POST", f"/v2/{name}/blobs/uploads/", headers=headers)

        assert requests.delete(running.follow(begun), headers=headers, timeout=20).status_code == 204
        assert requests.get(running.follow(begun), headers=headers, timeout=20).status_code == 404

    def test_content_that_is_not_what_its_digest_says_is_refused(self, running: Any, name: str) -> None:
        headers = running.administrator(name)
        place = running.follow(running.call("POST", f"/v2/{name}/blobs/uploads/", headers=headers))
        end = f"{place}{'&' if '?' in place else '?'}digest={digest_of(b'something else')}"

        assert _error(requests.put(end, data=b"this", headers=headers, timeout=20))[:2] == (400, "DIGEST_INVALID")

    def test_a_manifest_whose_blobs_are_missing_is_refused(self, running: Any, name: str) -> None:
        answer = running.put_manifest(content_of(name, 1), running.administrator(name), "one", name)

        assert answer.status_code == 400
        assert {error["code"] for error in answer.json()["errors"]} == {"MANIFEST_BLOB_UNKNOWN"}

    def test_a_manifest_under_another_digest_is_refused(self, running: Any, name: str) -> None:
        content = running.push("one", name)

        answer = running.put_manifest(content, running.administrator(name), digest_of(b"other"), name)
        assert _error(answer)[:2] == (400, "DIGEST_INVALID")

    def test_something_that_is_no_manifest_is_refused(self, running: Any, name: str) -> None:
        headers = running.administrator(name) | {"Content-Type": MANIFEST_TYPE}

        answer = running.call("PUT", f"/v2/{name}/manifests/one", data=b"{", headers=headers)
        assert _error(answer)[:2] == (400, "MANIFEST_INVALID")

    def test_what_is_not_there_is_unknown(self, running: Any, name: str) -> None:
        running.push("one", name)
        headers = running.administrator(name)

        missing = running.call("GET", f"/v2/{name}/manifests/nothing", headers=headers)
        assert _error(missing)[:2] == (404, "MANIFEST_UNKNOWN")
        blob = running.call("GET", f"/v2/{name}/blobs/{digest_of(b'nothing')}", headers=headers)
        assert _error(blob)[:2] == (404, "BLOB_UNKNOWN")
        other = running.administrator(f"{name}-other")
        tags = running.call("GET", f"/v2/{name}-other/tags/list", headers=other)
        assert _error(tags)[:2] == (404, "NAME_UNKNOWN")

    def test_a_deleted_manifest_is_gone_with_its_tags(self, running: Any, name: str) -> None:
        content, headers = running.push("one", name), running.administrator(name)

        deleted = running.call("DELETE", f"/v2/{name}/manifests/{digest_of(content.manifest())}", headers=headers)
        assert deleted.status_code == 202
        assert running.call("GET", f"/v2/{name}/manifests/one", headers=headers).status_code == 404
        assert name not in [str(image.name) for image in running.registry.images]

    def test_a_repository_that_is_made_anew_is_empty(self, running: Any, name: str) -> None:
        running.push("one", name)

        running.loop.run(running.registry.forget("demo", "images"))

        headers = running.administrator(name)
        assert running.call("GET", f"/v2/{name}/manifests/one", headers=headers).status_code == 404
        assert running.registry.images.of("demo", "images") == []

    def test_another_path_is_not_found(self, running: Any) -> None:
        assert running.call("GET", "/elsewhere").status_code == 404
