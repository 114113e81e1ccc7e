"""What an administrator of the project does to a cluster: puts into it what Google bills outside of it, edits it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

from gke_clusters.kube.api import KubernetesApi
from gke_clusters.kube.failures import CallError
from sandbox.process import SandboxProcess

_DEADLINE_SECONDS = 60.0
_POLL_SECONDS = 0.02

_NAMESPACE = "/api/v1/namespaces/default"
_GATEWAYS = "gateway.networking.k8s.io"
_SIZE = {"resources": {"requests": {"storage": "5Gi"}}, "accessModes": ["ReadWriteOnce"]}
_CONTAINERS = [{"name": "c", "image": "i", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]

SERVICE = {"metadata": {"name": "web"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}}
INGRESS = {
    "metadata": {"name": "site"},
    "spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}},
}
GATEWAY_DEFINITION = {
    "metadata": {"name": f"gateways.{_GATEWAYS}"},
    "spec": {
        "group": _GATEWAYS,
        "scope": "Namespaced",
        "names": {"plural": "gateways", "singular": "gateway", "kind": "Gateway", "listKind": "GatewayList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}
GATEWAY = {"apiVersion": f"{_GATEWAYS}/v1", "kind": "Gateway", "metadata": {"name": "gw"}, "spec": {}}
DATABASE = {
    "metadata": {"name": "db"},
    "spec": {
        "serviceName": "db",
        "replicas": 1,
        "selector": {"matchLabels": {"app": "db"}},
        "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": _CONTAINERS}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"storageClassName": "standard-rwo", **_SIZE}}],
    },
}


class FurnishedCluster:
    """One cluster, seen with the administrator's token.

    Args:
        sandbox: where it is.
        cluster: GKE's JSON of it.
        folder: for a kubeconfig with that token.
    """

    def __init__(self, sandbox: SandboxProcess, cluster: Mapping[str, Any], folder: Path) -> None:
        authority = cluster["masterAuth"]["clusterCaCertificate"]
        token = Path(sandbox.exports["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"]).read_text()
        server = {"server": f"https://{cluster['endpoint']}", "certificate-authority-data": authority}
        document = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [{"name": "k", "cluster": server}],
            "users": [{"name": "u", "user": {"token": token}}],
        }
        kubeconfig = folder / f"furnishing-{cluster['name']}"
        kubeconfig.write_text(yaml.safe_dump(document))
        self.api = KubernetesApi.from_kubeconfig(kubeconfig)

    def edit(self, path: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Change one object, again on its newest version as often as a controller was faster."""
        while True:
            current = self.api.call("GET", path)
            change(current)
            try:
                self.api.call("PUT", path, body=current)
            except CallError as error:
                if error.status != HTTPStatus.CONFLICT:
                    raise
            else:
                return

    def cordon(self, node: str, unschedulable: bool = True) -> None:
        """Let nothing new come to a node, or again."""
        self.edit(f"/api/v1/nodes/{node}", lambda found: found["spec"].update(unschedulable=unschedulable))

    def add_load_balancer(self) -> str:
        """Create a service of the type LoadBalancer; returns the name of its forwarding rule."""
        self.api.call("POST", f"{_NAMESPACE}/services", body=SERVICE)
        service = self._wait(f"{_NAMESPACE}/services/web", lambda item: item["status"].get("loadBalancer"))
        # https://github.com/kubernetes/cloud-provider/blob/master/cloud.go (DefaultLoadBalancerName)
        return f"a{service['metadata']['uid'].replace('-', '')}"[:32]

    def add_claim(self) -> None:
        """Create a claim that waits for a pod, and so for its volume."""
        spec = {"storageClassName": "standard-rwo", **_SIZE}
        body = {"metadata": {"name": "spare"}, "spec": spec}
        self.api.call("POST", f"{_NAMESPACE}/persistentvolumeclaims", body=body)

    def add_stateful_set(self) -> None:
        """Create a stateful set that makes a claim for its pod."""
        self.api.call("POST", "/apis/apps/v1/namespaces/default/statefulsets", body=DATABASE)

    def add_database(self) -> str:
        """Create a stateful set with a volume; returns the name of the volume, which is that of its disk."""
        self.add_stateful_set()
        path = f"{_NAMESPACE}/persistentvolumeclaims"
        self._wait(path, lambda claims: any(item["status"].get("phase") == "Bound" for item in claims["items"]))
        [claim] = self.api.items(path)
        return str(claim["spec"]["volumeName"])

    def add_ingress(self) -> None:
        """Create an ingress."""
        self.api.call("POST", "/apis/networking.k8s.io/v1/namespaces/default/ingresses", body=INGRESS)

    def add_gateway(self) -> None:
        """Define gateways, and create one."""
        definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        self.api.call("POST", definitions, body=GATEWAY_DEFINITION)
        self.api.call("POST", f"/apis/{_GATEWAYS}/v1/namespaces/default/gateways", body=GATEWAY)

    def add_pod(self, pool: str, name: str = "job", **metadata: Any) -> str:
        """Create a pod on a node of a pool, which nothing makes again; returns the name of the node."""
        nodes = self.api.items("/api/v1/nodes")
        node = next(item for item in nodes if item["metadata"]["labels"]["cloud.google.com/gke-nodepool"] == pool)
        spec = {"nodeName": node["metadata"]["name"], "containers": [{"name": "c", "image": "i"}]}
        self.api.call("POST", f"{_NAMESPACE}/pods", body={"metadata": {"name": name, **metadata}, "spec": spec})
        return str(node["metadata"]["name"])

    def add_event(self, pod: str, time_stamp: str, message: str) -> None:
        """Say something of a pod, as a controller of the cluster does."""
        body = {
            "metadata": {"name": f"{pod}.{time_stamp[:4]}"},
            "involvedObject": {"kind": "Pod", "namespace": "default", "name": pod},
            "lastTimestamp": time_stamp,
            "reason": "Said",
            "message": message,
        }
        self.api.call("POST", f"{_NAMESPACE}/events", body=body)

    def _wait(self, path: str, holds: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        end = time.monotonic() + _DEADLINE_SECONDS
        while not holds(found := self.api.call("GET", path)):
            assert time.monotonic() < end, found
            time.sleep(_POLL_SECONDS)
        return found
