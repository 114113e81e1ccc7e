"""Builds the plugin of this checkout and installs it in the simulated DSS, as the plugin screen does."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.process import ROOT

PLUGIN_ID = "gke-clusters"


def build_plugin(folder: Path) -> Path:
    """Build the zip of the plugin in a folder that has no other, and return it."""
    subprocess.run([sys.executable, "tools/build_plugin.py", str(folder)], cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.zip"))


def install_plugin(client: Any, archive: Path) -> tuple[str, str]:
    """Install a zip of the plugin, and its code environment on the Python that runs.

    Args:
        client: a `dataikuapi.DSSClient`.
        archive: the zip.

    Returns:
        The name of the code environment and its interpreter, such as `PYTHON311`.
    """
    with archive.open("rb") as content:
        client.install_plugin_from_archive(content)
    plugin = client.get_plugin(PLUGIN_ID)
    interpreter = "PYTHON{}{}".format(*sys.version_info[:2])
    environment = plugin.create_code_env(python_interpreter=interpreter).wait_for_result()["envName"]
    settings = plugin.get_settings()
    settings.set_code_env(environment)
    settings.save()
    return environment, interpreter
