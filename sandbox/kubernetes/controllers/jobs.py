"""The job controller: starts a job's pods and counts them. Simulated containers do not end by themselves."""

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.events import record, timestamp
from sandbox.kubernetes.controllers.kinds import JOBS, PODS
from sandbox.kubernetes.controllers.owners import (
    controlled_by,
    is_active,
    is_going,
    is_ready,
    pod_from,
    status_change,
)
from sandbox.kubernetes.controllers.state import Key
from sandbox.kubernetes.controllers.workloads import WorkloadController

_NAME = "job-controller"


class Jobs(WorkloadController):
    """Creates the pods of jobs; a job is complete when enough of them succeeded."""

    resource = JOBS
    watches = (JOBS, PODS)

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
