"""How the sandbox of the schedules is started, and how a seed is played again."""

from typing import Final

SANDBOX_ARGUMENTS: Final = ("--speed", "4000")
"""A cluster is created in a tenth of a second, a stockout shows after half a second."""


def rerun_command(seed: int) -> str:
    """Return the command that plays one seed again and tells each step."""
    return f".venv/bin/python -m tests.python.chaos --seed {seed}"
