"""From what Google's clients raise to the failures an administrator can act upon.

The class is chosen by HTTP code, status and reason first; the text decides only where Google sends nothing better.
Here is what the HTTP code decides; what a refusal means beyond that, :mod:`gke_clusters.google.known_failures` knows.
Shapes: https://cloud.google.com/apis/design/errors, reasons: https://cloud.google.com/apis/docs/errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import requests
from google.api_core import exceptions as api_exceptions
from google.auth.exceptions import GoogleAuthError

from gke_clusters.errors import (
    ClusterBusy,
    ClusterNotFound,
    CredentialsExpired,
    GkeClustersError,
    GoogleError,
    GoogleUnavailable,
    NameTaken,
    PermissionDenied,
    RequestRefused,
    ScopesInsufficient,
)
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.evidence import Evidence, Scene
from gke_clusters.google.known_failures import known_failure
from gke_clusters.google.names import location_of
from gke_clusters.google.quotas import read_shortages
from gke_clusters.google.refusals import VERBATIM_LIMIT, Refusal, read_refusal
from gke_clusters.google.refused_credentials import refused_credentials
from gke_clusters.google.retries import is_transient
from gke_clusters.google.roles import grant_on_project, role_for

_CLIENT_ERRORS: Final = (api_exceptions.GoogleAPIError, requests.RequestException, GoogleAuthError)
# Codes that say too little by themselves. A 409 is about a name or another change, whatever its words.
_TELLING: Final = frozenset({400, 403, 404, 412, 429})

_OPERATION_NAME: Final = re.compile(r"\boperation-\d+-[0-9a-f-]*[0-9a-f]\b")


@dataclass(frozen=True)
class Asked:
    """What was asked of Google when it failed: in words, of which resource, in which project, as whom."""

    doing: str
    resource: str
    project: str
    authorization: Authorization


@contextmanager
def translated(asked: Asked) -> Iterator[None]:
    """Run a block of calls to Google; what they raise leaves as one of :mod:`gke_clusters.errors`."""
    try:
        yield
    except _CLIENT_ERRORS as error:
        raise translate(error, asked) from error


def translate(error: Exception, asked: Asked) -> GkeClustersError:
    """Choose the failure that an exception of Google's clients means.

    Args:
        error: What the client raised.
        asked: What was being asked.

    Returns:
        The failure to raise; :class:`GoogleError` where nothing better is known.
    """
    if isinstance(error, api_exceptions.RetryError) and isinstance(error.cause, Exception):
        return translate(error.cause, asked)
    if isinstance(error, api_exceptions.GoogleAPICallError) and error.code is not None:
        refusal = read_refusal(error)
        # No waiting makes room in a quota of machines, whichever code Google sends it with.
        passes = is_transient(error) and not _lacks_quota(refusal)
        return _overloaded(refusal, asked) if passes else _refused(refusal, asked)
    if isinstance(error, requests.RequestException) or is_transient(error):
        return _unreachable(error, asked)
    if isinstance(error, GoogleAuthError):
        return refused_credentials(error, asked.authorization.identity, asked.doing, asked.resource)
    return GoogleError(
        f"Google's client failed to {asked.doing}.",
        resource=asked.resource,
        verbatim=f"{type(error).__name__}: {error}",
    )


def _refused(refusal: Refusal, asked: Asked) -> GkeClustersError:
    by_code = {
        400: _bad_request,
        401: _unauthorized,
        403: _permission_denied,
        404: _not_found,
        409: _conflict,
        412: _bad_request,
    }
    if not refusal.is_googles:
        return _not_googles(refusal, asked)
    if refusal.code == requests.codes.bad_request and _OPERATION_NAME.search(refusal.message):
        return _busy(refusal, asked)
    known = known_failure(_scene(refusal, asked)) if refusal.code in _TELLING else None
    return known or by_code.get(refusal.code, _unknown)(refusal, asked)


def _scene(refusal: Refusal, asked: Asked) -> Scene:
    codes = {*refusal.reasons, refusal.permission} - {""}
    return Scene(
        lead=f"Google refused to {asked.doing}",
        resource=asked.resource,
        project=asked.project,
        location=location_of(asked.resource),
        verbatim=refusal.message,
        identity=asked.authorization.identity,
        evidence=(Evidence(refusal.message, frozenset(codes), refusal.metadata, refusal.details),),
    )


def _bad_request(refusal: Refusal, asked: Asked) -> GkeClustersError:
    precondition = refusal.status == "FAILED_PRECONDITION" or "failedPrecondition" in refusal.reasons
    if precondition and "operation" in refusal.message:
        return _busy(refusal, asked)
    return RequestRefused(
        f"Google refused a value in the request to {asked.doing}.", resource=asked.resource, verbatim=refusal.message
    )


def _busy(refusal: Refusal, asked: Asked) -> ClusterBusy:
    operation = _OPERATION_NAME.search(refusal.message)
    place = f"--location {location_of(asked.resource) or 'LOCATION'} --project {asked.project}"
    return ClusterBusy(
        f"Another operation holds the cluster, so Google refused to {asked.doing}.",
        operation=operation[0] if operation else None,
        resource=asked.resource,
        verbatim=refusal.message,
        remedy=(
            f"Wait until it is over, then try again: gcloud container operations wait {operation[0]} {place}"
            if operation
            else f"Wait until it is over, then try again: gcloud container operations list {place}"
        ),
    )


def _unauthorized(refusal: Refusal, asked: Asked) -> GkeClustersError:
    return CredentialsExpired(
        f"Google did not accept the credentials of {asked.authorization.identity} to {asked.doing}.",
        resource=asked.resource,
        verbatim=refusal.message,
    )


def _lacks_quota(refusal: Refusal) -> bool:
    # A limit of requests per minute comes with the same codes.
    quota = bool(read_shortages(refusal.message)) or "nsufficient regional quota" in refusal.message
    return quota and refusal.code in (requests.codes.forbidden, requests.codes.too_many_requests)


def _permission_denied(refusal: Refusal, asked: Asked) -> PermissionDenied:
    identity = asked.authorization.identity
    if "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in refusal.reasons or "insufficient authentication scopes" in refusal.message:
        return ScopesInsufficient(
            f"The access scopes of {identity} do not allow to {asked.doing}.",
            resource=asked.resource,
            verbatim=refusal.message,
        )
    permission = refusal.permission
    role = role_for(permission) if permission else None
    lacking = f"lacks the permission {permission}" if permission else "is not allowed"
    if role:
        remedy = (
            f"Grant {identity} {role}, which has {permission}: {grant_on_project(asked.project, identity, role)} ;"
            " wait two minutes, then try again. If it has that role, check the project: Google says the same of one"
            " that does not exist."
        )
    else:
        remedy = (
            f"Grant {identity} {f'a role with {permission}' if permission else 'a role that allows it'} on project"
            f" {asked.project}: roles/container.clusterAdmin creates and deletes clusters, roles/container.admin also"
            " works in them, roles/compute.viewer reads networks and zones, roles/iam.serviceAccountUser gives nodes"
            " their service account."
        )
    return PermissionDenied(
        f"{identity} {lacking} to {asked.doing}.", resource=asked.resource, verbatim=refusal.message, remedy=remedy
    )


def _not_found(refusal: Refusal, asked: Asked) -> GkeClustersError:
    if refusal.status != "NOT_FOUND" and "notFound" not in refusal.reasons:
        # It must not pass for "the cluster is gone".
        return _unknown(refusal, asked)
    return ClusterNotFound(
        f"Google does not know the resource needed to {asked.doing}.",
        resource=asked.resource,
        verbatim=refusal.message,
    )


def _conflict(refusal: Refusal, asked: Asked) -> GkeClustersError:
    if refusal.status == "ABORTED":
        # Two changes met: https://cloud.google.com/apis/design/errors#handling_errors
        return _busy(refusal, asked)
    if refusal.status != "ALREADY_EXISTS" and refusal.reasons.isdisjoint({"alreadyExists", "duplicate"}):
        return _unknown(refusal, asked)
    return NameTaken(
        f"The name is taken already, so Google refused to {asked.doing}.",
        resource=asked.resource,
        verbatim=refusal.message,
    )


def _not_googles(refusal: Refusal, asked: Asked) -> GoogleError:
    """A page of a proxy, or of a wrong address: whatever it says, it is not about permissions or clusters."""
    return GoogleError(
        f"Something that is no API of Google answered HTTP {refusal.code} to the request to {asked.doing}.",
        resource=asked.resource,
        verbatim=refusal.message,
        remedy=(
            "Check what is between the DSS host and *.googleapis.com: a proxy (HTTPS_PROXY and NO_PROXY of the user who"
            " runs DSS), a firewall, or another address in CLOUDSDK_API_ENDPOINT_OVERRIDES_*."
        ),
    )


def _unknown(refusal: Refusal, asked: Asked) -> GkeClustersError:
    return GoogleError(
        f"Google answered HTTP {refusal.code} to the request to {asked.doing}.",
        resource=asked.resource,
        verbatim=refusal.message,
    )


def _overloaded(refusal: Refusal, asked: Asked) -> GoogleUnavailable:
    if refusal.code == requests.codes.too_many_requests:
        return GoogleUnavailable(
            f"Google took too many requests of project {asked.project} and would not {asked.doing}.",
            resource=asked.resource,
            verbatim=f"HTTP {refusal.code} {refusal.message}",
            remedy=(
                "Wait a minute and start again: nothing is created twice. If the answer names a quota and it stays so,"
                " request a higher one: https://console.cloud.google.com/iam-admin/quotas"
            ),
        )
    return GoogleUnavailable(
        f"Google was overloaded while trying to {asked.doing}.",
        resource=asked.resource,
        verbatim=f"HTTP {refusal.code} {refusal.message}",
    )


def _unreachable(error: Exception, asked: Asked) -> GoogleUnavailable:
    remedy = None
    if isinstance(error, requests.exceptions.SSLError):
        remedy = "Where a proxy opens TLS connections, name its CA bundle in REQUESTS_CA_BUNDLE for DSS."
    return GoogleUnavailable(
        f"Google could not be reached while trying to {asked.doing}.",
        resource=asked.resource,
        verbatim=str(error)[:VERBATIM_LIMIT],
        remedy=remedy,
    )
