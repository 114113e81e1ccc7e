"""The kubectl of the DSS host: DSS runs it, the plugin does not."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Final

_TIMEOUT_SECONDS: Final = 10.0


def kubectl_version() -> str | None:
    """Return the version of the kubectl that DSS finds, such as ``v1.33.5``; None if there is none that works."""
    program = shutil.which("kubectl")
    if program is None:
        return None
    try:
        result = subprocess.run(  # noqa: S603 - no part of it comes from outside
            [program, "version", "--client", "--output", "json"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )
        return str(json.loads(result.stdout)["clientVersion"]["gitVersion"])
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        return None
