"""A sandbox as a process of its own, and the client of its own interface: what the demo and the tests drive."""

import atexit
import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import requests

from sandbox.environment import apply_environment

ROOT = Path(__file__).resolve().parent.parent
# A machine that is busy otherwise takes its time.
_TIMEOUT_SECONDS = 60
# A thousand nodes and their pods need a while.
_PLANTING_SECONDS = 120
_INTERRUPTIONS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class SandboxFailedError(Exception):
    """The sandbox did not start, or did not end when it was told to."""


class SandboxProcess:
    """`python -m sandbox up`, as any user of it would start it; ready when the constructor returns.

    Args:
        folder: for the environment file and the state.
        arguments: further arguments of `up`.
        environment: what the process starts with; this process's own by default.

    Raises:
        SandboxFailedError: it did not start.
    """

    def __init__(
        self, folder: Path, arguments: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        env_file = folder / "env"
        outer = dict(os.environ if environment is None else environment)
        command = [
            *(sys.executable, "-m", "sandbox", "up"),
            *("--env-file", str(env_file), "--state-dir", str(folder / "state")),
            *arguments,
        ]
        # An interruption inside of Popen would leave a process that nobody knows; `up` lifts the block for itself.
        signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTIONS)
        ready = False
        try:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=outer, text=True)
            atexit.register(_end, self.process)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPTIONS)
            assert self.process.stdout is not None  # noqa: S101 - asked for above
            ready = "sandbox ready" in self.process.stdout.readline()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPTIONS)
            if not ready and hasattr(self, "process"):
                _end(self.process)
        if not ready:
            raise SandboxFailedError("the sandbox did not start; what it said is above")
        self.exports = apply_environment(env_file.read_text(), {})
        self.environment = apply_environment(env_file.read_text(), outer)

    @property
    def admin_url(self) -> str:
        """The address of the sandbox's own interface."""
        return self.exports["SANDBOX_ADMIN_URL"]

    def clusters(self) -> list[dict[str, Any]]:
        """Return every cluster that exists on the simulated GKE, as the REST resource."""
        clusters: list[dict[str, Any]] = self._ask("GET", "/clusters")["clusters"]
        return clusters

    def plant(self, *clusters: Mapping[str, Any]) -> list[str]:
        """Have clusters exist at once, each as `POST /clusters` takes it, and return their self links."""
        body = {"clusters": [dict(cluster) for cluster in clusters]}
        answer = requests.post(f"{self.admin_url}/clusters", json=body, timeout=_PLANTING_SECONDS)
        answer.raise_for_status()
        planted: list[str] = answer.json()["clusters"]
        return planted

    def requests(self, **wanted: Any) -> list[dict[str, Any]]:
        """Return the requests that the simulated services saw; `service` and `since` choose among them."""
        seen: list[dict[str, Any]] = self._ask("GET", "/requests", params=wanted)["requests"]
        return seen

    @contextlib.contextmanager
    def faults(self, *faults: Mapping[str, Any]) -> Iterator[None]:
        """Plan faults, each as `POST /faults` takes it, and clear what is left of them at the end."""
        for fault in faults:
            self._ask("POST", "/faults", json=dict(fault))
        try:
            yield
        finally:
            self._ask("DELETE", "/faults")

    @contextlib.contextmanager
    def edits(self, *edits: Mapping[str, Any]) -> Iterator[None]:
        """Let another administrator save, each edit as `POST /dss/edits` takes it; forget what is left at the end.

        Raises:
            SandboxFailedError: at the end, one of them has not been saved.
        """
        for edit in edits:
            self._ask("POST", "/dss/edits", json=dict(edit))
        try:
            yield
            told = self._ask("GET", "/dss/edits")["edits"]
        finally:
            self._ask("DELETE", "/dss/edits")
        if missed := [edit for edit in told if edit["outcome"] != "saved"]:
            raise SandboxFailedError(f"edits that were not saved: {missed}")

    @contextlib.contextmanager
    def settings_fields(self, known: Sequence[str] = (), unknown: Sequence[str] = ()) -> Iterator[None]:
        """Let DSS know other general settings, each a path as `POST /dss/settings-fields` takes it, until the end."""
        self._ask("POST", "/dss/settings-fields", json={"known": list(known), "unknown": list(unknown)})
        try:
            yield
        finally:
            self._ask("DELETE", "/dss/settings-fields")

    @contextlib.contextmanager
    def permissions(self, email: str, permissions: Sequence[str]) -> Iterator[None]:
        """Give a principal exactly these permissions, and its first ones back at the end."""
        self._ask("POST", "/permissions", json={"email": email, "permissions": list(permissions)})
        try:
            yield
        finally:
            self._ask("POST", "/permissions", json={"email": email, "permissions": None})

    def service_account_key(self, email: str, permissions: Sequence[str]) -> dict[str, Any]:
        """Make a service account and return a key file for it."""
        return self._ask("POST", "/service-account-keys", json={"email": email, "permissions": list(permissions)})

    def authorized_user(self, email: str, permissions: Sequence[str]) -> dict[str, Any]:
        """Make a user and return the file that an application-default login leaves."""
        return self._ask("POST", "/authorized-users", json={"email": email, "permissions": list(permissions)})

    def access_token(self, email: str, lifetime_seconds: float | None = 3600) -> str:
        """Return a token of a known principal; None makes one that does not expire, 0 one that has."""
        body = {"email": email, "lifetime_seconds": lifetime_seconds}
        token: str = self._ask("POST", "/tokens", json=body)["token"]
        return token

    def stop(self) -> list[str]:
        """End the sandbox; return the command lines of the processes that it left behind.

        Raises:
            SandboxFailedError: it ended with an exit status other than 0, or not at all.
        """
        watched: list[psutil.Process] = []
        with contextlib.suppress(psutil.NoSuchProcess):
            watched = psutil.Process(self.process.pid).children(recursive=True)
        self.process.terminate()
        try:
            status = self.process.wait(timeout=_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise SandboxFailedError("the sandbox did not end when it was told to") from None
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()
        if status:
            raise SandboxFailedError(f"the sandbox ended with status {status}")
        _, alive = psutil.wait_procs(watched, timeout=_TIMEOUT_SECONDS)
        left = {process.pid: process for process in alive}
        left |= {process.pid: process for process in psutil.process_iter() if _mentions(process, self.folder)}
        return [shlex.join(process.cmdline()) for process in left.values()]

    def _ask(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        answer = requests.request(method, self.admin_url + path, timeout=_TIMEOUT_SECONDS, **how)
        answer.raise_for_status()
        value: dict[str, Any] = answer.json()
        return value


def _end(process: subprocess.Popen[str]) -> None:
    """End a sandbox that nobody has stopped."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _mentions(process: psutil.Process, folder: Path) -> bool:
    """Tell whether a process works in the folder or names it on its command line."""
    if process.pid == os.getpid():
        return False
    try:
        return any(str(folder) in text for text in [process.cwd(), *process.cmdline()])
    except psutil.Error:
        return False
