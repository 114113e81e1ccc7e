"""What becomes of a cluster whose start failed: it is resumed, kept or deleted. The first failure is the one told."""

from __future__ import annotations

import logging
from typing import Final

from gke_clusters.errors import GkeClustersError, GoogleUnavailable, OperationTimeout
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.creation import Creation
from gke_clusters.lifecycle.deletion import delete_command

logger = logging.getLogger(__name__)

CLEAN_UP_SECONDS: Final = 10 * 60.0
"""How long a failed start may go on to delete what it created: a deletion takes four minutes, and the administrator
waits for the message meanwhile."""

# What is under way then goes on by itself, and the next start resumes it: deleting would throw the work away.
_RESUMABLE: Final = (OperationTimeout, GoogleUnavailable)


def clean_up(creation: Creation, failure: GkeClustersError, *, keep: bool) -> bool:
    """Deal with what a failed start created, and add to the failure what became of it.

    Args:
        creation: What the start did.
        failure: Why it failed.
        keep: Whether the cluster stays for inspection.

    Returns:
        Whether nothing is left, so that another place may be tried.
    """
    if not creation.created:
        return True
    if isinstance(failure, _RESUMABLE):
        failure.advise(f"The cluster may exist by now. {delete_command(creation.name)}")
        return False
    if keep:
        return _keep(creation, failure)
    logger.error("The start failed, and what it may have created is deleted: %s", failure)
    try:
        was_there = creation.undo(CLEAN_UP_SECONDS)
    except GkeClustersError as second:
        logger.error(  # noqa: TRY400 - one line for the administrator, not a traceback
            "The clean-up failed as well: %s", second
        )
        failure.advise(f"The cluster could not be deleted again: {second.cause} {delete_command(creation.name)}")
        return False
    except Exception:
        logger.exception("The clean-up failed as well")
        failure.advise(f"The cluster could not be deleted again. {delete_command(creation.name)}")
        return False
    failure.advise(
        "What this start had created was deleted again." if was_there else "Nothing that this start asked for is there."
    )
    return True


def _keep(creation: Creation, failure: GkeClustersError) -> bool:
    if creation.keep():
        failure.advise(
            f"The cluster was kept for inspection: {inspect_command(creation.name)} The next start replaces it."
            f" {delete_command(creation.name)}"
        )
        return False
    failure.advise("There was nothing to keep: Google has removed it.")
    return True


def inspect_command(name: ClusterName) -> str:
    """Return the sentence that says how an administrator looks at a cluster that does not work."""
    return (
        f"gcloud container clusters describe {name.name} --location {name.location} --project {name.project} , or"
        f" https://console.cloud.google.com/kubernetes/clusters/details/{name.location}/{name.name}/details"
        f"?project={name.project} ."
    )
