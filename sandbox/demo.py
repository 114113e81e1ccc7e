"""`make demo`: the whole story on a terminal, told by the clients that an administrator has."""

import html
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dataikuapi
import requests

from sandbox.plugin_installation import PLUGIN_ID, build_plugin, install_plugin
from sandbox.process import SandboxFailedError, SandboxProcess

NAME = "gke-demo"
DSS_PROJECT = "DEMO"
BUCKET = "gke-demo-data"
WIDTH = 48
# What shells report for a command that Ctrl-C ended.
_INTERRUPTED = 130


class DemoFailedError(Exception):
    """A step of the story did not end as it should."""


_STOPPED_BY = (DemoFailedError, SandboxFailedError, dataikuapi.utils.DataikuException, requests.RequestException)


class Story:
    """Prints numbered steps, each with what it showed and how long it took."""

    def __init__(self) -> None:
        self._number = 0
        self._started = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """Announce a step, collect what it shows and print that below the time that it took."""
        self._number += 1
        shown: list[str] = []
        _print(f"{self._number:>2}  {title} ".ljust(WIDTH, "."), end=" ", flush=True)
        started = time.monotonic()
        try:
            yield shown.append
        except BaseException:
            _print("failed")
            raise
        _print(f"{time.monotonic() - started:5.1f} s")
        for text in shown:
            for line in text.splitlines():
                _print(f"      {line}")

    def end(self, text: str) -> None:
        """Print the last line with the time of the whole story."""
        _print(f"\n{text} ({time.monotonic() - self._started:.1f} s in all)")


def tell() -> int:
    """Tell the story; return the exit status."""
    story = Story()
    for number in (signal.SIGTERM, signal.SIGHUP):
        # As Ctrl-C does, so that whoever ends the story finds nothing left of it either.
        signal.signal(number, signal.default_int_handler)
    _print("GKE clusters in Dataiku DSS, from the dialog to the nodes, on a simulated Google Cloud and DSS.\n")
    with tempfile.TemporaryDirectory(prefix="gke-clusters-demo-") as folder:
        try:
            _chapters(story, Path(folder))
        except Exception as error:  # Dataiku's client raises no narrower class for a failed start or stop.
            _print(f"\nThe demo stopped: {error}")
            return 1
        except KeyboardInterrupt:
            _print("\nThe demo was interrupted.")
            return _INTERRUPTED
    return 0


def _chapters(story: Story, folder: Path) -> None:
    with story.step("Build the plugin") as show:
        archive = build_plugin(folder)
        show(f"{archive.name}, {archive.stat().st_size // 1024} kB")
    with story.step("Start the sandbox") as show:
        sandbox = SandboxProcess(folder)
        environment = sandbox.environment
        show(f"DSS on {environment['DKU_DSS_URL']}; simulated durations pass 100 times faster")
    try:
        client = dataikuapi.DSSClient(environment["DKU_DSS_URL"], environment["DKU_API_KEY"])
        with story.step("Install the plugin in DSS") as show:
            show(_install(client, archive))
        with story.step("Create the two presets") as show:
            show(_create_presets(client, environment["CLOUDSDK_CORE_PROJECT"]))
        _cluster_life(story, client, sandbox)
    finally:
        with story.step("Shut the sandbox down") as show:
            left = sandbox.stop()
            show("\n".join(left) if left else "no process is left")
    if left:
        raise DemoFailedError("processes of the sandbox are still running")
    story.end("That is compute on GKE, from the dialog to the settings of DSS.")


