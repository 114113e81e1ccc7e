from dataiku.runnables import Runnable

from gke_clusters.dss.instance import DssInstance
from gke_clusters.lifecycle.progress import TARGET, UNIT, Progress
from gke_clusters.lifecycle.projects import use_cluster_in_projects
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.use_in_projects import parse_use_in_projects


class UseClusterInProjects(Runnable):
    """Sets the cluster and the containerized execution configuration of projects.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        set_log_level(self.config)
        with surfaced("set the cluster of the projects"):
            settings = parse_use_in_projects(self.config)
            return use_cluster_in_projects(settings, DssInstance.here(), Progress(progress_callback))
