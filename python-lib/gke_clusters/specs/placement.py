"""In which project and where a cluster is: what the settings say, and the DSS host where they are silent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gke_clusters.errors import Problem, SettingsError
from gke_clusters.settings.connection import PARAMETER_SET, ConnectionSettings
from gke_clusters.settings.create import COMPONENT, EXPERT_JSON, CreateSettings, require_zones_of_one_region
from gke_clusters.settings.descriptors import cluster_descriptor, parameter_set_descriptor
from gke_clusters.settings.expert_json import require_same_cluster
from gke_clusters.settings.fallback_zones import require_other_zones
from gke_clusters.settings.location import region_of
from gke_clusters.specs.facts import HostFacts


@dataclass(frozen=True)
class Placement:
    """A project and a zone or region of it."""

    project: str
    location: str

    @property
    def region(self) -> str:
        """The region, or that of the zone."""
        return region_of(self.location)

    @property
    def parent(self) -> str:
        """The resource that clusters are created in."""
        return f"projects/{self.project}/locations/{self.location}"


def place_new_cluster(settings: CreateSettings, host: HostFacts) -> Placement:
    """Where a new cluster is to be.

    Raises:
        SettingsError: if the settings leave open what the DSS host does not say, or name another place as well.
    """
    connection = settings.connection
    place = connection.location(regional=settings.regional) or (host.region if settings.regional else host.zone)
    placement = _require(connection, host, "region" if settings.regional else "zone", place)
    _require_consistent(settings, placement)
    return placement


def fallback_placements(settings: CreateSettings, first: Placement) -> tuple[Placement, ...]:
    """Where else a new cluster may be, in this order, if Google has no machines left in ``first``."""
    return tuple(Placement(first.project, zone) for zone in settings.fallback_zones)


def _require_consistent(settings: CreateSettings, placement: Placement) -> None:
    """Look again at what the settings alone could not tell, where the place is that of the DSS host."""
    checks: dict[str, Callable[[], None]] = {
        "locations": lambda: require_zones_of_one_region(settings.locations, placement.region),
        "fallbackZones": lambda: require_other_zones(settings.fallback_zones, placement.location),
        EXPERT_JSON: lambda: require_same_cluster(settings.expert, name=settings.name, location=placement.location),
    }
    found = [(parameter, message) for parameter, check in checks.items() if (message := _refusal(check))]
    if found:
        dialog = cluster_descriptor(COMPONENT)
        raise SettingsError(Problem(dialog.label_of(parameter), message) for parameter, message in found)


def _refusal(check: Callable[[], None]) -> str | None:
    try:
        check()
    except ValueError as error:
        return str(error)
    return None


def placement_warning(settings: CreateSettings, placement: Placement) -> str | None:
    """What an administrator should know of where a new cluster is to be; ``None`` for nothing.

    As in 1.5.1, a zonal cluster goes to the zone of the DSS host when the connection has a region only.
    """
    region = settings.connection.region
    chosen = settings.regional or settings.connection.zone or placement.location in settings.fallback_zones
    if chosen or region in (None, placement.region):
        return None
    return (
        f"The connection names the region {region} and no zone: the cluster is created in {placement.location}, the "
        "zone of the DSS host."
    )


def _require(connection: ConnectionSettings, host: HostFacts, kind: str, place: str | None) -> Placement:
    project = connection.project_id or host.project_id
    if project and place:
        return Placement(project, place)
    form = parameter_set_descriptor(PARAMETER_SET)
    wanted: Mapping[str, str | None] = {"projectId": project, kind: place}
    raise SettingsError(
        Problem(form.label_of(name), "is required, since the metadata server of the DSS host does not tell it")
        for name, value in wanted.items()
        if not value
    )
