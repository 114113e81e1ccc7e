"""The settings of DSS in both shapes, as the sandbox's own interface lets them be disturbed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dataikuapi
import pytest
import requests
from dataikuapi.utils import DataikuException

from sandbox.process import SandboxFailedError
from tests.python.integration.conftest import Sandbox

SETTINGS = "/admin/general-settings"
THEIRS = [{"op": "add", "path": "/defaultK8sClusterId", "value": "theirs"}]


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox with DSS 14."""
    running = Sandbox(tmp_path_factory.mktemp("older"), "--dss-version", "14")
    yield running
    running.stop()


@pytest.fixture(params=["15", "14"])
def disturbed(request: Any) -> Sandbox:
    """The sandbox of each DSS."""
    running: Sandbox = request.getfixturevalue("sandbox" if request.param == "15" else "older")
    return running


def client(sandbox: Sandbox) -> dataikuapi.DSSClient:
    return dataikuapi.DSSClient(sandbox.dss_url, sandbox.dss_api_key)


def test_somebody_else_saves_between_a_read_and_a_write(disturbed: Sandbox) -> None:
    dss = client(disturbed)
    with disturbed.edits({"after": f"GET {SETTINGS}", "at": 2, "patch": THEIRS}):
        first = dss.get_general_settings().get_raw()
        second = dss.get_general_settings().get_raw()
    third = dss.get_general_settings().get_raw()
    dss._perform_empty("PUT", SETTINGS, body=second)

    assert first == second
    assert third.pop("defaultK8sClusterId") == "theirs"
    assert third == first
    assert dss.get_general_settings().get_raw() == first


def test_an_edit_that_never_came_is_told(sandbox: Sandbox) -> None:
    with (
        pytest.raises(SandboxFailedError, match="not saved"),
        sandbox.edits({"before": f"PUT {SETTINGS}", "patch": THEIRS}),
    ):
        pass
    with sandbox.edits():
        assert "defaultK8sClusterId" not in client(sandbox).get_general_settings().get_raw()


def test_a_field_that_dss_does_not_know_is_dropped(disturbed: Sandbox) -> None:
    dss = client(disturbed)
    with disturbed.settings_fields(known=["aNewOne"], unknown=["useImplicitK8sCluster"]):
        raw = dss.get_general_settings().get_raw()
        dss._perform_empty("PUT", SETTINGS, body={**raw, "aNewOne": {"x": 1}, "useImplicitK8sCluster": True})
        changed = dss.get_general_settings().get_raw()
    after = dss.get_general_settings().get_raw()

    assert changed["aNewOne"] == {"x": 1}
    assert "useImplicitK8sCluster" not in raw
    assert "useImplicitK8sCluster" not in changed
    assert "aNewOne" not in after
    assert after["useImplicitK8sCluster"] is False


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/dss/edits", b"no JSON", "must be JSON"),
        ("/dss/edits", b"[]", "must be a JSON object"),
        ("/dss/edits", b'{"before": "GET /x"}', "patch must be"),
        ("/dss/settings-fields", b'{"known": "x"}', "known must be a list of paths"),
        ("/dss/settings-fields", b'{"unknown": ["nowhere"]}', "there is no field nowhere"),
    ],
)
def test_refuses_a_disturbance_that_cannot_be(sandbox: Sandbox, path: str, body: bytes, reason: str) -> None:
    answer = requests.post(sandbox.admin_url + path, data=body, timeout=60)

    assert answer.status_code == 400
    assert reason in answer.json()["error"]


def test_an_action_fails_in_an_ordinary_answer(sandbox: Sandbox) -> None:
    dss = client(sandbox)
    failing = {"service": "dss", "method": "POST", "effect": {"failed_action": "the disk is full"}, "times": 3}
    with sandbox.faults(failing):
        future = dss.push_base_images().wait_for_result()
        with pytest.raises(Exception, match="the disk is full"):
            dss.get_general_settings().push_container_exec_base_images()
        with pytest.raises(Exception, match="the disk is full"):
            dss.create_cluster("failing", "type", {}, cluster_architecture="KUBERNETES")

    assert future["messages"]["error"] is True
    assert future["messages"]["messages"][0]["details"] == "the disk is full"
    assert "failing" not in [cluster["name"] for cluster in dss.list_clusters()]


def test_refuses_an_unknown_build_configuration_and_keeps_the_document(sandbox: Sandbox) -> None:
    dss = client(sandbox)
    before = dss._perform_http("GET", SETTINGS).text
    settings = dss.get_general_settings()
    settings.get_raw()["useImplicitK8sCluster"] = True
    settings.get_raw()["sparkSettings"]["executionConfigs"].append({"name": "s", "imageBuildConfig": "none"})

    with pytest.raises(DataikuException, match="references an unknown image build configuration"):
        settings.save()
    assert dss._perform_http("GET", SETTINGS).text == before
