from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import requests
from google.api_core import exceptions as api_exceptions
from google.auth import exceptions as auth_exceptions
from google.auth.credentials import AnonymousCredentials
from hypothesis import given
from hypothesis import strategies as st

from gke_clusters import errors
from gke_clusters.errors import (
    ApiNotEnabled,
    ClusterBusy,
    ClusterNotFound,
    CredentialsError,
    CredentialsExpired,
    GkeClustersError,
    GoogleError,
    GoogleUnavailable,
    NameTaken,
    PermissionDenied,
    QuotaExceeded,
    RequestRefused,
    ScopesInsufficient,
    Shortage,
)
from gke_clusters.google.credentials import Authorization
from gke_clusters.google.error_translation import Asked, translate, translated
from tests.python.unit.google.answers import refusal as make_refusal

WORDINGS = sorted(
    wording for kind in vars(errors).values() if isinstance(kind, type) for wording in getattr(kind, "wordings", ())
)
OPERATION = "operation-1788740043003-c6053677-aaaa-bbbb"


@pytest.mark.parametrize(
    "message",
    [
        f"Operation {OPERATION} is currently creating cluster c. Please wait and try again once it is done.",
        f"Operation {OPERATION} is currently upgrading cluster c. Please wait and try again once it is done.",
        f"Cluster is running incompatible operation {OPERATION}.",
    ],
)
def test_names_the_operation_that_holds_the_cluster(refusal: Any, asked: Asked, message: str) -> None:
    failure = translate(refusal(400, "FAILED_PRECONDITION", message, legacy="failedPrecondition"), asked)
    assert isinstance(failure, ClusterBusy)
    assert failure.operation == OPERATION
    assert failure.verbatim == message
    assert f"gcloud container operations wait {OPERATION} --location l --project p" in failure.remedy


def test_knows_a_busy_cluster_without_the_name_of_an_operation(refusal: Any, asked: Asked) -> None:
    failure = translate(refusal(400, "FAILED_PRECONDITION", "Another operation is in progress."), asked)
    assert isinstance(failure, ClusterBusy)
    assert failure.operation is None
    assert "gcloud container operations list --location l --project p" in failure.remedy


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        (400, "INVALID_ARGUMENT", "Invalid value for field cluster.network."),
        (400, "FAILED_PRECONDITION", "Direct GKE changes are disallowed for clusters managed by Config Controller."),
        (412, "FAILED_PRECONDITION", "Labels could not be set."),
    ],
)
def test_calls_a_bad_value_a_refused_request(refusal: Any, asked: Asked, code: int, status: str, message: str) -> None:
    failure = translate(refusal(code, status, message), asked)
    assert type(failure) is RequestRefused
    assert failure.verbatim == message


def test_calls_a_short_quota_no_permission_problem(refusal: Any, asked: Asked) -> None:
    message = (
        "Insufficient regional quota to satisfy request: resource \"SSD_TOTAL_GB\": request requires '300.0' and is"
        " short '50.0'. project has a quota of '250.0' with '250.0' available."
    )
    failure = translate(refusal(403, "PERMISSION_DENIED", message), asked)
    assert isinstance(failure, QuotaExceeded)
    assert (
        failure.cause == "Google refused to create the cluster: the quota of project p is too small for SSD_TOTAL_GB."
    )
    assert failure.shortages == (Shortage("SSD_TOTAL_GB", asked=300, short=50, limit=250, available=250, place="l"),)


def test_knows_a_quota_refusal_by_its_reason_alone(refusal: Any, asked: Asked) -> None:
    assert isinstance(translate(refusal(403, "", "Quota.", legacy="quotaExceeded"), asked), QuotaExceeded)


@pytest.mark.parametrize("how", [{"reason": "SERVICE_DISABLED"}, {"legacy": "accessNotConfigured"}])
def test_gives_the_command_that_enables_an_api(refusal: Any, asked: Asked, how: dict[str, str]) -> None:
    failure = translate(refusal(403, "PERMISSION_DENIED", "It has not been used.", **how), asked)
    assert isinstance(failure, ApiNotEnabled)
    assert "gcloud services enable container.googleapis.com --project p" in failure.remedy


