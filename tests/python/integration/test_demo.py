"""The command that a newcomer runs first."""

import subprocess
import sys

from sandbox.process import ROOT


def test_tells_its_story_to_the_end_and_leaves_nothing():
    told = subprocess.run(
        [sys.executable, "-m", "sandbox", "demo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "no cluster is left on GKE" in told.stdout
    assert "no process is left" in told.stdout
    assert told.stderr == ""
