"""Which versions there are of Kubernetes, and whether they go together."""

from __future__ import annotations

import re
from typing import Final

from gke_clusters.google.clusters import Cluster
from gke_clusters.lifecycle.examination.google_side import channel_of, is_autopilot, versions_of
from gke_clusters.reports.diagnosis import Advice, Cell, Part, Table, Tone

_MINOR: Final = re.compile(r"v?1\.(\d+)\.")

# https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-upgrades#version_skew
_NODES_BEHIND: Final = 2
# https://kubernetes.io/releases/version-skew-policy/#kubectl
_KUBECTL_APART: Final = 1


def versions_part(cluster: Cluster, kubectl: str | None) -> Part:
    """Show the versions of a cluster and of kubectl, and which are too far apart.

    Args:
        cluster: As Google shows it now.
        kubectl: Version of the kubectl of the DSS host; None if there is none that works.
    """
    versions = list(versions_of(cluster))
    control_plane = versions[0][1]
    # The node pools of Autopilot are Google's.
    pools = [] if is_autopilot(cluster) else versions[1:]
    newest = _minor(control_plane)
    advice: list[Advice] = []
    rows: list[tuple[str | Cell, ...]] = [("Control plane", control_plane, "")]
    for what, version in pools:
        behind = _apart(newest, _minor(version))
        tone = Tone.GOOD if behind < _NODES_BEHIND else Tone.WARNING if behind == _NODES_BEHIND else Tone.BAD
        rows.append((what, version, Cell(_words(behind), tone)))
        if tone is not Tone.GOOD:
            advice.append(
                Advice(
                    tone,
                    f"{what} is {behind} minor versions behind the control plane.",
                    "Upgrade it: GKE supports nodes up to two minor versions behind, and upgrades the control plane no"
                    " further. gcloud container clusters upgrade"
                    f" {cluster.name.name} --node-pool {what.removeprefix('Node pool ')} --location"
                    f" {cluster.name.location} --project {cluster.name.project}",
                )
            )
    if kubectl is None:
        advice.append(
            Advice(
                Tone.BAD,
                "There is no kubectl on the DSS host that works, and DSS runs everything in a cluster with it.",
                "Install kubectl where the user of DSS finds it: https://kubernetes.io/docs/tasks/tools/",
            )
        )
        rows.append(("kubectl of the DSS host", "none", Cell("missing", Tone.BAD)))
    else:
        apart = abs(_apart(newest, _minor(kubectl)))
        far = apart > _KUBECTL_APART
        rows.append(("kubectl of the DSS host", kubectl, Cell(_words(apart), Tone.INFO if far else Tone.GOOD)))
        if far:
            advice.append(
                Advice(
                    Tone.INFO,
                    f"kubectl {kubectl} is {apart} minor versions from the control plane.",
                    "Kubernetes supports one at most; most commands work across more. Install a nearer one if kubectl"
                    " complains.",
                )
            )
    tone = min((each.tone for each in advice), key=lambda each: each.rank, default=Tone.GOOD)
    summary = f"Kubernetes {control_plane or 'of an unknown version'}, release channel {channel_of(cluster)}."
    return Part("Versions", tone, summary, (), Table(("What", "Version", "Skew"), tuple(rows)), tuple(advice))


def minors_behind(version: str, newest: str) -> int:
    """Return by how many minor versions one is behind another; 0 where that is not known."""
    return _apart(_minor(newest), _minor(version))


def _minor(version: str) -> int | None:
    found = _MINOR.match(version)
    return int(found[1]) if found else None


def _apart(one: int | None, other: int | None) -> int:
    """Return by how many minor versions one is ahead; 0 where that is not known."""
    return one - other if one is not None and other is not None else 0


def _words(behind: int) -> str:
    return "none" if behind <= 0 else f"{behind} minor version{'s' if behind > 1 else ''}"
