from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from gke_clusters.google.custom_role import ROLE_ID, binding_command, creation_command, custom_role_yaml
from gke_clusters.google.permissions import BUCKET_PERMISSIONS, IMPERSONATION_PERMISSION, PERMISSIONS, REASONS
from sandbox.process import ROOT


@pytest.fixture(scope="module")
def role() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(custom_role_yaml())
    return parsed


def test_holds_exactly_the_documented_permissions(role: dict[str, Any]) -> None:
    assert role["includedPermissions"] == list(PERMISSIONS)


def test_leaves_the_right_to_impersonate_to_the_impersonated_account(role: dict[str, Any]) -> None:
    assert IMPERSONATION_PERMISSION not in role["includedPermissions"]
    assert f"#   {IMPERSONATION_PERMISSION}" in custom_role_yaml()


def test_leaves_the_rights_on_buckets_to_the_buckets(role: dict[str, Any]) -> None:
    assert set(BUCKET_PERMISSIONS).isdisjoint(role["includedPermissions"])
    assert all(permission in custom_role_yaml() for permission in BUCKET_PERMISSIONS)


def test_has_the_fields_that_iam_takes_within_its_limits(role: dict[str, Any]) -> None:
    # https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles
    assert set(role) == {"title", "description", "stage", "includedPermissions"}
    assert len(role["title"]) <= 100
    assert len(role["description"]) <= 256
    assert role["stage"] == "GA"
    assert re.fullmatch(r"[a-zA-Z0-9_.]{3,64}", ROLE_ID)


def test_gives_the_reason_above_each_permission() -> None:
    reason = ""
    for line in custom_role_yaml().partition("includedPermissions:\n")[2].splitlines():
        if line.startswith("# "):
            reason = line[2:]
        else:
            assert REASONS[line[2:]] == reason


def test_is_what_make_iam_role_prints() -> None:
    printed = subprocess.run([sys.executable, ROOT / "tools/print_iam_role.py"], capture_output=True, check=True)
    assert printed.stdout.decode() == custom_role_yaml()


def test_its_comments_are_the_commands_for_a_project_and_an_identity() -> None:
    text = custom_role_yaml("example.com:p", "user:ann@example.com", "role.yaml")

    assert f"#   {creation_command('example.com:p', 'role.yaml')}\n" in text
    assert "add-iam-policy-binding example.com:p --member user:ann@example.com \\\n#     --role projects/exa" in text
    assert yaml.safe_load(text)["includedPermissions"] == list(PERMISSIONS)


def test_nothing_in_a_command_means_anything_to_a_shell() -> None:
    assert binding_command("p; rm", "$(x)").endswith(
        " 'p; rm' --member '$(x)' --role 'projects/p; rm/roles/" + ROLE_ID + "'"
    )
    assert creation_command("p", "a b", update=True) == f"gcloud iam roles update {ROLE_ID} --project p --file 'a b'"
