"""What the cluster autoscaler does to the node pools of a cluster: instance groups grow and shrink by themselves.

No operation tells of it, and `initialNodeCount` stays what it was.
https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-autoscaler
"""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence

from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.gcp.container import failures
from sandbox.gcp.container.documents import Json, get
from sandbox.gcp.container.fleet import Place, Scaled, Shortage
from sandbox.gcp.container.links import COMPUTE
from sandbox.gcp.container.nodes import base_name, instance_name, instances, node_spec
from sandbox.gcp.container.state import ClusterRecord
from sandbox.kubernetes.node_groups import NodeGroup

# From the wish to a node that is ready: pods of GKE are bound about one and a half minutes after TriggeredScaleUp.
_NODE_SECONDS = 75.0
# How often the autoscaler looks at its instance groups.
_LOOK_SECONDS = 10.0
_WORKING = frozenset({"RUNNING", "RECONCILING"})
_GROWING = _WORKING | {"RUNNING_WITH_ERROR"}
_NO_LIMIT = 10**6


class ScalableGroups:
    """The instance groups of one cluster, as its autoscaler may change them.

    Args:
        record: the cluster.
        clock: how fast simulated time passes.
        faults: what keeps groups from growing.
        refresh: makes the control plane's nodes follow.
    """

    def __init__(
        self,
        record: ClusterRecord,
        clock: Clock,
        faults: FaultPlan,
        refresh: Callable[[ClusterRecord], Awaitable[None]],
    ) -> None:
        self._record = record
        self._clock = clock
        self._faults = faults
        self._refresh = refresh

    def autoscaled(self) -> Sequence[NodeGroup]:
        """Return the groups as they are now; those of Autopilot are not simulated."""
        cluster = self._record.resource
        if cluster["status"] not in _WORKING or get(cluster, "autopilot.enabled"):
            return ()
        return [
            group
            for pool in cluster["nodePools"]
            if pool["status"] in _GROWING and get(pool, "autoscaling.enabled") and not _is_queued(pool)
            for group in self._groups(pool)
        ]

    def grow(self, group: NodeGroup, count: int) -> Awaitable[str]:
        """Give a group instances: it has its new size at once, and the nodes a good minute later."""
        own = self._record.scaled_group((group.pool, group.zone))
        added = own.add(count)
        own.starting += count
        return self._bring_up((group.pool, group.zone), added)

    async def remove(self, nodes: Collection[str]) -> None:
        """Take instances and their nodes away; those that are gone are left out."""
        cluster = self._record.resource
        places = {(pool["name"], zone) for pool, zone, name in instances(cluster, self._record.fleet) if name in nodes}
        for place in places:
            own, base = self._record.scaled_group(place), base_name(cluster, *place)
            own.numbers = tuple(number for number in own.numbers if instance_name(base, number) not in nodes)
        await self._refresh(self._record)

    def _groups(self, pool: Json) -> Iterator[NodeGroup]:
        cluster, project, limits = self._record.resource, self._record.project.id, pool["autoscaling"]
        # Zero and unset are the same.
        most, pool_most = limits.get("maxNodeCount") or _NO_LIMIT, limits.get("totalMaxNodeCount") or _NO_LIMIT
        for zone in pool["locations"]:
            base = base_name(cluster, pool["name"], zone)
            wanted = self._record.fleet.wanted(pool["name"], zone)
            yield NodeGroup(
                link=f"{COMPUTE}/projects/{project}/zones/{zone}/instanceGroups/{base}-grp",
                pool=pool["name"],
                zone=zone,
                instances=tuple(instance_name(base, number) for number in wanted),
                fewest=limits.get("minNodeCount", 0),
                most=min(most, pool_most),
                pool_fewest=limits.get("totalMinNodeCount", 0),
                pool_most=pool_most,
                balanced=limits.get("locationPolicy") != "ANY",
                template=node_spec(cluster, project, pool, zone, name=f"{base}-next", slot=0),
            )

    async def _bring_up(self, place: Place, added: tuple[int, ...]) -> str:
        if kind := self._fault(place):
            failure = self._failure(kind, place, added)
            await self._clock.sleep(failure.told_after_seconds)
            if failure.instance_error is not None:
                self._record.shortages[place] = Shortage(*failure.instance_error)
            await self._clock.sleep(_LOOK_SECONDS)
            if own := self._end(place, added):
                own.numbers = tuple(number for number in own.numbers if number not in added)
            return kind
        await self._clock.sleep(_NODE_SECONDS)
        self._end(place, added)
        self._record.shortages.pop(place, None)
        await self._refresh(self._record)
        return ""

    def _end(self, place: Place, added: tuple[int, ...]) -> Scaled | None:
        """Let instances start no more; return the group if it is still there with them."""
        own = self._record.scaled.get(place)
        if own is not None:
            own.starting = max(0, own.starting - len(added))
        return own

    def _fault(self, place: Place) -> str:
        name = f"{base_name(self._record.resource, *place)}-grp"
        path = f"/compute/v1/projects/{self._record.project.id}/zones/{place[1]}/instanceGroupManagers/{name}"
        return self._faults.take_growth(f"{path}/createInstances")

    def _failure(self, kind: str, place: Place, added: tuple[int, ...]) -> failures.Failure:
        about = failures.Circumstances(
            project=self._record.project.id,
            number=self._record.project.number,
            zone=place[1],
            instance=instance_name(base_name(self._record.resource, *place), added[0]),
            nodes=len(added),
            creates_cluster=False,
            subnetwork=get(self._record.resource, "networkConfig.subnetwork", ""),
        )
        failure = failures.planned({"operation": kind}, about)
        if failure is None:
            raise ValueError(f"no group fails to grow by {kind}")
        return failure


def _is_queued(pool: Json) -> bool:
    """Tell whether a pool's nodes come for provisioning requests only, and not for any pod."""
    return bool(get(pool, "queuedProvisioning.enabled"))
