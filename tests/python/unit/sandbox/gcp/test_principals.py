import pytest

from sandbox.gcp.principals import EVERYTHING, Principals


@pytest.fixture
def principals():
    directory = Principals()
    directory.add("robot@x.example", ["container.clusters.get"])
    return directory


def test_token_stands_for_its_principal(principals):
    token = principals.issue("robot@x.example", scopes=["s"])
    assert token.value.startswith("ya29.sandbox-")
    assert principals.authenticate(token.value) is principals.get("robot@x.example")
    assert principals.token(token.value).scopes == ("s",)


def test_expired_token_stands_for_nobody(principals):
    token = principals.issue("robot@x.example", lifetime_seconds=0)
    assert principals.authenticate(token.value) is None
    assert principals.token(token.value).expired


def test_token_without_a_lifetime_never_expires(principals):
    assert not principals.issue("robot@x.example", lifetime_seconds=None).expired


def test_unknown_token_stands_for_nobody(principals):
    assert principals.authenticate("ya29.sandbox-unknown") is None


def test_no_token_for_an_unknown_principal(principals):
    with pytest.raises(KeyError):
        principals.issue("nobody@x.example")


def test_permissions_are_exact_names(principals):
    robot = principals.get("robot@x.example")
    assert robot.may("container.clusters.get")
    assert not robot.may("container.clusters.getCredentials")


def test_everything_is_everything(principals):
    assert principals.add("admin@x.example", [EVERYTHING]).may("any.thing.atAll")


def test_changed_permissions_hold_for_tokens_already_issued(principals):
    token = principals.issue("robot@x.example")
    before = principals.get("robot@x.example")
    principals.add("robot@x.example", ["compute.zones.list"])
    after = principals.authenticate(token.value)
    assert after.may("compute.zones.list")
    assert not after.may("container.clusters.get")
    assert after.unique_id == before.unique_id


def test_a_revoked_token_stands_for_nobody(principals):
    token = principals.issue("robot@x.example")
    principals.revoke(token.value)
    assert principals.authenticate(token.value) is None
    assert not principals.can_expire(token.value)


def test_a_token_for_ever_cannot_expire(principals):
    assert not principals.can_expire(principals.issue("robot@x.example", None).value)
    assert principals.can_expire(principals.issue("robot@x.example").value)


def test_an_unknown_token_cannot_expire(principals):
    assert not principals.can_expire("ya29.nothing")
