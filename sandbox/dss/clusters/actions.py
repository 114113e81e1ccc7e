"""Starting and stopping clusters: the states they go through, and what is stored of what the component answered."""

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from sandbox.dss.clusters.cluster import Cluster, State
from sandbox.dss.clusters.registry import Clusters
from sandbox.dss.components.process import ComponentError
from sandbox.dss.components.runner import ComponentRunner
from sandbox.dss.futures import Future, Futures, Progress
from sandbox.dss.messages import failure, success
from sandbox.dss.plugins.catalogue import Catalogue
from sandbox.dss.storage import private_folder


class ClusterActions:
    """Start and stop.

    A failed start leaves no data and the state `NONE`; a failed stop leaves the state that was. The data of the last
    successful start stay until the next one.

    Args:
        clusters: the clusters.
        catalogue: the plugins that they are of.
        runner: what runs their components.
        futures: where the actions run.
        global_settings: gives the settings that constructors with six arguments get.
    """

    def __init__(
        self,
        clusters: Clusters,
        catalogue: Catalogue,
        runner: ComponentRunner,
        futures: Futures,
        global_settings: Callable[[], dict[str, Any]],
    ) -> None:
        self._clusters = clusters
        self._catalogue = catalogue
        self._runner = runner
        self._futures = futures
        self._global_settings = global_settings

    async def start(self, cluster: Cluster) -> dict[str, Any]:
        """Start a cluster and return DSS's answer, `messages` telling whether it went well."""
        title = f"Failed to start cluster {cluster.name}"
        if refusal := self._refusal(cluster, ("NONE",)):
            return {"messages": failure(title, refusal)}

        async def work(progress: Progress) -> dict[str, Any]:
            after: State = "NONE"
            try:
                answer = await self._call(cluster, "start", progress)
                cluster.started(answer["settings"], answer["data"])
                after = "RUNNING"
            except ComponentError as error:
                return {"messages": failure(title, str(error))}
            finally:
                self._enter(cluster, after)
            return {"messages": success()}

        return await self._do(cluster, "STARTING", f"Start cluster {cluster.name}", work)

    async def stop(self, cluster: Cluster, *, terminate: bool, force: bool) -> dict[str, Any]:
        """Stop a cluster and return DSS's answer.

        Args:
            cluster: what to stop.
            terminate: delete the DSS cluster when it has stopped.
            force: stop it although it is not running as far as DSS knows.
        """
        title = f"Failed to stop cluster {cluster.name}"
        if refusal := self._refusal(cluster, ("RUNNING", "NONE") if force else ("RUNNING",)):
            return {"messages": failure(title, refusal)}
        before = cluster.state

        async def work(progress: Progress) -> dict[str, Any]:
            after = before
            try:
                await self._call(cluster, "stop", progress)
                after = "NONE"
            except ComponentError as error:
                return {"messages": failure(title, str(error))}
            finally:
                self._enter(cluster, after)
            if terminate:
                self._clusters.delete(cluster)
            return {"messages": success()}

        return await self._do(cluster, "STOPPING", f"Stop cluster {cluster.name}", work)

    async def _do(self, cluster: Cluster, state: State, title: str, work: Any) -> dict[str, Any]:
        self._enter(cluster, state)
        future: Future = self._futures.start(title, work)
        answer: dict[str, Any] = await self._futures.outcome(future)
        return answer

    def _refusal(self, cluster: Cluster, allowed: tuple[State, ...]) -> str | None:
        if cluster.type == "manual":
            return "a manual cluster is neither started nor stopped by DSS"
        if self._catalogue.component(cluster.type) is None:
            return f"cluster type {cluster.type} is not installed"
        if cluster.state not in allowed:
            return f"the cluster is {_STATES[cluster.state]}"
        return None

    def _enter(self, cluster: Cluster, state: State) -> None:
        cluster.state = state
        self._clusters.keep(cluster)

    async def _call(self, cluster: Cluster, action: str, progress: Progress) -> Any:
        component = self._catalogue.component(cluster.type)
        assert component is not None  # noqa: S101 - refused before
        place = self._clusters.place(cluster)
        private_folder(place.log.parent)
        with place.log.open("a", encoding="utf-8") as log:
            log.write(f"[{datetime.now(timezone.utc).isoformat(timespec='milliseconds')}] {action} {cluster.name}\n")
        return await self._runner.call(
            component,
            "cluster",
            cluster.config,
            place,
            progress,
            action=action,
            cluster_id=cluster.cluster_id,
            cluster_name=cluster.name,
            global_settings=self._global_settings(),
            data=cluster.fields.get("data") if action != "start" else None,
        )


_STATES = {"NONE": "not running", "STARTING": "starting", "RUNNING": "running", "STOPPING": "stopping"}
