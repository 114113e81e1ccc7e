"""Stand-ins for the parts of the sandbox that are still being built."""

import importlib
import sys
from pathlib import Path
from typing import Any

from starlette.applications import Starlette


class _Missing:
    def __init__(self, *_arguments: Any, **_keywords: Any) -> None:
        self.app = Starlette()
        self.api_key = "missing"

    async def stop(self) -> None:
        """Do nothing."""

    def listen(self, url: str) -> None:
        """Do nothing."""

    def truth(self) -> list[dict[str, Any]]:
        """Return no cluster."""
        return []

    def instance_groups(self, _project: str, _zone: str) -> list[Any]:
        """Return no group."""
        return []

    def normalise(self, _method: str, _path: str, body: Any) -> Any:
        """Return the body as it is."""
        return body


def _part(module: str, name: str) -> Any:
    path = Path(__file__).resolve().parent.parent.joinpath(*module.split("."))
    if not (path.with_suffix(".py").exists() or (path / "__init__.py").exists()):
        return _Missing
    try:
        return getattr(importlib.import_module(module), name, _Missing)
    except ImportError as error:
        print(f"{module} is unfinished: {error}", file=sys.stderr)  # noqa: T201 - seen by whoever builds that part
        return _Missing


ContainerService: Any = _part("sandbox.gcp.container.service", "ContainerService")
EmbeddedControlPlanes: Any = _part("sandbox.kubernetes.embedded", "EmbeddedControlPlanes")
