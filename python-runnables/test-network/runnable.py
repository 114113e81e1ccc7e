from dataiku.runnables import Runnable

from gke_clusters.dss.clusters import read_cluster
from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.google_access import connect
from gke_clusters.lifecycle.network_test import run_network_test
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.connection import parse_credentials
from gke_clusters.settings.network_test import parse_network_test


class TestNetwork(Runnable):
    """Tests whether pods of a cluster reach this DSS.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        set_log_level(self.config)
        with surfaced("test the network"):
            settings = parse_network_test(self.config)
            instance = DssInstance.here()
            cluster = read_cluster(instance, settings.cluster_id)
            return run_network_test(
                settings,
                cluster,
                instance,
                lambda: connect(parse_credentials(cluster.plugin_config)),
                Progress(progress_callback),
            )
