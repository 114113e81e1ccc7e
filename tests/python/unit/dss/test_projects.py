from __future__ import annotations

import json

import dataikuapi
import pytest
import responses

from gke_clusters.dss.instance import DssInstance
from gke_clusters.dss.projects import inherit, use_cluster, use_container_configuration
from gke_clusters.errors import DssRefused

URL = "http://dss.example:11200"
SETTINGS = f"{URL}/dip/publicapi/projects/CHURN/settings"


@pytest.fixture
def project():
    return DssInstance(dataikuapi.DSSClient(URL, "key")).project_settings("CHURN")


@responses.activate
def test_reads_and_replaces_the_settings_of_a_project(project):
    responses.get(SETTINGS, json={"settings": {}})
    responses.put(SETTINGS)

    project.write(project.read())

    assert json.loads(responses.calls[-1].request.body) == {"settings": {}}


@responses.activate
def test_a_project_that_is_not_there_is_refused(project):
    responses.get(SETTINGS, status=404, json={"message": "Project not found: CHURN"})

    with pytest.raises(DssRefused) as refused:
        project.read()

    assert "Project not found" in refused.value.verbatim
    assert refused.value.resource == "project CHURN"


def test_a_project_uses_a_cluster_whatever_variables_say():
    document = {"settings": {"k8sCluster": {"clusterMode": "INHERIT", "defaultClusterId": "old"}}}

    use_cluster(document, "my-cluster", None)

    assert document["settings"]["k8sCluster"] == {"clusterMode": "EXPLICIT_CLUSTER", "clusterId": "my-cluster"}


def test_a_project_uses_the_cluster_of_a_variable_and_falls_back_on_another():
    document = {}

    use_cluster(document, "my-cluster", "clusterForScenario")

    assert document["settings"]["k8sCluster"] == {
        "clusterMode": "EXPLICIT_CLUSTER",
        "clusterId": "${clusterForScenario}",
        "defaultClusterId": "my-cluster",
    }


def test_code_and_visual_recipes_of_a_project_run_with_a_configuration():
    document = {"settings": {"container": {"containerMode": "INHERIT"}}}

    use_container_configuration(document, "gke")

    explicit = {"containerMode": "EXPLICIT_CONTAINER", "containerConf": "gke"}
    assert document["settings"] == {"container": explicit, "containerForVisualRecipesWorkloads": explicit}


def test_a_project_inherits_cluster_and_configurations_again():
    document = {"settings": {"k8sCluster": {"clusterMode": "EXPLICIT_CLUSTER", "clusterId": "c"}, "other": 1}}

    inherit(document)

    assert document["settings"] == {
        "k8sCluster": {"clusterMode": "INHERIT", "clusterId": "c"},
        "container": {"containerMode": "INHERIT"},
        "containerForVisualRecipesWorkloads": {"containerMode": "INHERIT"},
        "other": 1,
    }
