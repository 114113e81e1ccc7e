from dataiku.runnables import Runnable

from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.macro_on_cluster import run_on_cluster
from gke_clusters.lifecycle.network_test import run_network_test
from gke_clusters.lifecycle.progress import TARGET, UNIT
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
        def story(settings, cluster, connect, progress):
            return run_network_test(settings, cluster, DssInstance.here(), connect, progress)

        return run_on_cluster(self.config, progress_callback, "test the network", parse_network_test, story)
