"""The stories of macros that look, and of the one that deletes forgotten clusters, as a component tells them.

Told in place of a start, as those of node pools are, so that they meet faults and kills in a process of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.python.chaos.dss_clusters import CREATE, Component, DssCluster, End
from tests.python.chaos.quick_time import SPEED

IMAGE: Final = "us-central1-docker.pkg.dev/sandbox-project/dss/python:3.11"
LOOKS: Final = ("diagnose", "inspect", "test-network", "check")

# The whole page has as many real seconds as the plugin gives it: threads wait by the real clock.
_FRAME: Final = f"""
from dataiku.cluster import Cluster

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import DssRefused
from gke_clusters.lifecycle.google_access import connect
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.surfacing import surfaced
from gke_clusters.settings.connection import CredentialsSettings


def google(**how):
    return lambda: connect(CredentialsSettings(), **how)


def real(seconds):
    return seconds * {SPEED}


class Settings:
    def read(self):
        return {{}}


class Dss:
    general_settings = Settings()

    def __init__(self, clusters):
        self.clusters = clusters

    def list_clusters(self):
        if self.clusters is None:
            raise DssRefused("DSS refused to list the clusters.")
        return [{{"id": key, "type": "pycluster_gke-clusters_{CREATE}"}} for key in self.clusters]

    def read_cluster_settings(self, cluster_id):
        if self.clusters[cluster_id] is None:
            raise DssRefused("DSS refused to read the cluster.", resource=cluster_id)
        return self.clusters[cluster_id]


class Story(Cluster):
    def __init__(self, cluster_id, cluster_name, config, plugin_config, global_settings):
        self.known = DssCluster(cluster_id, "pycluster_gke-clusters_{CREATE}", "RUNNING", {{}}, {{}}, config["data"])
        self.dialog = config["dialog"]
        self.dss = Dss(config["dss"])

    def start(self):
        with surfaced("tell the story"):
            page = self.page(Progress())
        return [{{}}, {{"page": page}}]

    def stop(self, data):
        pass
"""
_PAGES: Final = {
    "diagnose": """
        from gke_clusters.lifecycle.examination import story
        patience = story.GOOGLE_PATIENCE_SECONDS
        by = real(story.DEADLINE_SECONDS)
        return story.diagnose(self.known, google(patience_seconds=patience), progress, deadline_seconds=by)
""",
    "inspect": """
        from gke_clusters.lifecycle.inspection import story
        from gke_clusters.settings.inspect_node_pools import parse_inspect
        settings, by = parse_inspect(self.dialog), real(story.DEADLINE_SECONDS)
        return story.inspect_node_pools(settings, self.known, google(), progress, deadline_seconds=by)
""",
    "test-network": """
        import os
        from gke_clusters.lifecycle.network_test import run_network_test
        from gke_clusters.settings.network_test import parse_network_test
        place = {**os.environ, "DKU_BACKEND_EXT_HOST": "localhost", "DKU_BACKEND_PORT": "9"}
        settings = parse_network_test(self.dialog)
        return run_network_test(settings, self.known, self.dss, google(), progress, environment=place)
""",
    "check": """
        from gke_clusters.dss.docker import Docker
        from gke_clusters.google.compute import ComputeApi
        from gke_clusters.google.credentials import authorize
        from gke_clusters.google.metadata import HostMetadata
        from gke_clusters.google.project_access import ProjectAccess
        from gke_clusters.lifecycle.prerequisites import Surroundings, check_prerequisites
        from gke_clusters.settings.instance_macros import parse_check_prerequisites
        around = Surroundings(
            authorize=authorize,
            project=ProjectAccess,
            quotas=ComputeApi,
            host=HostMetadata(),
            docker=Docker(),
            kubectl=lambda: "1.31.0",
            dss_version=lambda: "14.0.0",
        )
        return check_prerequisites(parse_check_prerequisites(self.dialog, {}).connection, around, progress)
""",
    "find-forgotten": """
        from gke_clusters.lifecycle.forgotten import connect_search, find_forgotten_clusters
        from gke_clusters.settings.instance_macros import parse_find_forgotten
        settings = parse_find_forgotten(self.dialog, {})
        return find_forgotten_clusters(settings, connect_search, self.dss, progress)
""",
}


def look(cluster: DssCluster, story: str, kill_after_seconds: float | None = None) -> End:
    """Tell the story of a macro that only looks.

    Args:
        cluster: one that runs, which it looks at.
        story: one of `LOOKS`.
        kill_after_seconds: when its process is killed; None if it is not.
    """
    dialogs = {
        "diagnose": {"clusterId": cluster.name},
        "inspect": {"clusterId": cluster.name},
        "test-network": {"clusterId": cluster.name, "image": IMAGE, "minutes": 1},
        "check": {"connectionInfo": cluster.config["connectionInfo"]},
    }
    config = {"data": cluster.data, "dialog": dialogs[story], "dss": {}}
    return _tell(cluster, story, config, kill_after_seconds)


def find_forgotten(
    component: Component,
    name: str,
    dss: Mapping[str, Any] | None,
    dialog: Mapping[str, Any],
    kill_after_seconds: float | None = None,
) -> End:
    """Tell the story of *Find forgotten clusters*.

    Args:
        component: what tells it.
        name: of the working directory.
        dss: what DSS keeps of each of its clusters, by id; None where DSS does not tell.
        dialog: what the macro is asked.
        kill_after_seconds: when its process is killed; None if it is not.
    """
    directory = component.folder / "clusters" / name / "exec"
    directory.mkdir(parents=True, mode=0o700, exist_ok=True)
    call = _call("find-forgotten", name, {"data": {}, "dialog": dict(dialog), "dss": dss})
    return component.tell(call, directory, kill_after_seconds)


def _tell(cluster: DssCluster, story: str, config: dict[str, Any], kill_after_seconds: float | None) -> End:
    return cluster.component.tell(_call(story, cluster.name, config), cluster.directory, kill_after_seconds)


def _call(story: str, name: str, config: dict[str, Any]) -> dict[str, Any]:
    return {
        "source": f"{_FRAME}\n    def page(self, progress):{_PAGES[story]}",
        "config": config,
        "plugin_config": {},
        "action": "start",
        "cluster_id": name,
        "cluster_name": name,
        "global_settings": {},
        "data": None,
    }
