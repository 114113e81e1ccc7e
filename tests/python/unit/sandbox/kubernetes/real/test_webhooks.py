import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.gcp.principals import Principals
from sandbox.kubernetes.real.webhooks import access_status, token_status, write_webhook_config


@pytest.fixture
def principals() -> Principals:
    directory = Principals()
    directory.add("viewer@x.com", ["container.pods.list", "container.pods.getLogs"])
    return directory


def _asks(user: str, verb: str, resource: str, subresource: str = "") -> dict[str, Any]:
    return {"user": user, "resourceAttributes": {"verb": verb, "resource": resource, "subresource": subresource}}


def test_a_known_token_stands_for_its_principal(principals: Principals) -> None:
    token = principals.issue("viewer@x.com")
    status = token_status(principals, token.value)
    assert status["authenticated"] is True
    assert status["user"]["username"] == "viewer@x.com"


def test_an_expired_or_unknown_token_stands_for_nobody(principals: Principals) -> None:
    expired = principals.issue("viewer@x.com", lifetime_seconds=-1)
    assert token_status(principals, expired.value) == {"authenticated": False}
    assert token_status(principals, "ya29.sandbox-other") == {"authenticated": False}


@pytest.mark.parametrize(("verb", "subresource"), [("list", ""), ("watch", ""), ("get", "log")])
def test_what_iam_grants_is_allowed(principals: Principals, verb: str, subresource: str) -> None:
    assert access_status(principals, _asks("viewer@x.com", verb, "pods", subresource)) == {"allowed": True}


def test_what_iam_does_not_grant_is_refused_with_the_permission(principals: Principals) -> None:
    assert access_status(principals, _asks("viewer@x.com", "delete", "pods")) == {
        "allowed": False,
        "reason": 'requires one of ["container.pods.delete"] permission(s).',
    }


@pytest.mark.parametrize("user", ["system:anonymous", "system:serviceaccount:default:default"])
def test_iam_has_no_opinion_of_the_clusters_own_users(principals: Principals, user: str) -> None:
    assert access_status(principals, _asks(user, "list", "pods")) == {"allowed": False}


def test_iam_has_no_opinion_of_paths(principals: Principals) -> None:
    spec = {"user": "viewer@x.com", "nonResourceAttributes": {"path": "/metrics", "verb": "get"}}
    assert access_status(principals, spec) == {"allowed": False}


def test_a_webhook_config_names_its_address(tmp_path: Path) -> None:
    config = json.loads(write_webhook_config(tmp_path / "c.json", "http://127.0.0.1:1/authorize").read_text())
    assert config["clusters"][0]["cluster"]["server"] == "http://127.0.0.1:1/authorize"
    assert config["current-context"] == config["contexts"][0]["name"]
