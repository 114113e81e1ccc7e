"""One node pool: its machines, their number, and what they may access."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from gke_clusters.settings import rules
from gke_clusters.settings.access_scopes import (
    CLOUD_PLATFORM,
    DEVSTORAGE_READ_ONLY,
    LOGGING_WRITE,
    MONITORING_WRITE,
    parse_access_scopes,
)
from gke_clusters.settings.model import OptionalText, Settings, unless_empty

MAX_NODES_IN_ZONE = 1000
"""https://cloud.google.com/kubernetes-engine/quotas (nodes per node pool zone)"""

MAX_GPUS_PER_NODE = 16
"""https://cloud.google.com/compute/docs/gpus (a2-megagpu-16g has the most)"""

MIN_DISK_SIZE_GB = 10
MAX_DISK_SIZE_GB = 65536
"""https://cloud.google.com/compute/docs/disks (64 TiB); GKE itself asks for 10 to 15 GB, depending on its version."""

NODE_COUNT = Annotated[int, Field(ge=0, le=MAX_NODES_IN_ZONE)]


class NodeTaint(BaseModel):
    """A Kubernetes taint of every node of a pool; ``effect`` as the GKE API spells it."""

    model_config = ConfigDict(frozen=True)

    key: str
    value: str
    effect: Literal["NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"]


def _taints(rows: list[dict[str, str | None]]) -> list[dict[str, str | None]]:
    seen = set()
    for number, row in enumerate(rows, start=1):
        key, value, effect = row["key"] or "", row["value"] or "", row["effect"]
        if not key:
            raise ValueError(f"row {number} has no key")
        if effect is None:
            raise ValueError(f"row {number} has no effect")
        rules.kubernetes_value(rules.kubernetes_key(key), value)
        # https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/ (taints are unique by both)
        if (key, effect) in seen:
            raise ValueError(f"the key {rules.quoted(key)} has the effect {effect} twice")
        seen.add((key, effect))
    return rows


def _disk_size(size: int | None) -> int | None:
    # 1.5.1's form let 0 stand for GKE's own default.
    return size or None


class NodePoolSettings(Settings):
    """A node pool as the preset describes it. Numbers of nodes are per zone of the pool.

    Attributes:
        name: the name that the preset gives, or ``None`` for one by its place in the list.
        machine_type: ``None`` for GKE's default.
        with_gpu: whether ``gpu_type`` and ``gpu_count`` apply.
        num_nodes: nodes at creation; with autoscaling it may lie outside the bounds, which GKE then enforces.
        best_effort_provisioning: whether the pool may begin with fewer nodes where Google lacks machines.
        min_provision_nodes: how few are enough then, never more than ``num_nodes``. Whether Google counts them in each
            zone or in all is UNCONFIRMED.
        autoscaling: whether ``min_num_nodes`` and ``max_num_nodes`` apply.
        access_scopes: ``LISTED`` for a preset saved before 2.0.
        service_account_type: whether the nodes act as the DSS host's service account or as ``service_account``.
        service_account: email; ``None`` for the Compute Engine default service account.
        disk_size_gb: ``None`` for GKE's default.
    """

    name: Annotated[OptionalText, unless_empty(rules.gke_name)] = Field(alias="nodePoolName")
    machine_type: Annotated[OptionalText, unless_empty(rules.machine_type)] = Field(alias="machineType")
    with_gpu: bool = Field(alias="withGpu")
    gpu_type: OptionalText = Field(alias="gpuType")
    gpu_count: Annotated[int, Field(ge=1, le=MAX_GPUS_PER_NODE)] = Field(alias="gpuCount")
    num_nodes: NODE_COUNT = Field(alias="numNodes")
    use_spot_vms: bool = Field(alias="useSpotVms")
    best_effort_provisioning: bool = Field(alias="bestEffortProvisioning")
    min_provision_nodes: NODE_COUNT = Field(alias="minProvisionNodes")
    autoscaling: bool = Field(alias="numNodesAutoscaling")
    min_num_nodes: NODE_COUNT = Field(alias="minNumNodes")
    max_num_nodes: Annotated[int, Field(ge=1, le=MAX_NODES_IN_ZONE)] = Field(alias="maxNumNodes")
    access_scopes: Literal["CLOUD_PLATFORM", "LISTED"] = Field(alias="accessScopes")
    use_gcr_io: bool = Field(alias="useGcrIo")
    oauth_scopes: Annotated[tuple[str, ...], BeforeValidator(parse_access_scopes)] = Field(alias="oauthScopes")
    network_tags: tuple[Annotated[str, AfterValidator(rules.network_tag)], ...] = Field(alias="networkTags")
    service_account_type: Literal["fromDSSHost", "custom"] = Field(alias="serviceAccountType")
    service_account: Annotated[OptionalText, unless_empty(rules.node_service_account)] = Field(alias="serviceAccount")
    disk_type: Annotated[OptionalText, unless_empty(rules.machine_type)] = Field(alias="diskType")
    disk_size_gb: Annotated[
        Annotated[int, Field(ge=MIN_DISK_SIZE_GB, le=MAX_DISK_SIZE_GB)] | None, BeforeValidator(_disk_size)
    ] = Field(alias="diskSizeGb")
    labels: Annotated[dict[str, str], AfterValidator(rules.node_labels)] = Field(alias="nodepoolLabels")
    taints: Annotated[tuple[NodeTaint, ...], BeforeValidator(_taints)] = Field(alias="nodepoolTaints")
    resource_labels: Annotated[dict[str, str], AfterValidator(rules.resource_labels)] = Field(alias="nodepoolGCPLabels")

    @field_validator("gpu_type")
    @classmethod
    def _named_gpu(cls, gpu_type: str | None, info: ValidationInfo) -> str | None:
        if not info.data.get("with_gpu"):
            return None
        if gpu_type is None:
            raise ValueError("is required when GPUs are attached")
        return rules.machine_type(gpu_type)

    @field_validator("min_provision_nodes")
    @classmethod
    def _not_above_number(cls, fewest: int, info: ValidationInfo) -> int:
        number = info.data.get("num_nodes")
        if number is not None and fewest > number:
            raise ValueError(f"{fewest} is more than the number of nodes, {number}")
        return fewest

    @field_validator("max_num_nodes")
    @classmethod
    def _not_below_minimum(cls, maximum: int, info: ValidationInfo) -> int:
        minimum = info.data.get("min_num_nodes")
        if minimum is not None and minimum > maximum:
            raise ValueError(f"{maximum} is less than the minimum number of nodes, {minimum}")
        return maximum

    @property
    def scopes(self) -> tuple[str, ...]:
        """Access scopes of the nodes, in full; never none.

        A pool saved before 2.0 keeps the scopes it names and always may write logs and metrics, which it could not
        under 1.5.1. A new one has ``cloud-platform``, so that IAM alone decides:
        https://cloud.google.com/compute/docs/access/service-accounts#scopes_best_practice
        """
        everything = [CLOUD_PLATFORM] if self.access_scopes == "CLOUD_PLATFORM" else []
        registries = [DEVSTORAGE_READ_ONLY] if self.use_gcr_io and not everything else []
        telemetry = [] if everything else [LOGGING_WRITE, MONITORING_WRITE]
        return tuple(dict.fromkeys([*everything, *registries, *self.oauth_scopes, *telemetry]))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is accepted and probably not meant, in sentences."""
        if self.service_account_type == "custom" and self.service_account is None:
            return ("No service account is given for the nodes: they use the Compute Engine default service account.",)
        return ()
