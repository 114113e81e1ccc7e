from dataiku.runnables import Runnable

from gke_clusters.dss.docker import Docker
from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.base_images import push_base_images
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.registry_access import connect_registry
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.push_base_images import parse_push_base_images


class PushBaseImages(Runnable):
    """Pushes the base images of DSS to a repository of Artifact Registry.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}
        self.plugin_config = plugin_config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        set_log_level(self.config)
        with surfaced("push the base images"):
            settings = parse_push_base_images(self.config, self.plugin_config)
            google = connect_registry(settings.connection.credentials)
            return push_base_images(settings, google, DssInstance.here(), Docker(), Progress(progress_callback))
