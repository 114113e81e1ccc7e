"""The endpoint slice controller: what newer clients read instead of Endpoints.

https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
"""

from collections.abc import Iterable

from sandbox.kubernetes.client import ApiError, EventType, Object, Resource
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.kinds import ENDPOINT_SLICES, NODES, PODS, SERVICES
from sandbox.kubernetes.controllers.owners import is_going, is_ready, owner_reference, template_hash
from sandbox.kubernetes.controllers.services import pods_behind, ports_of, services_of
from sandbox.kubernetes.controllers.state import ClusterState, Key, key_of

_MANAGER = "endpointslice-controller.k8s.io"


class EndpointSlices(Controller):
    """Keeps one slice for each service that selects pods; a server without the kind gets none."""

    watches = (SERVICES, PODS)

    def __init__(self, state: ClusterState) -> None:
        super().__init__(state)
        self._served = True
        # Slices are not in a cache, since an older server does not serve them: what was written last, by service.
        self._written: dict[Key, Object] = {}

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return the service itself, or those that select the pod."""
        del event
        if not self._served:
            return []
        return [key_of(item)] if resource is SERVICES else services_of(self.state, item)

    async def reconcile(self, key: Key) -> None:
        """Make the slice that of the pods, or delete it with its service."""
        service = self.state.get(SERVICES, key)
        known = self._written.get(key)
        if service is None:
            if known is not None:
                await self._delete(key, known)
            return
        if not service["spec"].get("selector") or is_going(service):
            return
        wanted = self._slice(service)
        if wanted == known:
            return
        try:
            await self.state.client.create(ENDPOINT_SLICES, wanted, key[0])
        except ApiError as error:
            if error.reason == "AlreadyExists":
                change = {"endpoints": wanted["endpoints"], "ports": wanted["ports"]}
                await self.state.client.patch(ENDPOINT_SLICES, wanted["metadata"]["name"], change, key[0])
            elif error.code == 404:
                # Either the namespace has just gone, or this server knows no slices.
                self._served = await self._is_served()
            else:
                raise
        self._written[key] = wanted

    async def _is_served(self) -> bool:
        try:
            await self.state.client.list(ENDPOINT_SLICES)
        except ApiError:
            return False
        return True

    async def _delete(self, key: Key, known: Object) -> None:
        del self._written[key]
        try:
            await self.state.client.delete(ENDPOINT_SLICES, known["metadata"]["name"], key[0])
        except ApiError as error:
            if error.code != 404:
                raise

    def _slice(self, service: Object) -> Object:
        namespace, name = key_of(service)
        pods = pods_behind(self.state, service)
        return {
            "apiVersion": ENDPOINT_SLICES.api_version,
            "kind": ENDPOINT_SLICES.kind,
            "metadata": {
                "name": f"{name}-{template_hash({'uid': service['metadata']['uid']})[:5]}",
                "namespace": namespace,
                "labels": {
                    "kubernetes.io/service-name": name,
                    "endpointslice.kubernetes.io/managed-by": _MANAGER,
                },
                "ownerReferences": [owner_reference(SERVICES, service)],
            },
            "addressType": "IPv4",
            "endpoints": [self._endpoint(service, pod) for pod in pods],
            "ports": ports_of(service, pods[0]) if pods else [],
        }

    def _endpoint(self, service: Object, pod: Object) -> Object:
        metadata = pod["metadata"]
        ready = is_ready(pod) or bool(service["spec"].get("publishNotReadyAddresses"))
        endpoint: Object = {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": ready, "serving": is_ready(pod), "terminating": False},
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": {
                "kind": "Pod",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        }
        node = self.state.get(NODES, ("", pod["spec"]["nodeName"]))
        zone = (node or {"metadata": {}})["metadata"].get("labels", {}).get("topology.kubernetes.io/zone")
        return {**endpoint, "zone": zone} if zone else endpoint
