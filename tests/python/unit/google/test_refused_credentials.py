"""The token endpoint's words: googleapis/google-cloud-python#10004, google-api-php-client#1501,
google-api-ruby-client#720, google-auth-library-python#819, pulumi-gcp#479 and GAM-team/GAM#1171 on GitHub.
"""

from __future__ import annotations

import pytest
from google.auth.exceptions import RefreshError

from gke_clusters.errors import ClockSkewed, CredentialsError, CredentialsExpired
from gke_clusters.google.refused_credentials import refused_credentials


def refused(*words: object) -> CredentialsError:
    return refused_credentials(RefreshError(*words), "dss@p", "create the cluster", "projects/p")


@pytest.mark.parametrize(
    ("words", "reason", "remedy"),
    [
        ("invalid_grant: Invalid JWT Signature.", "key was deleted", "keys create"),
        ("invalid_grant: Token has been expired or revoked.", "login has expired", "application-default login"),
        ("invalid_grant: reauth related error (invalid_rapt)", "login has expired", "application-default login"),
        ("Reauthentication is needed. Please run `gcloud auth login --update-adc`", "login has expired", "login"),
        ("invalid_grant: Robot is disabled.", "is disabled", "service-accounts enable"),
        ("invalid_grant: The account has been disabled", "is disabled", "service-accounts enable"),
        ("invalid_grant: Account has been deleted", "was deleted", "undelete"),
        ("invalid_grant: Invalid grant: account not found", "was deleted", "undelete"),
        ("invalid_grant: Bad Request", "any more", "keys create"),
    ],
)
def test_tells_why_credentials_that_were_good_are_refused(words: str, reason: str, remedy: str) -> None:
    failure = refused(words)
    assert type(failure) is CredentialsExpired
    assert reason in failure.cause
    assert remedy in failure.remedy
    assert failure.verbatim == words


def test_tells_a_wrong_clock_from_a_wrong_key() -> None:
    failure = refused(
        "invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
        " Check your iat and exp values and use a clock with skew to account for clock differences between systems."
    )
    assert type(failure) is ClockSkewed
    assert "NTP" in failure.remedy


def test_names_the_role_that_impersonation_needs() -> None:
    failure = refused("Unable to acquire impersonated credentials", '{"error": {"code": 403}}')
    assert type(failure) is CredentialsError
    assert "roles/iam.serviceAccountTokenCreator" in failure.remedy


def test_says_that_it_does_not_know_why_and_keeps_the_words() -> None:
    failure = refused("Something new.", {"error": "new"})
    assert type(failure) is CredentialsError
    assert failure.cause == "No access token could be obtained for dss@p, needed to create the cluster."
    assert failure.verbatim == "Something new."
    assert failure.remedy == CredentialsError.advice


def test_shortens_a_page_that_is_no_answer_of_google() -> None:
    assert len(refused("x " * 10_000).verbatim or "") <= 2000
