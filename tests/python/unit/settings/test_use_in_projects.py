from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.use_in_projects import parse_use_in_projects

GIVEN = {"clusterId": "my-cluster", "projects": ["CHURN"]}


def problems(**fields):
    with pytest.raises(SettingsError) as refused:
        parse_use_in_projects({**GIVEN, **fields})
    assert refused.value.remedy == "Correct these fields and run the macro again."
    return {problem.label: problem.message for problem in refused.value.problems}


def test_projects_use_the_cluster_unless_said_otherwise():
    settings = parse_use_in_projects(GIVEN)

    assert (settings.choice, settings.cluster_id, settings.projects) == ("USE", "my-cluster", ("CHURN",))
    assert (settings.variable, settings.configuration_name, settings.preview) == (None, None, False)


def test_a_cluster_is_needed_to_be_used():
    assert problems(clusterId="") == {"Cluster": "is required"}


def test_no_cluster_is_needed_to_inherit():
    assert parse_use_in_projects({"projects": ["CHURN"], "choice": "INHERIT"}).cluster_id is None


def test_some_project_is_needed():
    assert problems(projects=[" "]) == {"Projects": "at least one is required"}


@pytest.mark.parametrize("entered", ["clusterForScenario", "${clusterForScenario}"])
def test_a_variable_is_named_with_or_without_its_signs(entered):
    assert parse_use_in_projects({**GIVEN, "variable": entered}).variable == "clusterForScenario"


def test_refuses_what_is_no_name_of_a_variable():
    assert problems(variable="a b") == {"Variable with the cluster": '"a b" is not the name of a variable'}


@pytest.mark.parametrize("entered", ["${x", "x}", "$x"])
def test_refuses_a_variable_with_half_of_its_signs(entered):
    assert list(problems(variable=entered)) == ["Variable with the cluster"]


@pytest.mark.parametrize("key", ["A/../../admin/general-settings", "..", "A B", "CHURN?x"])
def test_refuses_a_key_that_would_lead_elsewhere_in_an_address(key):
    assert problems(projects=["CHURN", key]) == {"Projects": f'"{key}": a key has letters, digits and underscores only'}
