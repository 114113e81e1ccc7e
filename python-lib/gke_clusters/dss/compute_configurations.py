"""Edits of the general settings: where containers and Spark run, the defaults, the metastore. Pure, in both shapes.

DSS 14 and older keep the registry in each configuration; DSS 15 keeps it in build configurations that these name. The
shape is told by the document itself. Fields of a configuration that are not named here stay as they are.
Documentation: https://doc.dataiku.com/dss/latest/containers/setup-k8s.html and
https://doc.dataiku.com/dss/latest/containers/image-builders.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gke_clusters.dss.build_configurations import (
    ImagePushWish,
    ImageType,
    has_build_configurations,
    pre_push,
    put_build_configuration,
)
from gke_clusters.dss.documents import Place, named_item
from gke_clusters.dss.pod_placement import PodPlacement, place_containers, place_spark

Document = dict[str, Any]

NAMESPACE_PER_USER: Final = "dssns-${dssUserLogin}"
"""A namespace for each user, which DSS recommends."""

# What DSS 15 is not known to keep: used where it stays, never needed.
_UNCONFIRMED_IN_15: Final = frozenset(
    {"nodeSelector", "tolerations", "prePushMode", "prePushScript", "baseImageType", "executorPodTemplate"}
)

# Defaults whose names are not confirmed for every version: used where they stay, never needed.
_UNCONFIRMED_DEFAULTS: Final = frozenset(
    {"configForInteractive", "configForJupyter", "defaultExecutionConfigForVisualRecipesWorkloads"}
)


@dataclass(frozen=True)
class PodResources:
    """What a pod asks for and may take: memory in MiB, cores, GPUs. None leaves what the configuration says."""

    memory_request_mb: int | None = None
    memory_limit_mb: int | None = None
    cpu_request: float | None = None
    cpu_limit: float | None = None
    gpus: int | None = None


@dataclass(frozen=True)
class ComputeConfiguration:
    """A containerized execution configuration, or a Spark configuration, on Kubernetes.

    Attributes:
        name: its name, by which it is found again.
        repository_url: registry and path that images are pushed to, without a scheme.
        namespace: namespace of the pods; may hold variables of DSS.
        placement: nodes of the pods, an empty one for any; None leaves what the configuration says.
        resources: of a pod, for containers only, since Spark has settings of its own.
        pre_push_script: absolute path of a script that runs before each push; None for none.
    """

    name: str
    repository_url: str
    namespace: str = NAMESPACE_PER_USER
    placement: PodPlacement | None = None
    resources: PodResources = PodResources()
    pre_push_script: str | None = None


def may_be_dropped(document: Mapping[str, Any], place: Place) -> bool:
    """Whether DSS may drop what is put at a place of its general settings, so that the change stands without it."""
    if any(step in _UNCONFIRMED_DEFAULTS for step in place):
        return True
    return has_build_configurations(document) and any(step in _UNCONFIRMED_IN_15 for step in place)


def resources_of(document: Mapping[str, Any], name: str) -> PodResources:
    """Return what pods of a containerized execution configuration ask for and may take.

    Args:
        document: the general settings.
        name: of the configuration; nothing is said where it is not there.

    Returns:
        Memory and cores; None for what is not limited, for which DSS keeps -1. GPUs are left out.
    """
    configs: list[Document] = document.get("containerSettings", {}).get("executionConfigs", [])
    config = next((each for each in configs if each.get("name") == name), {})
    pods = config.get("kubernetesRuntimeConfig", {}) if has_build_configurations(document) else config
    kept = {key: value for key, value in (pods.get("kubernetesResources") or {}).items() if _is_amount(value)}
    return PodResources(kept.get("memRequestMB"), kept.get("memLimitMB"), kept.get("cpuRequest"), kept.get("cpuLimit"))


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and value > 0


def container_configuration_names(document: Mapping[str, Any]) -> list[str]:
    """Names of the containerized execution configurations."""
    return [str(each.get("name")) for each in document.get("containerSettings", {}).get("executionConfigs", [])]


def put_container_configuration(document: Document, wanted: ComputeConfiguration) -> None:
    """Create or update a containerized execution configuration.

    Raises:
        DssRefused: the build configuration of that name serves others with another registry, or builds other images;
            or what an administrator wrote about nodes cannot be read.
    """
    settings = document.setdefault("containerSettings", {})
    config = named_item(settings.setdefault("executionConfigs", []), wanted.name)
    if not config.keys() - {"name"}:
        config |= {"usableBy": "ALL", "allowedGroups": [], "workloadType": "ANY", "properties": [], "isFinal": False}
    config["type"] = "KUBERNETES"
    if has_build_configurations(document):
        config["imageBuildConfig"] = _build(document, wanted, "EXEC", config.get("imageBuildConfig"))
        pods = config.setdefault("kubernetesRuntimeConfig", {})
    else:
        config |= {"repositoryURL": wanted.repository_url, **pre_push(wanted.pre_push_script, config)}
        config.setdefault("baseImageType", "EXEC")
        pods = config
    pods |= {"kubernetesNamespace": wanted.namespace, "createNamespace": True, "ensureNamespaceCompliance": True}
    _put_resources(pods, wanted.resources)
    if wanted.placement is not None:
        place_containers(pods, wanted.placement)


def put_spark_configuration(document: Document, wanted: ComputeConfiguration) -> None:
    """Create or update a Spark configuration with managed Spark on Kubernetes and dynamic service accounts.

    Raises:
        DssRefused: the build configuration of that name serves others with another registry, or builds other images;
            or what an administrator wrote about nodes cannot be read.
    """
    settings = document.setdefault("sparkSettings", {})
    settings["sparkEnabled"] = True
    config = named_item(settings.setdefault("executionConfigs", []), wanted.name)
    kubernetes = config.setdefault("kubernetesSettings", {})
    kubernetes |= {
        "managedKubernetes": True,
        "managedNamespace": wanted.namespace,
        "createNamespace": True,
        "ensureNamespaceCompliance": True,
        "authenticationMode": "DYNAMIC_SERVICE_ACCOUNT",
    }
    if has_build_configurations(document):
        config["imageBuildConfig"] = _build(document, wanted, "SPARK", config.get("imageBuildConfig"))
    else:
        kubernetes |= {"baseImageType": "SPARK", "repositoryURL": wanted.repository_url}
        kubernetes |= pre_push(wanted.pre_push_script, kubernetes)
    if wanted.placement is not None:
        place_spark(config, kubernetes, wanted.placement)


def set_default_container_configuration(document: Document, name: str) -> None:
    """Make a containerized execution configuration the default, for user code and for visual recipes."""
    settings = document.setdefault("containerSettings", {})
    settings["defaultExecutionConfig"] = name
    settings["defaultExecutionConfigForVisualRecipesWorkloads"] = name


def set_default_spark_configuration(document: Document, name: str) -> None:
    """Make a Spark configuration the default of notebooks and of interactive queries; recipes choose theirs."""
    document.setdefault("sparkSettings", {}).update({"configForInteractive": name, "configForJupyter": name})


def set_default_cluster(document: Document, dss_cluster_id: str) -> None:
    """Make a DSS cluster the default one for containers and for Spark on Kubernetes."""
    document["defaultK8sClusterId"] = dss_cluster_id


def set_internal_metastore(document: Document) -> None:
    """Let datasets be known to the metastore catalog of DSS itself, which Spark on Kubernetes reads."""
    document.setdefault("metastoreCatalogsSettings", {}).setdefault("synchronizeTo", {})["flavor"] = "DSS_INTERNAL"


def _build(document: Document, wanted: ComputeConfiguration, image_type: ImageType, named: str | None) -> str:
    push = ImagePushWish(wanted.name, image_type, wanted.repository_url, wanted.pre_push_script)
    return put_build_configuration(document, push, named)


# The name under which Kubernetes knows NVIDIA's GPUs: https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
_GPUS: Final = "nvidia.com/gpu"


def _put_resources(pods: Document, wanted: PodResources) -> None:
    asked = {
        "memRequestMB": wanted.memory_request_mb,
        "memLimitMB": wanted.memory_limit_mb,
        "cpuRequest": wanted.cpu_request,
        "cpuLimit": wanted.cpu_limit,
    }
    given: Document = {key: value for key, value in asked.items() if value is not None}
    resources = pods.get("kubernetesResources", {})
    if wanted.gpus is not None:
        others = [each for each in resources.get("customLimits", []) if each.get("key") != _GPUS]
        gpus = [{"key": _GPUS, "value": str(wanted.gpus)}] if wanted.gpus else []
        given["customLimits"] = others + gpus
    if given:
        pods["kubernetesResources"] = {**resources, **given}
