"""The service controllers: endpoints of the pods behind a service, and addresses of load balancers."""

import ipaddress
import itertools
from collections.abc import Iterable

from sandbox.kubernetes.client import EventType, Object, Resource
from sandbox.kubernetes.cloud import Cloud, LoadBalancer
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.events import record
from sandbox.kubernetes.controllers.kinds import ENDPOINTS, PODS, SERVICES
from sandbox.kubernetes.controllers.owners import is_active, is_going, is_ready
from sandbox.kubernetes.controllers.state import ClusterState, Key, key_of
from sandbox.kubernetes.labels import labels_match

# GKE takes about 40 s for a load balancer; the sandbox's default speed is 100.
_LOAD_BALANCER_SECONDS = 0.4
_CLEANUP = "service.kubernetes.io/load-balancer-cleanup"
_NAME = "service-controller"
_NAME_LENGTH = 32
# Addresses that documentation may use, so that nothing on the internet is meant: https://www.rfc-editor.org/rfc/rfc5737
_PUBLIC = ipaddress.ip_network("203.0.113.0/24")
_INTERNAL = ipaddress.ip_network("10.128.15.0/24")
_INTERNAL_ANNOTATIONS = ("networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type")


def services_of(state: ClusterState, pod: Object) -> list[Key]:
    """Return the keys of the services that select a pod."""
    namespace, labels = pod["metadata"]["namespace"], pod["metadata"].get("labels") or {}
    return [
        key_of(service)
        for service in state.all(SERVICES, namespace)
        if labels_match({"matchLabels": service["spec"].get("selector") or {"": ""}}, labels)
    ]


def pods_behind(state: ClusterState, service: Object) -> list[Object]:
    """Return the pods with an address that a service selects."""
    selector = {"matchLabels": service["spec"]["selector"]}
    return [
        pod
        for pod in state.all(PODS, service["metadata"]["namespace"])
        if labels_match(selector, pod["metadata"].get("labels") or {})
        and is_active(pod)
        and pod.get("status", {}).get("podIP")
    ]


def ports_of(service: Object, pod: Object) -> list[Object]:
    """Return a service's ports as a pod serves them: named target ports are looked up in its containers."""
    ports = []
    for port in service["spec"].get("ports") or ():
        target = port.get("targetPort", port["port"])
        number = target if isinstance(target, int) else _named_port(pod, target)
        if number is not None:
            named = {"name": port["name"]} if port.get("name") else {}
            ports.append({**named, "port": number, "protocol": port.get("protocol", "TCP")})
    return ports


