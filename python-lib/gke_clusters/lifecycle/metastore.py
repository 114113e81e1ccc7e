"""The story of the metastore catalog: that of DSS itself, which Spark on Kubernetes reads."""

from __future__ import annotations

from typing import Final

from gke_clusters.dss.compute_configurations import set_internal_metastore
from gke_clusters.dss.stored_documents import StoredDocument, change_document, preview_change
from gke_clusters.lifecycle.steps import Result, StepsTaken
from gke_clusters.reports.checklist import Outcome, Step

_TITLE: Final = "Metastore catalog of DSS itself"


def set_metastore(general_settings: StoredDocument, *, preview: bool) -> list[Step]:
    """Let datasets be known to the metastore catalog of DSS itself.

    Args:
        general_settings: the general settings of DSS.
        preview: whether nothing is changed.

    Returns:
        One step; a failed one where DSS refuses it or does not keep it.
    """

    def work() -> Result:
        if preview:
            change, outcome = preview_change(general_settings, set_internal_metastore), Outcome.WOULD_CHANGE
        else:
            change, outcome = change_document(general_settings, set_internal_metastore), Outcome.CHANGED
        return (outcome, [str(one) for one in change.made]) if change.made else (Outcome.DONE, ["It is so already."])

    taken = StepsTaken()
    taken.take(_TITLE, work)
    return taken.steps
