"""Who is let in, and how the others are told."""

from typing import Any

import dataikuapi
import pytest
import requests
from dataikuapi.utils import DataikuException


def test_refuses_an_unknown_key_in_the_error_shape_of_dss(dss: Any) -> None:
    answer = requests.get(f"{dss.url}/public/api/plugins/", auth=("wrong", ""), timeout=10)

    assert answer.status_code == 401
    assert answer.json().keys() == {"errorType", "message", "detailedMessage"}
    with pytest.raises(DataikuException, match="Unknown API key"):
        dataikuapi.DSSClient(dss.url, "wrong").list_plugins()


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic ???"}, {"Authorization": "Bearer x"}])
def test_refuses_a_call_without_a_readable_key(dss: Any, header: dict[str, str]) -> None:
    assert requests.get(f"{dss.url}/dip/publicapi/plugins/", headers=header, timeout=10).status_code == 401


@pytest.mark.parametrize("prefix", ["/dip/publicapi", "/public/api"])
@pytest.mark.parametrize("path", ["/admin/clusters", "/admin/clusters/"])
def test_answers_below_both_prefixes_with_and_without_a_final_slash(dss: Any, prefix: str, path: str) -> None:
    answer = requests.get(dss.url + prefix + path, auth=(dss.backend.api_key, ""), timeout=10, allow_redirects=False)

    assert (answer.status_code, answer.json()) == (200, [])


def test_a_component_s_ticket_ends_with_its_process(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster()
    cluster.start()
    ticket = cluster.get_settings().get_plugin_data()["environ"]["DKU_API_TICKET"]

    with pytest.raises(DataikuException, match="Unauthorized"):
        dataikuapi.DSSClient(dss.url, internal_ticket=ticket).list_clusters()


def test_a_path_that_the_api_does_not_have_is_told_in_the_error_shape(dss: Any) -> None:
    with pytest.raises(DataikuException, match="HttpError"):
        dss.client._perform_json("GET", "/no/such/path")
