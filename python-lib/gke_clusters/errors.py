"""The failures an administrator can meet: what failed, what Google or DSS said, and what to do next.

DSS shows ``str(exception)`` to the administrator, so that is where the whole message is. Nothing here knows how a
failure is recognised: the code that raises chooses the class.
"""

# The names say the failure in the administrator's words; the word "error" in each would add nothing.
# ruff: noqa: N818

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

NOT_SHOWN: Final = "holds a key or a token, which is not repeated here"
"""What is said in place of a text with a secret in it."""

# PEM (RFC 7468) and what is left of it without its first line, the fields of Google's credentials files
# (https://google.aip.dev/auth/4112 and 4113), access and refresh tokens, and signed JSON web tokens (RFC 7519).
_SECRET: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|MII[\w+/]{2,6}(?:IBADANBgkqhkiG9w0BAQEFAAS|IBAAKC)"
    r"|['\"](?:private_key|private_key_id|client_secret|refresh_token|access_token)\\?['\"]\s*:"
    r"|\bya29\.[\w.-]{10}"
    r"|\b1//[\w-]{20}"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10}"
)
_BASE64_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{40,}")


def holds_secret(text: str) -> bool:
    """Whether a text holds what looks like a private key, a credentials file or a token, also in base64."""
    return bool(_SECRET.search(text)) or any(_SECRET.search(inner) for inner in _decoded(text))


