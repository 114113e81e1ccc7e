"""Another administrator who saves while somebody else is about to."""

from typing import Any

import pytest
from dataikuapi.utils import DataikuException

from sandbox.dss.instance.edits import UnusableEditError

SETTINGS = "/admin/general-settings"
THEIRS = [{"op": "add", "path": "/defaultK8sClusterId", "value": "theirs"}]


def _theirs(dss: Any) -> Any:
    return dss.client.get_general_settings().get_raw().get("defaultK8sClusterId")


def _enable(dss: Any, document: dict[str, Any]) -> None:
    document["useImplicitK8sCluster"] = True
    dss.client._perform_empty("PUT", SETTINGS, body=document)


def test_an_edit_after_a_read_is_not_in_what_was_read_and_is_lost_when_that_is_saved(dss: Any) -> None:
    dss.backend.edits.plan({"after": f"GET {SETTINGS}", "patch": THEIRS})

    read = dss.client.get_general_settings().get_raw()
    between = _theirs(dss)
    _enable(dss, read)

    assert "defaultK8sClusterId" not in read
    assert between == "theirs"
    assert _theirs(dss) is None


def test_an_edit_before_a_read_is_in_what_is_read(dss: Any) -> None:
    dss.backend.edits.plan({"before": f"GET {SETTINGS}", "patch": THEIRS})

    assert _theirs(dss) == "theirs"


def test_an_edit_before_a_save_is_lost(dss: Any) -> None:
    edit = dss.backend.edits.plan({"before": f"PUT {SETTINGS}", "patch": THEIRS})

    _enable(dss, dss.client.get_general_settings().get_raw())

    assert edit.outcome == "saved"
    assert _theirs(dss) is None


def test_an_edit_after_a_save_keeps_both(dss: Any) -> None:
    dss.backend.edits.plan({"after": f"PUT {SETTINGS}", "patch": THEIRS})

    _enable(dss, dss.client.get_general_settings().get_raw())

    assert _theirs(dss) == "theirs"
    assert dss.client.get_general_settings().get_raw()["useImplicitK8sCluster"] is True


@pytest.mark.parametrize("number", [1, 2, 7])
def test_an_edit_waits_for_its_request_and_happens_once(dss: Any, number: int) -> None:
    edit = dss.backend.edits.plan({"after": f"GET {SETTINGS}", "at": number, "patch": THEIRS})

    for _ in range(number):
        assert edit.outcome == "to come"
        assert _theirs(dss) is None
    assert edit.outcome == "saved"
    _enable(dss, {})
    assert _theirs(dss) is None


def test_projects_and_connections_have_other_administrators_too(dss: Any) -> None:
    dss.client.create_project("P", "P", "admin")
    dss.client.create_connection("c", "Filesystem", {"root": "/data"})
    theirs = [{"op": "replace", "path": "/settings/k8sCluster/clusterMode", "value": "EXPLICIT_CLUSTER"}]
    dss.backend.edits.plan({"after": "GET /projects/P/settings", "patch": theirs})
    dss.backend.edits.plan(
        {"before": "PUT /admin/connections/c/", "patch": [{"op": "add", "path": "/description", "value": "theirs"}]}
    )

    mine = dss.client.get_project("P").get_settings().get_raw()
    connection = dss.client.get_connection("c").get_settings()
    connection.save()

    assert mine["settings"]["k8sCluster"]["clusterMode"] == "INHERIT"
    settings = dss.client.get_project("P").get_settings().get_raw()["settings"]
    assert settings["k8sCluster"]["clusterMode"] == "EXPLICIT_CLUSTER"
    assert [edit.outcome for edit in dss.backend.edits.planned] == ["saved", "saved"]


def test_tells_why_an_edit_could_not_be_saved(dss: Any) -> None:
    nowhere = [{"op": "remove", "path": "/nowhere"}]
    misfit = dss.backend.edits.plan({"before": f"GET {SETTINGS}", "patch": nowhere})
    wrong = [{"op": "replace", "path": "/containerSettings", "value": []}]
    refused = dss.backend.edits.plan({"before": f"GET {SETTINGS}", "patch": wrong})
    absent = dss.backend.edits.plan({"before": "GET /projects/NONE/settings", "patch": nowhere})

    dss.client.get_general_settings()
    with pytest.raises(DataikuException):
        dss.client.get_project("NONE").get_settings()

    assert misfit.outcome.startswith("the patch does not fit")
    assert refused.outcome.startswith("refused with 400")
    assert absent.outcome.startswith("refused with 404")


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"patch": THEIRS}, "either before or after"),
        ({"before": "GET /x", "after": "GET /x", "patch": THEIRS}, "either before or after"),
        ({"before": "POST /x", "patch": THEIRS}, "must be GET or PUT"),
        ({"before": "GET /x"}, "list of operations"),
        ({"before": "GET /x", "patch": []}, "list of operations"),
        ({"before": "GET /x", "patch": [{"op": "nonsense"}]}, "must be a JSON patch"),
        ({"before": "GET /x", "patch": [1]}, "must be a JSON patch"),
        ({"before": "GET /x", "patch": THEIRS, "at": 0}, "whole number"),
        ({"before": "GET /x", "patch": THEIRS, "at": True}, "whole number"),
        ({"before": "GET /x", "patch": THEIRS, "often": 2}, "unknown key often"),
    ],
)
def test_refuses_an_edit_that_cannot_happen(dss: Any, wanted: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnusableEditError, match=reason):
        dss.backend.edits.plan(wanted)
    assert dss.backend.edits.planned == []
