from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.instance_macros import parse_check_prerequisites, parse_find_forgotten, parse_print_iam_role


def to_delete(*texts):
    return parse_find_forgotten({"deleteClusters": list(texts)}, {}).to_delete


def problems(parse, config):
    with pytest.raises(SettingsError) as refused:
        parse(config, {})
    assert refused.value.remedy == "Correct these fields and run the macro again."
    return {problem.label: problem.message for problem in refused.value.problems}


@pytest.mark.parametrize("parse", [parse_check_prerequisites, parse_find_forgotten, parse_print_iam_role])
def test_nothing_given_means_the_project_and_the_identity_of_the_dss_host(parse):
    settings = parse({}, {})

    assert settings.connection.project_id is None
    assert settings.connection.credentials.mode == "application-default"


@pytest.mark.parametrize("parse", [parse_check_prerequisites, parse_find_forgotten, parse_print_iam_role])
def test_a_wrong_connection_is_named_by_its_label(parse):
    assert list(problems(parse, {"connectionInfo": {"projectId": "No Project"}})) == ["GKE connection › Project"]


def test_deletes_nothing_unless_it_is_asked_to():
    settings = parse_find_forgotten({}, {})

    assert (settings.to_delete, settings.preview) == ((), False)


def test_takes_clusters_as_the_page_names_them_each_once():
    named = ["europe-west1-b/a", "us-east1/b", "p-1/us-east1/b", "europe-west1-b/a", "x.com:p/us-east1/c"]

    assert to_delete(*named) == ("europe-west1-b/a", "us-east1/b", "p-1/us-east1/b", "x.com:p/us-east1/c")


def test_takes_the_path_that_google_writes():
    assert to_delete("projects/p/locations/us-east1/clusters/c", "p/us-east1/c") == ("p/us-east1/c",)


@pytest.mark.parametrize("text", ["c", "us-east1/", "us-east1/C", "a/b/us-east1/c", "us-east1/c; rm", "-/c"])
def test_refuses_what_names_no_single_cluster(text):
    found = problems(parse_find_forgotten, {"deleteClusters": [text]})

    assert "is not LOCATION/NAME or PROJECT/LOCATION/NAME" in found["Clusters to delete"]
