"""The story of *Print IAM role*: the role, and the commands filled in with the project and the identity."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.credentials import Authorization, CredentialsChoice
from gke_clusters.google.custom_role import FILE_NAME, binding_command, creation_command, custom_role_yaml
from gke_clusters.google.permissions import IMPERSONATION_PERMISSION, PERMISSIONS
from gke_clusters.google.roles import grant_on_service_account, member, role_for
from gke_clusters.lifecycle.google_access import credentials_choice
from gke_clusters.lifecycle.identities import ProjectHost, email_of, project_of
from gke_clusters.reports.iam_role import Command, IamRole, render_iam_role
from gke_clusters.settings.instance_macros import InstanceMacroSettings

_PROJECT: Final = "PROJECT"
_MEMBER: Final = "MEMBER"
_ACTING_AS_NODES: Final = (
    "iam.serviceAccounts.actAs may be taken out of the file and be granted on the service account of the nodes alone"
    " (roles/iam.serviceAccountUser)."
)
_AFTERWARDS: Final = (
    "Changes of roles take up to some minutes to work everywhere. Then the macro “Check prerequisites” tells whether a"
    " permission is still missing."
)

Found = TypeVar("Found")


def print_iam_role(
    settings: InstanceMacroSettings, authorize: Callable[[CredentialsChoice], Authorization], host: ProjectHost
) -> str:
    """Return the page with the role.

    Args:
        settings: The dialog.
        authorize: Loads credentials; no token is asked for.
        host: Facts about the DSS host, asked for only where the connection leaves them open.
    """
    choice = credentials_choice(settings.connection.credentials)
    failures: list[GkeClustersError] = []

    def unless_failed(ask: Callable[[], Found]) -> Found | None:
        try:
            return ask()
        except GkeClustersError as failure:
            failures.append(failure)
            return None

    project = unless_failed(lambda: project_of(settings.connection, host)) or _PROJECT
    email = unless_failed(lambda: email_of(authorize(choice), host)) or ""
    commands = [
        Command("Create the role, where the file is:", creation_command(project, FILE_NAME)),
        Command(
            "Or, where an earlier version of the plugin had it created, give it the permissions of this one:",
            creation_command(project, FILE_NAME, update=True),
        ),
        Command(f"Grant it to {email or 'the identity of the connection'}:", binding_command(project, member(email))),
    ]
    if choice.impersonate:
        source = unless_failed(lambda: email_of(authorize(replace(choice, impersonate=None)), host)) or ""
        commands.append(
            Command(
                f"Let {source or 'the identity that impersonates it'} act as {choice.impersonate}:",
                grant_on_service_account(choice.impersonate, source, role_for(IMPERSONATION_PERMISSION) or ""),
            )
        )
    notes = [_ACTING_AS_NODES, _AFTERWARDS]
    if any(re.search(rf"\b({_PROJECT}|{_MEMBER})\b", command.line) for command in commands):
        notes.insert(0, f"Replace {_PROJECT} by the id of the project and {_MEMBER} by whoever acts there.")
    return render_iam_role(
        IamRole(
            file_name=FILE_NAME,
            text=custom_role_yaml(project, member(email), FILE_NAME),
            permissions=len(PERMISSIONS),
            commands=tuple(commands),
            notes=tuple(notes),
            # The same key is read for both.
            failures=tuple({str(failure): failure for failure in failures}.values()),
        )
    )
