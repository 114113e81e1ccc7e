"""The macros about the whole instance as an administrator runs them, on a project that others use as well."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

from tests.python.integration.conftest import Dss, Sandbox

pytestmark = pytest.mark.usefixtures("dss")

CREATE = "create-gke-cluster"
PROJECT = "INSTANCE"
ZONE = "us-central1-a"
ABROAD = "europe-west4"

Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(dss: Dss, sandbox: Sandbox, inline: Any) -> Run:
    """Run a macro with a connection of the sandbox's project."""
    dss.client.create_project(PROJECT, PROJECT, "admin")

    def run_macro(macro: str, **params: Any) -> str:
        handle = dss.client.get_project(PROJECT).get_macro(f"pyrunnable_gke-clusters_{macro}")
        params = {"connectionInfo": inline({"projectId": sandbox.project, "zone": ZONE}), **params}
        # The client calls the bytes of the answer a string.
        page: bytes = handle.get_result(handle.run(params=params, wait=True), as_type="string")
        return page.decode()

    return run_macro


@pytest.fixture
def install_id(dss: Dss) -> str:
    """The id by which this DSS marks its clusters."""
    return str(dss.client._perform_json("GET", "/instance-info")["installId"])


@pytest.fixture
def lost(dss: Dss, sandbox: Sandbox, unique_name: Any, install_id: str) -> Iterator[str]:
    """A GKE cluster that this DSS created for a cluster that it has no more, and that is not well."""
    name = unique_name("lost")
    labels = {"dss-install-id": install_id.lower(), "dss-cluster-id": name}
    creation = {"service": "container", "method": "POST", "path": "*/clusters"}
    with sandbox.faults({**creation, "effect": {"cluster": "DEGRADED"}}):
        sandbox.create_cluster(ABROAD, name, resourceLabels=labels)
    yield name
    if sandbox.call(f"{sandbox._place(sandbox.project, ABROAD)}/clusters/{name}").ok:
        sandbox.delete_cluster(ABROAD, name)


def outcomes(page: str) -> dict[str, str]:
    return dict(re.findall(r'<td>([^<]+)</td>\s*<td><span class="outcome [^"]+">([^<]+)<', page))


def find(run: Run, **params: Any) -> str:
    return run("find-forgotten-clusters", **params)


def test_a_forgotten_cluster_is_found_by_one_list_and_deleted_by_its_name_alone(
    run: Run, sandbox: Sandbox, lost: str
) -> None:
    begin = time.time()
    looked = find(run)
    # Other clusters of DSS may be in other projects, each of which is listed once as well.
    everywhere = f"/v1/projects/{sandbox.project}/locations/-/clusters"
    asked = [one["path"] for one in sandbox.requests(service="container", since=begin)]
    lists = [path for path in asked if path == everywhere]
    named = f"{ABROAD}/{lost}"
    deleted = find(run, deleteClusters=[named])

    assert re.search(rf"<code>{named}</code></td>\s*<td>DEGRADED<", looked)
    assert len(lists) == 1
    assert outcomes(deleted)[f"Delete {named}"] == "changed"
    assert f"<code>{named}</code>" not in deleted
    assert not sandbox.call(f"{sandbox._place(sandbox.project, ABROAD)}/clusters/{lost}").ok


def test_a_cluster_that_a_spark_configuration_names_is_not_deleted(
    run: Run, dss: Dss, sandbox: Sandbox, lost: str
) -> None:
    path = f"{sandbox._place(sandbox.project, ABROAD)}/clusters/{lost}"
    master = {"key": "spark.master", "value": f"k8s://https://{sandbox.call(path).json()['endpoint']}"}
    before = dss.client.get_general_settings()
    settings = dss.client.get_general_settings()
    settings.get_raw()["sparkSettings"].setdefault("executionConfigs", []).append({"name": "by-hand", "conf": [master]})
    settings.save()
    try:
        with pytest.raises(DataikuException, match="The Spark configuration by-hand of DSS leads to it"):
            find(run, deleteClusters=[f"{ABROAD}/{lost}"])
    finally:
        before.save()
    assert sandbox.call(path).ok


def test_a_cluster_that_others_made_is_never_deleted(run: Run, sandbox: Sandbox, unique_name: Any) -> None:
    name = unique_name("foreign")
    sandbox.create_cluster(ZONE, name)

    with pytest.raises(DataikuException, match="it has no label of this plugin") as refused:
        find(run, deleteClusters=[f"{ZONE}/{name}"])

    assert "Clusters to delete: " in str(refused.value)
    assert sandbox.call(f"{sandbox._place(sandbox.project, ZONE)}/clusters/{name}").ok
    sandbox.delete_cluster(ZONE, name)


