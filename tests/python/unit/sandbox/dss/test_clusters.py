"""The life of a cluster, as the real client sees it."""

import json
import threading
from typing import Any

import pytest
import requests
from dataikuapi.utils import DataikuException

PREAMBLE = """
import os, time
from pathlib import Path
from dataiku.cluster import Cluster

class Odd(Cluster):
    def __init__(self, cluster_id, cluster_name, config, plugin_config, global_settings):
        self.config = config
        self.global_settings = global_settings
"""
FAILING = """
    def start(self):
        if not self.config.get("size"):
            raise ValueError("no size was given")
        return [{}, {"size": self.config["size"]}]
    def stop(self, data):
        raise RuntimeError("cannot stop")
"""
WAITING = """
    def start(self, progress_callback):
        Path("started").touch()
        progress_callback(3)
        while not Path("go").exists():
            time.sleep(0.01)
        return [{}]
    def get_start_progress_target(self):
        return (10, "RECORDS")
    def stop(self, data, progress_callback):
        progress_callback(1)
"""


def _state(cluster: Any) -> str:
    return str(cluster.get_status().get_raw()["state"])


def test_a_new_cluster_is_not_running_and_has_no_data(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster({"size": 3})

    settings = cluster.get_settings()

    assert _state(cluster) == "NONE"
    assert settings.get_plugin_data() is None
    assert settings.get_raw()["params"] == {"config": {"size": 3}}


def test_lists_clusters_with_type_and_state(dss: Any) -> None:
    dss.install()
    dss.cluster(name="b").start()
    dss.cluster(name="a")

    listed = [(it["id"], it["name"], it["type"], it["state"]) for it in dss.client.list_clusters()]

    assert listed == [("a", "a", dss.cluster_type, "NONE"), ("b", "b", dss.cluster_type, "RUNNING")]


def test_a_start_stores_the_overrides_and_the_data(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster({"size": 3})
    cluster.start()

    raw = cluster.get_settings().get_raw()

    assert _state(cluster) == "RUNNING"
    assert raw["containerSettings"]["executionConfigsGenericOverrides"] == {
        "kubeConfigPath": str(dss.folder / "clusters/one/exec/kube_config"),
        "kubeCtlContext": "ctx",
    }
    assert raw["sparkSettings"]["sparkEnabled"] is True
    assert raw["data"]["config"] == {"size": 3}


def test_the_stop_gets_the_data_and_works_in_the_folder_of_the_start(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster({"size": 3})
    cluster.start()
    data = cluster.get_settings().get_plugin_data()

    cluster.stop(terminate=False)

    assert (dss.folder / "clusters/one/exec/stopped-with").read_text() == repr(data)
    assert _state(cluster) == "NONE"


def test_the_data_stay_after_a_stop_until_the_next_start(dss: Any) -> None:
    dss.install(cluster_py=PREAMBLE + FAILING.replace("raise RuntimeError", "return; raise RuntimeError"))
    cluster = dss.cluster({"size": 1})
    cluster.start()
    cluster.stop(terminate=False)
    after_stop = cluster.get_settings().get_plugin_data()
    settings = cluster.get_settings()
    settings.get_raw()["params"]["config"]["size"] = 2
    settings.save()
    cluster.start()

    assert (after_stop, cluster.get_settings().get_plugin_data()) == ({"size": 1}, {"size": 2})


def test_a_failed_start_says_why_in_an_ordinary_answer_and_stores_nothing(dss: Any) -> None:
    dss.install(cluster_py=PREAMBLE + FAILING)
    cluster = dss.cluster()

    answer = requests.post(
        f"{dss.url}/public/api/admin/clusters/one/actions/start", auth=(dss.backend.api_key, ""), timeout=30
    )

    messages = answer.json()["messages"]
    assert answer.status_code == 200
    assert (messages["error"], messages["maxSeverity"]) == (True, "ERROR")
    assert messages["messages"][0]["details"] == "builtins.ValueError: no size was given"
    assert _state(cluster) == "NONE"
    assert cluster.get_settings().get_plugin_data() is None
    with pytest.raises(Exception, match=r"Cluster operation failed .*no size was given"):
        cluster.start()


def test_a_failed_start_keeps_the_data_of_the_start_before(dss: Any) -> None:
    dss.install(cluster_py=PREAMBLE + FAILING)
    cluster = dss.cluster()
    settings = cluster.get_settings()
    settings.get_raw()["data"] = {"from": "before"}
    settings.save()

    with pytest.raises(Exception, match="no size"):
        cluster.start()

    assert cluster.get_settings().get_plugin_data() == {"from": "before"}


def test_a_failed_stop_leaves_the_cluster_running(dss: Any) -> None:
    dss.install(cluster_py=PREAMBLE + FAILING)
    cluster = dss.cluster({"size": 1})
    cluster.start()

    with pytest.raises(Exception, match="cannot stop"):
        cluster.stop()

    assert _state(cluster) == "RUNNING"


def test_settings_can_be_edited_while_the_cluster_runs(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster({"size": 1})
    cluster.start()
    settings = cluster.get_settings()
    settings.get_raw()["params"]["config"]["size"] = 5
    settings.get_raw()["containerSettings"]["executionConfigsGenericOverrides"]["properties"] = [
        {"key": "a", "value": "b"}
    ]
    settings.get_raw()["state"] = "NONE"
    settings.get_raw()["type"] = "manual"
    saved = settings.save()

    raw = cluster.get_settings().get_raw()
    assert raw == saved
    assert raw["params"]["config"] == {"size": 5}
    assert raw["containerSettings"]["executionConfigsGenericOverrides"]["properties"] == [{"key": "a", "value": "b"}]
    assert (raw["state"], raw["type"]) == ("RUNNING", dss.cluster_type)


def test_a_cluster_under_way_shows_its_progress_and_is_not_started_twice(dss: Any, wait_until: Any) -> None:
    dss.install(cluster_py=PREAMBLE + WAITING)
    cluster = dss.cluster()
    folder = dss.folder / "clusters/one/exec"
    starting = threading.Thread(target=cluster.start)
    starting.start()
    wait_until((folder / "started").exists)

    def progress() -> dict[str, Any]:
        (future,) = dss.client.list_futures(as_objects=False)
        return dict(future["progress"]["states"][0])

    wait_until(lambda: progress()["cur"] == 3)
    assert progress() == {"name": "Start cluster one", "cur": 3, "unit": "RECORDS", "target": 10}
    assert _state(cluster) == "STARTING"
    with pytest.raises(Exception, match="the cluster is starting"):
        dss.client.get_cluster("one").start()
    with pytest.raises(Exception, match="the cluster is starting"):
        dss.client.get_cluster("one").stop()
    with pytest.raises(DataikuException, match="Cluster one is starting"):
        cluster.delete()
    (folder / "go").touch()
    starting.join(timeout=30)
    assert _state(cluster) == "RUNNING"
    cluster.stop(terminate=False)
    assert _state(cluster) == "NONE"


def test_an_aborted_start_kills_the_process_and_leaves_the_cluster_stopped(dss: Any, wait_until: Any) -> None:
    dss.install(cluster_py=PREAMBLE + WAITING)
    cluster = dss.cluster()
    failures: list[Exception] = []

    def start() -> None:
        try:
            cluster.start()
        except DataikuException as error:
            failures.append(error)

    starting = threading.Thread(target=start)
    starting.start()
    wait_until((dss.folder / "clusters/one/exec/started").exists)
    (future,) = dss.client.list_futures(as_objects=True)
    future.abort()
    starting.join(timeout=30)

    assert "aborted" in str(failures[0])
    assert _state(cluster) == "NONE"


def test_stops_only_what_runs_unless_forced(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster()

    with pytest.raises(Exception, match="the cluster is not running"):
        cluster.stop(terminate=False)
    cluster.stop(terminate=False, force_stop=True)

    assert (dss.folder / "clusters/one/exec/stopped-with").read_text() == "None"


def test_starts_only_what_is_stopped(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster()
    cluster.start()

    with pytest.raises(Exception, match="the cluster is running"):
        cluster.start()


def test_terminating_deletes_the_dss_cluster_after_the_stop(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster()
    cluster.start()

    cluster.stop()

    assert dss.client.list_clusters() == []
    assert not (dss.folder / "clusters/one").exists()


def test_deleting_a_cluster_does_not_stop_it(dss: Any, tmp_path: Any) -> None:
    mark = tmp_path / "stopped"
    methods = (
        f"    def start(self):\n        return [{{}}]\n    def stop(self, data):\n        Path({str(mark)!r}).touch()\n"
    )
    dss.install(cluster_py=PREAMBLE + methods)
    cluster = dss.cluster()
    cluster.start()

    cluster.delete()

    assert dss.client.list_clusters() == []
    assert not mark.exists()


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ({"name": "a b"}, "Invalid cluster name"),
        ({"name": "taken"}, "A cluster called taken already exists"),
        ({"type": "pycluster_demo_nope"}, "Unknown cluster type pycluster_demo_nope"),
        ({"architecture": "OTHER"}, "Unknown cluster architecture OTHER"),
    ],
)
def test_refuses_a_cluster_that_cannot_be(dss: Any, definition: dict[str, str], reason: str) -> None:
    dss.install()
    dss.cluster(name="taken")
    wanted = {"name": "new", "type": dss.cluster_type, "architecture": "KUBERNETES", **definition}

    with pytest.raises(Exception, match=reason):
        dss.client.create_cluster(wanted["name"], wanted["type"], {}, wanted["architecture"])


def test_a_manual_cluster_is_not_started(dss: Any) -> None:
    cluster = dss.client.create_cluster("mine", cluster_architecture="KUBERNETES")

    with pytest.raises(Exception, match="manual cluster"):
        cluster.start()


def test_a_cluster_whose_plugin_is_gone_says_so(dss: Any) -> None:
    plugin = dss.install()
    cluster = dss.cluster()
    plugin.delete(force=True).wait_for_result()

    with pytest.raises(Exception, match=f"cluster type {dss.cluster_type} is not installed"):
        cluster.start()


def test_the_log_keeps_the_output_of_every_action(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster({"size": 3})
    cluster.start()
    cluster.stop(terminate=False)

    log = dss.client.get_log("cluster-one.log")

    assert dss.client.list_logs() == ["cluster-one.log"]
    assert "start one\nstarting with ['size']" in log
    assert "stop one" in log


def test_serves_the_logs_of_one_cluster(dss: Any) -> None:
    dss.install()
    cluster = dss.cluster()
    before = dss.client._perform_json("GET", "/admin/clusters/one/logs")
    cluster.start()

    (listed,) = dss.client._perform_json("GET", "/admin/clusters/one/logs")

    assert before == []
    assert listed["totalSize"] > 0
    assert "starting with" in dss.client._perform_text("GET", f"/admin/clusters/one/logs/{listed['name']}")
    for path in ("/admin/clusters/one/logs/other", "/admin/logs/other"):
        with pytest.raises(DataikuException, match="Log other"):
            dss.client._perform_text("GET", path)


def test_the_constructor_gets_the_general_settings(dss: Any) -> None:
    dss.install(
        cluster_py=PREAMBLE + "    def start(self):\n        return [{}, self.global_settings['containerSettings']]\n"
    )
    cluster = dss.cluster()
    cluster.start()

    assert cluster.get_settings().get_plugin_data()["executionConfigs"] == []


def test_clusters_are_there_again_after_a_restart(start_dss: Any) -> None:
    first = start_dss()
    first.install()
    first.cluster({"size": 3, "password": "pa55"}).start()

    cluster = start_dss().client.get_cluster("one")

    assert _state(cluster) == "RUNNING"
    assert cluster.get_settings().get_plugin_data()["config"] == {"size": 3, "password": "pa55"}


def test_a_cluster_that_does_not_exist_is_not_found(dss: Any) -> None:
    with pytest.raises(DataikuException, match="Cluster nope does not exist"):
        dss.client.get_cluster("nope").get_status()


def test_refuses_settings_that_are_not_settings(dss: Any) -> None:
    dss.install()
    dss.cluster()
    for body, reason in (("[]", "not a JSON object"), ("{", "not JSON"), (json.dumps({"params": 1}), "not an object")):
        with pytest.raises(DataikuException, match=reason):
            dss.client._perform_json("PUT", "/admin/clusters/one", raw_body=body)