class ServiceEndpoints(Controller):
    """Keeps the Endpoints of services that select pods."""

    watches = (SERVICES, PODS, ENDPOINTS)

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return the service itself, or those that may select the pod."""
        if resource is PODS:
            return services_of(self.state, item)
        return [key_of(item)] if resource is SERVICES or event == "DELETED" else []

    async def reconcile(self, key: Key) -> None:
        """Make the endpoints those of the pods, or delete them with the service."""
        service = self.state.get(SERVICES, key)
        known = self.state.get(ENDPOINTS, key)
        if service is None:
            if known is not None and key != ("default", "kubernetes"):
                await self.state.delete(ENDPOINTS, known)
            return
        if not service["spec"].get("selector") or is_going(service):
            return
        subsets = _subsets(service, pods_behind(self.state, service))
        if known is None:
            metadata = {"name": key[1], "namespace": key[0], "labels": service["metadata"].get("labels") or {}}
            await self.state.create(ENDPOINTS, {"metadata": metadata, "subsets": subsets}, key[0])
        elif (known.get("subsets") or []) != subsets:
            await self.state.patch(ENDPOINTS, key, {"subsets": subsets or None})


class LoadBalancers(Controller):
    """Gives services of type LoadBalancer an address after a while, and takes as long to let them go.

    Args:
        state: the cluster.
        cloud: makes the load balancers.
    """

    watches = (SERVICES,)

    def __init__(self, state: ClusterState, cloud: Cloud) -> None:
        super().__init__(state)
        self._cloud = cloud
        self._asked: set[str] = set()
        self._going: set[str] = set()
        self._numbers = itertools.count(2)

    async def reconcile(self, key: Key) -> None:
        """Take the service one step further."""
        service = self.state.get(SERVICES, key)
        if service is None:
            return
        uid = service["metadata"]["uid"]
        finalizers = service["metadata"].get("finalizers") or []
        balanced = service["spec"].get("type") == "LoadBalancer"
        if is_going(service) or not balanced:
            if _CLEANUP in finalizers and uid not in self._going:
                self._going.add(uid)
                await record(self.state, service, "DeletingLoadBalancer", "Deleting load balancer", component=_NAME)
                self.enqueue_later(key, _LOAD_BALANCER_SECONDS)
            elif _CLEANUP in finalizers and key not in self._timers:
                self._cloud.delete_load_balancer(_balancer_name(service))
                await self.state.set_finalizers(SERVICES, service, [one for one in finalizers if one != _CLEANUP])
                if not is_going(service):
                    await self.state.patch(SERVICES, key, {"status": {"loadBalancer": None}}, "status")
                self._going.discard(uid)
            self._asked.discard(uid)
        elif _CLEANUP not in finalizers:
            await self.state.set_finalizers(SERVICES, service, [*finalizers, _CLEANUP])
            await record(self.state, service, "EnsuringLoadBalancer", "Ensuring load balancer", component=_NAME)
        elif uid not in self._asked:
            self._asked.add(uid)
            self.enqueue_later(key, _LOAD_BALANCER_SECONDS)
        elif not (service.get("status", {}).get("loadBalancer") or {}).get("ingress") and key not in self._timers:
            address = self._address(service)
            self._cloud.make_load_balancer(_balancer(service, address))
            status = {"loadBalancer": {"ingress": [{"ip": address}]}}
            await self.state.patch(SERVICES, key, {"status": status}, "status")
            await record(self.state, service, "EnsuredLoadBalancer", "Ensured load balancer", component=_NAME)

    def _address(self, service: Object) -> str:
        wanted = service["spec"].get("loadBalancerIP")
        if wanted:
            return str(wanted)
        network = _INTERNAL if _is_internal(service) else _PUBLIC
        return str(network[next(self._numbers) % (network.num_addresses - 2) + 1])


def _is_internal(service: Object) -> bool:
    annotations = service["metadata"].get("annotations") or {}
    return any(annotations.get(name) == "Internal" for name in _INTERNAL_ANNOTATIONS)


def _balancer_name(service: Object) -> str:
    """Return the name of a service's load balancer.

    https://github.com/kubernetes/cloud-provider/blob/master/cloud.go (DefaultLoadBalancerName)
    """
    return f"a{service['metadata']['uid'].replace('-', '')}"[:_NAME_LENGTH]


def _balancer(service: Object, address: str) -> LoadBalancer:
    return LoadBalancer(
        name=_balancer_name(service),
        service="/".join(key_of(service)),
        address=address,
        ports=tuple((port.get("protocol", "TCP"), int(port["port"])) for port in service["spec"].get("ports") or ()),
        internal=_is_internal(service),
    )


def _subsets(service: Object, pods: list[Object]) -> list[Object]:
    """Return one subset for all pods: those that are ready, and those that are not."""
    addresses: list[Object] = []
    waiting: list[Object] = []
    for pod in pods:
        metadata = pod["metadata"]
        address = {
            "ip": pod["status"]["podIP"],
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": {
                "kind": "Pod",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        }
        (addresses if is_ready(pod) or service["spec"].get("publishNotReadyAddresses") else waiting).append(address)
    if not addresses and not waiting:
        return []
    subset: Object = {}
    if addresses:
        subset["addresses"] = addresses
    if waiting:
        subset["notReadyAddresses"] = waiting
    if ports := ports_of(service, pods[0]):
        subset["ports"] = ports
    return [subset]


def _named_port(pod: Object, name: str) -> int | None:
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or ():
            if port.get("name") == name:
                return int(port["containerPort"])
    return None
