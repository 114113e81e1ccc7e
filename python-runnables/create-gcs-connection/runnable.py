from dataiku.runnables import Runnable

from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.bucket_access import connect_storage
from gke_clusters.lifecycle.gcs_connection import create_gcs_connection
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.gcs_connection import parse_gcs_connection


class CreateGcsConnection(Runnable):
    """Makes a bucket a connection of DSS.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}
        self.plugin_config = plugin_config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        set_log_level(self.config)
        with surfaced("create the GCS connection"):
            settings = parse_gcs_connection(self.config, self.plugin_config)
            storage = connect_storage(settings.connection.credentials)
            return create_gcs_connection(settings, storage, DssInstance.here(), Progress(progress_callback))
