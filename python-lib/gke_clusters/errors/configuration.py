"""Failures of what DSS and its host give: the dialogs, the metadata server, what an earlier start left, DSS itself."""

# The names say the failure in the administrator's words; the word "error" in each would add nothing.
# ruff: noqa: N818

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gke_clusters.errors.base import GkeClustersError
from gke_clusters.errors.secrecy import shown


@dataclass(frozen=True)
class Problem:
    """One wrong field: its label as the dialog shows it, and what is wrong with its value."""

    label: str
    message: str

    def __str__(self) -> str:
        return f"{self.label}: {shown(self.message)}"


class SettingsError(GkeClustersError):
    """Fields of the dialog or of a preset hold values that cannot work; nothing was sent to Google."""

    advice = "Correct these fields in the settings of the cluster or in its presets, then start again."

    def __init__(self, problems: Iterable[Problem], *, remedy: str | None = None) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        count = len(self.problems)
        noun = "setting is" if count == 1 else "settings are"
        super().__init__(f"{count} {noun} wrong; nothing was created or changed.", remedy=remedy)

    def rows(self) -> tuple[str, ...]:
        """The wrong settings, each by its label."""
        return tuple(str(problem) for problem in self.problems)


class MetadataServerError(GkeClustersError):
    """A fact about the DSS host is needed, and the metadata server of Compute Engine does not answer."""

    advice = (
        "Fill in the project and the zone in the preset of the connection, and choose a network and a service "
        "account instead of those of the DSS host; or run DSS on a Compute Engine VM."
    )


class StateError(GkeClustersError):
    """What a previous start left behind, in the cluster's data or in its journal, cannot be used."""

    advice = "Look at the cluster in the Google Cloud console before anything else; DSS will not touch it by guesswork."


class DssRefused(GkeClustersError):
    """DSS refuses a call to its public API, or does not keep what it was given."""

    advice = "Correct what the answer names. A macro that changes DSS needs the rights of an administrator of DSS."


class DockerUnusable(GkeClustersError):
    """Docker on the DSS host is missing, does not run, or cannot log in to the registry."""

    advice = (
        "Install Docker on the DSS host, start it (systemctl start docker), and let the user that runs DSS use it"
        " (usermod --append --groups docker USER, then restart DSS). DSS pushes images with nothing else."
    )


class UnexpectedFailure(GkeClustersError):
    """Something failed that the plugin did not foresee; the log has the details."""

    advice = "Read the log of the cluster or of the macro: it has the details. Doing the same again is safe."