def test_names_the_disabled_service_that_google_names(refusal: Any, asked: Asked) -> None:
    metadata = {"service": "compute.googleapis.com"}
    failure = translate(
        refusal(403, "PERMISSION_DENIED", "Disabled.", reason="SERVICE_DISABLED", metadata=metadata), asked
    )
    assert "compute.googleapis.com" in failure.cause


def test_names_the_permission_that_the_details_name(refusal: Any, asked: Asked) -> None:
    metadata = {"permission": "container.clusters.create"}
    error = refusal(403, "PERMISSION_DENIED", "No.", reason="IAM_PERMISSION_DENIED", metadata=metadata)
    failure = translate(error, asked)
    assert isinstance(failure, PermissionDenied)
    assert "lacks the permission container.clusters.create to create the cluster" in failure.cause
    assert "container.clusters.create" in failure.remedy


def test_names_the_permission_that_only_the_text_names(refusal: Any, asked: Asked) -> None:
    message = 'Required "container.clusters.delete" permission(s) for "projects/p".'
    failure = translate(refusal(403, "PERMISSION_DENIED", message), asked)
    assert "container.clusters.delete" in failure.cause


def test_names_the_permission_that_iam_denies(refusal: Any, asked: Asked) -> None:
    message = "Permission 'container.operations.list' denied on resource '//container.googleapis.com/projects/p'."
    failure = translate(refusal(403, "PERMISSION_DENIED", message), asked)
    assert "lacks the permission container.operations.list" in failure.cause


def test_gives_the_command_that_grants_the_role(refusal: Any) -> None:
    class Account(AnonymousCredentials):  # type: ignore[misc]
        service_account_email = "dss@p.iam.gserviceaccount.com"

    asked = Asked("create the cluster", "projects/p/locations/l/clusters/c", "p", Authorization(Account()))
    message = 'Required "container.clusters.create" permission(s) for "projects/p".'
    command = (
        "gcloud projects add-iam-policy-binding p --member serviceAccount:dss@p.iam.gserviceaccount.com"
        " --role roles/container.clusterAdmin"
    )
    assert command in translate(refusal(403, "PERMISSION_DENIED", message), asked).remedy


def test_names_a_permission_that_has_no_known_role(refusal: Any, asked: Asked) -> None:
    message = 'Required "tpu.nodes.create" permission(s) for "projects/p".'
    assert "a role with tpu.nodes.create" in translate(refusal(403, "PERMISSION_DENIED", message), asked).remedy


def test_says_that_it_is_not_allowed_where_no_permission_is_named(refusal: Any, asked: Asked) -> None:
    failure = translate(refusal(403, "PERMISSION_DENIED", "The caller may not."), asked)
    assert isinstance(failure, PermissionDenied)
    assert "is not allowed to create the cluster" in failure.cause


def test_tells_missing_scopes_from_missing_permissions(refusal: Any, asked: Asked) -> None:
    error = refusal(403, "PERMISSION_DENIED", "Scopes.", reason="ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    failure = translate(error, asked)
    assert isinstance(failure, ScopesInsufficient)
    assert "set-service-account" in failure.remedy


def test_calls_an_unknown_cluster_not_found(refusal: Any, asked: Asked) -> None:
    message = "Not found: projects/p/zones/z/clusters/c."
    assert isinstance(translate(refusal(404, "NOT_FOUND", message, legacy="notFound"), asked), ClusterNotFound)


def test_never_takes_a_404_of_something_else_for_a_missing_cluster(answer: Any, asked: Asked) -> None:
    failure = translate(answer(404, "<html>no such page</html>"), asked)
    assert type(failure) is GoogleError


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 412])
@pytest.mark.parametrize("page", ["<html>Access denied by policy</html>", '["no envelope"]', ""])
def test_takes_no_page_of_a_proxy_for_an_answer_of_google(answer: Any, asked: Asked, code: int, page: str) -> None:
    failure = translate(answer(code, page), asked)
    assert type(failure) is GoogleError
    assert f"no API of Google answered HTTP {code}" in failure.cause
    assert "HTTPS_PROXY" in failure.remedy


def test_knows_a_404_without_a_status_not_for_a_missing_cluster(refusal: Any, asked: Asked) -> None:
    assert type(translate(refusal(404, "", "The requested URL was not found on this server."), asked)) is GoogleError


