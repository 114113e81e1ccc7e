"""How the sandbox's process begins and ends when its surroundings are not as they should be."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.environment import apply_environment
from sandbox.process import ROOT


def _command(env_file: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "sandbox", "up", "--env-file", str(env_file), *arguments]


def test_a_signal_during_the_start_leaves_no_folder_behind(tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(_command(tmp_path / "env"), cwd=ROOT, env=environment) as process:
        # The folder is made before half a second of imports.
        while not list(tmp_path.iterdir()):
            assert process.poll() is None
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_serves_even_if_nobody_reads_that_it_is_ready(tmp_path):
    env_file = tmp_path / "env"
    with subprocess.Popen(
        _command(env_file), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        while not env_file.exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.terminate()
        told = process.stderr.read()
    assert process.returncode == 0
    assert "Traceback" not in told
    assert "Broken pipe" not in told


def test_makes_the_folder_of_the_environment_file(tmp_path):
    env_file = tmp_path / "not" / "there" / "env"
    with subprocess.Popen(_command(env_file), cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "sandbox ready\n"
        process.terminate()
    assert apply_environment(env_file.read_text(), {})["SANDBOX_ADMIN_URL"]


@pytest.mark.parametrize(
    ("env_file", "arguments", "named"),
    [
        ("folder", [], "--env-file"),
        ("/dev/null/env", [], "--env-file"),
        ("env", ["--state-dir", "file"], "--state-dir"),
        ("env", ["--state-dir", "taken"], "--state-dir"),
        ("env", ["--project", "two words"], "--project"),
        ("env", ["--project", "one=77", "--project", "two=77"], "--project"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_line(tmp_path, env_file, arguments, named):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    # A folder where a file of the state belongs.
    (tmp_path / "taken" / "ca-bundle.pem").mkdir(parents=True)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = _command(Path(env_file), *arguments)
    finished = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert finished.returncode == 2
    assert finished.stderr.startswith(f"{named}: ")
    assert len(finished.stderr.splitlines()) == 1
