"""The dialog *Create GKE cluster*."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from gke_clusters.settings import rules
from gke_clusters.settings.connection import ConnectionSettings
from gke_clusters.settings.descriptors import cluster_descriptor
from gke_clusters.settings.dialog import DialogReader, FieldPath, build, labelled, last_value_counts
from gke_clusters.settings.expert_json import (
    keys_given_twice,
    parse_expert_json,
    require_same_cluster,
    require_same_mode,
)
from gke_clusters.settings.fallback_zones import (
    require_no_fixed_zones,
    require_other_zones,
    require_subnetwork_everywhere,
    time_limit_warning,
)
from gke_clusters.settings.ip_ranges import IpRange, parse_ip_range
from gke_clusters.settings.location import checked_zone, region_of
from gke_clusters.settings.model import OptionalText, Settings, unless_empty
from gke_clusters.settings.node_pool import NodePoolSettings

COMPONENT = "create-gke-cluster"

EXPERT_JSON = "creationSettingsValve"
CLUSTER_NAME_LABEL = "Name of the cluster"
"""The one field that DSS asks for itself, before it shows the dialog."""

OWN_RESOURCE_LABELS = 3
"""How many resource labels the plugin adds to those of the administrator: two of ownership and the partner's."""

SHORTEST_DEADLINE_MINUTES = 10
"""A cluster is created in six minutes and deleted in four."""

LONGEST_DEADLINE_MINUTES = 24 * 60

