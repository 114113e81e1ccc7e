"""kubectl on a cluster, as DSS runs it: the program on the host's PATH with the kubeconfig that start() returned."""

import json
import shlex
import shutil
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.dss.clusters.cluster import Cluster
from sandbox.dss.components.commands import Outcome, run_command
from sandbox.dss.errors import bad_request, failed


class Kubectl:
    """Runs kubectl for clusters.

    Args:
        environment: gives the variables of the backend's own processes.
    """

    def __init__(self, environment: Callable[[], Mapping[str, str]]) -> None:
        self._environment = environment

    async def run(self, cluster: Cluster, args: str) -> dict[str, Any]:
        """Run `kubectl ARGS`; the answer has `rv`, `out` and `err`.

        Raises:
            DssError: the cluster has no kubeconfig, or kubectl is not on the host.
        """
        try:
            words = shlex.split(args)
        except ValueError as error:
            raise bad_request(f"The kubectl arguments cannot be read: {error}") from error
        outcome = await self._run(cluster, words)
        return {"rv": outcome.status, "out": outcome.output, "err": outcome.errors}

    async def delete(
        self,
        cluster: Cluster,
        kind: str,
        chosen: Callable[[dict[str, Any]], bool],
        *,
        namespace: str | None,
        labels: str | None,
        dry_run: bool,
    ) -> dict[str, Any]:
        """Delete the objects of a kind (`jobs` or `pods`) that a condition chooses.

        Raises:
            DssError: the cluster has no kubeconfig, or kubectl is not on the host.
        """
        where = ["--namespace", namespace] if namespace else []
        which = ["--selector", labels] if labels else []
        listed = await self._run(cluster, ["get", kind, "--output", "json", *where, *which])
        if listed.status:
            return _deleted(kind, [], listed)
        names = [item["metadata"]["name"] for item in json.loads(listed.output)["items"] if chosen(item)]
        if not names:
            return _deleted(kind, [], Outcome(0, "", ""))
        rehearsal = ["--dry-run=client"] if dry_run else []
        outcome = await self._run(cluster, ["delete", kind, *names, *where, *rehearsal])
        return _deleted(kind, [] if outcome.status else names, outcome)

    async def _run(self, cluster: Cluster, words: list[str]) -> Outcome:
        kubeconfig, context = cluster.kubeconfig
        if cluster.architecture != "KUBERNETES":
            raise bad_request(f"Cluster {cluster.name} is not a Kubernetes cluster")
        if not kubeconfig:
            raise bad_request(f"Cluster {cluster.name} has no kubeconfig; it was never started")
        environment = self._environment()
        program = shutil.which("kubectl", path=environment.get("PATH"))
        if program is None:
            raise failed("kubectl is not on the PATH of the DSS host")
        selected = ["--context", context] if context else []
        return await run_command([program, "--kubeconfig", kubeconfig, *selected, *words], environment)


def _deleted(kind: str, names: list[str], outcome: Outcome) -> dict[str, Any]:
    return {
        "success": outcome.status == 0,
        "deletedJobs" if kind == "jobs" else "deletedPods": names,
        "debug": {"rv": outcome.status, "out": outcome.output, "err": outcome.errors},
    }
