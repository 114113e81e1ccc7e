from pathlib import Path

from dataiku.cluster import Cluster

from gke_clusters.dss.installation import install_id
from gke_clusters.lifecycle.google_access import connect
from gke_clusters.lifecycle.handover import Handover
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.start import start_cluster
from gke_clusters.lifecycle.stop import stop_cluster
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.connection import parse_credentials
from gke_clusters.settings.create import parse_create
from gke_clusters.settings.stop import parse_stop
from gke_clusters.specs.ownership import Ownership


class CreateGkeCluster(Cluster):
    """Creates a GKE cluster at start and deletes it at stop.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, cluster_id, cluster_name, config, plugin_config, global_settings):
        self.cluster_id = cluster_id
        self.cluster_name = cluster_name
        self.config = config or {}
        self.plugin_config = plugin_config or {}

    def get_start_progress_target(self):
        return (TARGET, UNIT)

    def get_stop_progress_target(self):
        return (TARGET, UNIT)

    def start(self, progress_callback):
        set_log_level(self.config)
        with surfaced("start the cluster"):
            settings = parse_create(self.cluster_name, self.config, self.plugin_config)
            return start_cluster(
                settings,
                Ownership.of(install_id(), self.cluster_id),
                connect(settings.connection.credentials),
                Handover(Path.cwd(), settings.control_plane_endpoint),
                Progress(progress_callback),
            )

    def stop(self, data, progress_callback):
        set_log_level(self.config)
        with surfaced("stop the cluster"):
            stop_cluster(
                data,
                Ownership.of(install_id(), self.cluster_id),
                parse_stop(self.config),
                lambda: connect(parse_credentials(self.plugin_config)),
                Path.cwd(),
                Progress(progress_callback),
            )
