"""The job controller: starts a job's pods and counts them. Simulated containers do not end by themselves."""

from collections.abc import Iterable

from sandbox.kubernetes.client import EventType, Object, Resource
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.events import record, timestamp
from sandbox.kubernetes.controllers.kinds import JOBS, PODS
from sandbox.kubernetes.controllers.owners import (
    controlled_by,
    controller_of,
    is_active,
    is_going,
    is_ready,
    pod_from,
    status_change,
)
from sandbox.kubernetes.controllers.state import Key, key_of

_NAME = "job-controller"


class Jobs(Controller):
    """Creates the pods of jobs; a job is complete when enough of them succeeded."""

    watches = (JOBS, PODS)

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return the job itself, or the one that controls the pod."""
        if resource is JOBS:
            return [] if event == "DELETED" else [key_of(item)]
        owner = controller_of(item)
        ours = owner is not None and owner["kind"] == JOBS.kind
        return [(item["metadata"]["namespace"], owner["name"])] if ours and owner else []

    async def reconcile(self, key: Key) -> None:
        """Start the pods that are missing, then report."""
        job = self.state.get(JOBS, key)
        if (
            job is None
            or is_going(job)
            or job["spec"].get("suspend")
            or (job.get("status") or {}).get("completionTime")
        ):
            return
        pods = controlled_by(self.state.all(PODS, key[0]), job)
        succeeded = sum(pod.get("status", {}).get("phase") == "Succeeded" for pod in pods)
        wanted = job["spec"].get("completions", 1)
        active = [pod for pod in pods if is_active(pod)]
        missing = min(job["spec"].get("parallelism", 1), wanted - succeeded) - len(active)
        for _ in range(missing):
            labels = {
                "batch.kubernetes.io/job-name": key[1],
                "batch.kubernetes.io/controller-uid": job["metadata"]["uid"],
                "job-name": key[1],
                "controller-uid": job["metadata"]["uid"],
            }
            pod = pod_from(job["spec"]["template"], JOBS, job, generateName=f"{key[1]}-", labels=labels)
            created = await self.state.create(PODS, pod, key[0])
            active.append(created)
            message = f"Created pod: {created['metadata']['name']}"
            await record(self.state, job, "SuccessfulCreate", message, component=_NAME)
        status: Object = {
            "active": len(active),
            "ready": sum(map(is_ready, active)),
            "succeeded": succeeded,
            "startTime": (job.get("status") or {}).get("startTime") or timestamp(),
        }
        if succeeded >= wanted:
            now = timestamp()
            status |= {
                "completionTime": now,
                "conditions": [
                    {"type": "Complete", "status": "True", "lastProbeTime": now, "lastTransitionTime": now},
                ],
            }
        change = status_change(job, status)
        if change:
            await self.state.patch(JOBS, key, change, "status")
