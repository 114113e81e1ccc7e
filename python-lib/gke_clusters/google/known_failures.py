"""The failures of Google that the plugin knows, in the order in which equals win."""

from __future__ import annotations

from typing import Final

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.capacity_rules import CAPACITY_RULES
from gke_clusters.google.evidence import Rule, Scene, recognise
from gke_clusters.google.project_rules import PROJECT_RULES
from gke_clusters.google.setting_rules import SETTING_RULES

_RULES: Final[tuple[Rule, ...]] = (*PROJECT_RULES, *CAPACITY_RULES, *SETTING_RULES)


def known_failure(scene: Scene) -> GkeClustersError | None:
    """Return the failure that the evidence of a scene means; None where it means none that is known."""
    return recognise(_RULES, scene)
