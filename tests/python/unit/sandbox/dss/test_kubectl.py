"""kubectl as DSS runs it: which program, which kubeconfig, which answer."""

import json
from pathlib import Path
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

# A program in kubectl's place: it answers `get` with the list in the file `objects` and records every call.
FAKE = """#!/bin/sh
echo "$@" >> "{folder}/calls"
case " $* " in *" get "*) cat "{folder}/objects";; *" fail "*) echo wrong >&2; exit 3;; *) echo done;; esac
"""


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: Any) -> Path:
    """Put the program on the PATH and return the folder with its files."""
    folder = tmp_path / "host"
    folder.mkdir()
    (folder / "kubectl").write_text(FAKE.format(folder=folder))
    (folder / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def _started(dss: Any) -> Any:
    dss.install()
    cluster = dss.cluster()
    cluster.start()
    return cluster


def test_runs_kubectl_with_the_kubeconfig_and_context_of_the_start(dss: Any, kubectl: Path) -> None:
    answer = _started(dss).run_kubectl("describe pod 'a b'")

    assert answer == {"rv": 0, "out": "done\n", "err": ""}
    kubeconfig = dss.folder / "clusters/one/exec/kube_config"
    assert (kubectl / "calls").read_text() == f"--kubeconfig {kubeconfig} --context ctx describe pod a b\n"


def test_a_failing_kubectl_is_an_answer(dss: Any, kubectl: Path) -> None:
    assert _started(dss).run_kubectl("fail x") == {"rv": 3, "out": "", "err": "wrong\n"}


def test_a_cluster_without_kubeconfig_has_no_kubectl(dss: Any) -> None:
    dss.install()

    with pytest.raises(DataikuException, match="has no kubeconfig"):
        dss.cluster().run_kubectl("get pods")


def test_says_when_the_host_has_no_kubectl(dss: Any, tmp_path: Path, monkeypatch: Any) -> None:
    cluster = _started(dss)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(DataikuException, match="kubectl is not on the PATH"):
        cluster.run_kubectl("get pods")


def test_refuses_arguments_that_cannot_be_read(dss: Any, kubectl: Path) -> None:
    with pytest.raises(DataikuException, match="cannot be read"):
        _started(dss).run_kubectl("get 'pods")


def test_refuses_kubectl_on_a_hadoop_cluster(dss: Any) -> None:
    dss.install()
    dss.client.create_cluster("hadoop", dss.cluster_type)

    with pytest.raises(DataikuException, match="not a Kubernetes cluster"):
        dss.client.get_cluster("hadoop").run_kubectl("get pods")


def _job(name: str, condition: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": condition, "status": "True"}]}}


def test_deletes_finished_jobs_and_failed_ones_when_asked(dss: Any, kubectl: Path) -> None:
    jobs = [_job("good", "Complete"), _job("bad", "Failed"), {"metadata": {"name": "busy"}}]
    (kubectl / "objects").write_text(json.dumps({"items": jobs}))
    cluster = _started(dss)

    assert cluster.delete_finished_jobs()["deletedJobs"] == ["good"]
    assert cluster.delete_finished_jobs(delete_failed=True)["deletedJobs"] == ["good", "bad"]


def test_deletes_finished_pods_in_a_namespace_or_all_of_them(dss: Any, kubectl: Path) -> None:
    pods = [{"metadata": {"name": phase.lower()}, "status": {"phase": phase}} for phase in ("Succeeded", "Running")]
    (kubectl / "objects").write_text(json.dumps({"items": pods}))
    cluster = _started(dss)

    finished = cluster.delete_finished_pods(namespace="ns", label_filter="a=b", dry_run=True)

    assert finished["deletedPods"] == ["succeeded"]
    assert (
        (kubectl / "calls")
        .read_text()
        .splitlines()[-1]
        .endswith("delete pods succeeded --namespace ns --dry-run=client")
    )
    assert cluster.delete_all_pods()["deletedPods"] == ["succeeded", "running"]
