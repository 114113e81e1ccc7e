"""The process that tells the stories: it imports the plugin once, and each story is a fork of it that can be killed.

Each line of standard input is a call: `{"call", "folder", "log", "kill_after_seconds", "bound_seconds"}`, of which
`call` is what the driver of the sandbox's DSS reads, a macro's with its `kind` and `environment`. The first line of
standard output says that the plugin is imported; each later one is the end of a story:
`{"ended", "seconds", "result" or "error"}`, where `ended` is `returned`, `killed` (as was asked) or `endless`.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Final

from sandbox.dss.driver.component_call import Reporter, call_cluster, call_macro, load_module
from tests.python.chaos.quick_time import SPEED, QuickTime, importing_with

READY: Final = "ready"
_POLL_SECONDS: Final = 0.002
# Whatever the plugin imports only where it uses it, and what these import in their turn.
_LIBRARIES: Final = (
    "google.api_core.retry",
    "google.auth.compute_engine",
    "google.auth.impersonated_credentials",
    "google.auth.transport.requests",
    "google.cloud.container_v1",
    "kubernetes.client",
    "kubernetes.config",
    "pydantic",
    "subprocess",
    "urllib3",
    "yaml",
)
# Libraries that repeat and pause on behalf of the plugin.
_REPEATING: Final = (
    "google.api_core.retry.retry_base",
    "google.api_core.retry.retry_unary",
    "google.auth._exponential_backoff",
)


def warm_up() -> None:
    """Import the plugin, with a quick clock, and everything under it, with the real one."""
    quick = QuickTime(SPEED)
    for name in _LIBRARIES:
        importlib.import_module(name)
    for name in _REPEATING:
        module: Any = importlib.import_module(name)
        if not hasattr(module, "time"):
            raise RuntimeError(f"{name} does not keep time any more: its pauses would take as long as in real life")
        module.time = quick
    with importing_with(quick):
        package = importlib.import_module("gke_clusters")
        for module_info in pkgutil.walk_packages(package.__path__, "gke_clusters."):
            importlib.import_module(module_info.name)
    # What is old already is not looked at again in every fork, which would copy its pages.
    gc.collect()
    gc.freeze()


def tell(asked: dict[str, Any]) -> dict[str, Any]:
    """Tell one story in a process of its own and return how it ended."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        answer = Path(folder) / "answer"
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            _be_the_story(asked, Path(folder), answer)
        ended = _await_end(child, asked, started)
        _import_in_advance(answer.with_name("imported"))
        told = json.loads(answer.read_text().splitlines()[-1]) if ended == "returned" and answer.exists() else {}
        return {"ended": ended, "seconds": time.monotonic() - started, **told}


def _import_in_advance(listed: Path) -> None:
    """Import what a story had to import by itself, so that the next ones need not."""
    if not listed.exists():
        return
    for name in listed.read_text().split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _be_the_story(asked: dict[str, Any], folder: Path, answer: Path) -> None:
    known = set(sys.modules)
    try:
        os.setsid()
        os.chdir(asked["folder"])
        log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, file in ((0, nothing), (1, log), (2, log)):
            os.dup2(file, number)
        call = asked["call"]
        with answer.open("w", encoding="utf-8") as stream:
            report = Reporter(stream)
            try:
                report.send(result=_result(call, folder, report))
            except BaseException as error:  # as the driver does: every end is told
                traceback.print_exc()
                report.send(
                    error={"type": f"{type(error).__module__}.{type(error).__qualname__}", "message": str(error)}
                )
        later = sorted(name for name in sys.modules.keys() - known if not name.startswith("dku_"))
        answer.with_name("imported").write_text("\n".join(later))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        # The clean-up at the end of an interpreter is the parent's, not this process's.
        os._exit(0)


def _result(call: dict[str, Any], folder: Path, report: Reporter) -> Any:
    """Call the component, and give the page of a macro as the stories told in place of a start do."""
    os.environ.update(call.get("environment", {}))
    module = load_module(call["source"], folder)
    if call.get("kind") == "macro":
        return {"data": {"page": call_macro(call, module, report)}}
    return call_cluster(call, module, report)


def _await_end(child: int, asked: dict[str, Any], started: float) -> str:
    kill_after, bound = asked["kill_after_seconds"], asked["bound_seconds"]
    while not os.waitpid(child, os.WNOHANG)[0]:
        passed = time.monotonic() - started
        if passed > bound or (kill_after is not None and passed > kill_after):
            _kill(child)
            os.waitpid(child, 0)
            return "endless" if passed > bound else "killed"
        time.sleep(_POLL_SECONDS)
    # What it started, such as the credential helper, does not outlive it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return "returned"


def _kill(child: int) -> None:
    """Kill a child that was not waited for yet, so that its number is still its own, and what it started."""
    with contextlib.suppress(ProcessLookupError):
        # Only its own group: before it has made one there is none of that number.
        os.killpg(child, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)


def main() -> None:
    """Tell the stories that standard input asks for, until it ends."""
    warm_up()
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(tell(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
