from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from gke_clusters.errors import DockerUnusable
from gke_clusters.google.credentials import CredentialsChoice
from gke_clusters.lifecycle.registry_login import install_login_script, login_script, remove_login_script

HOST = "127.0.0.1:5000"
REPOSITORY = f"{HOST}/p/dss"


@pytest.fixture
def script(tmp_path, monkeypatch):
    """An installed script, with a Docker that writes down what it is given."""
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "docker").write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/arguments\ncat > {tmp_path}/input\n')
    (programs / "docker").chmod(0o700)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    made = login_script(REPOSITORY, {"DIP_HOME": str(tmp_path / "dss")})
    install_login_script(made, HOST, CredentialsChoice())
    return made


def keep_token(script):
    """Let the credential helper answer without asking anybody."""
    now = int(time.time())
    status = {"expirationTimestamp": "2030-01-01T00:00:00Z", "token": "ya29.fresh"}
    answer = {"kind": "ExecCredential", "apiVersion": "v1", "spec": {"interactive": False}, "status": status}
    kept = f"gke-credential-1 {now - 1} {now + 600}\n{json.dumps(answer, separators=(',', ':'))}\n"
    (script.parent / "credential-helper" / "token").write_text(kept)


def run(script):
    return subprocess.run([script], capture_output=True, text=True, check=False)


def test_logs_docker_in_with_the_token_of_the_credential_helper(script, tmp_path):
    keep_token(script)

    done = run(script)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "arguments").read_text() == f"login {HOST} --username oauth2accesstoken --password-stdin\n"
    assert (tmp_path / "input").read_text() == "ya29.fresh"


def test_is_a_private_program_in_the_data_directory_of_dss(script, tmp_path):
    assert script == tmp_path / "dss" / "gke-clusters" / "registry-login" / "127.0.0.1_5000+p+dss" / "login"
    assert [path.stat().st_mode & 0o777 for path in (script, script.parent)] == [0o700, 0o700]
    assert (script.parent / "host").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "other", ["us-docker.pkg.dev/q/dss", "us-docker.pkg.dev/p/more", "us-docker.pkg.dev/p/d_s", "gcr.io/p"]
)
def test_each_repository_of_a_host_has_credentials_of_its_own(tmp_path, other):
    made = {}
    for url, account in (("us-docker.pkg.dev/p/dss", "one"), (other, "another")):
        made[account] = login_script(url, {"DIP_HOME": str(tmp_path)})
        install_login_script(made[account], HOST, CredentialsChoice(impersonate=f"{account}@p.iam.gserviceaccount.com"))

    for account, path in made.items():
        config = json.loads((path.parent / "credential-helper" / "config.json").read_text())
        assert config["impersonate"] == f"{account}@p.iam.gserviceaccount.com"


def test_says_what_is_missing(script):
    (script.parent / "host").unlink()

    done = run(script)

    assert done.returncode == 1
    assert 'host is missing. Run the macro "Push base images" again.' in done.stderr


@pytest.mark.parametrize(
    ("helper", "said"), [("echo no metadata server >&2; exit 1", "no metadata server"), ("echo {}", "gave no token")]
)
def test_says_why_there_is_no_token_and_does_not_log_in(script, tmp_path, helper, said):
    (script.parent / "credential-helper" / "credential-helper").write_text(helper)

    done = run(script)

    assert done.returncode == 1
    assert said in done.stderr
    assert not (tmp_path / "arguments").exists()


def test_can_be_put_there_again(script):
    install_login_script(script, "other.example", CredentialsChoice())

    assert (script.parent / "host").read_text() == "other.example\n"


def test_leaves_nothing_behind_when_it_is_removed(script):
    keep_token(script)

    remove_login_script(script)

    assert not script.parent.exists()


def test_what_is_not_its_own_stays_where_it_is_removed(script):
    (script.parent / "notes").write_text("somebody's")

    remove_login_script(script)

    assert [path.name for path in script.parent.iterdir()] == ["notes"]


def test_without_a_data_directory_there_is_no_place_for_it():
    with pytest.raises(DockerUnusable, match="DIP_HOME is not set") as refused:
        login_script(REPOSITORY, {})

    assert "Untick" in refused.value.remedy


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "gke-clusters").write_text("a file is in the way")

    with pytest.raises(DockerUnusable, match="cannot be written") as refused:
        install_login_script(login_script(REPOSITORY, {"DIP_HOME": str(tmp_path)}), HOST, CredentialsChoice())

    assert str(tmp_path) in str(refused.value)


def test_ships_with_the_plugin():
    assert (Path(__file__).resolve().parents[4] / "resource" / "registry_login" / "login").is_file()


def test_says_which_script_cannot_be_written_and_why(tmp_path):
    (tmp_path / "gke-clusters").write_text("a file is in the way")
    made = login_script(REPOSITORY, {"DIP_HOME": str(tmp_path)})

    with pytest.raises(DockerUnusable) as refused:
        install_login_script(made, HOST, CredentialsChoice())

    assert refused.value.resource == str(made)
    assert "gke-clusters" in refused.value.verbatim
    assert refused.value.remedy.startswith("Let the user that runs DSS write that folder")


def test_acts_as_whom_the_plugin_acts(tmp_path):
    made = login_script(REPOSITORY, {"DIP_HOME": str(tmp_path)})

    install_login_script(made, HOST, CredentialsChoice(impersonate="x@p.iam.gserviceaccount.com"))

    config = json.loads((made.parent / "credential-helper" / "config.json").read_text())
    assert config["impersonate"] == "x@p.iam.gserviceaccount.com"


def test_has_the_key_that_the_plugin_was_given(tmp_path):
    key = tmp_path / "key.json"
    fields = {"type": "service_account", "client_email": "a@b", "private_key": "SECRET", "token_uri": "https://x"}
    key.write_text(json.dumps(fields))
    made = login_script(REPOSITORY, {"DIP_HOME": str(tmp_path)})

    install_login_script(made, HOST, CredentialsChoice("service-account-key", str(key)))

    assert str(key) in (made.parent / "credential-helper" / "config.json").read_text()