def _cluster_life(story: Story, client: Any, sandbox: SandboxProcess) -> None:
    with story.step("Create the cluster (real life: 6 minutes)") as show:
        config = {
            "connectionInfo": {"mode": "PRESET", "name": "gcp"},
            "nodePools": [{"mode": "PRESET", "name": "cpu"}],
        }
        created = client.create_cluster(
            NAME, f"pycluster_{PLUGIN_ID}_create-gke-cluster", {"config": config}, cluster_architecture="KUBERNETES"
        )
        created.start()
        show("\n".join(_describe(cluster) for cluster in sandbox.clusters()))
    with story.step("Look at it in DSS") as show:
        raw = created.get_settings().get_raw()
        overrides = raw["containerSettings"]["executionConfigsGenericOverrides"]
        show(f"state {created.get_status().status['state']}, Spark enabled: {raw['sparkSettings']['sparkEnabled']}")
        show(f"containers run in context {overrides['kubeCtlContext']}")
        show(f"log: {client.get_log(f'cluster-{NAME}.log').splitlines()[-1]}")
    with story.step("List its nodes through the kubeconfig") as show:
        show(_nodes(Path(overrides["kubeConfigPath"]), sandbox.environment))
    with story.step("Attach it as a second DSS cluster") as show:
        attached = client.create_cluster(
            f"{NAME}-shared",
            f"pycluster_{PLUGIN_ID}_attach-gke-cluster",
            {"config": {"connectionInfo": {"mode": "PRESET", "name": "gcp"}, "clusterId": NAME}},
            cluster_architecture="KUBERNETES",
        )
        attached.start()
        show(f"{NAME}-shared is {attached.get_status().status['state']}")
    with story.step("Detach it") as show:
        attached.stop(terminate=False)
        remaining = [cluster["name"] for cluster in sandbox.clusters()]
        if remaining != [NAME]:
            raise DemoFailedError(f"detaching left {remaining} on GKE")
        show("the cluster itself is untouched")
    with story.step("Set up compute on it") as show:
        show(_set_up_compute(client, sandbox))
    with story.step("Look at the settings of DSS") as show:
        show(_compute_settings(client))
    with story.step("Stop the cluster (real life: 4 minutes)") as show:
        created.stop(terminate=False)
        if sandbox.clusters():
            raise DemoFailedError("a cluster is left on GKE")
        show(f"state {created.get_status().status['state']}; no cluster is left on GKE")
        show(_count_calls(sandbox.requests()))


def _install(client: Any, archive: Path) -> str:
    environment, interpreter = install_plugin(client, archive)
    return f"plugin {PLUGIN_ID} with code environment {environment} ({interpreter})"


def _create_presets(client: Any, project: str) -> str:
    settings = client.get_plugin(PLUGIN_ID).get_settings()
    values = {
        "connection-info": ("gcp", {"projectId": project, "zone": "us-central1-a"}),
        "node-pool-request": ("cpu", {"machineType": "n2-highmem-8", "numNodes": 2}),
    }
    for parameter_set, (name, config) in values.items():
        preset = settings.get_parameter_set(parameter_set).create_preset(name, with_defaults=True)
        preset.config.update(config)
        preset.usable_by_all = True
    settings.save()
    return "\n".join(f"{name}: {json.dumps(config)}" for name, config in values.values())


def _describe(cluster: Mapping[str, Any]) -> str:
    pools = ", ".join(f"{pool['name']} ({pool['config']['machineType']})" for pool in cluster["nodePools"])
    return (
        f"{cluster['name']} in {cluster['location']}: {cluster['status']}, Kubernetes "
        f"{cluster['currentMasterVersion']}, {cluster.get('currentNodeCount', 0)} nodes\nnode pools: {pools}"
    )


def _nodes(kubeconfig: Path, environment: Mapping[str, str]) -> str:
    if shutil.which("kubectl"):
        command = ["kubectl", "--kubeconfig", str(kubeconfig), "get", "nodes"]
        command += ["-L", "cloud.google.com/gke-nodepool,node.kubernetes.io/instance-type"]
        answer = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
        if answer.returncode:
            raise DemoFailedError(answer.stderr.strip())
        return f"$ kubectl get nodes\n{answer.stdout}"
    script = (
        "import sys, kubernetes\n"
        "kubernetes.config.load_kube_config(sys.argv[1])\n"
        "for node in kubernetes.client.CoreV1Api().list_node().items:\n"
        "    ready = [c.status for c in node.status.conditions if c.type == 'Ready']\n"
        "    print(node.metadata.name, 'Ready' if ready == ['True'] else 'NotReady')\n"
    )
    command = [sys.executable, "-c", script, str(kubeconfig)]
    answer = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise DemoFailedError(answer.stderr.strip().splitlines()[-1])
    return f"(kubectl is not installed: listed with the Python client)\n{answer.stdout}"


