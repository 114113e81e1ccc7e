"""What is wrong with a key is told without any part of it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.google.permissions import PERMISSIONS
from gke_clusters.settings.attach import parse_attach
from sandbox.process import ROOT
from tests.python.integration.secrets.actions import ATTACH, PLACE, failure_of
from tests.python.integration.secrets.keys import damaged, given, unknown_to_google
from tests.python.integration.secrets.search import TOKENS, Witness, traces_of_key

# All of them share the sandbox that they search.
pytestmark = pytest.mark.xdist_group("secrets")


class TestUselessKeys:
    @pytest.mark.parametrize(
        "useless",
        [
            lambda key: json.dumps(key)[:900],
            lambda key: json.dumps(damaged(key)),
            lambda key: "/" + key["private_key"],
        ],
        ids=["truncated", "line lost", "PEM as path"],
    )
    def test_a_key_that_cannot_be_used_is_told_without_a_part_of_it(
        self, useless: Any, witness: Witness, make: Any, new_key: Any
    ) -> None:
        key = new_key()
        message = failure_of(make(ATTACH, given(useless(key)), clusterId="any").start)
        assert "key" in message
        assert "PRIVATE KEY" not in message
        assert witness.leaks(traces_of_key(key)) == []

    @pytest.mark.parametrize(
        "useless",
        [
            lambda key: json.dumps({**key, "type": key["private_key"]}),
            lambda key: json.dumps({**key, "private_key": None, "key": key["private_key"]}),
            lambda key: json.dumps([key]),
            lambda key: key["private_key"],
            lambda key: base64.b64encode(json.dumps(key).encode()).decode(),
        ],
        ids=["type", "field", "list", "PEM alone", "base64"],
    )
    def test_the_dialog_refuses_what_is_no_key_without_a_part_of_it(self, useless: Any, new_key: Any) -> None:
        key = new_key()
        values = {"connectionInfo": PLACE, "clusterId": "any"}
        with pytest.raises(SettingsError, match="Service account key") as caught:
            parse_attach(values, {"connectionInfo": given(useless(key))})
        assert [trace for trace in {*traces_of_key(key), "PRIVATE KEY"} if trace in str(caught.value)] == []

    def test_neither_is_one_in_a_file(self, witness: Witness, make: Any, new_key: Any, tmp_path: Path) -> None:
        key = new_key()
        for number, text in enumerate((json.dumps(damaged(key)), key["private_key"])):
            path = witness.plant(tmp_path / f"{number}.json", text)
            assert str(path) in failure_of(make(ATTACH, given(str(path)), clusterId="any").start)
        assert witness.leaks(traces_of_key(key)) == []

    def test_a_key_that_google_refuses_is_told_without_what_it_signed(
        self, witness: Witness, make: Any, new_key: Any
    ) -> None:
        key = unknown_to_google(new_key())
        message = failure_of(make(ATTACH, given(json.dumps(key)), clusterId="any").start)
        assert key["client_email"] in message
        assert witness.leaks(traces_of_key(key)) == []

    def test_the_login_of_a_user_in_place_of_a_key_is_not_shown(
        self, witness: Witness, make: Any, unique_name: Any, tmp_path: Path
    ) -> None:
        login = witness.sandbox.authorized_user("user@sandbox.example", PERMISSIONS)
        login["client_secret"] = unique_name("client-secret")
        path = witness.plant(tmp_path / "login.json", json.dumps(login))
        for key in (json.dumps(login), str(path)):
            assert "service_account" in failure_of(make(ATTACH, given(key), clusterId="any").start)
        assert witness.leaks([login["client_secret"]]) == []


class TestCredentialsOfTheProcess:
    @pytest.mark.parametrize(
        "named",
        [
            lambda key, path: json.dumps(key),
            lambda key, path: str(path(json.dumps(damaged(key)))),
            lambda key, path: str(path(json.dumps({**key, "type": key["private_key"]}))),
            lambda key, path: str(path(json.dumps(unknown_to_google(key)))),
        ],
        ids=["JSON instead of a path", "line lost", "type", "unknown to Google"],
    )
    def test_what_the_variable_of_google_names_wrongly_is_not_shown(
        self, named: Any, witness: Witness, new_key: Any, tmp_path: Path
    ) -> None:
        key = new_key()
        variable = named(key, lambda text: witness.plant(tmp_path / "named.json", text))
        traces = {*traces_of_key(key), "PRIVATE KEY"}
        said = run_component(witness, tmp_path, {"GOOGLE_APPLICATION_CREDENTIALS": variable})
        assert '"error"' in said
        assert [trace for trace in traces if trace in said] + TOKENS.findall(said) == []
        assert witness.leaks(traces_of_key(key)) == []


def run_component(witness: Witness, folder: Path, variables: Mapping[str, str]) -> str:
    """Run an attachment as DSS does, with variables of DSS's own environment; return its log and its answer."""
    values = {"connectionInfo": PLACE, "clusterId": "any", "logLevel": "NOTSET"}
    call: dict[str, Any] = {
        "kind": "cluster",
        "action": "start",
        "source": (ROOT / "python-clusters" / ATTACH / "cluster.py").read_text(),
        "config": values,
        "plugin_config": {"connectionInfo": {}},
        **dict.fromkeys(("cluster_id", "cluster_name"), "direct"),
        "global_settings": {},
        "data": None,
    }
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "sandbox/dss/driver/component_call.py"), str(writing)],
        cwd=folder,
        env=witness.sandbox.env
        | {"PYTHONPATH": f"{ROOT / 'sandbox/dss/stand_in'}:{ROOT / 'python-lib'}", "DIP_HOME": str(folder)}
        | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(writing,),
        start_new_session=True,
        text=True,
    )
    os.close(writing)
    assert process.stdin is not None
    process.stdin.write(json.dumps(call) + "\n")
    process.stdin.flush()
    assert process.stdout is not None
    with os.fdopen(reading) as answer, process.stdout as log:
        said = log.read() + answer.read()
    process.stdin.close()
    process.wait()
    return said
