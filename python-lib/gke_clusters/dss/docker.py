"""Docker on the DSS host, which DSS pushes images with: whether it works, who it logs in as, which images it has.

https://docs.docker.com/reference/cli/docker/
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from gke_clusters.errors import DockerUnusable

_PROGRAM: Final = "docker"
_TIMEOUT_SECONDS: Final = 120.0

LoginKind = Literal["none", "kept", "helper"]


class Docker:
    """The Docker that this process, and DSS, finds on its PATH."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Keep the variables that Docker is run with."""
        self._environment = environment

    def check(self) -> str:
        """Return the version of the daemon.

        Raises:
            DockerUnusable: Docker is not installed, or its daemon does not answer.
        """
        done = self._run(["version", "--format", "{{.Server.Version}}"])
        if done.returncode:
            raise DockerUnusable("Docker on the DSS host does not answer.", resource=_PROGRAM, verbatim=_words(done))
        return done.stdout.strip()

    def login_of(self, host: str) -> LoginKind:
        """How Docker logs in to a registry.

        Returns:
            ``kept`` for a login of before, ``helper`` for a program that was set up for this very registry, as
            ``gcloud auth configure-docker`` does, ``none`` for none.
        """
        config = self._config()
        if config.get("credHelpers", {}).get(host):
            return "helper"
        return "kept" if host in config.get("auths", {}) else "none"

    def log_in(self, host: str, user: str, password: str) -> None:
        """Log Docker in to a registry; the password goes through a pipe.

        Raises:
            DockerUnusable: it could not log in.
        """
        done = self._run(["login", host, "--username", user, "--password-stdin"], password)
        if done.returncode:
            raise DockerUnusable(
                "Docker could not log in to the registry.",
                resource=host,
                verbatim=_words(done).replace(password, "..."),
                remedy="Check that the DSS host reaches the registry (a proxy is set for Docker's daemon, not for DSS)"
                " and that the user that runs DSS may write Docker's configuration (~/.docker/config.json).",
            )

    def has_image(self, name: str) -> bool:
        """Whether Docker has an image under a name.

        Raises:
            DockerUnusable: Docker is not installed.
        """
        return self._run(["image", "inspect", "--format", "{{.Id}}", name]).returncode == 0

    def _config(self) -> dict[str, Any]:
        folder = self._environment.get("DOCKER_CONFIG") or Path(self._environment.get("HOME", "/")) / ".docker"
        try:
            config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            # Docker itself says what is wrong with it.
            return {}
        return config if isinstance(config, dict) else {}

    def _run(self, arguments: Sequence[str], text: str | None = None) -> subprocess.CompletedProcess[str]:
        how: dict[str, Any] = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
        try:
            return subprocess.run(  # noqa: S603 - the command is ours
                [_PROGRAM, *arguments],
                **how,
                env=dict(self._environment),
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise DockerUnusable("Docker is not installed on the DSS host, or not on the PATH of DSS.") from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DockerUnusable(
                "Docker on the DSS host cannot be run.", resource=_PROGRAM, verbatim=str(error)
            ) from None


def _words(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}"
