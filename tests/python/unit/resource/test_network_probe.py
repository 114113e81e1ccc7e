from __future__ import annotations

import errno
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PATH = Path(__file__).resolve().parents[4] / "resource" / "network_probe.py"
TARGET = json.dumps({"host": "nowhere.invalid", "port": 1, "timeout_seconds": 1})


@pytest.fixture(scope="module")
def program() -> dict[str, Any]:
    return runpy.run_path(str(PATH))


def run(report: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-c", PATH.read_text(), TARGET, report]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (errno.ETIMEDOUT, "timeout"),
        (errno.ECONNREFUSED, "refused"),
        (errno.ECONNRESET, "reset"),
        (errno.EHOSTUNREACH, "rejected"),
        (errno.EACCES, "rejected"),
        (errno.EPERM, "rejected"),
        (errno.ENETUNREACH, "unreachable"),
        (errno.EADDRNOTAVAIL, "unreachable"),
    ],
)
def test_what_the_system_says_is_one_word(program: dict[str, Any], number: int, outcome: str) -> None:
    assert program["outcome_of"](OSError(number, os.strerror(number))) == outcome


def test_what_no_network_says_is_odd(program: dict[str, Any]) -> None:
    assert program["outcome_of"](ValueError("no network")) == "odd"


def test_the_report_is_in_the_file_and_in_the_output(tmp_path: Path) -> None:
    ended = run(str(tmp_path / "report"))

    assert ended.returncode == 0
    assert (tmp_path / "report").read_text() == ended.stdout
    assert json.loads(ended.stdout.splitlines()[0])["check"] == "resolve"


def test_a_report_that_cannot_be_written_is_a_failure_so_that_the_output_is_taken(tmp_path: Path) -> None:
    ended = run(str(tmp_path))

    assert ended.returncode == 1
    assert json.loads(ended.stdout.splitlines()[0])["check"] == "resolve"
