"""The stories of node pools as a component tells them, so that they can meet faults and be killed as starts and stops.

The process that tells stories runs the source text of a component. These texts run a macro's story in place of a start.
"""

from __future__ import annotations

import html
import re
from typing import Any, Final

from tests.python.chaos.dss_clusters import CREATE, DssCluster, End

_SOURCE: Final = """
from dataiku.cluster import Cluster

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.lifecycle.google_access import connect
from gke_clusters.lifecycle.{module} import {story}
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.surfacing import surfaced
from gke_clusters.settings.connection import CredentialsSettings
from gke_clusters.settings.node_pool_macros import {parse}


class Story(Cluster):
    def __init__(self, cluster_id, cluster_name, config, plugin_config, global_settings):
        self.known = DssCluster(cluster_id, "{kind}", "RUNNING", {{}}, {{}}, config["data"])
        self.dialog = config["dialog"]

    def start(self):
        with surfaced("change the node pools"):
            settings = {parse}(self.dialog)
            page = {story}(settings, self.known, lambda: connect(CredentialsSettings()), Progress())
        return [{{}}, {{"page": page}}]

    def stop(self, data):
        pass
"""
_STORIES: Final = {
    "add": ("pool_addition", "add_node_pool", "parse_add"),
    "resize": ("pool_resize", "resize_node_pool", "parse_resize"),
    "delete": ("pool_deletion", "delete_node_pool", "parse_delete"),
}
_FAILED: Final = re.compile(r'class="[^"]*\bfailed\b[^"]*"')


def tell(cluster: DssCluster, story: str, kill_after_seconds: float | None = None, **dialog: Any) -> End:
    """Tell the story of a macro on a cluster that runs.

    Args:
        cluster: it.
        story: `add`, `resize` or `delete`.
        kill_after_seconds: when its process is killed; None if it is not.
        dialog: what the macro is asked.
    """
    module, function, parse = _STORIES[story]
    call = {
        "source": _SOURCE.format(module=module, story=function, parse=parse, kind=CREATE),
        "config": {"data": cluster.data, "dialog": {"clusterId": cluster.name, **dialog}},
        "plugin_config": {},
        "action": "start",
        "cluster_id": cluster.name,
        "cluster_name": cluster.name,
        "global_settings": {},
        "data": None,
    }
    return cluster.component.tell(call, cluster.directory, kill_after_seconds)


def page_of(end: End) -> str:
    """The page that a story returned, or the message of its failure."""
    return str(end.result["data"]["page"]) if end.result is not None else end.message


def text_of(end: End) -> str:
    """What an administrator reads of a story's end."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page_of(end)))


def has_failed(end: End) -> bool:
    """Tell whether a story failed, or one of the steps on its page."""
    return end.result is None or bool(_FAILED.search(page_of(end).partition("<body")[2]))
