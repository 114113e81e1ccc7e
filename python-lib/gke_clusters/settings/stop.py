"""What a stop takes from the dialog as it is now: how long it may take, and what it clears away first.

Which cluster is deleted is never among it: that is in the data of the start. The form may have been broken since then,
and a cluster must be stopped all the same, so a value that cannot be used counts as its default.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from gke_clusters.errors import SettingsError
from gke_clusters.settings.create import (
    COMPONENT,
    LONGEST_DEADLINE_MINUTES,
    SHORTEST_DEADLINE_MINUTES,
    EndpointChoice,
)
from gke_clusters.settings.descriptors import Parameter, cluster_descriptor
from gke_clusters.settings.dialog import FieldPath, build
from gke_clusters.settings.model import Settings
from gke_clusters.settings.raw_values import WrongValue, value_of

logger = logging.getLogger(__name__)


class StopSettings(Settings):
    """How a cluster is stopped.

    Attributes:
        deadline_minutes: how long the stop may take, what it clears away included.
        delete_load_balancers: whether services of the type LoadBalancer, ingresses and gateways are deleted first.
        delete_volumes: whether persistent volume claims are deleted first.
        control_plane_endpoint: at which endpoint the cluster's Kubernetes API is reached for that.
    """

    deadline_minutes: Annotated[int, Field(ge=SHORTEST_DEADLINE_MINUTES, le=LONGEST_DEADLINE_MINUTES)] = Field(
        alias="deleteDeadlineMinutes"
    )
    delete_load_balancers: bool = Field(alias="deleteLoadBalancers")
    delete_volumes: bool = Field(alias="deleteVolumes")
    control_plane_endpoint: EndpointChoice = Field(alias="controlPlaneEndpoint")

    @property
    def clears_away(self) -> bool:
        """Whether anything is deleted before the cluster is."""
        return self.delete_load_balancers or self.delete_volumes

    @property
    def deadline_seconds(self) -> float:
        """How long the stop may take, in seconds."""
        return self.deadline_minutes * 60.0


def parse_stop(config: Mapping[str, Any]) -> StopSettings:
    """Read how to stop a cluster out of a dialog that may be broken anywhere; each default taken so is logged.

    Args:
        config: values of the dialog, of which only those of a stop are looked at.
    """
    dialog = cluster_descriptor(COMPONENT)
    wanted = {field.alias for field in StopSettings.model_fields.values()}
    parameters = [each for each in dialog.params if each.name in wanted]
    problems: dict[FieldPath, str] = {}
    values = {each.name: _value(each, config, problems) for each in parameters}
    try:
        return build(StopSettings, dialog, values, problems)
    except SettingsError as error:
        wrong = {problem.label for problem in error.problems}
        for problem in error.problems:
            logger.warning("%s. The stop goes on with the default", problem)
    sound = {each.name: _default(each) if each.label in wrong else values[each.name] for each in parameters}
    return StopSettings.model_validate(sound)


def _value(parameter: Parameter, config: Mapping[str, Any], problems: dict[FieldPath, str]) -> Any:
    try:
        value = value_of(parameter, config.get(parameter.name))
    except WrongValue as error:
        problems[(parameter.name,)] = str(error)
        return None
    return _default(parameter) if value is None else value


def _default(parameter: Parameter) -> Any:
    return value_of(parameter, parameter.default)
