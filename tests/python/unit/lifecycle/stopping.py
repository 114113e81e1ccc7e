"""A stop that is told of a cluster in memory, as a test wants it."""

from __future__ import annotations

from typing import Any

from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.stop import stop_cluster
from gke_clusters.settings.stop import parse_stop
from tests.python.unit.lifecycle.contents import FakeContents

BROKEN = (Condition("", "It could not be deleted."),)
"""How a deletion fails."""


def started(world: Any) -> dict[str, Any]:
    """Make a cluster that runs; returns what its start saved."""
    cluster = world.clusters.add(world.cluster())
    world.directory.mkdir()
    (world.directory / "kube_config").write_text("x")
    return {"kube_config_path": "kube_config", "project": "acme", "cluster": dict(cluster.resource)}


def stop(world: Any, data: Any, *, contents: Any = None, **form: Any) -> None:
    """Stop it.

    Args:
        world: where it is.
        data: what its start saved.
        contents: what is in it, or what is raised where it is looked into.
        form: values of the dialog.
    """

    def reach(*_: Any) -> Any:
        if isinstance(contents, Exception):
            raise contents
        return contents or FakeContents()

    settings = parse_stop(form)
    stop_cluster(data, world.owner, settings, lambda: world.google, world.directory, world.progress, reach=reach)
