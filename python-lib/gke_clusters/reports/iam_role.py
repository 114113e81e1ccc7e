"""The custom role and the commands that create and grant it, to be copied or downloaded."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from gke_clusters.errors import GkeClustersError
from gke_clusters.reports.pages import render


@dataclass(frozen=True)
class Command:
    """A command for a shell, and what it is for."""

    purpose: str
    line: str


@dataclass(frozen=True)
class IamRole:
    """A custom role.

    Attributes:
        file_name: what its file is called.
        text: the file.
        permissions: how many it holds.
        commands: in the order in which they are run.
        notes: what else the administrator should know, a sentence each.
        failures: what kept a command from being complete.
    """

    file_name: str
    text: str
    permissions: int
    commands: tuple[Command, ...]
    notes: tuple[str, ...] = ()
    failures: tuple[GkeClustersError, ...] = ()


def render_iam_role(role: IamRole) -> str:
    """Return the page."""
    return render("iam_role.html", title="IAM role", role=role, download=_as_link(role.text))


def _as_link(text: str) -> str:
    # In base64, so that no character of the file means anything in a link: https://www.rfc-editor.org/rfc/rfc2397
    return f"data:application/yaml;charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"
