from dataiku.runnables import Runnable

from gke_clusters.dss.clusters import read_cluster
from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.google_access import connect
from gke_clusters.lifecycle.pool_addition import add_node_pool
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.connection import parse_credentials
from gke_clusters.settings.node_pool_macros import parse_add


class AddNodePool(Runnable):
    """Adds a node pool to a cluster.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        set_log_level(self.config)
        with surfaced("add the node pool"):
            settings = parse_add(self.config)
            cluster = read_cluster(DssInstance.here(), settings.cluster_id)
            return add_node_pool(
                settings,
                cluster,
                lambda: connect(parse_credentials(cluster.plugin_config)),
                Progress(progress_callback),
            )
