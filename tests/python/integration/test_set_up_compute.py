"""The macro *Set up compute*: the whole reference architecture, as an administrator runs it."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.python.integration.conftest import Dss, Sandbox

MACRO = "pyrunnable_gke-clusters_set-up-compute"


def outcomes(page: str) -> list[str]:
    return re.findall(r'class="outcome [^"]+">([^<]+)<', page)


def test_goes_from_a_cluster_to_compute_and_finds_all_done_the_second_time(
    sandbox: Sandbox, dss: Dss, inline: Any, unique_name: Any
) -> None:
    name, key = unique_name("setup"), unique_name("P").replace("-", "_")
    connection = inline({"projectId": sandbox.project, "zone": "us-central1-a"})
    cluster = dss.cluster(name, "create-gke-cluster", {"connectionInfo": connection, "nodePools": [inline({})]})
    cluster.start()
    project = dss.client.create_project(key, key, "admin")
    place = f"{sandbox.url('storage')}/storage/v1/b?project={sandbox.project}"
    assert sandbox.call(place, "POST", json={"name": name, "location": "US-CENTRAL1"}).ok
    bucket = f"{sandbox.url('storage')}/storage/v1/b/{name}/iam"
    policy = sandbox.call(bucket).json()
    host = f"serviceAccount:{sandbox.host_email}"
    policy["bindings"] = [{"role": "roles/storage.admin", "members": [host]}]
    assert sandbox.call(bucket, "PUT", json=policy).ok

    def run() -> str:
        macro = project.get_macro(MACRO)
        params = {
            "clusterId": name,
            "connectionInfo": connection,
            "registryUrl": f"us-central1-docker.pkg.dev/{sandbox.project}/{name}",
            "bucket": name,
            "connectionName": name,
            "projects": [key],
        }
        return str(macro.get_result(macro.run(params=params, wait=True), as_type="string"))

    def shown() -> str:
        return json.dumps(
            [
                dss.client.get_general_settings().get_raw(),
                dss.client.get_connection(name).get_definition(),
                project.get_settings().get_raw(),
            ]
        )

    first = run()
    made = shown()
    second = run()
    cluster.stop()

    assert "failed" not in outcomes(first) + outcomes(second)
    assert "changed" in outcomes(first)
    assert "changed" not in outcomes(second)
    assert shown() == made
    settings = dss.client.get_general_settings().get_raw()
    assert settings["defaultK8sClusterId"] == name
    assert settings["containerSettings"]["defaultExecutionConfig"] == name
    assert settings["metastoreCatalogsSettings"]["synchronizeTo"]["flavor"] == "DSS_INTERNAL"
    assert project.get_settings().get_raw()["settings"]["k8sCluster"]["clusterId"] == name
    assert dss.client.get_connection(name).test()["connectionOK"]
