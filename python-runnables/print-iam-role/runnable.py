from dataiku.runnables import Runnable

from gke_clusters.google.credentials import authorize
from gke_clusters.google.metadata import HostMetadata
from gke_clusters.lifecycle.iam_role import print_iam_role
from gke_clusters.lifecycle.progress import TARGET, UNIT
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced
from gke_clusters.settings.instance_macros import parse_print_iam_role


class PrintIamRole(Runnable):
    """Shows the custom IAM role that the identity of a connection needs.

    No annotation on the methods: some versions of DSS read their signatures with a function that refuses them.
    """

    def __init__(self, project_key, config, plugin_config):
        self.config = config or {}
        self.plugin_config = plugin_config or {}

    def get_progress_target(self):
        return (TARGET, UNIT)

    def run(self, progress_callback):
        set_log_level(self.config)
        with surfaced("print the IAM role"):
            settings = parse_print_iam_role(self.config, self.plugin_config)
            return print_iam_role(settings, authorize, HostMetadata())
