from __future__ import annotations

from typing import Any

import pytest
from google.api_core import exceptions as api_exceptions

from gke_clusters.google.refusals import read_refusal
from tests.python.unit.google.answers import answer, refusal


def test_reads_code_status_words_reasons_and_metadata() -> None:
    read = read_refusal(refusal(403, "S", "No.", reason="R", legacy="forbidden", metadata={"service": "s"}))
    assert (read.code, read.status, read.message) == (403, "S", "No.")
    assert read.reasons == {"R", "forbidden"}
    assert read.metadata == {"service": "s"}
    assert read.details[0]["reason"] == "R"
    assert read.is_googles


@pytest.mark.parametrize("odd", [None, 5, "text", {"a": 1}, [5, "text", None], [{"reason": 5, "metadata": [1]}]])
def test_reads_details_and_errors_of_any_shape(odd: Any) -> None:
    error = api_exceptions.Forbidden("x", response=answer(403, {"error": {"code": 403, "message": "No."}}).response)
    error.response.json = lambda: {"error": {"code": 403, "message": "No.", "details": odd, "errors": odd}}
    assert read_refusal(error).message == "No."


def test_knows_a_page_that_is_no_answer_of_google() -> None:
    assert not read_refusal(answer(403, "<html>")).is_googles


def test_an_error_that_the_client_raised_by_itself_is_no_page() -> None:
    assert read_refusal(api_exceptions.BadRequest("Odd.")).is_googles


@pytest.mark.parametrize(
    ("words", "permission"),
    [
        ('Required "container.clusters.create" permission(s) for "projects/p".', "container.clusters.create"),
        ("Required 'compute.zones.list' permission for 'projects/p'", "compute.zones.list"),
        ("Permission 'iam.serviceAccounts.getAccessToken' denied on resource.", "iam.serviceAccounts.getAccessToken"),
        ("The caller does not have permission", ""),
    ],
)
def test_names_the_permission_that_only_the_words_name(words: str, permission: str) -> None:
    assert read_refusal(refusal(403, "", words)).permission == permission