def _decoded(text: str) -> Iterator[str]:
    for run in _BASE64_RUN.findall(text):
        usable = run[: len(run) // 4 * 4]
        yield base64.b64decode(usable, altchars=b"-_" if set("-_") & set(usable) else None).decode("latin-1")


def shown(text: str) -> str:
    """The text, or :data:`NOT_SHOWN` where it holds a secret."""
    return NOT_SHOWN if holds_secret(text) else text


class GkeClustersError(Exception):
    """Something that the administrator can act upon failed.

    Attributes:
        cause: what failed, in one line.
        resource: the Google Cloud, Kubernetes or DSS resource concerned, if there is one.
        verbatim: what Google, Kubernetes or DSS answered, unchanged, if anything.
        remedy: what to do next; the class's own advice unless a better one is given.
    """

    advice: ClassVar[str] = "Read the log of the cluster for the steps that led here."

    def __init__(
        self,
        cause: str,
        *,
        resource: str | None = None,
        verbatim: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(cause)
        self.cause = " ".join(cause.split())
        # What came in from outside may repeat a secret that was given in the wrong place.
        self.resource = shown(resource) if resource else None
        self.verbatim = shown(verbatim) if verbatim else None
        self.remedy = remedy or self.advice

    def advise(self, words: str) -> None:
        """Add something to do, or to know, after what there is to do already."""
        self.remedy = f"{self.remedy} {words}"

    def __str__(self) -> str:
        lines = [self.cause]
        if self.resource:
            lines.append(f"Resource: {self.resource}")
        if self.verbatim:
            lines.append(f"Answer received: {self.verbatim}")
        lines.append(f"What to do: {self.remedy}")
        return "\n".join(lines)


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

    def __str__(self) -> str:
        rows = [f"- {problem}" for problem in self.problems]
        return "\n".join([self.cause, *rows, f"What to do: {self.remedy}"])


class CredentialsError(GkeClustersError):
    """The credentials that the connection asks for cannot be read or are refused by Google."""

    advice = (
        "Check the credentials in the preset of the connection: attach a service account to the DSS host, "
        "or give a service account key that is readable by the user who runs DSS."
    )


class MetadataServerError(GkeClustersError):
    """A fact about the DSS host is needed, and the metadata server of Compute Engine does not answer."""

    advice = (
        "Fill in the project and the zone in the preset of the connection, and choose a network and a service "
        "account instead of those of the DSS host; or run DSS on a Compute Engine VM."
    )


class PermissionDenied(GkeClustersError):
    """Google refuses a call because the identity in use lacks an IAM permission or an access scope."""

    advice = "Grant the missing permission to the identity named above, then start again."


class ApiNotEnabled(GkeClustersError):
    """A Google Cloud API that the plugin calls is not enabled in the project."""

    advice = (
        "Enable it (gcloud services enable container.googleapis.com --project PROJECT), wait a minute and start again."
    )


class QuotaExceeded(GkeClustersError):
    """The project's quota does not leave room for what was asked."""

    advice = (
        "Ask for fewer or smaller nodes (a regional cluster has the number of nodes in each of its zones), or request "
        "a higher quota: https://console.cloud.google.com/iam-admin/quotas"
    )


class Stockout(GkeClustersError):
    """Google has no machines of that type free in that zone at the moment."""

    advice = "Choose another zone or machine type, untick spot VMs, or try again later."


class NameTaken(GkeClustersError):
    """A GKE cluster of that name exists at that location and was not created by this DSS cluster."""

    advice = "Choose another name, or attach the existing cluster with a DSS cluster of type Attach GKE cluster."


class ClusterNotFound(GkeClustersError):
    """No GKE cluster of that name exists in the project."""

    advice = "Check the project, the location and the name: gcloud container clusters list --project PROJECT"


class WrongLocation(ClusterNotFound):
    """The cluster is not at the location given, and clusters of that name in other locations leave no single choice."""

    advice = "Give the location of the cluster that is meant."


class OperationFailed(GkeClustersError):
    """Google accepted the request, and the operation that carries it out ended with an error."""

    advice = "Correct what the answer names, then start again; what was created is removed or reported above."


class OperationTimeout(GkeClustersError):
    """An operation of Google is still running after the time that it may take."""

    advice = "Look at the operation in the Google Cloud console; starting again resumes it and creates nothing twice."


class ClusterUnhealthy(GkeClustersError):
    """The cluster exists but its status says that it cannot be used."""

    advice = "Read the conditions of the cluster in the Google Cloud console; repair or delete it, then start again."


class ControlPlaneUnreachable(GkeClustersError):
    """The cluster runs, and its Kubernetes API server cannot be reached from the DSS host."""

    advice = (
        "Choose another control plane endpoint (the DNS endpoint needs no route to the VPC), or add the address of the "
        "DSS host to the authorized networks of the cluster."
    )


class AccessDenied(GkeClustersError):
    """Kubernetes answers, and the identity in use may not do there what DSS needs."""

    advice = (
        "Grant roles/container.developer on the project to the identity named above, or an equivalent role in the "
        "cluster."
    )


class StateError(GkeClustersError):
    """What a previous start left behind, in the cluster's data or in its journal, cannot be used."""

    advice = "Look at the cluster in the Google Cloud console before anything else; DSS will not touch it by guesswork."


class RequestRefused(GkeClustersError):
    """Google understood a request and refuses a value in it."""

    advice = "Correct the field that the answer names in the settings of the cluster or its presets, then start again."


class ClusterBusy(GkeClustersError):
    """Another operation holds the cluster, and Google takes one change at a time.

    Attributes:
        operation: the name of the operation that holds the cluster, where Google says it.
    """

    advice = "Wait until that operation is over, then try again: gcloud container operations list --project PROJECT"

    def __init__(
        self,
        cause: str,
        *,
        operation: str | None = None,
        resource: str | None = None,
        verbatim: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(cause, resource=resource, verbatim=verbatim, remedy=remedy)
        self.operation = operation


class GoogleUnavailable(GkeClustersError):
    """Google could not be reached, or kept answering that it is overloaded."""

    advice = (
        "Check that the DSS host reaches *.googleapis.com (proxy, firewall, DNS) and https://status.cloud.google.com, "
        "then start again: nothing is created twice."
    )


class DssRefused(GkeClustersError):
    """DSS refuses a call to its public API, or does not keep what it was given."""

    advice = "Correct what the answer names. A macro that changes DSS needs the rights of an administrator of DSS."


class UnexpectedFailure(GkeClustersError):
    """Something failed that the plugin did not foresee; the log has the details."""

    advice = "Read the log of the cluster: it ends with the details. Starting or stopping again is safe."


class GoogleError(GkeClustersError):
    """Google answered with an error that the plugin does not know."""

    advice = (
        "The answer above is all that Google said. If it is not clear, look for it in the Google Cloud documentation."
    )
