"""The base class of a cluster component."""


class Cluster:
    """A cluster that a plugin starts and stops; a component file shows exactly one subclass."""

    def start(self):
        """Start the cluster and return `[settings, data]`."""
        raise NotImplementedError

    def stop(self, data):
        """Stop the cluster that `start` gave this data."""
        raise NotImplementedError

    def get_start_progress_target(self):
        """Return None, or `(target, unit)` of the progress of a start."""

    def get_stop_progress_target(self):
        """Return None, or `(target, unit)` of the progress of a stop."""
