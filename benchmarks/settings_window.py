"""How long somebody else's edit of the general settings can be lost: from our read of them to our write.

    python benchmarks/settings_window.py [--runs N]

DSS replaces the whole document and compares nothing, so that what another administrator saves between the read that a
change is made to and the write of it is overwritten. Measured on a simulated DSS of loopback with *Register with DSS*,
in documents of two sizes: milliseconds from the answer of the last read, when the first byte of it has come, until our
write has arrived, and until it was answered, by when it is certain. A network between DSS and itself there is not: a
macro runs on the host of DSS.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python-lib"))

import dataikuapi
import requests

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.registration import register_cluster
from gke_clusters.settings.register import parse_register
from sandbox.process import SandboxProcess

RUNS = 200
SIZES_BYTES = (20_000, 500_000)
PATH = "/admin/general-settings"
AREA = "area"


class WatchedClient(dataikuapi.DSSClient):  # type: ignore[misc]  # the package has no types
    """Notes when the last read before a write was answered, and when the write was."""

    def __init__(self, url: str, api_key: str) -> None:
        super().__init__(url, api_key)
        self.read_at = self.written_at = 0.0
        self._session.hooks["response"].append(self._note)

    def _note(self, answer: requests.Response, **_how: object) -> None:
        """Note an answer, whose headers have just come."""
        if answer.request.method == "PUT":
            self.written_at = time.time()
        elif not self.written_at:
            self.read_at = time.time()

    def watch(self) -> None:
        """Wait for the next write."""
        self.read_at = self.written_at = 0.0

    def put(self, document: dict[str, Any]) -> None:
        """Replace the settings."""
        settings = self.get_general_settings()
        settings.settings = document
        settings.save()


def grown(document: dict[str, Any], size_bytes: int) -> dict[str, Any]:
    """Fill a document with what nobody knows until it has a size."""
    filler = {f"key{number}": {"text": "x" * 20, "number": number} for number in range(size_bytes // 61)}
    return {**document, AREA: filler}


def windows(sandbox: SandboxProcess, size_bytes: int, runs: int) -> tuple[int, list[float], list[float]]:
    """Register as often as asked; return the size, and the milliseconds until the write came and until its answer."""
    client = WatchedClient(sandbox.exports["DKU_DSS_URL"], sandbox.exports["DKU_API_KEY"])
    fields = {"clusterId": "bench", "registryUrl": "us-docker.pkg.dev/p/dss", "makeDefaultCluster": True}
    settings, cluster = parse_register(fields), DssCluster("bench", "type", "RUNNING", {}, {}, {})
    stored = DssInstance(client).general_settings
    arrived, answered = [], []
    before = client.get_general_settings().get_raw()
    filled = grown(before, size_bytes)
    for _run in range(runs):
        client.put(filled)
        client.watch()
        since = time.time()
        page = register_cluster(settings, cluster, stored, no_google, Progress())
        if "outcome failed" in page:
            raise SystemExit(page)
        [write] = [one["time"] for one in sandbox.requests(service="dss", since=since) if one["method"] == "PUT"]
        arrived.append((write - client.read_at) * 1000)
        answered.append((client.written_at - client.read_at) * 1000)
    client.put(before)
    return len(json.dumps(filled)), arrived, answered


def no_google() -> Any:
    """Nothing of Google is asked for here."""
    raise AssertionError("no node pool was chosen")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args().runs
    print(f"{'DSS':>4} {'document':>10}   {'write came, ms':^17}   {'write answered, ms':^18}")
    print(f"{'':>4} {'bytes':>10}   {'median':>8} {'p95':>8}   {'median':>8} {'p95':>9}   n = {runs}")
    for version in ("15", "14"):
        with tempfile.TemporaryDirectory() as folder:
            sandbox = SandboxProcess(Path(folder), ["--dss-version", version])
            try:
                with sandbox.settings_fields(known=[AREA]):
                    for wanted in SIZES_BYTES:
                        size, *figures = windows(sandbox, wanted, runs)
                        told = [(statistics.median(each), statistics.quantiles(each, n=20)[18]) for each in figures]
                        (came, came_95), (done, done_95) = told
                        print(f"{version:>4} {size:>10}   {came:8.1f} {came_95:8.1f}   {done:8.1f} {done_95:9.1f}")
            finally:
                sandbox.stop()


if __name__ == "__main__":
    main()