def test_a_cluster_that_dss_takes_over_while_its_deletion_waits_is_not_deleted(
    run: Run, dss: Dss, sandbox: Sandbox, inline: Any, unique_name: Any, install_id: str
) -> None:
    name, connection = unique_name("back"), inline({"projectId": sandbox.project, "zone": ZONE})
    labels = {"dss-install-id": install_id.lower(), "dss-cluster-id": name}
    made = sandbox.create_cluster(ZONE, name, resourceLabels=labels)
    path = f"{sandbox._place(sandbox.project, ZONE)}/clusters/{name}"
    upgrade = {"service": "container", "method": "DELETE", "path": f"*/clusters/{name}", "effect": {"busy": 600}}
    begin = time.time()
    with sandbox.faults(upgrade), ThreadPoolExecutor(2) as pool:
        page = pool.submit(find, run, deleteClusters=[f"{ZONE}/{name}"])
        while not page.done() and not any(path.endswith(one["path"]) for one in deletions(sandbox, begin)):
            time.sleep(0.05)
        cluster = dss.cluster(name, CREATE, {"connectionInfo": connection, "nodePools": [inline({"numNodes": 1})]})
        started = pool.submit(cluster.start)
        while not started.done() and cluster.get_status().status["state"] == "NONE":
            time.sleep(0.05)
        # Only now does the deletion get its turn.
        end_upgrades(sandbox, name)
        started.result()
        ended = outcomes(page.result())

    assert ended[f"Delete {ZONE}/{name}"] == "skipped"
    assert len(deletions(sandbox, begin)) == 1
    assert sandbox.call(path).json()["id"] == made["id"] == cluster.get_settings().get_plugin_data()["cluster"]["id"]
    cluster.stop()


def end_upgrades(sandbox: Sandbox, name: str) -> None:
    """Cancel what holds a cluster."""
    operations = f"{sandbox._place(sandbox.project, ZONE)}/operations"
    for one in sandbox.call(operations).json()["operations"]:
        if one["targetLink"].endswith(f"/clusters/{name}") and one["status"] != "DONE":
            assert sandbox.call(f"{operations}/{one['name']}:cancel", "POST", json={}).ok


def deletions(sandbox: Sandbox, begin: float) -> list[dict[str, Any]]:
    return [one for one in sandbox.requests(service="container", since=begin) if one["method"] == "DELETE"]


def test_a_cluster_of_dss_is_known_while_it_runs_and_gone_when_somebody_deletes_it(
    run: Run, dss: Dss, sandbox: Sandbox, inline: Any, unique_name: Any
) -> None:
    name, connection = unique_name("known"), inline({"projectId": sandbox.project, "zone": ZONE})
    cluster = dss.cluster(name, CREATE, {"connectionInfo": connection, "nodePools": [inline({"numNodes": 1})]})
    cluster.start()
    running = find(run)
    sandbox.delete_cluster(ZONE, name)
    gone = find(run)
    cluster.stop(force_stop=True)

    assert name not in running
    assert f"client.get_cluster(&#39;{name}&#39;).stop(terminate=False, force_stop=True)" in gone


def test_a_google_that_does_not_answer_leaves_a_page_that_says_so(run: Run, sandbox: Sandbox) -> None:
    refused = {"service": "container", "method": "GET", "path": "*/locations/-/clusters"}
    with sandbox.faults({**refused, "effect": {"status": 403, "permission": "container.clusters.list"}}):
        page = find(run)

    assert outcomes(page)[f"GKE clusters of {sandbox.project}"] == "failed"
    assert "lacks the permission container.clusters.list" in page


def test_the_prerequisites_of_the_simulated_host_are_met_but_for_its_address(run: Run, sandbox: Sandbox) -> None:
    begin = time.monotonic()
    found = outcomes(run("check-prerequisites"))

    assert time.monotonic() - begin < 60
    assert found.pop("DSS: address for pods") == "warning"
    # These two are of the machine that runs the tests.
    assert {found.pop("Host: kubectl"), found.pop("Host: disks")} <= {"done", "warning", "failed"}
    assert found == dict.fromkeys(found, "done")
    assert "Project: permissions" in found


def test_what_is_missing_is_a_line_of_its_own(run: Run, sandbox: Sandbox) -> None:
    faults = (
        {"service": "compute", "path": "*/regions/*", "effect": {"quota": "CPUS"}},
        {"service": "metadata", "path": "*/scopes", "effect": {"status": 404}},
    )
    documented = sandbox.permissions(sandbox.host_email, ["container.clusters.get"])
    with documented, sandbox.faults(*faults):
        page = run("check-prerequisites")

    found = outcomes(page)
    assert found["Host: access scopes"] == "failed"
    assert found["Project: permissions"] == "failed"
    assert "container.clusters.create: to create the cluster" in page
    assert found["Project: API container"] == "done"
    assert found["DSS: base images"] == "done"


def test_a_host_whose_identity_is_refused_is_told_what_can_be_told(run: Run, sandbox: Sandbox) -> None:
    with sandbox.faults({"service": "metadata", "path": "*/token", "times": 50, "effect": {"status": 404}}):
        found = outcomes(run("check-prerequisites"))

    assert found["Host: identity"] == "failed"
    assert found["Project"] == "skipped"
    assert found["DSS: version"] == "done"


def test_the_role_is_printed_for_the_project_and_the_identity_of_the_connection(run: Run, sandbox: Sandbox) -> None:
    page = run("print-iam-role")

    assert f"add-iam-policy-binding {sandbox.project} --member serviceAccount:{sandbox.host_email}" in page
    assert "- container.clusters.create" in page
