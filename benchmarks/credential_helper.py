"""How long kubectl waits for a token: our credential helper against gke-gcloud-auth-plugin.

    python benchmarks/credential_helper.py

Median milliseconds of the whole process, the commands taken in turn. *Warm* is a kept token, the case of nearly every
call; *cold* asks a metadata server on loopback, so that neither side has a network in its figure. Where
gke-gcloud-auth-plugin is not installed its rows are left out, and that is said.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python-lib"))

from gke_clusters.kube.credential_helper import HelperCredentials, install_helper

WARM_ROUNDS = 300
COLD_ROUNDS = 15

# One context is all that gke-gcloud-auth-plugin looks at.
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "c", "user": {}}],
}
KEPT_BY_PLUGIN = {
    "current_context": "c",
    "access_token": "ya29.kept",
    "token_expiry": "2100-01-01T00:00:00Z",
    "extra_args": "",
}


@dataclass(frozen=True)
class Candidate:
    """A command to time, and what puts it into its state before each run."""

    label: str
    command: Sequence[str]
    environment: Mapping[str, str]
    prepare: Callable[[], object] = lambda: None


class MetadataServer(BaseHTTPRequestHandler):
    """Answers every question with a token, as the metadata server does the one that matters."""

    def do_GET(self) -> None:
        """Answer."""
        data = json.dumps({"access_token": "ya29.fresh", "expires_in": 3599, "token_type": "Bearer"}).encode()
        self.send_response(200)
        for name, value in (("Metadata-Flavor", "Google"), ("Content-Length", str(len(data)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of http.server
        """Stay silent."""


def medians(candidates: Sequence[Candidate], rounds: int) -> None:
    """Time the candidates in turn and print a line for each."""
    seconds: dict[str, list[float]] = {candidate.label: [] for candidate in candidates}
    for turn in range(rounds + 2):
        for candidate in candidates:
            candidate.prepare()
            started = time.perf_counter()
            result = subprocess.run(candidate.command, env=candidate.environment, capture_output=True, check=False)
            took = time.perf_counter() - started
            if result.returncode or b"ya29." not in result.stdout:
                sys.exit(f"{candidate.label} gave no token: {result.stderr.decode()}")
            if turn >= 2:  # noqa: PLR2004 - the first two only fill the caches of the file system
                seconds[candidate.label].append(took)
    for label, samples in seconds.items():
        deciles = statistics.quantiles(samples, n=10)
        print(f"  {label:<58} {1000 * statistics.median(samples):8.2f} ms   (p90 {1000 * deciles[8]:.2f} ms)")


def main() -> None:
    """Print the figures."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), MetadataServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": name,
            "GCE_METADATA_HOST": f"127.0.0.1:{server.server_port}",
            "KUBECONFIG": str(folder / "kube_config"),
            "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        }
        os.environ.pop("GOOGLE_APPLICATION_CREDENTIALS", None)
        os.environ["CLOUDSDK_CONFIG"] = environment["CLOUDSDK_CONFIG"]
        Path(environment["KUBECONFIG"]).write_text(json.dumps(KUBECONFIG))
        helper = install_helper(folder, HelperCredentials())
        ours = [helper.command, *helper.args]
        kept = Path(helper.args[0]).with_name("token")
        curl = install_helper(folder / "curl", HelperCredentials())
        kept_by_curl = Path(curl.args[0]).with_name("token")
        kept_by_curl.with_name("interpreters").write_text("")
        warm = [Candidate("credential helper", ours, environment)]
        cold = [
            Candidate("credential helper, Python", ours, environment, lambda: kept.unlink(missing_ok=True)),
            Candidate(
                "credential helper, curl (no Python left)",
                [curl.command, *curl.args],
                environment,
                lambda: kept_by_curl.unlink(missing_ok=True),
            ),
        ]
        plugin = shutil.which("gke-gcloud-auth-plugin")
        if plugin:
            (folder / "gke_gcloud_auth_plugin_cache").write_text(json.dumps(KEPT_BY_PLUGIN))
            warm.append(Candidate("gke-gcloud-auth-plugin", [plugin], environment))
            direct = [plugin, "--use_application_default_credentials"]
            cold.append(Candidate("gke-gcloud-auth-plugin, ADC (keeps none: every call)", direct, environment))
            if shutil.which("gcloud"):
                (folder / "access-token").write_text("ya29.fresh")
                with_gcloud = environment | {
                    "KUBECONFIG": str(folder / "cold" / "kube_config"),
                    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(folder / "access-token"),
                }
                (folder / "cold").mkdir()
                Path(with_gcloud["KUBECONFIG"]).write_text(json.dumps(KUBECONFIG))
                cold.append(Candidate("gke-gcloud-auth-plugin, its default (asks gcloud)", [plugin], with_gcloud))
        print(f"warm, {WARM_ROUNDS} rounds")
        medians(warm, WARM_ROUNDS)
        print(f"cold, {COLD_ROUNDS} rounds")
        medians(cold, COLD_ROUNDS)
        if not plugin:
            print("gke-gcloud-auth-plugin is not installed: not compared")
    server.shutdown()


if __name__ == "__main__":
    main()
