"""The one program that pods of the sandbox really run: the plugin's network probe, as a local process."""

import asyncio
import contextlib
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.kubernetes.client import Object

_PROGRAM = Path(__file__).resolve().parents[3] / "resource" / "network_probe.py"
_POD_NETWORK = Path(__file__).with_name("pod_network.py")
_DEADLINE_SECONDS = 60.0
# What the kubelet keeps of a termination message.
# https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
_MESSAGE_LIMIT = 4096


@dataclass(frozen=True)
class Ended:
    """How a container ended.

    Attributes:
        exit_code: of its process.
        message: what it left in the file of its termination message.
    """

    exit_code: int
    message: str


@cache
def _program_text() -> str:
    return _PROGRAM.read_text(encoding="utf-8")


def is_probe(pod: Object) -> bool:
    """Tell whether a pod runs exactly the plugin's program, as the plugin runs it, and nothing beside it."""
    containers = pod["spec"]["containers"]
    if len(containers) != 1 or containers[0].get("command") != ["python3", "-c", _program_text()]:
        return False
    # It writes to the file that it is told: no other than that of the message may be meant.
    return list(containers[0].get("args") or ())[1:] == [_mounted(containers[0])]


def _mounted(container: Object) -> str:
    return str(container.get("terminationMessagePath") or "/dev/termination-log")


async def run_probe(pod: Object) -> Ended:
    """Run the program of a pod that is a probe; ended with the task that waits for it."""
    container = pod["spec"]["containers"][0]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "termination-log"
        arguments = [container["args"][0], str(report)]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_POD_NETWORK),
            str(_PROGRAM),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
        )
        try:
            await asyncio.wait_for(process.wait(), _DEADLINE_SECONDS)
        except asyncio.TimeoutError:
            # As a pod whose activeDeadlineSeconds are over: it is killed below.
            pass
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        message = report.read_text(encoding="utf-8")[:_MESSAGE_LIMIT] if report.exists() else ""
    return Ended(process.returncode or 0, message)
