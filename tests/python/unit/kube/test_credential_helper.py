import json
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gke_clusters.errors import CredentialsError
from gke_clusters.kube.credential_helper import (
    HelperCredentials,
    application_default_file,
    check_helper,
    install_helper,
    remove_helper,
)
from gke_clusters.kube.kubeconfig import HelperCommand

KEY = {
    "type": "service_account",
    "client_email": "dss@p.iam.gserviceaccount.com",
    "private_key": "-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n",
    "token_uri": "https://oauth2.googleapis.com/token",
}


@pytest.fixture(autouse=True)
def no_credentials_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    # The default argument is this process's environment, too.
    assert application_default_file() is None


def config_of(directory: Path) -> Any:
    return json.loads((directory / "credential-helper" / "config.json").read_text())


class TestInstall:
    def test_the_command_is_absolute_and_runs_by_the_shell(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        command = install_helper(Path(), HelperCredentials())
        assert command == HelperCommand("/bin/sh", (str(tmp_path / "credential-helper" / "credential-helper"),))

    def test_nobody_else_may_read_any_of_it(self, tmp_path: Path) -> None:
        install_helper(tmp_path, HelperCredentials(json.dumps(KEY)))
        folder = tmp_path / "credential-helper"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.name for path in folder.iterdir() if path.stat().st_mode & 0o077} == set()

    def test_the_identity_of_the_vm_is_the_default(self, tmp_path: Path) -> None:
        install_helper(tmp_path, HelperCredentials())
        assert config_of(tmp_path) == {"impersonate": None, "source": {"kind": "metadata"}, "version": 1}

    def test_a_key_given_as_text_is_kept_beside_the_helper(self, tmp_path: Path) -> None:
        install_helper(tmp_path, HelperCredentials(f"\n{json.dumps(KEY)}", "other@p.iam.gserviceaccount.com"))
        path = tmp_path / "credential-helper" / "key.json"
        assert config_of(tmp_path)["source"] == {"kind": "file", "path": str(path)}
        assert config_of(tmp_path)["impersonate"] == "other@p.iam.gserviceaccount.com"
        assert json.loads(path.read_text()) == KEY

    def test_a_key_given_as_a_path_stays_where_it_is(self, tmp_path: Path) -> None:
        path = tmp_path / "dss.json"
        path.write_text(json.dumps(KEY))
        install_helper(tmp_path, HelperCredentials(str(path)))
        assert config_of(tmp_path)["source"] == {"kind": "file", "path": str(path)}
        assert not (tmp_path / "credential-helper" / "key.json").exists()

    def test_the_file_of_application_default_credentials_is_found_once_and_for_all(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "adc.json"
        path.write_text(json.dumps(KEY))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        install_helper(tmp_path, HelperCredentials())
        assert config_of(tmp_path)["source"] == {"kind": "file", "path": str(path)}

    def test_a_new_installation_forgets_the_token_and_the_key_of_the_old_one(self, tmp_path: Path) -> None:
        install_helper(tmp_path, HelperCredentials(json.dumps(KEY)))
        token = tmp_path / "credential-helper" / "token"
        token.write_text("old")
        install_helper(tmp_path, HelperCredentials())
        assert not token.exists()
        assert not (tmp_path / "credential-helper" / "key.json").exists()

    def test_the_python_of_the_code_environment_is_tried_first(self, tmp_path: Path) -> None:
        install_helper(tmp_path, HelperCredentials())
        pythons = (tmp_path / "credential-helper" / "interpreters").read_text().splitlines()
        assert pythons[:2] == [sys.executable, "python3"]

    def test_it_can_be_removed_and_removed_again(self, tmp_path: Path) -> None:
        install_helper(tmp_path, HelperCredentials())
        remove_helper(tmp_path)
        remove_helper(tmp_path)
        assert list(tmp_path.iterdir()) == []

    def test_a_key_is_not_shown_where_settings_are(self) -> None:
        assert "MIIsecret" not in repr(HelperCredentials(json.dumps(KEY)))


class TestUnusableCredentials:
    def refused(self, directory: Path, key: str) -> CredentialsError:
        with pytest.raises(CredentialsError) as raised:
            install_helper(directory, HelperCredentials(key))
        assert not (directory / "credential-helper").exists()
        assert raised.value.__cause__ is None
        return raised.value

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ('{"private_key": "MIIsecret"', "not valid JSON"),
            ('{"private_key": "MIIsecret"}', "no known type"),
            ('{"type": "MIIsecret=="}', "no known type"),
            ('{"type": ["service_account"]}', "no known type"),
            ('{"type": "external_account", "x": "MIIsecret"}', "of type external_account"),
            ('{"type": "service_account", "private_key": "MIIsecret"}', "it lacks client_email, token_uri"),
            ('{"type": "authorized_user", "client_secret": "MIIsecret"}', "it lacks client_id, refresh_token"),
        ],
    )
    def test_the_reason_is_told_and_the_text_is_not(self, tmp_path: Path, text: str, words: str) -> None:
        error = self.refused(tmp_path, text)
        assert words in error.cause
        assert "MIIsecret" not in str(error)

    def test_a_file_that_is_not_an_object_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "key.json"
        path.write_text("[1]")
        with pytest.raises(CredentialsError, match="not a JSON object"):
            install_helper(tmp_path, HelperCredentials(str(path)))

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        error = self.refused(tmp_path, str(tmp_path / "missing.json"))
        assert error.cause == "The service account key cannot be read."
        assert error.resource == str(tmp_path / "missing.json")
        assert error.verbatim == "No such file or directory"

    def test_a_file_that_is_not_text_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "key.p12"
        path.write_bytes(b"\xff\xfe")
        with pytest.raises(CredentialsError, match="it is not text"):
            install_helper(tmp_path, HelperCredentials(str(path)))

    def test_the_variable_is_named_where_it_is_to_blame(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
        with pytest.raises(CredentialsError) as raised:
            install_helper(tmp_path, HelperCredentials())
        assert "GOOGLE_APPLICATION_CREDENTIALS" in raised.value.remedy


class TestApplicationDefaultFile:
    def test_the_variable_comes_first(self, tmp_path: Path) -> None:
        named = {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "a.json"), "CLOUDSDK_CONFIG": str(tmp_path)}
        assert application_default_file(named) == tmp_path / "a.json"

    def test_the_file_of_gcloud_comes_next(self, tmp_path: Path) -> None:
        path = tmp_path / "application_default_credentials.json"
        path.write_text("{}")
        assert application_default_file({"CLOUDSDK_CONFIG": str(tmp_path)}) == path

    def test_it_is_looked_for_in_the_home_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        path = tmp_path / ".config" / "gcloud" / "application_default_credentials.json"
        path.parent.mkdir(parents=True)
        path.write_text("{}")
        assert application_default_file({}) == path


