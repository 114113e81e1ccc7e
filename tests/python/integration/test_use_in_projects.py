"""The macro *Use in projects* as an administrator runs it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

MACRO = "pyrunnable_gke-clusters_use-cluster-in-projects"


def test_projects_use_a_cluster_and_inherit_again(dss: Any, unique_name: Any) -> None:
    name, key = unique_name("use"), unique_name("P").replace("-", "_")
    dss.cluster(name, "create-gke-cluster", {})
    project = dss.client.create_project(key, key, "admin")

    def run(**params: Any) -> str:
        macro = project.get_macro(MACRO)
        return str(macro.get_result(macro.run(params={"projects": [key], **params}, wait=True), as_type="string"))

    def shown() -> Any:
        return project.get_settings().get_raw()["settings"]["k8sCluster"]

    assert ">changed<" in run(clusterId=name)
    assert shown() == {"clusterMode": "EXPLICIT_CLUSTER", "clusterId": name}
    made = json.dumps(project.get_settings().get_raw())
    assert ">done<" in run(clusterId=name)
    assert json.dumps(project.get_settings().get_raw()) == made
    assert ">changed<" in run(choice="INHERIT")
    assert shown()["clusterMode"] == "INHERIT"
    with pytest.raises(DataikuException, match="Projects: NO_SUCH cannot be read"):
        run(clusterId=name, projects=[key, "NO_SUCH"])
    assert shown()["clusterMode"] == "INHERIT"
