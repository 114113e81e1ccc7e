from dataiku.runnables import Runnable

from gke_clusters.dss.clusters import read_cluster
from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.examination.story import GOOGLE_PATIENCE_SECONDS, diagnose
from gke_clusters.lifecycle.google_access import connect
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.connection import parse_credentials
from gke_clusters.settings.diagnose import parse_diagnose


class DiagnoseCluster(Runnable):
    """Shows what is the matter with a cluster, and what to do.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        set_log_level(self.config)
        with surfaced("diagnose the cluster"):
            settings = parse_diagnose(self.config)
            cluster = read_cluster(DssInstance.here(), settings.cluster_id)
            return diagnose(
                cluster,
                lambda: connect(parse_credentials(cluster.plugin_config), patience_seconds=GOOGLE_PATIENCE_SECONDS),
                Progress(progress_callback),
            )