class TestCheck:
    def test_a_helper_that_answers_is_fine(self) -> None:
        check_helper(HelperCommand("/bin/sh", ("-c", "echo a token")))

    def test_the_words_of_one_that_fails_are_told(self) -> None:
        with pytest.raises(CredentialsError) as raised:
            check_helper(HelperCommand("/bin/sh", ("-c", "echo token >&1; echo because >&2; exit 1")))
        assert raised.value.verbatim == "because"

    def test_one_that_fails_silently_tells_its_status(self) -> None:
        with pytest.raises(CredentialsError, match="exit status 7"):
            check_helper(HelperCommand("/bin/sh", ("-c", "exit 7")))

    def test_one_that_fails_for_a_moment_is_asked_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            (tmp_path / "back").touch()

        # In this module only: waiting for a process sleeps as well.
        clock = SimpleNamespace(sleep=pause, monotonic=time.monotonic)
        monkeypatch.setattr("gke_clusters.kube.credential_helper.time", clock)
        check_helper(HelperCommand("/bin/sh", ("-c", f"test -f {tmp_path}/back")), patience_seconds=20)
        assert len(pauses) == 1

    def test_one_that_goes_on_failing_is_given_up_after_the_patience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = iter([0.0, 1.0, 10.0, 19.0])
        monkeypatch.setattr("gke_clusters.kube.credential_helper.time.monotonic", lambda: next(clock))
        monkeypatch.setattr("gke_clusters.kube.credential_helper.time.sleep", lambda _: None)
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess((), 1, "", "down"))
        with pytest.raises(CredentialsError, match="down"):
            check_helper(HelperCommand("/bin/sh", ()), patience_seconds=20)
        assert next(clock, None) is None

    def test_one_that_is_gone_is_named(self) -> None:
        with pytest.raises(CredentialsError) as raised:
            check_helper(HelperCommand("/nowhere/helper", ("x",)))
        assert raised.value.resource == "/nowhere/helper x"

    def test_one_that_hangs_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def hang(command: Any, **keywords: Any) -> None:
            raise subprocess.TimeoutExpired(command, keywords["timeout"])

        monkeypatch.setattr(subprocess, "run", hang)
        with pytest.raises(CredentialsError, match="timed out after 5"):
            check_helper(HelperCommand("/bin/sh", ()), timeout_seconds=5)
