"""The namespace controllers: what every namespace starts with, and how one ends with all that it holds."""

from collections.abc import Iterable

from sandbox.kubernetes.client import ApiError, EventType, Object, Resource
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.kinds import (
    CONFIG_MAPS,
    CUSTOM_RESOURCE_DEFINITIONS,
    NAMESPACE_CONTENTS,
    NAMESPACES,
    PODS,
    SERVICE_ACCOUNTS,
)
from sandbox.kubernetes.controllers.state import ClusterState, Key

_CA_CONFIG_MAP = "kube-root-ca.crt"
_LOOK_AGAIN_SECONDS = 0.5


class NamespaceContents(Controller):
    """Keeps the default service account and the CA's config map in every namespace.

    Args:
        state: the cluster.
        ca_certificate: the cluster's CA, PEM.
    """

    watches = (NAMESPACES, SERVICE_ACCOUNTS, CONFIG_MAPS)

    def __init__(self, state: ClusterState, ca_certificate: bytes) -> None:
        super().__init__(state)
        self._ca_certificate = ca_certificate.decode("ascii")

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return the namespace that is new, or that lost what it must have."""
        metadata = item["metadata"]
        if resource is NAMESPACES:
            return [] if event == "DELETED" else [("", metadata["name"])]
        lost = event == "DELETED" and metadata["name"] in ("default", _CA_CONFIG_MAP)
        return [("", metadata["namespace"])] if lost else []

    async def reconcile(self, key: Key) -> None:
        """Create what is missing."""
        namespace = self.state.get(NAMESPACES, key)
        if namespace is None or "deletionTimestamp" in namespace["metadata"]:
            return
        name = key[1]
        await self.state.ensure(SERVICE_ACCOUNTS, {"metadata": {"name": "default", "namespace": name}}, name)
        config_map = {
            "metadata": {
                "name": _CA_CONFIG_MAP,
                "namespace": name,
                "annotations": {
                    "kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver "
                    "when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other "
                    "usage is guaranteed across distributions of Kubernetes clusters."
                },
            },
            "data": {"ca.crt": self._ca_certificate},
        }
        await self.state.ensure(CONFIG_MAPS, config_map, name)


class NamespaceEnd(Controller):
    """Deletes what a terminating namespace holds, then lets it go."""

    watches = (NAMESPACES, PODS)

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return the namespace that is to end, or that lost one of the pods it may wait for."""
        if resource is NAMESPACES:
            ends = event != "DELETED" and "deletionTimestamp" in item["metadata"]
            return [("", item["metadata"]["name"])] if ends else []
        return [("", item["metadata"]["namespace"])] if event == "DELETED" else []

    async def reconcile(self, key: Key) -> None:
        """Delete everything; take the finalizer away once nothing is left."""
        namespace = self.state.get(NAMESPACES, key)
        if namespace is None or "deletionTimestamp" not in namespace["metadata"]:
            return
        name = key[1]
        left = 0
        for resource in [*NAMESPACE_CONTENTS, *await self._custom()]:
            left += await self._empty(resource, name)
        if left:
            self.enqueue_later(key, _LOOK_AGAIN_SECONDS)
            return
        body = {**namespace, "spec": {**namespace.get("spec", {}), "finalizers": []}}
        body["metadata"] = {key: value for key, value in body["metadata"].items() if key != "resourceVersion"}
        try:
            await self.state.client.replace(NAMESPACES, name, body, subresource="finalize")
        except ApiError as error:
            if error.code != 404:
                raise

    async def _empty(self, resource: Resource, namespace: str) -> int:
        """Delete every object of a kind; return how many are still there."""
        try:
            found = (await self.state.client.list(resource, namespace)).items
            for item in found:
                if "deletionTimestamp" not in item["metadata"]:
                    await self.state.delete(resource, item)
            return len((await self.state.client.list(resource, namespace)).items) if found else 0
        except ApiError as error:
            # The server of a client may be older than a kind, or a custom kind just gone.
            if error.code in (404, 405):
                return 0
            raise

    async def _custom(self) -> list[Resource]:
        definitions = await self.state.client.list(CUSTOM_RESOURCE_DEFINITIONS)
        return [
            Resource(spec["group"], version["name"], spec["names"]["plural"], spec["names"]["kind"])
            for spec in (item["spec"] for item in definitions.items)
            for version in spec["versions"]
            if spec["scope"] == "Namespaced" and version.get("storage")
        ]
