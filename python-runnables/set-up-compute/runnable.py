from dataiku.runnables import Runnable

from gke_clusters.dss.docker import Docker
from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.bucket_access import connect_storage
from gke_clusters.lifecycle.compute_setup import set_up_compute
from gke_clusters.lifecycle.prerequisites import look_around
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.registry_access import connect_registry
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.set_up_compute import parse_set_up_compute


class SetUpCompute(Runnable):
    """Goes from a started cluster to compute that users can choose.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}
        self.plugin_config = plugin_config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        set_log_level(self.config)
        with surfaced("set up compute"):
            setup = parse_set_up_compute(self.config, self.plugin_config)
            credentials = setup.images.connection.credentials
            instance = DssInstance.here()
            return set_up_compute(
                setup,
                instance,
                connect_registry(credentials),
                connect_storage(credentials),
                Docker(),
                look_around(instance.base_image_push.version),
                Progress(progress_callback),
            )
