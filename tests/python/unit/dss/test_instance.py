from __future__ import annotations

import sys
from types import SimpleNamespace

import dataikuapi
import pytest
import requests
import responses

from gke_clusters.dss.instance import DssInstance
from gke_clusters.errors import DssRefused

URL = "http://dss.example:11200"
SETTINGS = f"{URL}/dip/publicapi/admin/general-settings"


@pytest.fixture
def instance():
    return DssInstance(dataikuapi.DSSClient(URL, "key"))


@responses.activate
def test_reads_the_whole_document(instance):
    responses.get(SETTINGS, json={"a": 1})

    assert instance.general_settings.read() == {"a": 1}


@responses.activate
def test_replaces_the_document_in_a_single_call(instance):
    responses.put(SETTINGS)

    instance.general_settings.write({"a": 2})

    assert [(call.request.method, call.request.body) for call in responses.calls] == [("PUT", '{"a": 2}')]


@responses.activate
def test_what_dss_refuses_leaves_with_its_words(instance):
    refusal = {"errorType": "com.dataiku.dip.exceptions.UnauthorizedException", "message": "you may not do that"}
    responses.put(SETTINGS, status=403, json=refusal)

    with pytest.raises(DssRefused) as refused:
        instance.general_settings.write({})

    assert refused.value.cause == "DSS refused to save its general settings."
    assert "you may not do that" in refused.value.verbatim


@responses.activate
def test_an_answer_that_was_lost_leaves_as_not_known(instance):
    responses.put(SETTINGS, body=requests.ConnectionError("reset"))

    with pytest.raises(DssRefused, match="whether it was done is not known"):
        instance.general_settings.write({})


@responses.activate
def test_belongs_to_the_instance_of_its_process(monkeypatch):
    client = dataikuapi.DSSClient(URL, "key")
    monkeypatch.setitem(sys.modules, "dataiku", SimpleNamespace(api_client=lambda: client))
    responses.get(SETTINGS, json={"a": 3})

    assert DssInstance.here().general_settings.read() == {"a": 3}


@responses.activate
def test_lists_the_clusters(instance):
    responses.get(f"{URL}/dip/publicapi/admin/clusters/", json=[{"name": "c", "type": "manual", "state": "NONE"}])

    assert instance.list_clusters() == [{"name": "c", "type": "manual", "state": "NONE"}]


@responses.activate
def test_a_list_of_clusters_that_is_refused_leaves_with_its_words(instance):
    responses.get(f"{URL}/dip/publicapi/admin/clusters/", status=403, json={"message": "no rights"})

    with pytest.raises(DssRefused, match="no rights"):
        instance.list_clusters()
