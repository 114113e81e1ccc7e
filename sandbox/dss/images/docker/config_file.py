"""Docker's configuration file: who logs in to which registry, and the programs that keep that secret.

https://docs.docker.com/reference/cli/docker/login/
"""

import base64
import binascii
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.dss.storage import private_folder, write_text

_NOT_FOUND = "credentials not found in native keychain"


class ConfigError(Exception):
    """The configuration cannot be used."""


@dataclass(frozen=True)
class Login:
    """A user name and a password."""

    user: str
    password: str


class ConfigFile:
    """The configuration of one user.

    Args:
        folder: `DOCKER_CONFIG`, or `.docker` in the home folder.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "config.json"

    @classmethod
    def of_environment(cls, chosen: str | None = None) -> "ConfigFile":
        """Return the file that Docker uses in this process's environment, or in the folder that `--config` chose."""
        folder = chosen or os.environ.get("DOCKER_CONFIG") or Path(os.environ.get("HOME", "/")) / ".docker"
        return cls(Path(folder))

    def login(self, host: str) -> Login | None:
        """Return how to log in to a registry.

        Raises:
            ConfigError: the file cannot be read, or the program that keeps the login fails.
        """
        described = self._read()
        helper = _helper(described, host)
        if helper:
            return _ask(helper, host)
        entry = described.get("auths", {}).get(host, {})
        try:
            user, separator, password = base64.b64decode(entry.get("auth", ""), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise ConfigError(f"Invalid auth configuration file: the entry of {host}") from None
        return Login(user, password) if separator else None

    def keep(self, host: str, login: Login) -> bool:
        """Keep a login; return whether it is in the file itself, readable by whoever reads the file.

        Raises:
            ConfigError: the file cannot be read, or the program that keeps logins fails.
        """
        described = self._read()
        helper = _helper(described, host)
        auths = described.setdefault("auths", {})
        if helper:
            _run(helper, "store", json.dumps({"ServerURL": host, "Username": login.user, "Secret": login.password}))
            auths[host] = {}
        else:
            auths[host] = {"auth": base64.b64encode(f"{login.user}:{login.password}".encode()).decode("ascii")}
        self._write(described)
        return helper is None

    def forget(self, host: str) -> bool:
        """Forget a login; return whether there was one.

        Raises:
            ConfigError: the file cannot be read, or the program that keeps logins fails.
        """
        described = self._read()
        helper = _helper(described, host)
        if helper:
            _run(helper, "erase", host)
        known = described.get("auths", {}).pop(host, None) is not None
        if known:
            self._write(described)
        return known or bool(helper)

    def _read(self) -> dict[str, Any]:
        if not self.path.exists():
            return {}
        try:
            described = json.loads(self.path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ConfigError(f"Error loading config file: {self.path}: {error}") from error
        if not isinstance(described, dict):
            raise ConfigError(f"Error loading config file: {self.path}: not an object")
        return described

    def _write(self, described: dict[str, Any]) -> None:
        private_folder(self.path.parent)
        write_text(self.path, json.dumps(described, indent="\t"))


def _helper(described: dict[str, Any], host: str) -> str | None:
    """Return the program that keeps the login of a registry, without its prefix."""
    return described.get("credHelpers", {}).get(host) or described.get("credsStore") or None


def _ask(helper: str, host: str) -> Login | None:
    answer = _run(helper, "get", host)
    if answer is None:
        return None
    try:
        told = json.loads(answer)
        return Login(told["Username"], told["Secret"])
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"error getting credentials - docker-credential-{helper} gave no login") from None


def _run(helper: str, action: str, text: str) -> str | None:
    """Run a credential helper; None when it knows no such login.

    Protocol: https://github.com/docker/docker-credential-helpers#development
    """
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run([program, action], input=text, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ConfigError(f"error getting credentials - err: exec: {program}: {error.strerror}, out: ``") from error
    if done.returncode == 0:
        return done.stdout
    if _NOT_FOUND in done.stdout:
        return None
    raise ConfigError(
        f"error getting credentials - err: exit status {done.returncode}, out: `{(done.stdout + done.stderr).strip()}`"
    )
