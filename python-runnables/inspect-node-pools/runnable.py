from dataiku.runnables import Runnable

from gke_clusters.lifecycle.inspection.story import inspect_node_pools
from gke_clusters.lifecycle.macro_on_cluster import run_on_cluster
from gke_clusters.lifecycle.progress import TARGET, UNIT
from gke_clusters.settings.inspect_node_pools import parse_inspect


class InspectNodePools(Runnable):
    """Shows the node pools of a cluster, how full they are and what is wrong with them.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        return run_on_cluster(
            self.config, progress_callback, "inspect the node pools", parse_inspect, inspect_node_pools
        )
