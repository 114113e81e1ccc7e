"""The dialog of the macro *Register with DSS*."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from gke_clusters.settings import rules
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.dialog import DialogReader, build
from gke_clusters.settings.model import OptionalText, Settings, unless_empty
from gke_clusters.settings.node_pool import MAX_GPUS_PER_NODE

COMPONENT: Final = "register-cluster"
REMEDY: Final = "Correct these fields and run the macro again."


def _given(text: str) -> str:
    if not text:
        raise ValueError("is required")
    return text


Megabytes = Annotated[int, Field(ge=1, le=16 * 1024 * 1024)]
Cores = Annotated[float, Field(gt=0, le=1024)]


class RegisterSettings(Settings):
    """How a cluster is registered.

    Attributes:
        cluster_id: id of the DSS cluster.
        registry_url: registry and path, without a scheme.
        configuration_name: ``None`` for the id of the cluster.
        namespace: namespace of the pods; may hold variables of DSS.
        node_pool: the only node pool that pods run on; ``None`` for any.
        gpus: of a container; ``None`` leaves what the configuration says, as it does for memory (MiB) and cores.
        preview: whether nothing is changed.
    """

    cluster_id: Annotated[str, AfterValidator(_given)] = Field(alias="clusterId")
    registry_url: Annotated[str, AfterValidator(_given), AfterValidator(rules.registry_url)] = Field(
        alias="registryUrl"
    )
    configuration_name: OptionalText = Field(alias="configurationName")
    with_containers: bool = Field(alias="withContainers")
    with_spark: bool = Field(alias="withSpark")
    namespace: Annotated[str, AfterValidator(_given), AfterValidator(rules.kubernetes_namespace)]
    node_pool: Annotated[OptionalText, unless_empty(rules.gke_name)] = Field(alias="nodePool")
    gpus: Annotated[int, Field(ge=0, le=MAX_GPUS_PER_NODE)] | None
    memory_request_mb: Megabytes | None = Field(alias="memoryRequestMb")
    memory_limit_mb: Megabytes | None = Field(alias="memoryLimitMb")
    cpu_request: Cores | None = Field(alias="cpuRequest")
    cpu_limit: Cores | None = Field(alias="cpuLimit")
    make_default: bool = Field(alias="makeDefault")
    make_default_cluster: bool = Field(alias="makeDefaultCluster")
    preview: bool

    @field_validator("memory_limit_mb", "cpu_limit")
    @classmethod
    def _not_below_the_request(cls, limit: float | None, info: ValidationInfo) -> float | None:
        request = info.data.get(str(info.field_name).replace("limit", "request"))
        if limit is not None and request is not None and limit < request:
            raise ValueError(f"{limit} is less than the request, {request}")
        return limit

    @property
    def name(self) -> str:
        """Name of the configurations."""
        return self.configuration_name or self.cluster_id


def parse_register(config: Mapping[str, Any]) -> RegisterSettings:
    """The settings of a registration, as DSS hands them to the macro.

    Raises:
        SettingsError: with every wrong field under its label.
    """
    dialog = macro_descriptor(COMPONENT)
    reader = DialogReader()
    return build(RegisterSettings, dialog, reader.read(dialog, config, {}), reader.problems, remedy=REMEDY)
