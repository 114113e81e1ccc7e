"""How long *Find forgotten clusters* takes in a project with thousands of clusters, and how many calls it makes.

    python benchmarks/find_forgotten.py [--runs N] [--clusters N]

GKE is a server of loopback that answers as recorded traffic does, a cluster of some 10 kB each, and leaves out the
fields that are not asked for. DSS is in memory. Each run is a fresh process: what it imports is a part of the time.
"""

import argparse
import copy
import http.server
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "python-lib"))

RUNS, CLUSTERS, LOCATIONS = 10, 2_000, 40
RECORDED = ROOT / "tests" / "python" / "data" / "gke-traffic" / "containercluster.json"
INSTALL = "benchmark"


def recorded_cluster() -> dict[str, Any]:
    """Return the largest cluster of a recording."""

    def clusters(value: Any) -> list[dict[str, Any]]:
        if isinstance(value, list):
            return [found for item in value for found in clusters(item)]
        if not isinstance(value, dict):
            return []
        inner = [found for item in value.values() for found in clusters(item)]
        return [value, *inner] if "masterAuth" in value and "selfLink" in value else inner

    return max(clusters(json.loads(RECORDED.read_text(encoding="utf-8"))), key=lambda one: len(json.dumps(one)))


def project(count: int) -> dict[str, Any]:
    """Return GKE's list of that many clusters: every tenth is forgotten, the others are of other installations."""
    sample, found = recorded_cluster(), []
    for number in range(count):
        install = INSTALL if number % 10 == 0 else f"other-{number % 7}"
        location = f"region-{'abcdefgh'[number % 8]}{number % LOCATIONS // 8 + 1}"
        labels = {"dss-install-id": install, "dss-cluster-id": f"c-{number}"}
        own = {"name": f"c-{number}", "location": location, "id": f"id-{number}", "resourceLabels": labels}
        found.append({**copy.deepcopy(sample), **own})
    return {"clusters": found}


class Gke(http.server.BaseHTTPRequestHandler):
    """Answers lists of clusters."""

    answer: dict[str, Any]
    calls = 0

    def do_GET(self) -> None:
        """Answer with the fields that are asked for."""
        from sandbox.gcp.partial_answers import partial  # noqa: PLC0415 - the measured process does not need it

        type(self).calls += 1
        body = json.dumps(partial(self.answer, dict(parse_qsl(urlsplit(self.path).query)))).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


def search() -> None:
    """Run the story once, as a macro does, and print what it took."""
    begin = time.perf_counter()
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415 - its import is measured

    from gke_clusters.google.cluster_inventory import ClusterInventory  # noqa: PLC0415
    from gke_clusters.google.clusters import ContainerApi  # noqa: PLC0415
    from gke_clusters.google.compute import ComputeApi  # noqa: PLC0415
    from gke_clusters.google.credentials import Authorization, CredentialsChoice  # noqa: PLC0415
    from gke_clusters.google.metadata import HostMetadata  # noqa: PLC0415
    from gke_clusters.lifecycle.forgotten import SearchAccess, find_forgotten_clusters  # noqa: PLC0415
    from gke_clusters.lifecycle.google_access import GoogleAccess  # noqa: PLC0415
    from gke_clusters.lifecycle.progress import Progress  # noqa: PLC0415
    from gke_clusters.settings.instance_macros import parse_find_forgotten  # noqa: PLC0415

    class Dss:
        """A DSS that has no cluster, and configurations that name none."""

        @property
        def general_settings(self) -> "Dss":
            return self

        def read(self) -> dict[str, Any]:
            return {}

        def list_clusters(self) -> list[dict[str, Any]]:
            return []

        def read_cluster_settings(self, cluster_id: str) -> dict[str, Any]:
            raise LookupError(cluster_id)

    authorization = Authorization(AnonymousCredentials())
    google = GoogleAccess(ContainerApi(authorization), ComputeApi(authorization), HostMetadata(), CredentialsChoice())
    settings = parse_find_forgotten({"connectionInfo": {"projectId": "p"}}, {})
    access = SearchAccess(google, ClusterInventory(authorization))
    page = find_forgotten_clusters(settings, lambda _settings: access, Dss(), Progress())
    took = time.perf_counter() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": took, "megabytes": memory, "forgotten": page.count("DSS has no cluster")}))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--clusters", type=int, default=CLUSTERS)
    parser.add_argument("--once", action="store_true", help="the measured process itself")
    options = parser.parse_args()
    if options.once:
        search()
        return
    Gke.answer = project(options.clusters)
    places = {one["location"] for one in Gke.answer["clusters"]}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gke)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "install.ini").write_text(f"[general]\ninstallid = {INSTALL}\n", encoding="utf-8")
        variables = {"CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER": address, "DIP_HOME": home, "NO_PROXY": "127.0.0.1"}
        runs = [
            json.loads(
                subprocess.run(
                    [sys.executable, __file__, "--once"],
                    env=os.environ | variables,
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
            for _run in range(options.runs)
        ]
    server.shutdown()
    seconds = sorted(run["seconds"] for run in runs)
    print(f"{options.clusters} clusters in {len(places)} locations, {runs[0]['forgotten']} of them forgotten")
    print(f"calls to GKE: {Gke.calls / len(runs):g} a run")
    print(f"seconds: median {statistics.median(seconds):.2f}, most {seconds[-1]:.2f}   n = {len(runs)}")
    print(f"memory: {max(run['megabytes'] for run in runs):.0f} MB at most")


if __name__ == "__main__":
    main()
