"""What a pod met on its way to DSS: a verdict, the firewall rule to add, and each step."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from gke_clusters.reports.diagnosis import Part, Tone
from gke_clusters.reports.pages import render
from gke_clusters.reports.secrecy import without_secrets


@dataclass(frozen=True)
class FirewallRule:
    """A rule that lets pods of a cluster through to DSS.

    Attributes:
        name: of the rule to be made.
        project: of the network.
        network: name of the network of the DSS host.
        ranges: addresses of the pods.
        port: of the backend of DSS.
        target: service account of the DSS host; empty where it is not known, and then every machine is meant.
        doubts: what the administrator should look at first.
    """

    name: str
    project: str
    network: str
    ranges: tuple[str, ...]
    port: int
    target: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command that adds it, https://cloud.google.com/sdk/gcloud/reference/compute/firewall-rules/create."""
        words = [
            "gcloud",
            "compute",
            "firewall-rules",
            "create",
            self.name,
            f"--project={self.project}",
            f"--network={self.network}",
            "--direction=INGRESS",
            "--action=ALLOW",
            f"--rules=tcp:{self.port}",
            f"--source-ranges={','.join(self.ranges)}",
            *([f"--target-service-accounts={self.target}"] if self.target else []),
        ]
        return shlex.join(words)

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The same as the console asks for it, field by field."""
        targets = ("Targets", "All instances in the network")
        if self.target:
            targets = ("Targets", f"Specified service account: {self.target}")
        return (
            ("Name", self.name),
            ("Network", f"{self.network} (project {self.project})"),
            ("Direction of traffic", "Ingress"),
            ("Action on match", "Allow"),
            targets,
            ("Source IPv4 ranges", ", ".join(self.ranges)),
            ("Protocols and ports", f"TCP {self.port}"),
        )


@dataclass(frozen=True)
class NetworkTest:
    """All that the page says.

    Attributes:
        cluster: id of the DSS cluster.
        target: host and port of DSS as pods see it; empty if that is not known.
        verdict: how it is.
        words: the same in a sentence.
        remedy: what to do, in lines; empty for nothing.
        rule: the firewall rule to add, where one may be missing.
        parts: what was learned, in the order of the way.
    """

    cluster: str
    target: str
    verdict: Tone
    words: str
    parts: tuple[Part, ...]
    remedy: str = ""
    rule: FirewallRule | None = None


def render_network_test(test: NetworkTest) -> str:
    """Return the page. It does not repeat a secret that somebody wrote into a message, such as one of a registry."""
    safe = without_secrets(test)
    return render("network_test.html", title=f"Network test of {safe.cluster}", test=safe)
