"""Spark's own command line."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# A JVM on a machine that has other work to do.
_TIMEOUT_SECONDS = 240


@dataclass(frozen=True)
class Spark:
    """An installation of Spark.

    Attributes:
        home: its folder, with `bin` and `jars`.
    """

    home: Path

    def command(
        self, master: str, properties: Mapping[str, str], words: Sequence[str], application: Sequence[str] = ()
    ) -> list[str]:
        """Return a command line of `spark-submit`; the last are the application and its arguments."""
        given = [word for key, value in properties.items() for word in ("--conf", f"{key}={value}")]
        return [str(self.home / "bin" / "spark-submit"), "--master", f"k8s://{master}", *given, *words, *application]

    def environment(self, outer: Mapping[str, str], folder: Path, kubeconfig: Path | None) -> dict[str, str]:
        """Return the variables for Spark, with no settings but those that are given.

        Args:
            outer: what the sandbox exports, beside the variables of any program.
            folder: an empty one.
            kubeconfig: None for none.
        """
        return {
            **outer,
            "KUBECONFIG": str(kubeconfig or folder / "no-kubeconfig"),
            "SPARK_HOME": str(self.home),
            "SPARK_CONF_DIR": str(folder),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }


def run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run a command to its end and return what it said.

    Raises:
        AssertionError: it failed.
    """
    done = subprocess.run(
        command,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