def _set_up_compute(client: Any, sandbox: SandboxProcess) -> str:
    """Run the macro on the cluster, with a bucket that somebody made before, and return its checklist."""
    environment = sandbox.environment
    project = environment["CLOUDSDK_CORE_PROJECT"]
    _make_bucket(environment, project)
    macro = client.create_project(DSS_PROJECT, "Demo", "admin").get_macro(f"pyrunnable_{PLUGIN_ID}_set-up-compute")
    params = {
        "clusterId": NAME,
        "connectionInfo": {"mode": "PRESET", "name": "gcp"},
        "registryUrl": f"us-central1-docker.pkg.dev/{project}/dss",
        "bucket": BUCKET,
        "projects": [DSS_PROJECT],
    }
    page = macro.get_result(macro.run(params=params, wait=True), as_type="string")
    steps = re.findall(r'<td>([^<]+)</td>\s*<td><span class="outcome[^>]*>([^<]+)<', _text(page))
    lines = [f"{outcome:<8} {html.unescape(title)}" for title, outcome in steps]
    if any(outcome == "failed" for _, outcome in steps):
        raise DemoFailedError("\n".join(lines))
    return "\n".join(lines)


def _text(answer: Any) -> str:
    return answer.decode() if isinstance(answer, bytes) else str(answer)


def _make_bucket(environment: Mapping[str, str], project: str) -> None:
    """Make the bucket that the demo connects, and let the DSS host use it, as its owner does in real life."""
    storage = environment["CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"].rstrip("/")
    token = Path(environment["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
    host = f"serviceAccount:dss-host@{project}.iam.gserviceaccount.com"
    policy = {"bindings": [{"role": "roles/storage.admin", "members": [host]}]}
    for method, path, body in (
        ("POST", f"b?project={project}", {"name": BUCKET, "location": "US-CENTRAL1"}),
        ("PUT", f"b/{BUCKET}/iam", policy),
    ):
        url = f"{storage}/storage/v1/{path}"
        answer = requests.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        answer.raise_for_status()


def _compute_settings(client: Any) -> str:
    settings = client.get_general_settings().get_raw()
    containers, spark = settings["containerSettings"], settings["sparkSettings"]
    builds = [
        f"{build['name']} pushes to {build['dockerBuilderConfig']['pushConfigs'][0]['repositoryURL']}"
        for build in containers.get("buildConfigs", [])
    ]
    connection = client.get_connection("gcs").get_definition()["params"]
    return "\n".join(
        [
            *builds,
            f"containers run with {containers['defaultExecutionConfig']}, Spark with "
            + ", ".join(config["name"] for config in spark["executionConfigs"]),
            f"default cluster: {settings['defaultK8sClusterId']}",
            f"metastore: {settings['metastoreCatalogsSettings']['synchronizeTo']['flavor']}",
            f"connection gcs: gs://{connection['chbucket']}{connection['chroot']}, HDFS interface "
            + connection["hdfsInterface"],
        ]
    )


def _count_calls(calls: list[dict[str, Any]]) -> str:
    changes = [call for call in calls if call["service"] == "container" and call["method"] != "GET"]
    reads = sum(call["service"] == "container" for call in calls) - len(changes)
    return f"the plugin sent GKE {len(changes)} changes ({', '.join(c['method'] for c in changes)}) and {reads} reads"


def _print(*words: str, **how: Any) -> None:
    print(*words, **how)  # noqa: T201 - a story is told on the terminal
