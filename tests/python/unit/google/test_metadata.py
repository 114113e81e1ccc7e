from __future__ import annotations

import pytest
import requests
import responses

from gke_clusters.errors import MetadataServerError
from gke_clusters.google.metadata import HostMetadata

ROOT = "http://metadata.google.internal/computeMetadata/v1/"
GOOGLE = {"Metadata-Flavor": "Google"}


@pytest.fixture(autouse=True)
def _google_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GCE_METADATA_HOST", "GCE_METADATA_ROOT"):
        monkeypatch.delenv(name, raising=False)


@responses.activate
def test_tells_the_facts_of_the_host() -> None:
    for path, text in {
        "project/project-id": "p",
        "instance/zone": "projects/123/zones/europe-west1-b",
        "instance/name": "dss",
        "instance/network-interfaces/0/network": "projects/123/networks/vpc",
        "instance/service-accounts/default/email": "dss@p.iam.gserviceaccount.com",
    }.items():
        responses.get(ROOT + path, body=text, headers=GOOGLE, match=[responses.matchers.header_matcher(GOOGLE)])
    host = HostMetadata()
    assert host.project_id() == "p"
    assert host.zone() == "europe-west1-b"
    assert host.instance_name() == "dss"
    assert host.network() == "vpc"
    assert host.service_account_email() == "dss@p.iam.gserviceaccount.com"


@responses.activate
def test_asks_once_per_fact() -> None:
    asked = responses.get(ROOT + "project/project-id", body="p", headers=GOOGLE)
    host = HostMetadata()
    assert [host.project_id(), host.project_id()] == ["p", "p"]
    assert asked.call_count == 1


@responses.activate
def test_asks_nothing_until_a_fact_is_needed() -> None:
    HostMetadata()
    assert len(responses.calls) == 0


@pytest.mark.parametrize("variable", ["GCE_METADATA_HOST", "GCE_METADATA_ROOT"])
@responses.activate
def test_asks_where_googles_own_variables_say(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "127.0.0.1:9")
    responses.get("http://127.0.0.1:9/computeMetadata/v1/project/project-id", body="p", headers=GOOGLE)
    assert HostMetadata().project_id() == "p"


@responses.activate
def test_tries_again_where_the_server_stumbles() -> None:
    responses.get(ROOT + "project/project-id", body=requests.exceptions.ConnectTimeout("slow"))
    responses.get(ROOT + "project/project-id", status=503, headers=GOOGLE)
    responses.get(ROOT + "project/project-id", body="p\n", headers=GOOGLE)
    assert HostMetadata().project_id() == "p"


@responses.activate
def test_says_what_is_missing_and_what_to_do_where_nothing_answers() -> None:
    responses.get(ROOT + "instance/zone", body=requests.exceptions.ConnectTimeout("no route"))
    with pytest.raises(MetadataServerError) as caught:
        HostMetadata().zone()
    assert "the zone of the DSS host" in caught.value.cause
    assert caught.value.verbatim == "no route"
    assert "GKE connection" in caught.value.remedy


@responses.activate
def test_never_takes_the_page_of_a_proxy_for_a_fact() -> None:
    responses.get(ROOT + "project/project-id", body="<html>welcome</html>")
    with pytest.raises(MetadataServerError, match="not a metadata server"):
        HostMetadata().project_id()


@responses.activate
def test_believes_a_refusal_at_once() -> None:
    asked = responses.get(ROOT + "instance/service-accounts/default/email", status=404, body="none", headers=GOOGLE)
    with pytest.raises(MetadataServerError, match="HTTP 404 none"):
        HostMetadata().service_account_email()
    assert asked.call_count == 1


@responses.activate
def test_reads_the_access_scopes_a_line_each() -> None:
    path = "instance/service-accounts/default/scopes"
    responses.get(ROOT + path, body="https://www.googleapis.com/auth/a\nhttps://b\n", headers=GOOGLE)
    assert HostMetadata().scopes() == ("https://www.googleapis.com/auth/a", "https://b")


@pytest.mark.parametrize("host", ["metadata..internal", "x" * 64 + ".internal", "[::1"])
def test_an_address_that_is_none_is_an_error_of_the_metadata_server(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", host)
    with pytest.raises(MetadataServerError):
        HostMetadata().project_id()
