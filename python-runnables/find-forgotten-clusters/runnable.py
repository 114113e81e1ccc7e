from dataiku.runnables import Runnable

from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.forgotten import connect_search, find_forgotten_clusters
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.instance_macros import parse_find_forgotten


class FindForgottenClusters(Runnable):
    """Compares the clusters of Google Cloud with those of DSS, and deletes forgotten ones by name.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}
        self.plugin_config = plugin_config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        set_log_level(self.config)
        with surfaced("find forgotten clusters"):
            settings = parse_find_forgotten(self.config, self.plugin_config)
            return find_forgotten_clusters(settings, connect_search, DssInstance.here(), Progress(progress_callback))
