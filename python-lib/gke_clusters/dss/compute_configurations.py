"""Edits of the general settings: where containers and Spark run, the defaults, the metastore. Pure, in both shapes.

DSS 14 and older keep the registry in each configuration; DSS 15 keeps it in build configurations that these name. The
shape is told by the document itself. Fields of a configuration that are not named here stay as they are.
Documentation: https://doc.dataiku.com/dss/latest/containers/setup-k8s.html and
https://doc.dataiku.com/dss/latest/containers/image-builders.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from gke_clusters.dss.documents import Place
from gke_clusters.errors import DssRefused

Document = dict[str, Any]

NAMESPACE_PER_USER: Final = "dssns-${dssUserLogin}"
"""A namespace for each user, which DSS recommends."""

# What DSS 15 is not known to keep: used where it stays, never needed.
_UNCONFIRMED_IN_15: Final = frozenset(
    {"nodeSelector", "tolerations", "prePushMode", "prePushScript", "baseImageType", "executorPodTemplate"}
)


@dataclass(frozen=True)
class PodPlacement:
    """On which nodes pods run.

    Attributes:
        node_selector: labels that a node must have.
        tolerations: taints that pods bear, each as Kubernetes spells a toleration.
    """

    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, str], ...] = ()


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
        placement: nodes of the pods; None leaves what the configuration says.
        resources: of a pod, for containers only, since Spark has settings of its own.
        pre_push_script: absolute path of a script that runs before each push; None for none.
    """

    name: str
    repository_url: str
    namespace: str = NAMESPACE_PER_USER
    placement: PodPlacement | None = None
    resources: PodResources = PodResources()
    pre_push_script: str | None = None


def has_build_configurations(document: Mapping[str, Any]) -> bool:
    """Whether the general settings have the shape of DSS 15."""
    return "buildConfigs" in document.get("containerSettings", {})


def spark_build_name(name: str) -> str:
    """The build configuration that is made for the Spark configuration of that name, whose images are others."""
    return f"{name}-spark"


def may_be_dropped(document: Mapping[str, Any], place: Place) -> bool:
    """Whether DSS may drop what is put at a place of its general settings, so that the change stands without it."""
    return has_build_configurations(document) and any(step in _UNCONFIRMED_IN_15 for step in place)


def container_configuration_names(document: Mapping[str, Any]) -> list[str]:
    """Names of the containerized execution configurations."""
    return [str(each.get("name")) for each in document.get("containerSettings", {}).get("executionConfigs", [])]


def put_container_configuration(document: Document, wanted: ComputeConfiguration) -> None:
    """Create or update a containerized execution configuration.

    Raises:
        DssRefused: the build configuration of that name serves others with another registry.
    """
    settings = document.setdefault("containerSettings", {})
    config = _named(settings.setdefault("executionConfigs", []), wanted.name)
    if not config.keys() - {"name"}:
        config |= {"usableBy": "ALL", "allowedGroups": [], "workloadType": "ANY", "properties": [], "isFinal": False}
    config["type"] = "KUBERNETES"
    if has_build_configurations(document):
        config["imageBuildConfig"] = _build_configuration(document, wanted, "EXEC", config.get("imageBuildConfig"))
        pods = config.setdefault("kubernetesRuntimeConfig", {})
    else:
        config |= {"repositoryURL": wanted.repository_url, **_pre_push(wanted, config)}
        config.setdefault("baseImageType", "EXEC")
        pods = config
    pods |= {"kubernetesNamespace": wanted.namespace, "createNamespace": True, "ensureNamespaceCompliance": True}
    _put_resources(pods, wanted.resources)
    if wanted.placement:
        pods |= _placement_texts(wanted.placement)


def put_spark_configuration(document: Document, wanted: ComputeConfiguration) -> None:
    """Create or update a Spark configuration with managed Spark on Kubernetes and dynamic service accounts.

    Raises:
        DssRefused: the build configuration of that name serves others with another registry.
    """
    settings = document.setdefault("sparkSettings", {})
    settings["sparkEnabled"] = True
    config = _named(settings.setdefault("executionConfigs", []), wanted.name)
    kubernetes = config.setdefault("kubernetesSettings", {})
    kubernetes |= {
        "managedKubernetes": True,
        "managedNamespace": wanted.namespace,
        "createNamespace": True,
        "ensureNamespaceCompliance": True,
        "authenticationMode": "DYNAMIC_SERVICE_ACCOUNT",
    }
    if has_build_configurations(document):
        config["imageBuildConfig"] = _build_configuration(document, wanted, "SPARK", config.get("imageBuildConfig"))
    else:
        kubernetes |= {"baseImageType": "SPARK", "repositoryURL": wanted.repository_url}
        kubernetes |= _pre_push(wanted, kubernetes)
    if wanted.placement:
        _place_spark(config, kubernetes, wanted.placement)


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


