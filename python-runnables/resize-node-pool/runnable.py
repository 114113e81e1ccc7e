from dataiku.runnables import Runnable

from gke_clusters.lifecycle.macro_on_cluster import run_on_cluster
from gke_clusters.lifecycle.pool_resize import resize_node_pool
from gke_clusters.lifecycle.progress import TARGET, UNIT
from gke_clusters.settings.node_pool_macros import parse_resize


class ResizeNodePool(Runnable):
    """Changes the number of nodes of a node pool, or the limits of its autoscaling.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        return run_on_cluster(self.config, progress_callback, "resize the node pool", parse_resize, resize_node_pool)
