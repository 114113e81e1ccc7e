"""The dialogs of the macros that add, resize and delete node pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from gke_clusters.errors import Problem, SettingsError
from gke_clusters.settings import rules
from gke_clusters.settings.create import LogLevel
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.dialog import NO_PRESET, DialogReader, build
from gke_clusters.settings.model import OptionalText, Settings, unless_empty
from gke_clusters.settings.node_pool import MAX_NODES_IN_ZONE, NODE_COUNT, NodePoolSettings
from gke_clusters.settings.register import REMEDY

ADD: Final = "add-node-pool"
RESIZE: Final = "resize-node-pool"
DELETE: Final = "delete-node-pool"

LONGEST_DRAIN_MINUTES: Final = 24 * 60
DRAIN_MINUTES: Final = 15
"""How long a drain may take where no dialog says it; the one of *Delete node pool* offers the same."""


def _given(text: str) -> str:
    if not text:
        raise ValueError("is required")
    return text


class NodePoolMacroSettings(Settings):
    """What these macros share.

    Attributes:
        cluster_id: id of the DSS cluster.
        pool_name: name of the node pool; ``None`` if it was left empty.
        preview: whether nothing is changed.
    """

    cluster_id: Annotated[str, AfterValidator(_given)] = Field(alias="clusterId")
    pool_name: Annotated[OptionalText, unless_empty(rules.gke_name)] = Field(alias="nodePoolId")
    preview: bool


class AddNodePoolSettings(NodePoolMacroSettings):
    """A node pool to add.

    Attributes:
        pool: the preset.
    """

    pool: NodePoolSettings = Field(alias="nodePoolConfig")
    log_level: LogLevel = Field(alias="logLevel")


class ResizeNodePoolSettings(NodePoolMacroSettings):
    """How large a node pool is to be. All numbers are per zone of the pool.

    Attributes:
        num_nodes: how many nodes.
        min_num_nodes: lower limit of an autoscaled pool; ``None`` leaves it, unless ``num_nodes`` is below.
        max_num_nodes: upper limit; ``None`` leaves it, unless ``num_nodes`` is above.
        delete_at_zero: whether a pool that is to have no nodes is deleted.
    """

    min_num_nodes: NODE_COUNT | None = Field(alias="minNumNodes")
    max_num_nodes: Annotated[int, Field(ge=1, le=MAX_NODES_IN_ZONE)] | None = Field(alias="maxNumNodes")
    num_nodes: NODE_COUNT = Field(alias="numNodes")
    delete_at_zero: bool = Field(alias="deleteAtZero")

    @field_validator("num_nodes", mode="before")
    @classmethod
    def _number_given(cls, number: int | None) -> int:
        if number is None:
            raise ValueError("is required")
        return number

    @field_validator("max_num_nodes")
    @classmethod
    def _not_below_minimum(cls, most: int | None, info: ValidationInfo) -> int | None:
        fewest = info.data.get("min_num_nodes")
        if most is not None and fewest is not None and most < fewest:
            raise ValueError(f"{most} is less than the minimum number of nodes, {fewest}")
        return most

    @field_validator("num_nodes")
    @classmethod
    def _within_the_limits(cls, number: int, info: ValidationInfo) -> int:
        fewest, most = info.data.get("min_num_nodes"), info.data.get("max_num_nodes")
        if fewest is not None and number < fewest:
            raise ValueError(f"{number} is less than the minimum number of nodes, {fewest}")
        if most is not None and number > most:
            raise ValueError(f"{number} is more than the maximum number of nodes, {most}")
        return number


class DeleteNodePoolSettings(NodePoolMacroSettings):
    """A node pool to delete.

    Attributes:
        drain_minutes: how long its pods may take to go elsewhere; 0 for no drain.
    """

    drain_minutes: Annotated[int, Field(ge=0, le=LONGEST_DRAIN_MINUTES)] = Field(alias="drainMinutes")


Dialog = TypeVar("Dialog", bound=NodePoolMacroSettings)


def parse_add(config: Mapping[str, Any]) -> AddNodePoolSettings:
    """The settings of *Add node pool*, as DSS hands them to the macro.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    return _parse(AddNodePoolSettings, ADD, config)


def parse_resize(config: Mapping[str, Any]) -> ResizeNodePoolSettings:
    """The settings of *Resize node pool*, likewise.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    return _parse(ResizeNodePoolSettings, RESIZE, config)


def parse_delete(config: Mapping[str, Any]) -> DeleteNodePoolSettings:
    """The settings of *Delete node pool*, likewise.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    return _parse(DeleteNodePoolSettings, DELETE, config)


def wrong_pool(component: str, message: str) -> SettingsError:
    """The refusal of a node pool that a dialog names, or does not name."""
    return wrong_field(component, "nodePoolId", message)


def wrong_field(component: str, name: str, message: str) -> SettingsError:
    """The refusal of a field that only a look at the cluster shows to be wrong.

    Args:
        component: the macro.
        name: name of the parameter.
        message: what is wrong, to follow its label.
    """
    return SettingsError([Problem(macro_descriptor(component).label_of(name), message)], remedy=REMEDY)


def _parse(model: type[Dialog], component: str, config: Mapping[str, Any]) -> Dialog:
    dialog = macro_descriptor(component)
    reader = DialogReader()
    values = reader.read(dialog, config, {})
    if component == ADD and _is_no_preset(config.get("nodePoolConfig")):
        # Otherwise the defaults of the form would be taken for a preset that nobody chose.
        reader.problems[("nodePoolConfig",)] = "is required: choose a preset"
    return build(model, dialog, values, reader.problems, remedy=REMEDY)


def _is_no_preset(given: object) -> bool:
    return given is None or given == "" or (isinstance(given, Mapping) and given.get("mode") == NO_PRESET)
