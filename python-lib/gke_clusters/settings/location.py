"""Zones and regions of Google Cloud by the form of their names; whether one exists is a question for Google.

Names: https://cloud.google.com/compute/docs/regions-zones#identifying_a_region_or_zone
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from gke_clusters.errors import Problem, SettingsError
from gke_clusters.settings.descriptors import cluster_descriptor, parameter_set_descriptor
from gke_clusters.settings.rules import quoted

REGION_PATTERN = re.compile(r"[a-z]+(-[a-z]+)+[0-9]+")
ZONE_PATTERN = re.compile(rf"(?P<region>{REGION_PATTERN.pattern})-[a-z][a-z0-9]*")


def is_zone(location: str) -> bool:
    """Whether the name has the form of a zone, such as ``europe-west1-b``."""
    return ZONE_PATTERN.fullmatch(location) is not None


def is_region(location: str) -> bool:
    """Whether the name has the form of a region, such as ``europe-west1``."""
    return REGION_PATTERN.fullmatch(location) is not None


def region_of(location: str) -> str:
    """The region of a zone, and a region itself."""
    match = ZONE_PATTERN.fullmatch(location)
    return match["region"] if match else location


def checked_zone(text: str) -> str:
    """A zone by the form of its name.

    Raises:
        ValueError: if the name has another form; the message follows a label.
    """
    if not is_zone(text):
        hint = ", this is a region" if is_region(text) else ""
        raise ValueError(f"{quoted(text)} is not the name of a zone{hint}; zones look like europe-west1-b")
    return text


def checked_region(text: str) -> str:
    """A region by the form of its name.

    Raises:
        ValueError: if the name has another form; the message follows a label.
    """
    if not is_region(text):
        hint = f", this is a zone of {region_of(text)}" if is_zone(text) else ""
        raise ValueError(f"{quoted(text)} is not the name of a region{hint}; regions look like europe-west1")
    return text


def checked_location(text: str) -> str:
    """A zone or region by the form of its name.

    Raises:
        ValueError: if the name has neither form; the message follows a label.
    """
    if not (is_zone(text) or is_region(text)):
        raise ValueError(
            f"{quoted(text)} is the name of neither a zone nor a region; they look like europe-west1-b and europe-west1"
        )
    return text


def require_known_zones(
    wanted: Iterable[str],
    known_zones: Iterable[str],
    zones_of_nodes: Iterable[str] = (),
    fallback_zones: Iterable[str] = (),
) -> None:
    """Refuse locations that the project does not have.

    Args:
        wanted: zones and regions that come from the connection.
        known_zones: names of all zones of the project, as Compute Engine lists them.
        zones_of_nodes: zones of the nodes, from the dialog of the cluster.
        fallback_zones: zones that are tried after a stockout, from the same dialog.

    Raises:
        SettingsError: naming each unknown location under its label, with the names nearest to it.
    """
    zones = sorted(set(known_zones))
    regions = sorted({region_of(zone) for zone in zones})
    connection = parameter_set_descriptor("connection-info")
    asked = [(place, connection.label_of("zone" if is_zone(place) else "region")) for place in wanted]
    dialog = cluster_descriptor("create-gke-cluster")
    asked += [(zone, dialog.label_of("locations")) for zone in zones_of_nodes]
    asked += [(zone, dialog.label_of("fallbackZones")) for zone in fallback_zones]
    problems = [
        Problem(label, _unknown(place, zones, "zone") if is_zone(place) else _unknown(place, regions, "region"))
        for place, label in dict.fromkeys(asked)
        if place not in zones and place not in regions
    ]
    if problems:
        raise SettingsError(problems)


def _unknown(place: str, choices: list[str], noun: str) -> str:
    near = difflib.get_close_matches(place, choices)
    offer = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{quoted(place)} is not a {noun} of this project{offer}"
