from pathlib import Path

from dataiku.cluster import Cluster

from gke_clusters.lifecycle.attach import attach_cluster
from gke_clusters.lifecycle.google_access import connect
from gke_clusters.lifecycle.handover import Handover
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.stop import detach_cluster
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.attach import parse_attach


class AttachGkeCluster(Cluster):
    """Uses a GKE cluster that exists; its stop leaves that cluster alone.

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
        return None

    def start(self, progress_callback):
        set_log_level(self.config)
        with surfaced("attach the cluster"):
            settings = parse_attach(self.config, self.plugin_config)
            handover = Handover(
                Path.cwd(), settings.control_plane_endpoint, user_name=settings.user_name, access_required=False
            )
            google = connect(settings.connection.credentials)
            return attach_cluster(settings, google, handover, Progress(progress_callback))

    def stop(self, data, progress_callback):
        set_log_level(self.config)
        with surfaced("detach the cluster"):
            detach_cluster(data, Path.cwd())
