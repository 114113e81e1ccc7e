"""Who is granted what on a repository."""

import pytest

from sandbox.gcp.artifact_registry.policies import Policy
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.principals import Principal

DOWNLOAD = "artifactregistry.repositories.downloadArtifacts"
UPLOAD = "artifactregistry.repositories.uploadArtifacts"
SOMEBODY = Principal("somebody@example", frozenset(), "1")


def _policy(role: str, *members: str) -> Policy:
    policy = Policy()
    policy.replace({"bindings": [{"role": f"roles/artifactregistry.{role}", "members": list(members)}]})
    return policy


def test_a_new_policy_grants_nothing() -> None:
    assert Policy().document() == {"etag": "ACAB"}
    assert not Policy().grants(SOMEBODY, DOWNLOAD)


def test_a_reader_may_download_and_not_upload() -> None:
    policy = _policy("reader", "serviceAccount:somebody@example")

    assert policy.grants(SOMEBODY, DOWNLOAD)
    assert not policy.grants(SOMEBODY, UPLOAD)


def test_a_writer_may_do_both() -> None:
    policy = _policy("writer", "user:somebody@example")

    assert policy.grants(SOMEBODY, DOWNLOAD)
    assert policy.grants(SOMEBODY, UPLOAD)
    assert not policy.grants(SOMEBODY, "artifactregistry.repositories.delete")


def test_another_member_is_granted_nothing() -> None:
    assert not _policy("reader", "user:else@example").grants(SOMEBODY, DOWNLOAD)


def test_everybody_is_also_who_is_not_known() -> None:
    assert _policy("reader", "allUsers").grants(None, DOWNLOAD)
    assert not _policy("reader", "allAuthenticatedUsers").grants(None, DOWNLOAD)
    assert _policy("reader", "allAuthenticatedUsers").grants(SOMEBODY, DOWNLOAD)


def test_a_change_of_an_older_policy_is_refused() -> None:
    policy = Policy()
    before = policy.document()
    policy.replace(before | {"bindings": [{"role": "roles/artifactregistry.reader", "members": ["allUsers"]}]})

    with pytest.raises(GoogleError, match="concurrent policy changes") as caught:
        policy.replace(before | {"bindings": []})
    assert (caught.value.code, caught.value.status) == (409, "ABORTED")
    assert policy.grants(None, DOWNLOAD)


@pytest.mark.parametrize(
    ("binding", "reason"),
    [
        ({"role": "roles/nonsense", "members": ["allUsers"]}, "not supported"),
        ({"role": "roles/artifactregistry.reader", "members": ["somebody"]}, "Invalid member"),
    ],
)
def test_refuses_what_it_cannot_grant(binding: dict[str, object], reason: str) -> None:
    with pytest.raises(GoogleError, match=reason):
        Policy().replace({"bindings": [binding]})
