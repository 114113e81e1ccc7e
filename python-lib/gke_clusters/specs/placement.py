"""In which project and where a cluster is: what the settings say, and the DSS host where they are silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gke_clusters.errors import Problem, SettingsError
from gke_clusters.settings.connection import PARAMETER_SET, ConnectionSettings
from gke_clusters.settings.create import COMPONENT, EXPERT_JSON, CreateSettings, require_zones_of_one_region
from gke_clusters.settings.descriptors import cluster_descriptor, parameter_set_descriptor
from gke_clusters.settings.expert_json import require_same_cluster
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
    problems = []
    try:
        require_zones_of_one_region(settings.locations, placement.region)
    except ValueError as error:
        problems.append(("locations", str(error)))
    try:
        require_same_cluster(settings.expert, name=settings.name, location=placement.location)
    except ValueError as error:
        problems.append((EXPERT_JSON, str(error)))
    if problems:
        dialog = cluster_descriptor(COMPONENT)
        raise SettingsError(Problem(dialog.label_of(name), message) for name, message in problems)
    return placement


def placement_warning(settings: CreateSettings, placement: Placement) -> str | None:
    """What an administrator should know of where a new cluster is to be; ``None`` for nothing.

    As in 1.5.1, a zonal cluster goes to the zone of the DSS host when the connection has a region only.
    """
    region = settings.connection.region
    if settings.regional or settings.connection.zone or region in (None, placement.region):
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
