from dataiku.runnables import Runnable

from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.prerequisites import check_prerequisites, look_around
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.instance_macros import parse_check_prerequisites


class CheckPrerequisites(Runnable):
    """Checks the DSS host, the project and DSS before the first cluster.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}
        self.plugin_config = plugin_config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        set_log_level(self.config)
        with surfaced("check the prerequisites"):
            settings = parse_check_prerequisites(self.config, self.plugin_config)
            around = look_around(DssInstance.here().base_image_push.version)
            return check_prerequisites(settings.connection, around, Progress(progress_callback))
