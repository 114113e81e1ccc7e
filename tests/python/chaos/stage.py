"""What the schedules of one process share: a sandbox, the plugin's process and a cluster that is nobody's business."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import requests

from sandbox.process import SandboxProcess
from tests.python.chaos.dialogs import ZONES
from tests.python.chaos.dss_clusters import Component
from tests.python.chaos.outsider import Outsider

SANDBOX_ARGUMENTS: Final = ("--speed", "4000")
"""A cluster is created in a tenth of a second, a stockout shows after half a second."""
BYSTANDER: Final = "bystander"
_TIMEOUT_SECONDS: Final = 20
_Scene = TypeVar("_Scene")


@dataclass
class Stage:
    """What one process's schedules share: a sandbox, the plugin's process and a cluster that is nobody's business.

    Attributes:
        sandbox: the cloud.
        component: the plugin.
        outsider: somebody else in the project.
        bystander: a cluster of somebody else, as it was created.
        plays: a number for each play, so that a seed can be played again on the same sandbox.
        scenery: what the seeds of one kind have in common, by the name of the kind.
    """

    sandbox: SandboxProcess
    component: Component
    outsider: Outsider
    bystander: dict[str, Any]
    plays: Iterator[int] = field(default_factory=itertools.count)
    scenery: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def build(cls, sandbox: SandboxProcess, folder: Path) -> Stage:
        """Prepare a sandbox for schedules."""
        outsider = Outsider(sandbox)
        return cls(sandbox, Component(sandbox, folder), outsider, outsider.create(ZONES[0], BYSTANDER))

    def scene(self, kind: str, make: Callable[[], _Scene]) -> _Scene:
        """Return what the seeds of one kind have in common; the first of them makes it.

        Args:
            kind: name of it.
            make: makes it.
        """
        if kind not in self.scenery:
            self.scenery[kind] = make()
        scene: _Scene = self.scenery[kind]
        return scene

    @contextlib.contextmanager
    def faults(self, faults: tuple[dict[str, Any], ...]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
        """Plan faults; what is given tells which of them have struck."""
        with self.sandbox.faults(*faults):
            yield lambda: self._struck(faults)

    def _struck(self, planned: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.sandbox.admin_url}/faults", timeout=_TIMEOUT_SECONDS)
        untouched: list[dict[str, Any]] = answer.json()["faults"]
        struck = []
        for fault in planned:
            # Two may be alike.
            if fault in untouched:
                untouched.remove(fault)
            else:
                struck.append(fault)
        return struck

    def close(self) -> None:
        """End the plugin's process."""
        self.component.close()
