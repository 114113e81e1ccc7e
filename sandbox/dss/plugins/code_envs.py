"""Code environments of plugins: by default a link to the environment that the sandbox itself runs in."""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from sandbox.dss.errors import bad_request, failed, not_found
from sandbox.dss.messages import success
from sandbox.dss.plugins.descriptors import Plugin
from sandbox.dss.storage import DataFolder

# What DSS itself needs in every environment of its processes; the public API client imports them.
_CORE_PACKAGES = ("requests", "python-dateutil", "six")
_DSS_INTERPRETERS = tuple(f"PYTHON{version}" for version in (27, 34, 35, 36, 37, 38, 39, 310, 311, 312, 313, 314))


class CodeEnvs:
    """The Python code envs of one instance.

    Args:
        data: where they are kept, with their descriptions.
        real: make a virtual environment with the plugin's requirements, instead of a link.
    """

    def __init__(self, data: DataFolder, *, real: bool) -> None:
        self._data = data
        self._real = real

    def all(self) -> list[dict[str, Any]]:
        """Return what is known of every code env."""
        return [self.get(path.name) for path in sorted(self._data.code_envs.iterdir())]

    def get(self, name: str) -> dict[str, Any]:
        """Return what is known of a code env.

        Raises:
            DssError: there is none of that name.
        """
        described = self._data.document("code-envs", name).read()
        if described is None:
            raise not_found(f"Code env {name}")
        return {"envName": name, "envLang": "PYTHON", "deploymentMode": "PLUGIN_MANAGED", **described}

    def python(self, name: str | None) -> Path:
        """Return the interpreter of a code env; without a name, that of the built-in environment.

        The built-in environment is the sandbox's own.

        Raises:
            DssError: there is none of that name.
        """
        if name is None:
            return Path(sys.executable)
        self.get(name)
        # Python finds a virtual environment by the path that it is started with: the link's, not the target's.
        return self._data.code_envs / name / "bin" / "python3"

    async def create(self, plugin: Plugin, interpreter: str | None, *, conda: bool) -> dict[str, Any]:
        """Make the code env of a plugin and return the result of DSS's task.

        Args:
            plugin: whose it is.
            interpreter: such as `PYTHON311`; the first that the plugin accepts by default.
            conda: whether Conda is asked for, which the sandbox does not have.

        Raises:
            DssError: the plugin has no code env, refuses the interpreter, or the environment cannot be built.
        """
        name = f"plugin_{plugin.plugin_id}_managed"
        if plugin.code_env is None:
            raise bad_request(f"Plugin {plugin.plugin_id} has no code environment definition")
        if conda or plugin.code_env.get("forceConda"):
            raise bad_request("Conda is not installed on this instance")
        if (self._data.code_envs / name).exists():
            raise bad_request(f"Code env {name} already exists")
        chosen = _accepted(plugin, interpreter)
        await self._build(name, plugin, chosen)
        self._data.document("code-envs", name).write({"pythonInterpreter": chosen, "pluginId": plugin.plugin_id})
        return {"envName": name, "messages": success()}

    async def update(self, plugin: Plugin, name: str | None) -> dict[str, Any]:
        """Build a plugin's code env again and return the result of DSS's task.

        Raises:
            DssError: the plugin has none yet, or it cannot be built.
        """
        if name is None:
            raise bad_request(f"Plugin {plugin.plugin_id} has no code env to update")
        chosen = _accepted(plugin, self.get(name)["pythonInterpreter"])
        await self._build(name, plugin, chosen)
        return {"envName": name, "messages": success()}

    def delete(self, name: str) -> None:
        """Remove a code env.

        Raises:
            DssError: there is none of that name.
        """
        self.get(name)
        _remove(self._data.code_envs / name)
        self._data.document("code-envs", name).delete()

    async def _build(self, name: str, plugin: Plugin, interpreter: str) -> None:
        folder = self._data.code_envs / name
        _remove(folder)
        if not self._real:
            folder.symlink_to(sys.prefix, target_is_directory=True)
            return
        python = _find(interpreter)
        try:
            await _run(python, "-m", "venv", str(folder))
            await _run(
                str(folder / "bin" / "python3"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                *_wanted(plugin),
            )  # fmt: skip
        except BaseException:
            _remove(folder)
            raise


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def _accepted(plugin: Plugin, interpreter: str | None) -> str:
    definition = plugin.code_env or {}
    accepted = definition.get("acceptedPythonInterpreters") or list(_DSS_INTERPRETERS)
    chosen = interpreter or accepted[0]
    if chosen not in accepted:
        raise bad_request(
            f"Plugin {plugin.plugin_id} does not accept the interpreter {chosen}; it accepts {', '.join(accepted)}"
        )
    return str(chosen)


def _wanted(plugin: Plugin) -> list[str]:
    wanted = list(_CORE_PACKAGES) if (plugin.code_env or {}).get("installCorePackages") else []
    requirements = plugin.folder / "code-env" / "python" / "spec" / "requirements.txt"
    return [*wanted, "-r", str(requirements)] if requirements.is_file() else wanted


def _find(interpreter: str) -> str:
    version = interpreter.removeprefix("PYTHON")
    # The sandbox's own Python is sure to be there, on the PATH or not.
    if version == f"{sys.version_info.major}{sys.version_info.minor}":
        return sys.executable
    command = f"python{version[0]}.{version[1:]}"
    found = shutil.which(command)
    if found is None:
        raise failed(f"Interpreter {interpreter} is not on this host: {command} was not found")
    return found


async def _run(*command: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        raise failed(f"Code env creation failed: {' '.join(command[1:4])}: {output.decode(errors='replace')[-2000:]}")