def _named(items: list[Document], name: str) -> Document:
    for item in items:
        if item.get("name") == name:
            return item
    items.append({"name": name})
    return items[-1]


def _build_configuration(document: Document, wanted: ComputeConfiguration, image_type: str, named: str | None) -> str:
    """Find or make the build configuration that pushes there; return its name."""
    items: list[Document] = document["containerSettings"]["buildConfigs"]
    for item in items:
        if item.get("name") == named and wanted.repository_url in _push_urls(item) and not wanted.pre_push_script:
            return str(named)
    name = wanted.name if image_type == "EXEC" else spark_build_name(wanted.name)
    item = _named(items, name)
    if wanted.repository_url not in _push_urls(item):
        others = [each for each in _users_of(document, name) if each != wanted.name]
        if others:
            raise DssRefused(
                f"The build configuration {name} pushes to {', '.join(_push_urls(item)) or 'no registry'}, which"
                f" {', '.join(others)} needs; nothing was changed.",
                resource="general settings",
                remedy="Choose another name for the configuration.",
            )
    item.setdefault("baseImageType", image_type)
    item.setdefault("imageBuilderType", "DOCKER")
    item.setdefault("properties", [])
    item.setdefault("isFinal", False)
    docker = item.setdefault("dockerBuilderConfig", {"dockerTLSVerify": False})
    pushes = docker.setdefault("pushConfigs", [])
    push = next((each for each in pushes if each.get("repositoryURL") == wanted.repository_url), None)
    if push is None:
        push = {"repositoryURL": wanted.repository_url}
        docker["pushConfigs"] = [push]
    if wanted.pre_push_script:
        push |= _pre_push(wanted, push)
    return name


def _push_urls(build: Mapping[str, Any]) -> list[str]:
    pushes = build.get("dockerBuilderConfig", {}).get("pushConfigs", [])
    return [str(push.get("repositoryURL")) for push in pushes if push.get("repositoryURL")]


def _users_of(document: Mapping[str, Any], build_name: str) -> list[str]:
    users = [
        *document.get("containerSettings", {}).get("executionConfigs", []),
        *document.get("sparkSettings", {}).get("executionConfigs", []),
    ]
    return [str(user.get("name")) for user in users if user.get("imageBuildConfig") == build_name]


def _pre_push(wanted: ComputeConfiguration, found: Mapping[str, Any]) -> Document:
    if wanted.pre_push_script is None:
        # A script stays: Push base images has put one there, or an administrator.
        return {} if found.get("prePushMode") == "CUSTOM" else {"prePushMode": "NONE"}
    return {"prePushMode": "CUSTOM", "prePushScript": wanted.pre_push_script}


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


def _placement_texts(placement: PodPlacement) -> Document:
    """The fields of the nodes: YAML that begins with the field's own name, as DSS expects it; empty for nothing."""
    selector, tolerations = dict(placement.node_selector), [dict(one) for one in placement.tolerations]
    return {
        "nodeSelector": yaml.safe_dump({"nodeSelector": selector}) if selector else "",
        "tolerations": yaml.safe_dump({"tolerations": tolerations}, sort_keys=False) if tolerations else "",
    }


# https://spark.apache.org/docs/latest/running-on-kubernetes.html#spark-properties
_NODE_SELECTOR: Final = "spark.kubernetes.node.selector."


def _place_spark(config: Document, kubernetes: Document, placement: PodPlacement) -> None:
    """Spark has properties for node selectors; tolerations need a template of the pod."""
    kept = [each for each in config.get("conf", []) if not str(each.get("key", "")).startswith(_NODE_SELECTOR)]
    config["conf"] = kept + [
        {"key": f"{_NODE_SELECTOR}{key}", "value": value, "isFinal": False, "secret": False}
        for key, value in placement.node_selector.items()
    ]
    if placement.tolerations:
        template = {
            "apiVersion": "v1",
            "kind": "Pod",
            "spec": {"tolerations": [dict(one) for one in placement.tolerations]},
        }
        kubernetes["executorPodTemplate"] = yaml.safe_dump(template, sort_keys=False)
