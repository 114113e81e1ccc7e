from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gke_clusters.errors import CredentialsError, StateError
from gke_clusters.kube.helper_trial import try_helper
from gke_clusters.kube.kubeconfig import HelperCommand


@pytest.fixture
def helper(api_server: Any, tmp_path: Path) -> Any:
    """A kubeconfig whose helper is a script."""

    def make(script: str, config: object = None) -> Path:
        program = tmp_path / "helper"
        program.write_text(script)
        if config is not None:
            (tmp_path / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
        entry = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "/bin/sh", "args": [str(program)]}
        return Path(api_server.kubeconfig(tmp_path / "kube_config", {"exec": entry}))

    return make


@pytest.mark.parametrize(
    ("config", "source"),
    [
        ({"source": {"kind": "metadata"}, "impersonate": None}, "the metadata server of the DSS host"),
        (
            {"source": {"kind": "file", "path": "/key"}, "impersonate": "a@b.c"},
            "the file /key, acting as a@b.c",
        ),
        ("nonsense", ""),
        ({"source": 5}, ""),
        (None, ""),
    ],
)
def test_says_how_long_it_takes_and_whose_token_it_gives(
    helper: Any, tmp_path: Path, config: object, source: str
) -> None:
    trial = try_helper(helper("exit 0", config))
    assert trial.helper == HelperCommand("/bin/sh", (str(tmp_path / "helper"),))
    assert trial.source == source
    assert 0 < trial.seconds < 10


def test_its_own_words_say_why_it_gives_none(helper: Any) -> None:
    with pytest.raises(CredentialsError) as failed:
        try_helper(helper("echo no service account >&2; exit 1"))
    assert failed.value.verbatim == "no service account"


def test_one_that_is_not_there_is_said_to_be_gone(helper: Any, tmp_path: Path) -> None:
    kubeconfig = helper("exit 0")
    (tmp_path / "helper").unlink()
    with pytest.raises(StateError, match="credential helper that the kubeconfig names is not there") as failed:
        try_helper(kubeconfig)
    assert failed.value.resource == str(tmp_path / "helper")


def test_a_helper_that_is_found_by_its_name_says_nothing_of_its_source(api_server: Any, tmp_path: Path) -> None:
    entry = {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "true"}
    trial = try_helper(api_server.kubeconfig(tmp_path / "kube_config", {"exec": entry}))
    assert (trial.helper, trial.source) == (HelperCommand("true"), "")


def test_a_kubeconfig_with_a_token_of_its_own_has_none(api_server: Any, tmp_path: Path) -> None:
    trial = try_helper(api_server.kubeconfig(tmp_path / "kube_config"))
    assert (trial.helper, trial.server) == (None, f"https://{api_server.host}")