EndpointChoice = Literal["automatic", "public", "private", "dns"]
LogLevel = Literal["NOTSET", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


def _room_for_own_labels(labels: dict[str, str]) -> dict[str, str]:
    most = rules.RESOURCE_LABEL_MAX_COUNT - OWN_RESOURCE_LABELS
    if len(labels) > most:
        raise ValueError(f"there are {len(labels)} labels; Google takes {most} beside those of the plugin")
    return labels


class CreateSettings(Settings):
    """A cluster to create.

    Attributes:
        name: name of the GKE cluster, which is that of the DSS cluster.
        release_channel: the channel of an Autopilot cluster.
        release_channel_enrollment: whether a Standard cluster is in a channel at all.
        standard_release_channel: the channel of a Standard cluster; ``DEFAULT`` leaves it to Google.
        cluster_version: ``None`` for GKE's default.
        is_regional: whether a Standard cluster is regional; see :attr:`regional`.
        locations: zones of the nodes of a regional cluster; empty for Google's choice.
        fallback_zones: zones to try in this order after a stockout, each once and none of them the connection's own;
            they count for a zonal cluster only.
        inherit_from_dss_host: whether the network is the DSS host's.
        pod_ip_range: addresses of pods; ``None`` for Google's choice.
        service_ip_range: addresses of services; ``None`` for Google's choice.
        control_plane_endpoint: what the kubeconfig points to.
        node_pools: at least one for a Standard cluster, none for an Autopilot cluster.
        create_deadline_minutes: how long a start may take.
        keep_failed_cluster: whether what a failed start created stays.
        delete_deadline_minutes: how long a stop may take.
        delete_load_balancers: whether a stop deletes services of the type LoadBalancer and ingresses first.
        delete_volumes: whether a stop deletes persistent volume claims first.
        expert: fields laid over the ``Cluster`` message.
        notes: what was noticed when the dialog was read; see :attr:`warnings`.
    """

    name: Annotated[str, AfterValidator(rules.gke_name)]
    connection: ConnectionSettings = Field(alias="connectionInfo")
    is_autopilot: bool = Field(alias="isAutopilot")
    release_channel: Literal["STABLE", "REGULAR", "RAPID"] = Field(alias="releaseChannel")
    release_channel_enrollment: bool = Field(alias="releaseChannelEnrollment")
    standard_release_channel: Literal["DEFAULT", "STABLE", "REGULAR", "RAPID", "EXTENDED"] = Field(
        alias="standardReleaseChannel"
    )
    cluster_version: Annotated[OptionalText, unless_empty(rules.kubernetes_version)] = Field(alias="clusterVersion")
    is_regional: bool = Field(alias="isRegional")
    locations: tuple[Annotated[str, AfterValidator(checked_zone)], ...] = Field(alias="locations")
    fallback_zones: tuple[Annotated[str, AfterValidator(checked_zone)], ...] = Field(alias="fallbackZones")
    inherit_from_dss_host: bool = Field(alias="inheritFromDSSHost")
    network: Annotated[OptionalText, unless_empty(rules.network)]
    subnetwork: Annotated[OptionalText, unless_empty(rules.subnetwork)] = Field(alias="subNetwork")
    is_vpc_native: bool = Field(alias="isVpcNative")
    pod_ip_range: Annotated[IpRange | None, BeforeValidator(parse_ip_range)] = Field(alias="podIpRange")
    service_ip_range: Annotated[IpRange | None, BeforeValidator(parse_ip_range)] = Field(alias="svcIpRange")
    control_plane_endpoint: EndpointChoice = Field(alias="controlPlaneEndpoint")
    enable_gateway_api: bool = Field(alias="enableGatewayAPI")
    node_pools: tuple[NodePoolSettings, ...] = Field(alias="nodePools")
    resource_labels: Annotated[
        dict[str, str], AfterValidator(rules.resource_labels), AfterValidator(_room_for_own_labels)
    ] = Field(alias="clusterLabels")
    http_load_balancing: bool = Field(alias="httpLoadBalancing")
    create_deadline_minutes: Annotated[int, Field(ge=SHORTEST_DEADLINE_MINUTES, le=LONGEST_DEADLINE_MINUTES)] = Field(
        alias="createDeadlineMinutes"
    )
    keep_failed_cluster: bool = Field(alias="keepFailedCluster")
    delete_deadline_minutes: Annotated[int, Field(ge=SHORTEST_DEADLINE_MINUTES, le=LONGEST_DEADLINE_MINUTES)] = Field(
        alias="deleteDeadlineMinutes"
    )
    delete_load_balancers: bool = Field(alias="deleteLoadBalancers")
    delete_volumes: bool = Field(alias="deleteVolumes")
    expert: Annotated[Mapping[str, Any], BeforeValidator(parse_expert_json)] = Field(alias=EXPERT_JSON)
    log_level: LogLevel = Field(alias="logLevel")
    notes: tuple[str, ...] = ()

    @field_validator("locations")
    @classmethod
    def _in_the_region(cls, zones: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        connection: ConnectionSettings | None = info.data.get("connection")
        region = connection.effective_region if connection else None
        # Without a region here it is that of the DSS host, which is not known yet: `specs.placement` looks again.
        require_zones_of_one_region(zones, region)
        return zones

    @field_validator("fallback_zones")
    @classmethod
    def _other_zones(cls, zones: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        connection: ConnectionSettings | None = info.data.get("connection")
        # Without a zone here it is that of the DSS host: `specs.placement` looks again.
        require_other_zones(zones, connection.zone if connection else None)
        return zones

    @field_validator("subnetwork")
    @classmethod
    def _in_each_region(cls, subnetwork: str | None, info: ValidationInfo) -> str | None:
        require_subnetwork_everywhere(subnetwork, info.data.get("fallback_zones", ()))
        return subnetwork

    @field_validator("service_ip_range")
    @classmethod
    def _apart_from_pods(cls, services: IpRange | None, info: ValidationInfo) -> IpRange | None:
        pods: IpRange | None = info.data.get("pod_ip_range")
        if pods is not None and services is not None and pods.overlaps(services):
            raise ValueError("uses addresses of the pod address range: pods and services need ranges of their own")
        return services

    @field_validator("node_pools")
    @classmethod
    def _some_pool(cls, pools: tuple[NodePoolSettings, ...], info: ValidationInfo) -> tuple[NodePoolSettings, ...]:
        if not pools and info.data.get("is_autopilot") is False:
            raise ValueError("at least one node pool is required, unless the cluster is an Autopilot cluster")
        return pools

    @field_validator("expert")
    @classmethod
    def _of_the_same_cluster(cls, expert: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
        # A field that is wrong itself is missing here, and says so for itself.
        is_autopilot = info.data.get("is_autopilot")
        if is_autopilot is not None:
            require_same_mode(expert, is_autopilot=is_autopilot)
        if "name" in info.data:
            require_same_cluster(expert, name=info.data["name"], location=_location_so_far(info.data))
        require_no_fixed_zones(expert, info.data.get("fallback_zones", ()))
        return expert

    @property
    def regional(self) -> bool:
        """Whether the cluster is regional, as every Autopilot cluster is."""
        return self.is_autopilot or self.is_regional

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is accepted and probably not meant, in sentences for the log."""
        found = [*self.notes, *(warning for pool in self.node_pools for warning in pool.warnings)]
        if not self.is_vpc_native:
            found.append(
                "VPC-native is unticked, which has no effect: the cluster is VPC-native, as every GKE cluster."
            )
        if too_short := time_limit_warning(self.fallback_zones, self.create_deadline_minutes):
            found.append(too_short)
        if not self.is_autopilot and not self.release_channel_enrollment:
            found.append("The cluster is in no release channel, which Google is going to end: tick the enrollment.")
        return tuple(dict.fromkeys(found))


def _location_so_far(data: Mapping[str, Any]) -> str | None:
    """Where the cluster will be, by the fields read so far; without it `specs.placement` looks again."""
    connection: ConnectionSettings | None = data.get("connection")
    if connection is None or not {"is_autopilot", "is_regional"} <= data.keys():
        return None
    return connection.location(regional=data["is_autopilot"] or data["is_regional"])


def require_zones_of_one_region(zones: tuple[str, ...], region: str | None) -> None:
    """Refuse zones of the nodes outside the region of the cluster.

    Raises:
        ValueError: with a message that follows the label of the zones.
    """
    elsewhere = [zone for zone in zones if region is not None and region_of(zone) != region]
    if elsewhere:
        raise ValueError(f"{', '.join(elsewhere)} is not in the region of the cluster, {region}")


def node_pool_names(pools: tuple[NodePoolSettings, ...]) -> list[str]:
    """The name of each pool: its own, or one by its place in the list, as 1.5.1 named them."""
    return [_pool_name(pool.name, place) for place, pool in enumerate(pools)]


def _pool_name(own_name: str | None, place: int) -> str:
    return own_name or f"node-pool-{place}"


def _pools_named_twice(pools: Sequence[Mapping[str, Any]]) -> Iterator[tuple[FieldPath, str]]:
    """Each pool whose name an earlier one has; looked for in the values as read, so that no other mistake hides it."""
    seen: dict[str, int] = {}
    for place, pool in enumerate(pools):
        name = _pool_name(pool.get("nodePoolName"), place)
        if name in seen:
            yield ("nodePools", place, "nodePoolName"), f"{rules.quoted(name)} is the name of pool {seen[name]} already"
        seen.setdefault(name, place + 1)


def parse_create(cluster_name: str, config: Mapping[str, Any], plugin_config: Mapping[str, Any]) -> CreateSettings:
    """The settings of a cluster to create, as DSS hands them to the component.

    Args:
        cluster_name: name of the DSS cluster.
        config: values of the dialog, presets resolved.
        plugin_config: admin values of its presets.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    dialog = cluster_descriptor(COMPONENT)
    reader = DialogReader()
    values = {"name": cluster_name, **reader.read(dialog, config, plugin_config)}
    for place, message in _pools_named_twice(values["nodePools"]):
        reader.problems.setdefault(place, message)
    settings = build(CreateSettings, dialog, values, reader.problems, {"name": CLUSTER_NAME_LABEL})
    if twice := keys_given_twice(values[EXPERT_JSON]):
        reader.warnings[EXPERT_JSON,] = last_value_counts(twice)
    return settings.model_copy(update={"notes": tuple(map(str, labelled(dialog, reader.warnings)))})
