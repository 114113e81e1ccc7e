from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import requests
from google.api_core import exceptions as api_exceptions
from google.auth import exceptions as auth_exceptions

from gke_clusters.errors import (
    ApiNotEnabled,
    ClusterBusy,
    ClusterNotFound,
    CredentialsError,
    GkeClustersError,
    GoogleError,
    GoogleUnavailable,
    NameTaken,
    PermissionDenied,
    QuotaExceeded,
    RequestRefused,
)
from gke_clusters.google.error_translation import Asked, translate, translated

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


def test_knows_a_busy_cluster_without_the_name_of_an_operation(refusal: Any, asked: Asked) -> None:
    failure = translate(refusal(400, "FAILED_PRECONDITION", "Another operation is in progress."), asked)
    assert isinstance(failure, ClusterBusy)
    assert failure.operation is None


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
    assert "SSD_TOTAL_GB (300.0 asked for)" in failure.cause


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


def test_says_that_it_is_not_allowed_where_no_permission_is_named(refusal: Any, asked: Asked) -> None:
    failure = translate(refusal(403, "PERMISSION_DENIED", "The caller may not."), asked)
    assert isinstance(failure, PermissionDenied)
    assert "is not allowed to create the cluster" in failure.cause


def test_tells_missing_scopes_from_missing_permissions(refusal: Any, asked: Asked) -> None:
    error = refusal(403, "PERMISSION_DENIED", "Scopes.", reason="ACCESS_TOKEN_SCOPE_INSUFFICIENT")
    failure = translate(error, asked)
    assert isinstance(failure, PermissionDenied)
    assert "set-service-account" in failure.remedy


def test_calls_an_unknown_cluster_not_found(refusal: Any, asked: Asked) -> None:
    message = "Not found: projects/p/zones/z/clusters/c."
    assert isinstance(translate(refusal(404, "NOT_FOUND", message, legacy="notFound"), asked), ClusterNotFound)


def test_never_takes_a_404_of_something_else_for_a_missing_cluster(answer: Any, asked: Asked) -> None:
    failure = translate(answer(404, "<html>no such page</html>"), asked)
    assert type(failure) is GoogleError


def test_says_that_the_service_account_of_the_nodes_is_deleted(refusal: Any, asked: Asked) -> None:
    message = "Generic::not_found: Gaia id not found for email 1-compute@developer.gserviceaccount.com"
    failure = translate(refusal(404, "NOT_FOUND", message), asked)
    assert isinstance(failure, RequestRefused)
    assert "1-compute@developer.gserviceaccount.com" in failure.cause


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


def test_calls_a_short_quota_of_machines_what_it_is_whatever_the_code(refusal: Any, asked: Asked) -> None:
    message = (
        "Insufficient regional quota to satisfy request: resource \"CPUS\": request requires '8.0' and is short '8.0'."
    )
    failure = translate(refusal(429, "RESOURCE_EXHAUSTED", message), asked)
    assert isinstance(failure, QuotaExceeded)
    assert "CPUS (8.0 asked for)" in failure.cause


def test_calls_a_rate_limit_unavailable_though_it_is_a_403(refusal: Any, asked: Asked) -> None:
    assert isinstance(translate(refusal(403, "", "Slow down.", legacy="rateLimitExceeded"), asked), GoogleUnavailable)


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
    assert isinstance(failure, CredentialsError)
    assert failure.verbatim == "invalid_grant"


def test_keeps_the_words_of_the_exception_that_google_auth_wraps(asked: Asked) -> None:
    unknown = auth_exceptions.TransportError("no such account", SimpleNamespace(status=404))
    failure = translate(auth_exceptions.RefreshError(unknown), asked)
    assert isinstance(failure, CredentialsError)
    assert "no such account" in (failure.verbatim or "")


def test_calls_a_metadata_server_that_blinks_unavailable(asked: Asked) -> None:
    failure = translate(auth_exceptions.RefreshError(auth_exceptions.TransportError("unavailable")), asked)
    assert isinstance(failure, GoogleUnavailable)
    assert failure.verbatim == "unavailable"


def test_names_the_role_that_impersonation_needs(asked: Asked) -> None:
    error = auth_exceptions.RefreshError("Unable to acquire impersonated credentials", '{"error": {"code": 403}}')
    assert "roles/iam.serviceAccountTokenCreator" in translate(error, asked).remedy


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