def test_knows_a_taken_name(refusal: Any, asked: Asked) -> None:
    assert isinstance(translate(refusal(409, "ALREADY_EXISTS", "Already exists: c."), asked), NameTaken)


def test_calls_a_change_that_met_another_one_busy(refusal: Any, asked: Asked) -> None:
    failure = translate(refusal(409, "ABORTED", f"The cluster is changed by {OPERATION}."), asked)
    assert isinstance(failure, ClusterBusy)
    assert failure.operation == OPERATION


def test_takes_no_other_conflict_for_a_taken_name(answer: Any, asked: Asked) -> None:
    assert type(translate(answer(409, "<html>conflict</html>"), asked)) is GoogleError


def test_knows_credentials_that_are_not_accepted(refusal: Any, asked: Asked) -> None:
    assert isinstance(translate(refusal(401, "UNAUTHENTICATED", "Invalid token."), asked), CredentialsError)


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_calls_an_overloaded_google_unavailable(refusal: Any, asked: Asked, code: int) -> None:
    failure = translate(refusal(code, "UNAVAILABLE", "Try again."), asked)
    assert isinstance(failure, GoogleUnavailable)
    assert f"HTTP {code} Try again." == failure.verbatim


def test_advises_to_wait_where_requests_are_too_many(refusal: Any, asked: Asked) -> None:
    failure = translate(refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded for 'Write requests per minute'."), asked)
    assert isinstance(failure, GoogleUnavailable)
    assert "Wait a minute" in failure.remedy
    assert "quotas" in failure.remedy


@pytest.mark.parametrize("code", [500, 503])
def test_a_server_error_passes_whatever_its_words(refusal: Any, asked: Asked, code: int) -> None:
    message = "Insufficient regional quota to satisfy request: resource \"CPUS\": request requires '8.0'."
    assert isinstance(translate(refusal(code, "UNAVAILABLE", message), asked), GoogleUnavailable)


def test_the_operation_that_holds_the_cluster_wins_over_other_words(refusal: Any, asked: Asked) -> None:
    message = f'Operation {OPERATION} is currently changing network "default" does not exist.'
    assert isinstance(translate(refusal(400, "FAILED_PRECONDITION", message), asked), ClusterBusy)


def test_a_taken_name_is_no_other_failure_whatever_it_is(refusal: Any, asked: Asked) -> None:
    message = 'Already exists: network "default" does not exist.'
    assert isinstance(translate(refusal(409, "ALREADY_EXISTS", message), asked), NameTaken)


@given(
    st.sampled_from([400, 401, 403, 404, 409, 412, 418, 429, 500, 503]),
    st.sampled_from(["", "PERMISSION_DENIED", "FAILED_PRECONDITION", "NOT_FOUND", "ABORTED"]),
    st.text() | st.sampled_from(WORDINGS),
    st.sampled_from(
        ["", "SERVICE_DISABLED", "BILLING_DISABLED", "SECURITY_POLICY_VIOLATED", "LOCATION_POLICY_VIOLATED"]
    ),
    st.dictionaries(st.sampled_from(["permission", "service", "uid", "quota_metric"]), st.text(), max_size=2),
)
def test_whatever_google_answers_is_a_failure_of_ours_that_says_it(
    code: int, status: str, message: str, reason: str, metadata: dict[str, str]
) -> None:
    asked = Asked("create the cluster", "projects/p/locations/z/clusters/c", "p", Authorization(AnonymousCredentials()))
    failure = translate(make_refusal(code, status, message, reason=reason, metadata=metadata), asked)
    assert message[:50].strip() in str(failure)
    assert "What to do: " in str(failure)


def test_calls_a_short_quota_of_machines_what_it_is_whatever_the_code(refusal: Any, asked: Asked) -> None:
    message = (
        "Insufficient regional quota to satisfy request: resource \"CPUS\": request requires '8.0' and is short '8.0'."
    )
    failure = translate(refusal(429, "RESOURCE_EXHAUSTED", message), asked)
    assert isinstance(failure, QuotaExceeded)
    assert "too small for CPUS" in failure.cause


def test_calls_a_rate_limit_unavailable_though_it_is_a_403(refusal: Any, asked: Asked) -> None:
    assert isinstance(translate(refusal(403, "", "Slow down.", legacy="rateLimitExceeded"), asked), GoogleUnavailable)


@pytest.mark.parametrize(
    ("message", "how"),
    [
        ("Quota for concurrent operations exceeded.", {"reason": "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED"}),
        ("Too fast.", {"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_metric": "m"}}),
        ("Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute' of service 's'.", {}),
    ],
)
def test_takes_no_limit_of_requests_for_a_quota_of_machines(
    refusal: Any, asked: Asked, message: str, how: dict[str, Any]
) -> None:
    assert isinstance(translate(refusal(403, "PERMISSION_DENIED", message, **how), asked), GoogleUnavailable)


