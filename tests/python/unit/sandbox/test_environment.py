import os
import stat
import subprocess

import pytest

from sandbox.environment import apply_environment, forget_exported, write_environment


def test_shell_reads_back_what_was_written(tmp_path):
    path = tmp_path / "env"
    awkward = 'it\'s a "value" with $HOME, `ls`, \\ and\na second line'
    write_environment(path, {"AWKWARD": awkward})
    command = ["sh", "-c", '. "$1" && printf %s "$AWKWARD"', "sh", str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == awkward


def test_python_reads_what_the_shell_reads(tmp_path):
    path = tmp_path / "env"
    write_environment(path, {"A": "one two", "B": ""})
    changed = apply_environment(path.read_text(), {"GOOGLE_APPLICATION_CREDENTIALS": "/key.json", "C": "kept"})
    assert changed == {"A": "one two", "B": "", "C": "kept"}


def test_file_is_its_owners_alone_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "folder" / "env"
    write_environment(path, {"A": "1"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "env"
    write_environment(path, {"A": "old"})
    with pytest.raises(UnicodeEncodeError):
        write_environment(path, {"A": "\udc80"})
    assert "old" in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


def test_forgets_what_another_sandbox_exported(monkeypatch):
    for name in ("SSL_CERT_FILE", "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.setenv(name, "/other")
    monkeypatch.setenv("UNRELATED", "kept")
    forget_exported()
    assert "SSL_CERT_FILE" not in os.environ
    assert "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER" not in os.environ
    assert "GOOGLE_APPLICATION_CREDENTIALS" not in os.environ
    assert os.environ["UNRELATED"] == "kept"
