"""The kubelets of all nodes: pods that are bound start their containers, pods that are deleted go.

A simulated container never ends by itself: a pod reaches Running and stays there until it is deleted. The exception is
the network probe of the plugin, which really runs.
"""

import asyncio
import ipaddress
import logging
from collections.abc import Iterable

from sandbox.kubernetes.client import ApiError, EventType, Object, Resource
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.events import record
from sandbox.kubernetes.controllers.image_pulls import ImagePulls
from sandbox.kubernetes.controllers.kinds import NODES, PODS
from sandbox.kubernetes.controllers.pod_status import creating, ended, running
from sandbox.kubernetes.controllers.probes import is_probe, run_probe
from sandbox.kubernetes.controllers.state import ClusterState, Key, key_of

# How long a simulated container takes to be created once its pod has a node.
_CREATION_SECONDS = 0.1
_NAME = "kubelet"
_log = logging.getLogger(__name__)


class Kubelets(Controller):
    """Plays the kubelet of every node.

    Args:
        state: the cluster.
        pulls: pulls the images.
    """

    watches = (PODS, NODES)

    def __init__(self, state: ClusterState, pulls: ImagePulls) -> None:
        super().__init__(state)
        self._pulls = pulls
        self._last_address: dict[str, int] = {}
        self._probes: set[asyncio.Task[None]] = set()

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return a pod that is on a node, or was on one that is gone."""
        if resource is NODES:
            name = item["metadata"]["name"]
            return [key_of(pod) for pod in self.state.pods_on(name)] if event == "DELETED" else []
        return [key_of(item)] if event != "DELETED" and item["spec"].get("nodeName") else []

    async def run(self) -> None:
        """Work until cancelled, and end what runs then."""
        try:
            await super().run()
        finally:
            for task in self._probes:
                task.cancel()
            await asyncio.gather(*self._probes, return_exceptions=True)

    async def reconcile(self, key: Key) -> None:
        """Take the pod one step further."""
        pod = self.state.get(PODS, key)
        if pod is None or not pod["spec"].get("nodeName"):
            self._pulls.forget(key)
            return
        node = self.state.get(NODES, ("", pod["spec"]["nodeName"]))
        # Pods of a node that is gone are collected, as the pod garbage collector does.
        if node is None or "deletionTimestamp" in pod["metadata"]:
            await self.state.delete(PODS, pod, grace_period_seconds=0)
        elif not pod.get("status", {}).get("containerStatuses"):
            await self.state.patch(PODS, key, {"status": creating(pod, _internal_ip(node))}, "status")
            self.enqueue_later(key, _CREATION_SECONDS)
        elif pod["status"].get("phase") == "Pending" and key not in self._timers:
            seconds = await self._pulls.advance(key, pod)
            if seconds is None:
                await self._run(key, pod, node)
            else:
                self.enqueue_later(key, seconds)

    async def _run(self, key: Key, pod: Object, node: Object) -> None:
        address = _internal_ip(node) if pod["spec"].get("hostNetwork") else self._next_address(node)
        await self.state.patch(PODS, key, {"status": running(pod, _internal_ip(node), address)}, "status")
        for container in pod["spec"]["containers"]:
            name = container["name"]
            for reason, message in (
                ("Created", f"Created container: {name}"),
                ("Started", f"Started container {name}"),
            ):
                await record(self.state, pod, reason, message, component=_NAME)
        if is_probe(pod):
            task = asyncio.create_task(self._probe(key, pod))
            self._probes.add(task)
            task.add_done_callback(self._probes.discard)

    async def _probe(self, key: Key, pod: Object) -> None:
        result = await run_probe(pod)
        now = self.state.get(PODS, key)
        if now is None or now["metadata"]["uid"] != pod["metadata"]["uid"]:
            return
        try:
            await self.state.patch(PODS, key, {"status": ended(now, result.exit_code, result.message)}, "status")
        except ApiError as error:
            # It was deleted in this very moment.
            _log.debug("The end of %s: %s", "/".join(key), error.message)

    def _next_address(self, node: Object) -> str:
        """Return the next free address of the node's pod range; the first two belong to the node."""
        name = node["metadata"]["name"]
        network = ipaddress.ip_network(node["spec"].get("podCIDR") or "10.0.0.0/24")
        taken = {pod.get("status", {}).get("podIP") for pod in self.state.pods_on(name)}
        usable = network.num_addresses - 3
        start = self._last_address.get(name, 0)
        for step in range(1, usable + 1):
            offset = (start + step - 1) % usable
            address = str(network[2 + offset])
            if address not in taken:
                self._last_address[name] = offset + 1
                return address
        return str(network[2])


def _internal_ip(node: Object) -> str:
    addresses = node.get("status", {}).get("addresses") or ()
    return next((str(one["address"]) for one in addresses if one["type"] == "InternalIP"), "")
