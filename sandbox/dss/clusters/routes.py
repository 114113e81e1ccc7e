"""The public API of clusters."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.dss.clusters.actions import ClusterActions
from sandbox.dss.clusters.cluster import Cluster
from sandbox.dss.clusters.kubectl import Kubectl
from sandbox.dss.clusters.registry import Clusters
from sandbox.dss.errors import DssError, not_found
from sandbox.dss.messages import failure, success
from sandbox.dss.routing import flag, json_body, routes


class ClusterRoutes:
    """Handlers over the clusters and their actions.

    Args:
        clusters: the clusters.
        actions: start and stop.
        kubectl: what runs kubectl.
    """

    def __init__(self, clusters: Clusters, actions: ClusterActions, kubectl: Kubectl) -> None:
        self._clusters = clusters
        self._actions = actions
        self._kubectl = kubectl

    def routes(self) -> list[Route]:
        """Return the routes of the public API."""
        one = "/admin/clusters/{cluster_id}"
        return routes(
            [
                ("GET", "/admin/clusters/", self._list),
                ("POST", "/admin/clusters/", self._create),
                ("GET", one, self._show),
                ("PUT", one, self._save),
                ("DELETE", one, self._delete),
                ("GET", f"{one}/status", self._status),
                ("POST", f"{one}/actions/start", self._start),
                ("POST", f"{one}/actions/stop", self._stop),
                ("GET", f"{one}/logs", self._list_logs),
                ("GET", f"{one}/logs/{{name}}", self._show_log),
                ("POST", f"{one}/k8s/actions/run-kubectl", self._run_kubectl),
                ("POST", f"{one}/k8s/jobs/actions/delete-finished", self._delete_finished_jobs),
                ("POST", f"{one}/k8s/pods/actions/delete-finished", self._delete_finished_pods),
                ("POST", f"{one}/k8s/pods/actions/delete-all", self._delete_all_pods),
                ("GET", "/admin/logs/", self._list_all_logs),
                ("GET", "/admin/logs/{name}", self._show_any_log),
            ]
        )

    def _cluster(self, request: Request) -> Cluster:
        return self._clusters.get(request.path_params["cluster_id"])

    async def _list(self, _request: Request) -> Response:
        return JSONResponse([cluster.as_list_item() for cluster in self._clusters.all()])

    async def _create(self, request: Request) -> Response:
        try:
            cluster = self._clusters.create(await json_body(request))
        except DssError as error:
            return JSONResponse({"messages": failure("Failed to create the cluster", error.message)})
        return JSONResponse({"messages": success(), **self._clusters.shown(cluster)})

    async def _show(self, request: Request) -> Response:
        return JSONResponse(self._clusters.shown(self._cluster(request)))

    async def _save(self, request: Request) -> Response:
        cluster = self._cluster(request)
        self._clusters.save(cluster, await json_body(request))
        return JSONResponse(self._clusters.shown(cluster))

    async def _delete(self, request: Request) -> Response:
        self._clusters.delete(self._cluster(request))
        return Response(status_code=200)

    async def _status(self, request: Request) -> Response:
        cluster = self._cluster(request)
        return JSONResponse({"state": cluster.state, "clusterType": cluster.type, "usages": []})

    async def _start(self, request: Request) -> Response:
        return JSONResponse(await self._actions.start(self._cluster(request)))

    async def _stop(self, request: Request) -> Response:
        answer = await self._actions.stop(
            self._cluster(request),
            terminate=flag(request, "terminate", default=True),
            force=flag(request, "forceStop"),
        )
        return JSONResponse(answer)

    async def _list_logs(self, request: Request) -> Response:
        log = self._clusters.place(self._cluster(request)).log
        if not log.exists():
            return JSONResponse([])
        described = log.stat()
        return JSONResponse(
            [{"name": log.name, "totalSize": described.st_size, "lastModified": int(described.st_mtime * 1000)}]
        )

    async def _show_log(self, request: Request) -> Response:
        return PlainTextResponse(self._log(self._cluster(request), request.path_params["name"]))

    def _log(self, cluster: Cluster, name: str) -> str:
        log = self._clusters.place(cluster).log
        if name != log.name or not log.exists():
            raise not_found(f"Log {name} of cluster {cluster.name}")
        return log.read_text(encoding="utf-8", errors="replace")

    async def _list_all_logs(self, _request: Request) -> Response:
        return JSONResponse(
            [f"cluster-{it.cluster_id}.log" for it in self._clusters.all() if self._clusters.place(it).log.exists()]
        )

    async def _show_any_log(self, request: Request) -> Response:
        name = request.path_params["name"]
        for cluster in self._clusters.all():
            if name == f"cluster-{cluster.cluster_id}.log":
                return JSONResponse(self._log(cluster, "cluster.log"))
        raise not_found(f"Log {name}")

    async def _run_kubectl(self, request: Request) -> Response:
        args = str((await json_body(request)).get("args", ""))
        return JSONResponse(await self._kubectl.run(self._cluster(request), args))

    async def _delete_finished_jobs(self, request: Request) -> Response:
        endings = {"Complete", "Failed"} if flag(request, "deleteFailed") else {"Complete"}

        def finished(job: dict[str, Any]) -> bool:
            conditions = job.get("status", {}).get("conditions", [])
            return any(it.get("type") in endings and it.get("status") == "True" for it in conditions)

        return await self._delete_objects(request, "jobs", finished)

    async def _delete_finished_pods(self, request: Request) -> Response:
        return await self._delete_objects(
            request, "pods", lambda pod: pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
        )

    async def _delete_all_pods(self, request: Request) -> Response:
        return await self._delete_objects(request, "pods", lambda _pod: True)

    async def _delete_objects(self, request: Request, kind: str, chosen: Callable[[dict[str, Any]], bool]) -> Response:
        answer = await self._kubectl.delete(
            self._cluster(request),
            kind,
            chosen,
            namespace=request.query_params.get("namespace"),
            labels=request.query_params.get("labelFilter"),
            dry_run=flag(request, "dryRun"),
        )
        return JSONResponse(answer)
