"""What a story is about to do and has done to a cluster, on disk, so that a killed start finds its way back.

It is an aid, not the truth: GKE is asked in any case. No secret is in it.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

from gke_clusters.google.names import ClusterName
from gke_clusters.kube.private_files import write_private_file

logger = logging.getLogger(__name__)

FILE_NAME: Final = "gke_cluster_journal.json"

VERSION: Final = 1
"""Of the file's shape. Another one was written by another version of the plugin, and may mean something else."""


class Phase(str, Enum):
    """Where a cluster is in its life, as this DSS cluster sees it."""

    CREATING = "creating"
    RUNNING = "running"
    DELETING = "deleting"
    FAILED = "failed"
    """Its start failed; it was kept for inspection, or is being deleted: the next start replaces it."""


@dataclass(frozen=True)
class Entry:
    """The last thing that was written.

    Attributes:
        project: Project id of the cluster.
        location: Its zone or region.
        name: Its name.
        phase: What is being done or was done. The operation that does it is not kept: Google lists it.
    """

    project: str
    location: str
    name: str
    phase: Phase

    @property
    def cluster(self) -> ClusterName:
        """The cluster that the entry is about."""
        return ClusterName(self.project, self.location, self.name)


class Journal:
    """The journal in the working directory of a DSS cluster.

    Attributes:
        path: Its file.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE_NAME

    def read(self) -> Entry | None:
        """Return the last entry; None if there is none, or none that can be read.

        What it would have said, GKE is asked instead: clusters bear the labels of the DSS cluster that owns them.
        """
        try:
            return _entry(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning(
                "The journal %s cannot be read and is left out; GKE is asked instead: %s: %s",
                self.path,
                type(error).__name__,
                error,
            )
            return None

    def write(self, cluster: ClusterName, phase: Phase) -> None:
        """Write an entry in place of the last one, in one step. A full disk stops no story: it is only said.

        What the last entry said must not outlive a cluster's handover: the next start would take it for one that may
        be deleted.
        """
        entry = Entry(cluster.project, cluster.location, cluster.name, phase)
        try:
            write_private_file(self.path, json.dumps({"version": VERSION, **asdict(entry)}, indent=1) + "\n")
        except OSError as error:
            logger.warning("The journal %s cannot be written; the story goes on without: %s", self.path, error)
            if phase is Phase.RUNNING:
                self.clear()

    def clear(self) -> None:
        """Forget: nothing is under way and nothing is left."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("The journal %s cannot be removed: %s", self.path, error)


def _entry(found: Any) -> Entry:
    if found["version"] != VERSION:
        raise ValueError(f"it has the version {found['version']}, and this plugin knows {VERSION}")
    return Entry(
        project=str(found["project"]),
        location=str(found["location"]),
        name=str(found["name"]),
        phase=Phase(found["phase"]),
    )
