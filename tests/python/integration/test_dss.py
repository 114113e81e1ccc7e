"""The plugin as an administrator of DSS meets it, through Dataiku's own client."""

import contextlib
import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import dataikuapi
import pytest
from dataikuapi.dss.plugin import DSSPlugin

from sandbox.process import ROOT, SandboxProcess

CREATE, ATTACH = "create-gke-cluster", "attach-gke-cluster"


@pytest.fixture
def presets(dss: Any, sandbox: Any, unique_name: Any) -> dict[str, Any]:
    """Save a connection and a node pool as presets and return the parameters that use them."""
    plugin = dss.client.get_plugin("gke-clusters")
    settings = plugin.get_settings()
    name = unique_name()
    connection = settings.get_parameter_set("connection-info").create_preset(name, with_defaults=True)
    connection.config.update(projectId=sandbox.project, zone="europe-west1-b")
    pool = settings.get_parameter_set("node-pool-request").create_preset(name, with_defaults=True)
    pool.config.update(machineType="e2-standard-4", numNodes=2)
    for preset in (connection, pool):
        preset.usable_by_all = True
    settings.save()
    used = {"mode": "PRESET", "name": name}
    return {"connectionInfo": used, "nodePools": [used]}


def _plugin(dss: Any) -> DSSPlugin:
    return dss.client.get_plugin("gke-clusters")


def _log(dss: Any, name: str) -> str:
    return str(dss.client.get_log(f"cluster-{name}.log"))


def test_dss_lists_the_plugin_and_its_kinds_of_preset(dss: Any) -> None:
    (plugin,) = dss.client.list_plugins()

    assert (plugin["id"], plugin["meta"]["label"]) == ("gke-clusters", "GKE clusters")
    assert set(_plugin(dss).get_settings().list_parameter_set_names()) == {"connection-info", "node-pool-request"}


def test_a_cluster_from_presets_lives_in_dss_and_on_gke(
    dss: Any, sandbox: Any, presets: dict[str, Any], unique_name: Any
) -> None:
    name = unique_name("dss")
    cluster = dss.cluster(name, CREATE, presets)

    cluster.start()

    raw = cluster.get_settings().get_raw()
    overrides = raw["containerSettings"]["executionConfigsGenericOverrides"]
    (there,) = [it for it in sandbox.clusters() if it["name"] == name]
    assert cluster.get_status().get_raw()["state"] == raw["state"] == "RUNNING"
    assert raw["sparkSettings"]["sparkEnabled"] is True
    assert raw["data"]["cluster"]["selfLink"] == there["selfLink"]
    assert raw["data"]["kube_config_path"] == overrides["kubeConfigPath"]
    assert Path(overrides["kubeConfigPath"]).stat().st_mode & 0o777 == 0o600
    assert [usage.object_id for usage in _plugin(dss).list_usages().usages if usage.object_id == name] == [name]

    cluster.stop(terminate=False)

    assert not [it for it in sandbox.clusters() if it["name"] == name]
    assert cluster.get_status().get_raw()["state"] == "NONE"
    assert cluster.get_settings().get_plugin_data() == raw["data"]
    cluster.delete()


@pytest.mark.kubectl
def test_dss_runs_kubectl_on_a_started_cluster(
    dss: Any, presets: dict[str, Any], unique_name: Any, kubectl_program: str
) -> None:
    cluster = dss.cluster(unique_name("dss"), CREATE, presets)
    cluster.start()

    answer = cluster.run_kubectl("get nodes --output json")

    cluster.stop()
    assert answer["rv"] == 0, answer["err"]
    assert len(json.loads(answer["out"])["items"]) == 2


@pytest.fixture
def kubectl_program() -> str:
    """Return the host's kubectl."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed")
    return program


def test_wrong_fields_are_reported_together_before_anything_is_asked_of_gke(
    dss: Any, sandbox: Any, inline: Any, unique_name: Any
) -> None:
    described = json.loads((ROOT / "python-clusters" / CREATE / "cluster.json").read_text())
    labels = {param["name"]: param["label"] for param in described["params"]}
    name = unique_name("dss")
    pool = {"machineType": "e2-standard-4", "numNodes": 1, "numNodesAutoscaling": True, "minNumNodes": 5}
    cluster = dss.cluster(
        name,
        CREATE,
        {
            "connectionInfo": inline({"projectId": sandbox.project, "zone": "europe-west1-b"}),
            "nodePools": [inline({**pool, "maxNumNodes": 1})],
            "podIpRange": "not a range/",
            "creationSettingsValve": "{",
        },
    )

    with pytest.raises(Exception, match="Cluster operation failed") as refused:
        cluster.start()

    for parameter in ("podIpRange", "creationSettingsValve"):
        assert labels[parameter] in str(refused.value)
    assert cluster.get_status().get_raw()["state"] == "NONE"
    assert cluster.get_settings().get_plugin_data() is None
    assert name not in json.dumps([seen for seen in sandbox.requests() if seen["service"] == "container"])
    cluster.delete()


def test_a_key_given_in_the_dialog_is_seen_nowhere(dss: Any, sandbox: Any, inline: Any, unique_name: Any) -> None:
    name, secret = unique_name("dss"), "sandbox-test-secret-of-a-key"
    key = json.dumps({"type": "service_account", "private_key": secret})
    connection = inline(
        {"projectId": sandbox.project, "zone": "europe-west1-b"},
        {"credentialsMode": "service-account-key", "serviceAccountKey": key},
    )
    cluster = dss.cluster(name, ATTACH, {"connectionInfo": connection, "clusterId": "any"})

    with pytest.raises(Exception, match="Cluster operation failed") as refused:
        cluster.start()

    shown = [refused.value, cluster.get_settings().get_raw(), _log(dss, name), json.dumps(sandbox.requests())]
    assert secret not in " ".join(map(str, shown))
    kept = [Path(folder) / name for folder, _, names in os.walk(sandbox.folder / "state") for name in names]
    assert not [path for path in kept if secret.encode() in _content(path)]
    cluster.delete()


def _content(path: Path) -> bytes:
    """What is in a file; nothing if it was renamed or removed since it was listed."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""


def test_ending_the_sandbox_during_a_start_leaves_no_process(tmp_path: Path, plugin_archive: Path, inline: Any) -> None:
    sandbox = SandboxProcess(tmp_path, ["--speed", "1"])
    try:
        instance = dataikuapi.DSSClient(sandbox.exports["DKU_DSS_URL"], sandbox.exports["DKU_API_KEY"])
        with plugin_archive.open("rb") as content:
            instance.install_plugin_from_archive(content)
        pool = inline({"machineType": "e2-standard-4", "numNodes": 1})
        config = {"connectionInfo": inline({}), "nodePools": [pool]}
        cluster = instance.create_cluster(
            "slow", f"pycluster_gke-clusters_{CREATE}", {"config": config}, cluster_architecture="KUBERNETES"
        )

        def start() -> None:
            with contextlib.suppress(Exception):
                cluster.start()

        starting = threading.Thread(target=start, daemon=True)
        starting.start()
        while not sandbox.clusters():
            starting.join(timeout=0.05)
            assert starting.is_alive(), "the start ended before the cluster was there"
    finally:
        left = sandbox.stop()
    assert left == []
    starting.join(timeout=120)
    assert not starting.is_alive()
