"""How long *Inspect node pools* takes in a large cluster, how many calls it makes, and how much memory it needs.

    python benchmarks/inspect_node_pools.py [--runs N] [--pools N] [--nodes N] [--pods N]

The cluster is planted in a sandbox of loopback: its nodes in two zones, what GKE runs on every node, and pods that ask
for something, as many as are said in all. Each run is a fresh process: what it imports is a part of the time, and so is
the credential helper of the kubeconfig.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "python-lib"))

RUNS, POOLS, NODES, PODS = 10, 50, 1_000, 3_000
LOCATION, ZONES = "us-central1", ("us-central1-a", "us-central1-b")
NAME = "large"
WAIT_SECONDS = 300.0


def inspect(data_file: Path) -> None:
    """Run the story once, as a macro does, and print what it took."""
    begin = time.perf_counter()
    from gke_clusters.dss.clusters import DssCluster  # noqa: PLC0415 - its import is measured
    from gke_clusters.lifecycle.google_access import connect  # noqa: PLC0415
    from gke_clusters.lifecycle.inspection.story import inspect_node_pools  # noqa: PLC0415
    from gke_clusters.lifecycle.progress import Progress  # noqa: PLC0415
    from gke_clusters.settings.connection import CredentialsSettings  # noqa: PLC0415
    from gke_clusters.settings.inspect_node_pools import parse_inspect  # noqa: PLC0415

    cluster = DssCluster(NAME, "type", "RUNNING", {}, {}, json.loads(data_file.read_text(encoding="utf-8")))
    settings = parse_inspect({"clusterId": NAME})
    page = inspect_node_pools(settings, cluster, lambda: connect(CredentialsSettings()), Progress())
    took = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_SELF)
    # Not ru_maxrss, which a process takes over from the one that started it.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    memory = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    words = page.partition("<strong>")[2].partition("</strong>")[0]
    took_cpu = used.ru_utime + used.ru_stime
    print(json.dumps({"seconds": took, "cpu": took_cpu, "megabytes": memory, "words": words, "page": len(page)}))


def plant(sandbox: Any, folder: Path, pools: int, nodes: int, pods: int) -> Path:
    """Have the cluster exist, with its pods running; returns a file with what DSS keeps of it."""
    from gke_clusters.kube.api import KubernetesApi  # noqa: PLC0415 - the measured process does not come here
    from gke_clusters.kube.credential_helper import HelperCredentials, install_helper  # noqa: PLC0415
    from gke_clusters.kube.kubeconfig import ClusterAccess, render_kubeconfig  # noqa: PLC0415

    per_zone = nodes // pools // len(ZONES)
    body = {
        "name": NAME,
        "locations": list(ZONES),
        "nodePools": [
            {"name": f"pool-{number}", "initialNodeCount": per_zone, "config": {"machineType": "e2-standard-8"}}
            for number in range(pools)
        ],
    }
    sandbox.plant({"location": LOCATION, "control_plane": True, "cluster": body})
    [resource_] = [each for each in sandbox.clusters() if each["name"] == NAME]
    project = sandbox.exports["CLOUDSDK_CORE_PROJECT"]
    helper = install_helper(folder, HelperCredentials())
    kubeconfig = folder / "kube_config"
    kubeconfig.write_text(render_kubeconfig(ClusterAccess.of(project, resource_), helper), encoding="utf-8")
    os.environ |= sandbox.exports
    os.environ.pop("GOOGLE_APPLICATION_CREDENTIALS", None)
    api = KubernetesApi.from_kubeconfig(kubeconfig)
    there = len(settled(api))
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}}}
    with ThreadPoolExecutor(4) as threads:
        for number in range(pods - there):
            document = {"metadata": {"name": f"job-{number}"}, "spec": {"containers": [container]}}
            threads.submit(api.call, "POST", "/api/v1/namespaces/default/pods", body=document)
    settled(api)
    data = {"kube_config_path": str(kubeconfig), "project": project, "schema_version": 2}
    cluster = {key: resource_[key] for key in ("name", "location", "id", "createTime", "selfLink")}
    file = folder / "data.json"
    file.write_text(json.dumps({**data, "cluster": cluster}), encoding="utf-8")
    return file


def settled(api: Any) -> list[Any]:
    """Wait until all pods run and none is added any more; returns them."""
    end = time.monotonic() + WAIT_SECONDS
    before = -1
    while time.monotonic() < end:
        pods: list[Any] = list(api.items("/api/v1/pods"))
        if len(pods) == before and all(pod["status"].get("phase") == "Running" for pod in pods):
            return pods
        before = len(pods)
        time.sleep(1)
    raise SystemExit("The pods of the cluster do not come to rest.")


def measured(sandbox: Any, folder: Path, options: argparse.Namespace) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Run it as often as asked for; returns what each run took, and the calls of all by service."""
    data = plant(sandbox, folder, options.pools, options.nodes, options.pods)
    runs, calls = [], Counter[str]()
    for _run in range(options.runs):
        since = time.time()
        run = subprocess.run(
            [sys.executable, __file__, "--once", str(data)],
            env=sandbox.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        runs.append(json.loads(run.stdout))
        # The pages of a list are one call.
        services = ("container", "compute", "kubernetes")
        seen = {(each["service"], each["path"]) for each in sandbox.requests(since=since)}
        calls.update(service for service, _path in seen if service in services)
    return runs, calls


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--pools", type=int, default=POOLS)
    parser.add_argument("--nodes", type=int, default=NODES)
    parser.add_argument("--pods", type=int, default=PODS)
    parser.add_argument("--once", type=Path, help="the measured process itself")
    options = parser.parse_args()
    if options.once:
        inspect(options.once)
        return
    from sandbox.process import SandboxProcess  # noqa: PLC0415 - the measured process does not need it

    with tempfile.TemporaryDirectory() as folder:
        sandbox = SandboxProcess(Path(folder))
        try:
            runs, calls = measured(sandbox, Path(folder), options)
        finally:
            sandbox.stop()
    seconds = sorted(run["seconds"] for run in runs)
    print(f"{options.pools} pools, {options.nodes} nodes, {options.pods} pods: {runs[0]['words']}")
    print("calls a run: " + ", ".join(f"{number / len(runs):g} to {name}" for name, number in sorted(calls.items())))
    print(
        f"seconds: least {seconds[0]:.2f}, median {statistics.median(seconds):.2f}, most {seconds[-1]:.2f};"
        f" of a processor: {statistics.median(run['cpu'] for run in runs):.2f}   n = {len(runs)}"
    )
    print(f"memory: {max(run['megabytes'] for run in runs):.0f} MB at most; page: {runs[0]['page'] / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