def test_says_that_it_does_not_know_an_answer_and_keeps_it(refusal: Any, asked: Asked) -> None:
    failure = translate(refusal(418, "TEAPOT", "Short and stout."), asked)
    assert type(failure) is GoogleError
    assert failure.verbatim == "Short and stout."
    assert "418" in failure.cause


def test_reads_the_failure_inside_an_exhausted_retry(refusal: Any, asked: Asked) -> None:
    error = api_exceptions.RetryError("Timeout", refusal(503, "UNAVAILABLE", "Try again."))
    assert isinstance(translate(error, asked), GoogleUnavailable)


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.ConnectionError("reset"),
        requests.exceptions.ReadTimeout("slow"),
        auth_exceptions.TransportError("no route"),
    ],
)
def test_calls_a_cut_connection_unavailable(error: Exception, asked: Asked) -> None:
    failure = translate(error, asked)
    assert isinstance(failure, GoogleUnavailable)
    assert failure.verbatim == str(error)


def test_names_the_ca_variable_where_a_certificate_is_refused(asked: Asked) -> None:
    failure = translate(requests.exceptions.SSLError("self-signed"), asked)
    assert isinstance(failure, GoogleUnavailable)
    assert "REQUESTS_CA_BUNDLE" in failure.remedy


def test_calls_a_refused_token_a_credentials_problem(asked: Asked) -> None:
    failure = translate(auth_exceptions.RefreshError("invalid_grant", {"error": "invalid_grant"}), asked)
    assert isinstance(failure, CredentialsExpired)
    assert failure.verbatim == "invalid_grant"
    assert failure.resource == "projects/p/locations/l/clusters/c"


def test_keeps_the_words_of_the_exception_that_google_auth_wraps(asked: Asked) -> None:
    unknown = auth_exceptions.TransportError("no such account", SimpleNamespace(status=404))
    failure = translate(auth_exceptions.RefreshError(unknown), asked)
    assert isinstance(failure, CredentialsError)
    assert "no such account" in (failure.verbatim or "")


def test_calls_a_metadata_server_that_blinks_unavailable(asked: Asked) -> None:
    failure = translate(auth_exceptions.RefreshError(auth_exceptions.TransportError("unavailable")), asked)
    assert isinstance(failure, GoogleUnavailable)
    assert failure.verbatim == "unavailable"


def test_says_that_the_client_failed_where_nothing_is_known(asked: Asked) -> None:
    failure = translate(api_exceptions.GoogleAPIError("odd"), asked)
    assert type(failure) is GoogleError
    assert failure.verbatim == "GoogleAPIError: odd"


def test_shortens_a_page_that_is_no_answer_of_google(answer: Any, asked: Asked) -> None:
    failure = translate(answer(400, "x" * 10_000), asked)
    assert len(failure.verbatim or "") < 2100


def test_survives_an_error_without_an_answer(asked: Asked) -> None:
    failure = translate(api_exceptions.BadRequest("Odd."), asked)
    assert isinstance(failure, RequestRefused)
    assert failure.verbatim == "Odd."


def test_survives_json_without_googles_envelope(answer: Any, asked: Asked) -> None:
    assert type(translate(answer(418, {"fault": 1}), asked)) is GoogleError


def test_lets_other_exceptions_through(asked: Asked) -> None:
    with pytest.raises(KeyError), translated(asked):
        raise KeyError("ours")


def test_translates_what_a_block_raises(refusal: Any, asked: Asked) -> None:
    with pytest.raises(GkeClustersError) as caught, translated(asked):
        raise refusal(409, "ALREADY_EXISTS", "Already exists: c.")
    assert isinstance(caught.value, NameTaken)
