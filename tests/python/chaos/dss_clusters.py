"""What DSS keeps of a cluster, and how its actions reach a component: as the sandbox's DSS does it, but quicker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from sandbox.process import ROOT, SandboxProcess

INSTALL_ID: Final = "chaos-installation"
CREATE, ATTACH = "create-gke-cluster", "attach-gke-cluster"

_NOT_FOR_COMPONENTS: Final = frozenset(
    {"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "CLOUDSDK_CONFIG", "DKU_DSS_URL", "DKU_API_KEY", "SANDBOX_ADMIN_URL"}
)
# By far more than the plugin's own bounds, an hour and 40 minutes, are at the speed of its clock.
BOUND_SECONDS: Final = 100.0
# Until the warm parent gives up by itself, it is not asked whether it is still there.
_GRACE_SECONDS: Final = 60.0


class WarmParentLostError(Exception):
    """The process that tells the stories ended or does not answer."""


@dataclass(frozen=True)
class End:
    """How a story ended.

    Attributes:
        ended: `returned`, `killed` as was asked, or `endless`.
        seconds: how long it took.
        result: what the component returned; None if it did not.
        error_type: the class of what it raised, empty if nothing.
        message: the text of it, which DSS shows.
        log: what it logged.
    """

    ended: Literal["returned", "killed", "endless"]
    seconds: float
    result: dict[str, Any] | None = None
    error_type: str = ""
    message: str = ""
    log: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether DSS takes it for a success."""
        return self.result is not None


class Component:
    """The plugin in a warm process, as DSS starts it on the simulated host.

    Args:
        sandbox: what it works against.
        folder: data directory of DSS.

    Attributes:
        environment: the variables of its processes.
    """

    def __init__(self, sandbox: SandboxProcess, folder: Path) -> None:
        self.folder = folder
        for part in ("home", "tmp", "clusters"):
            (folder / part).mkdir(parents=True, mode=0o700)
        (folder / "install.ini").write_text(f"[general]\ninstallid = {INSTALL_ID}\n")
        exported = {key: value for key, value in sandbox.exports.items() if key not in _NOT_FOR_COMPONENTS}
        library = (ROOT / "sandbox" / "dss" / "stand_in", ROOT / "python-lib", ROOT)
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            **exported,
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "DIP_HOME": str(folder),
            "PYTHONPATH": os.pathsep.join(map(str, library)),
            "PYTHONUNBUFFERED": "1",
            "DKU_CUSTOM_RESOURCE_FOLDER": str(ROOT / "resource"),
            "DKU_SERVER_KIND": "BACKEND",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.python.chaos.warm_parent"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        # Whether it has said that the plugin is imported, which takes a busy machine its time.
        self._ready = False

    def tell(self, call: Mapping[str, Any], folder: Path, kill_after_seconds: float | None) -> End:
        """Tell one story.

        Args:
            call: what the driver of components reads.
            folder: working directory of the component.
            kill_after_seconds: when its process is killed; None if it is not.

        Raises:
            WarmParentLostError: the process that tells the stories is gone.
        """
        log = folder.parent / "cluster.log"
        begin = log.stat().st_size if log.exists() else 0
        asked = {
            "call": dict(call),
            "folder": str(folder),
            "log": str(log),
            "kill_after_seconds": kill_after_seconds,
            "bound_seconds": BOUND_SECONDS,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._ready = self._ready or bool(self._process.stdout.readline())
        watchdog = threading.Timer(BOUND_SECONDS + _GRACE_SECONDS, self._process.kill)
        watchdog.start()
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watchdog.cancel()
        if not line:
            raise WarmParentLostError("the process that tells the stories is gone; what it said is above")
        told = json.loads(line)
        error = told.get("error") or {}
        return End(
            told["ended"],
            told["seconds"],
            told.get("result"),
            error.get("type", ""),
            error.get("message", ""),
            log.read_bytes()[begin:].decode(errors="replace") if log.exists() else "",
        )

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=_GRACE_SECONDS)
        self._process.stdout.close()


@dataclass
class DssCluster:
    """A cluster as DSS knows it. A failed start stores nothing, a failed stop leaves the state that was.

    Attributes:
        component: what runs its actions.
        kind: folder of its component.
        name: its name, which is its id.
        config: the dialog, presets resolved.
        running: whether DSS takes it for running.
        data: what the last successful start returned; kept after a stop.
    """

    component: Component
    kind: str
    name: str
    config: dict[str, Any]
    running: bool = False
    data: dict[str, Any] | None = field(default=None)

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, mode=0o700)

    @property
    def directory(self) -> Path:
        """The working directory of its component."""
        return self.component.folder / "clusters" / self.name / "exec"

    @property
    def journal(self) -> Path:
        """The journal that its component keeps."""
        return self.directory / "gke_cluster_journal.json"

    def forget_token(self) -> None:
        """Have its credential helper ask for a token again: other plays may have ended the kept one before its time."""
        (self.directory / "credential-helper" / "token").unlink(missing_ok=True)

    def start(self, kill_after_seconds: float | None = None) -> End:
        """Start it. A process that was killed is a start that failed."""
        end = self._act("start", kill_after_seconds)
        if end.result is not None:
            self.data = end.result["data"]
        self.running = end.succeeded
        return end

    def stop(self, kill_after_seconds: float | None = None) -> End:
        """Stop it. A process that was killed is a stop that failed."""
        end = self._act("stop", kill_after_seconds)
        self.running = self.running and not end.succeeded
        return end

    def _act(self, action: str, kill_after_seconds: float | None) -> End:
        call = {
            "source": (ROOT / "python-clusters" / self.kind / "cluster.py").read_text(),
            "config": self.config,
            "plugin_config": {},
            "action": action,
            "cluster_id": self.name,
            "cluster_name": self.name,
            "global_settings": {},
            "data": self.data if action == "stop" else None,
        }
        return self.component.tell(call, self.directory, kill_after_seconds)
