"""The command that a newcomer runs first."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from sandbox.process import ROOT


def test_tells_its_story_to_the_end_and_leaves_nothing():
    told = subprocess.run(
        [sys.executable, "-m", "sandbox", "demo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "no cluster is left on GKE" in told.stdout
    assert "no process is left" in told.stdout
    assert told.stderr == ""


@pytest.fixture
def interruptible():
    """Programs that are started now heed SIGINT, which a shell has its background jobs, and so the tests, ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("number", "step"), [(signal.SIGTERM, "Start the sandbox"), (signal.SIGINT, "Create the cluster")]
)
def test_leaves_nothing_when_it_is_interrupted(tmp_path, number, step):
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "sandbox", "demo"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as demo:
        told = ""
        # A step is announced without the end of its line.
        while step not in told:
            character = demo.stdout.read(1)
            assert character, told + demo.stderr.read()
            told += character
        started = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(number)
        told += demo.stdout.read()
        complaints = demo.stderr.read()
    assert demo.returncode == 130, told + complaints
    assert "The demo was interrupted." in told
    assert complaints == ""
    assert not psutil.wait_procs(started, timeout=60)[1]
    assert list(tmp_path.iterdir()) == []
