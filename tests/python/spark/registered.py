"""What DSS reads out of its settings before a Spark job begins, and what it makes in the cluster for that job."""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client import ApiClient, CoreV1Api, RbacAuthorizationV1Api

from tests.python.integration.conftest import Dss, Sandbox

USER = "admin"

# What Spark's documentation asks for a driver: https://spark.apache.org/docs/latest/running-on-kubernetes.html#rbac
_DRIVER_RULES = [
    {"apiGroups": [""], "resources": ["pods", "services", "configmaps", "persistentvolumeclaims"], "verbs": ["*"]}
]


@dataclass(frozen=True)
class Registered:
    """A Spark configuration of the general settings as it is for one user on one cluster.

    Attributes:
        kubeconfig: path, from the overrides of the cluster.
        context: in that kubeconfig, from the same place.
        namespace: with the variables of DSS resolved.
        image: the Spark base image in the registry of the configuration.
        properties: what the configuration hands to Spark.
        executor_template: the pod template of the executors, None without one.
    """

    kubeconfig: Path
    context: str
    namespace: str
    image: str
    properties: dict[str, str]
    executor_template: str | None

    @property
    def server(self) -> str:
        """The address of the cluster's API server."""
        clusters = yaml.safe_load(self.kubeconfig.read_text())["clusters"]
        return str(next(each["cluster"]["server"] for each in clusters if each["name"] == self.context))


def read(dss: Dss, sandbox: Sandbox, cluster: str, configuration: str) -> Registered:
    """Read a Spark configuration of either shape of the general settings."""
    settings = dss.client.get_general_settings().get_raw()
    started = dss.client.get_cluster(cluster).get_settings().get_raw()
    config = _named(settings["sparkSettings"]["executionConfigs"], configuration)
    kubernetes = config["kubernetesSettings"]
    assert started["sparkSettings"]["sparkEnabled"]
    assert kubernetes["managedKubernetes"]
    assert kubernetes["createNamespace"]
    assert kubernetes["authenticationMode"] == "DYNAMIC_SERVICE_ACCOUNT"
    overrides = started["containerSettings"]["executionConfigsGenericOverrides"]
    return Registered(
        kubeconfig=Path(overrides["kubeConfigPath"]),
        context=overrides["kubeCtlContext"],
        namespace=kubernetes["managedNamespace"].replace("${dssUserLogin}", USER),
        image=f"{_repository(settings, config)}/{_spark_base_image(dss, sandbox)}",
        properties={each["key"]: each["value"] for each in config.get("conf", [])},
        executor_template=kubernetes.get("executorPodTemplate") or None,
    )


def make_service_account(host: ApiClient, namespace: str, name: str) -> None:
    """Make the namespace where it is missing, and a service account with the rights of a driver and a token."""
    # The client takes objects as dicts, which its types do not say.
    core: Any = CoreV1Api(host)
    rbac: Any = RbacAuthorizationV1Api(host)
    if namespace not in [each.metadata.name for each in core.list_namespace().items]:
        core.create_namespace({"metadata": {"name": namespace}})
    core.create_namespaced_service_account(namespace, {"metadata": {"name": name}})
    rbac.create_namespaced_role(namespace, {"metadata": {"name": name}, "rules": _DRIVER_RULES})
    binding = {
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    }
    rbac.create_namespaced_role_binding(namespace, binding)
    asking = {"name": name, "annotations": {"kubernetes.io/service-account.name": name}}
    core.create_namespaced_secret(namespace, {"metadata": asking, "type": "kubernetes.io/service-account-token"})


def delete_service_account(host: ApiClient, namespace: str, name: str) -> None:
    """Delete what was made for a job; the token goes with its account."""
    core, rbac = CoreV1Api(host), RbacAuthorizationV1Api(host)
    rbac.delete_namespaced_role_binding(name, namespace)
    rbac.delete_namespaced_role(name, namespace)
    core.delete_namespaced_service_account(name, namespace)


def _repository(settings: dict[str, Any], config: dict[str, Any]) -> str:
    """The registry: DSS 15 has it in the build configuration that the Spark configuration names, DSS 14 in itself."""
    if "buildConfigs" not in settings["containerSettings"]:
        return str(config["kubernetesSettings"]["repositoryURL"])
    build = _named(settings["containerSettings"]["buildConfigs"], config["imageBuildConfig"])
    assert build["baseImageType"] == "SPARK"
    return str(build["dockerBuilderConfig"]["pushConfigs"][0]["repositoryURL"])


def _spark_base_image(dss: Dss, sandbox: Sandbox) -> str:
    """The name that DSS gives the image where the configuration names none.

    https://doc.dataiku.com/dss/latest/containers/custom-base-images.html
    """
    installed = configparser.ConfigParser()
    installed.read(sandbox.folder / "state" / "dss" / "install.ini")
    release = dss.client.get_instance_info().raw["dssVersion"]
    return f"dku-spark-base-{installed['general']['installid'].lower()}:dss-{release}"


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(each for each in items if each["name"] == name)
