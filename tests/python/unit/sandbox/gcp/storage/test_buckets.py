"""Buckets: names, places, what may be changed of one, and who is granted what on it."""

import base64

import pytest

from sandbox.gcp.errors import GoogleError
from sandbox.gcp.principals import Principal
from sandbox.gcp.projects import Project
from sandbox.gcp.storage.buckets import Bucket, Buckets

OURS, THEIRS = Project("ours", "1"), Project("theirs", "2")
SOMEBODY = Principal("somebody@example", frozenset(), "1")
READ = "storage.objects.get"


def bucket(**wanted: object) -> Bucket:
    return Bucket(OURS, {"name": "data-of-ours", **wanted})


@pytest.mark.parametrize(
    ("location", "shown", "kind"),
    [
        (None, "US", "multi-region"),
        ("eu", "EU", "multi-region"),
        ("europe-west1", "EUROPE-WEST1", "region"),
        ("nam4", "NAM4", "dual-region"),
    ],
)
def test_is_at_the_place_it_was_made_for(location: str | None, shown: str, kind: str) -> None:
    document = bucket(location=location).document()

    assert (document["location"], document["locationType"]) == (shown, kind)
    assert ("rpo" in document) == (kind != "region")


def test_two_regions_of_one_multi_region_are_a_dual_region() -> None:
    pair = {"dataLocations": ["US-EAST1", "US-WEST1"]}

    assert bucket(location="us", customPlacementConfig=pair).document()["locationType"] == "dual-region"


@pytest.mark.parametrize("location", ["us-central1-a", "nowhere"])
def test_refuses_a_place_that_is_none(location: str) -> None:
    with pytest.raises(GoogleError, match="location constraint is not valid") as caught:
        bucket(location=location)
    assert caught.value.code == 400


@pytest.mark.parametrize("name", ["", "ab", "Data", "-data", "data-", "google-data", "a" * 64, None])
def test_refuses_a_name_that_is_none(name: object) -> None:
    with pytest.raises(GoogleError, match="Invalid bucket name"):
        bucket(name=name)


def test_a_name_is_taken_in_every_project() -> None:
    buckets = Buckets()
    buckets.add(bucket())

    with pytest.raises(GoogleError, match="you already own it") as by_us:
        buckets.add(bucket())
    with pytest.raises(GoogleError, match="name is not available") as by_them:
        buckets.add(Bucket(THEIRS, {"name": "data-of-ours"}))
    assert (by_us.value.code, by_them.value.code) == (409, 409)
    assert buckets.of(THEIRS) == []


def test_uniform_access_is_locked_after_ninety_days_and_can_be_taken_back() -> None:
    one = bucket(iamConfiguration={"uniformBucketLevelAccess": {"enabled": True}})
    shown = one.document()["iamConfiguration"]
    one.change({"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": False}}})

    assert shown["uniformBucketLevelAccess"] == shown["bucketPolicyOnly"]
    assert shown["uniformBucketLevelAccess"]["lockedTime"] > one.created
    assert one.document()["iamConfiguration"]["uniformBucketLevelAccess"] == {"enabled": False}


def test_labels_are_changed_one_by_one() -> None:
    one = bucket(labels={"a": "1", "b": "2"})
    one.change({"labels": {"a": None, "c": "3"}})

    assert one.document()["labels"] == {"b": "2", "c": "3"}
    assert one.document()["metageneration"] == "2"


def test_null_takes_a_field_away() -> None:
    one = bucket(versioning={"enabled": True})
    one.change({"versioning": None})

    assert "versioning" not in one.document()


def test_those_with_a_role_in_its_project_have_one_on_it() -> None:
    roles = [binding["role"] for binding in bucket().policy.document()["bindings"]]

    assert roles == ["roles/storage.legacyBucketOwner", "roles/storage.legacyBucketReader"]
    assert not bucket().policy.grants(SOMEBODY, READ)


def grant(one: Bucket, role: str, *members: str) -> None:
    wanted = {"bindings": [{"role": f"roles/storage.{role}", "members": list(members)}]}
    one.policy.replace(wanted, public=one.may_be_public)


def test_a_role_grants_its_own_permissions_only() -> None:
    one = bucket()
    grant(one, "objectViewer", "serviceAccount:somebody@example")

    assert one.policy.grants(SOMEBODY, READ)
    assert not one.policy.grants(SOMEBODY, "storage.objects.create")
    assert not one.policy.grants(SOMEBODY, "storage.buckets.get")
    assert not one.policy.grants(Principal("else@example", frozenset(), "2"), READ)


def test_everybody_is_also_who_is_not_known() -> None:
    one = bucket()
    grant(one, "objectViewer", "allUsers")

    assert one.policy.grants(None, READ)


def test_nothing_is_granted_to_everybody_where_that_is_prevented() -> None:
    one = bucket(iamConfiguration={"publicAccessPrevention": "enforced"})

    with pytest.raises(GoogleError, match="public access prevention") as caught:
        grant(one, "objectViewer", "allUsers")
    assert caught.value.code == 412


def test_an_etag_is_written_alike_in_both_alphabets_of_base64() -> None:
    etags = [bucket().policy.document()["etag"] for _ in range(50)]

    # gcloud reads one alphabet, and writes the other when it sends the policy back.
    assert [base64.urlsafe_b64encode(base64.b64decode(etag)).decode() for etag in etags] == etags


def test_a_change_of_an_older_policy_is_refused() -> None:
    one = bucket()
    before = one.policy.document()
    grant(one, "objectViewer", "allUsers")

    with pytest.raises(GoogleError) as caught:
        one.policy.replace(before, public=True)
    assert caught.value.code == 412
    assert one.policy.grants(None, READ)


@pytest.mark.parametrize(
    ("binding", "reason"),
    [
        ({"role": "roles/nonsense", "members": ["allUsers"]}, "not supported"),
        ({"role": "roles/storage.admin", "members": ["somebody"]}, "Invalid member"),
    ],
)
def test_refuses_what_it_cannot_grant(binding: dict[str, object], reason: str) -> None:
    with pytest.raises(GoogleError, match=reason):
        bucket().policy.replace({"bindings": [binding]}, public=True)
