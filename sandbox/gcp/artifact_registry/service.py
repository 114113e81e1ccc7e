"""Artifact Registry's API: repositories, their IAM policies, operations and locations.

https://cloud.google.com/artifact-registry/docs/reference/rest
"""

import re
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.clock import Clock
from sandbox.gcp.access import Gate, json_body
from sandbox.gcp.artifact_registry.access import MULTI_REGIONS, Access
from sandbox.gcp.artifact_registry.errors import error_response, not_found
from sandbox.gcp.artifact_registry.images import ImageMethods
from sandbox.gcp.artifact_registry.operations import Operations
from sandbox.gcp.artifact_registry.paging import paged
from sandbox.gcp.artifact_registry.repositories import KEPT, Repositories, Repository
from sandbox.gcp.errors import GoogleError, invalid_argument
from sandbox.gcp.locations import REGIONS
from sandbox.registry.registry import Registry

# https://cloud.google.com/artifact-registry/docs/repositories/create-repos: lower case, digits and hyphens, ≤ 63
_ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_TYPE = "type.googleapis.com/google.devtools.artifactregistry.v1.Repository"
_EMPTY = "type.googleapis.com/google.protobuf.Empty"


class ArtifactRegistry:
    """Serves the API.

    Attributes:
        app: the ASGI application.

    Args:
        gate: its door.
        clock: how long operations take.
        repositories: those that exist.
        registry: where images are pushed to.
    """

    def __init__(self, gate: Gate, clock: Clock, repositories: Repositories, registry: Registry) -> None:
        self._gate = gate
        self._repositories = repositories
        self._registry = registry
        self._access = Access(gate, repositories)
        self._operations = Operations(clock)
        locations = "/{version}/projects/{project}/locations"
        repositories_path = f"{locations}/{{location}}/repositories"
        one = f"{repositories_path}/{{repository}}"
        self.app = Starlette(
            routes=[
                Route(locations, self._list_locations),
                Route(f"{locations}/{{location}}", self._get_location),
                Route(f"{locations}/{{location}}/operations/{{operation}}", self._get_operation),
                Route(repositories_path, self._list, methods=["GET"]),
                Route(repositories_path, self._create, methods=["POST"]),
                Route(f"{one}:getIamPolicy", self._get_policy, methods=["GET"]),
                Route(f"{one}:setIamPolicy", self._set_policy, methods=["POST"]),
                Route(f"{one}:testIamPermissions", self._test, methods=["POST"]),
                *ImageMethods(self._access, registry).routes(one),
                Route(one, self._get, methods=["GET"]),
                Route(one, self._update, methods=["PATCH"]),
                Route(one, self._delete, methods=["DELETE"]),
                Route("/{path:path}", self._elsewhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
            ],
            exception_handlers={GoogleError: error_response},
        )

    async def stop(self) -> None:
        """Let no operation go on."""
        await self._operations.stop()

    async def _list_locations(self, request: Request) -> JSONResponse:
        project = self._gate.project(request.path_params["project"])
        self._gate.require(request, "artifactregistry.locations.list", f"projects/{project.id}")
        known = [_location(project.id, location) for location in sorted([*REGIONS, *MULTI_REGIONS])]
        return JSONResponse(paged("locations", known, request.query_params))

    async def _get_location(self, request: Request) -> JSONResponse:
        return JSONResponse(_location(*self._access.place(request, "artifactregistry.locations.get")))

    async def _get_operation(self, request: Request) -> JSONResponse:
        self._gate.caller(request)
        path = request.path_params
        place = f"projects/{path['project']}/locations/{path['location']}"
        return JSONResponse(self._operations.get(f"{place}/operations/{path['operation']}"))

    async def _list(self, request: Request) -> JSONResponse:
        project, location = self._access.place(request, "artifactregistry.repositories.list")
        found = [self._described(repository) for repository in self._repositories.in_location(project, location)]
        return JSONResponse(paged("repositories", found, request.query_params))

    async def _create(self, request: Request) -> JSONResponse:
        project, location = self._access.place(request, "artifactregistry.repositories.create")
        query, body = request.query_params, await json_body(request)
        identifier = query.get("repositoryId") or query.get("repository_id") or ""
        if not _ID.fullmatch(identifier):
            raise invalid_argument(f"invalid repository ID: {identifier!r}")
        if body.get("format") not in ("DOCKER", 1):
            raise invalid_argument("The sandbox has repositories of the format DOCKER only.")
        fields = {name: body[name] for name in KEPT if name in body} | {"format": "DOCKER"}
        # MODE_UNSPECIFIED means the default.
        if fields.get("mode") != "STANDARD_REPOSITORY":
            fields.pop("mode", None)
        repository = Repository(project, location, identifier, fields)
        self._repositories.reserve(repository)

        async def finish() -> dict[str, Any]:
            self._repositories.add(repository)
            return {"@type": _TYPE, **repository.document()}

        return JSONResponse(self._operations.start(f"projects/{project}/locations/{location}", finish))

    async def _get(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "repositories.get")
        return JSONResponse(self._described(repository))

    async def _update(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "repositories.update")
        body = await json_body(request)
        named = request.query_params.get("updateMask", "").split(",")
        wanted = [name for name in KEPT if (name in named or "*" in named) and name not in ("format", "mode")]
        repository.fields |= {name: body[name] for name in wanted if name in body}
        repository.updated = Clock.timestamp()
        return JSONResponse(repository.document())

    async def _delete(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "repositories.delete")

        async def finish() -> dict[str, Any]:
            self._repositories.remove(repository)
            await self._registry.forget(repository.project, repository.id)
            return {"@type": _EMPTY}

        place = f"projects/{repository.project}/locations/{repository.location}"
        return JSONResponse(self._operations.start(place, finish))

    async def _get_policy(self, request: Request) -> JSONResponse:
        return JSONResponse(self._access.repository(request, "repositories.getIamPolicy").policy.document())

    async def _set_policy(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "repositories.setIamPolicy")
        wanted = (await json_body(request)).get("policy")
        if not isinstance(wanted, dict):
            raise invalid_argument("Request contains an invalid argument.")
        repository.policy.replace(wanted)
        return JSONResponse(repository.policy.document())

    async def _test(self, request: Request) -> JSONResponse:
        caller = self._gate.caller(request)
        path = request.path_params
        repository = self._repositories.get(path["project"], path["location"], path["repository"])
        asked = (await json_body(request)).get("permissions", [])
        granted = self._access.granted(caller, asked, repository)
        return JSONResponse({"permissions": granted} if granted else {})

    def _described(self, repository: Repository) -> dict[str, Any]:
        images = self._registry.images.of(repository.project, repository.id)
        return repository.described(self._registry.host, sum(image.size_bytes for image in images))

    async def _elsewhere(self, request: Request) -> JSONResponse:
        self._gate.caller(request)
        raise not_found()


def _location(project: str, location: str) -> dict[str, Any]:
    return {"name": f"projects/{project}/locations/{location}", "locationId": location}
