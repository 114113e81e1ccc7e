"""The node controller: Node objects follow the instances that GKE has."""

from collections.abc import Sequence

from sandbox.kubernetes.client import ApiError, EventType, Object, Resource
from sandbox.kubernetes.control_plane import NodeSpec
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.events import timestamp
from sandbox.kubernetes.controllers.kinds import LEASES, NODES, PODS
from sandbox.kubernetes.controllers.node_objects import labels, node_object, node_status, taints
from sandbox.kubernetes.controllers.state import ClusterState, Key

_LEASE_NAMESPACE = "kube-node-lease"
_NOT_READY = "node.kubernetes.io/not-ready"


class NodeController(Controller):
    """Registers, changes and removes nodes.

    Args:
        state: the cluster.
        project: the project in the nodes' host names.
    """

    watches = (NODES,)

    def __init__(self, state: ClusterState, project: str) -> None:
        super().__init__(state)
        self._project = project
        self._specs: dict[str, NodeSpec] = {}

    async def set_nodes(self, nodes: Sequence[NodeSpec]) -> None:
        """Make the nodes exactly these; returns when they are registered, or gone with their pods."""
        wanted = {spec.name: spec for spec in nodes}
        before, self._specs = self._specs, wanted
        for name in before.keys() - wanted.keys():
            await self._remove(name)
        for name, spec in wanted.items():
            known = before.get(name)
            if known is None:
                await self._register(spec)
            elif known != spec:
                await self._change(known, spec)

    def keys(self, resource: Resource, event: EventType, item: Object) -> Sequence[Key]:
        """Return the key of a node of ours that somebody deleted, or that is still tainted as new."""
        del resource
        name = item["metadata"]["name"]
        ours = name in self._specs
        return [("", name)] if ours and (event == "DELETED" or is_new(item)) else []

    async def reconcile(self, key: Key) -> None:
        """Register a node again that somebody deleted, as its kubelet does; take the taint of new nodes away."""
        spec = self._specs.get(key[1])
        node = self.state.get(NODES, key)
        if spec is not None and node is None:
            await self._register(spec)
        elif node is not None and is_new(node):
            kept = [taint for taint in node["spec"]["taints"] if taint["key"] != _NOT_READY]
            await self.state.patch(NODES, key, {"spec": {"taints": kept or None}})

    async def _register(self, spec: NodeSpec) -> None:
        await self.state.ensure(NODES, node_object(spec, self._project))
        # A server may leave the status out at creation, and admission taints a node that is not known to be ready.
        node = await self.state.patch(NODES, ("", spec.name), {"status": node_status(spec, self._project)}, "status")
        if is_new(node):
            await self.reconcile(("", spec.name))
        lease = {
            "metadata": {"name": spec.name, "namespace": _LEASE_NAMESPACE},
            "spec": {
                "holderIdentity": spec.name,
                "leaseDurationSeconds": 40,
                "renewTime": timestamp().replace("Z", ".000000Z"),
            },
        }
        await self.state.ensure(LEASES, lease, _LEASE_NAMESPACE)

    async def _change(self, before: NodeSpec, spec: NodeSpec) -> None:
        """Change what GKE changed, and nothing that the cluster's users set."""
        gone: dict[str, str | None] = dict.fromkeys(labels(before).keys() - labels(spec).keys())
        patch: Object = {"metadata": {"labels": {**labels(spec), **gone}}}
        if before.taints != spec.taints:
            patch["spec"] = {"taints": taints(spec) or None}
        await self.state.patch(NODES, ("", spec.name), patch)
        await self.state.patch(NODES, ("", spec.name), {"status": node_status(spec, self._project)}, "status")

    async def _remove(self, name: str) -> None:
        for pod in self.state.pods_on(name):
            await self.state.delete(PODS, pod, grace_period_seconds=0)
        node = self.state.get(NODES, ("", name))
        if node is not None:
            await self.state.delete(NODES, node)
        try:
            await self.state.client.delete(LEASES, name, _LEASE_NAMESPACE)
        except ApiError as error:
            if error.code != 404:
                raise


def is_new(node: Object) -> bool:
    """Tell whether a node is still tainted as one that has just come."""
    return any(taint["key"] == _NOT_READY for taint in node["spec"].get("taints") or ())
