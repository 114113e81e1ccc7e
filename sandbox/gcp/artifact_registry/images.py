"""The images of a repository: docker images, and the same as packages, versions and tags.

https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories.dockerImages
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox.gcp.artifact_registry.access import Access
from sandbox.gcp.artifact_registry.errors import not_found
from sandbox.gcp.artifact_registry.paging import paged
from sandbox.gcp.artifact_registry.repositories import Repository
from sandbox.registry.images import Image
from sandbox.registry.registry import Registry

Items = Callable[[Repository, Mapping[str, str]], list[dict[str, Any]]]
"""Returns the items of a collection from the repository and the parts of the path."""


class ImageMethods:
    """Lists and shows what the registry holds.

    Args:
        access: who may do what.
        registry: where images are pushed to.
    """

    def __init__(self, access: Access, registry: Registry) -> None:
        self._access = access
        self._registry = registry

    def routes(self, repository: str) -> list[Route]:
        """Return the routes below the path of a repository."""
        package = f"{repository}/packages/{{package:path}}"
        return [
            *self._collection(f"{repository}/dockerImages", "dockerimages", self._docker_images),
            *self._collection(f"{package}/versions", "versions", self._versions),
            *self._collection(f"{package}/tags", "tags", self._tags),
            *self._collection(f"{repository}/packages", "packages", self._packages),
        ]

    def _collection(self, path: str, kind: str, items: Items) -> list[Route]:
        """Return the routes that list a collection and get one of it, by the last part of its name."""
        field = path.rpartition("/")[2]

        async def listing(request: Request) -> JSONResponse:
            repository = self._access.repository(request, f"{kind}.list")
            return JSONResponse(paged(field, items(repository, request.path_params), request.query_params))

        async def getting(request: Request) -> JSONResponse:
            repository = self._access.repository(request, f"{kind}.get")
            wanted = quote(request.path_params["one"], safe="@:")
            for item in items(repository, request.path_params):
                if item["name"].rpartition("/")[2] == wanted:
                    return JSONResponse(item)
            raise not_found()

        return [Route(path, listing), Route(f"{path}/{{one:path}}", getting)]

    def _docker_images(self, repository: Repository, _path: Mapping[str, str]) -> list[dict[str, Any]]:
        return [self._docker_image(repository, image) for image in self._images(repository)]

    def _packages(self, repository: Repository, _path: Mapping[str, str]) -> list[dict[str, Any]]:
        names = sorted({image.name.image for image in self._images(repository)})
        return [_package(repository, self._of_package(repository, name)) for name in names]

    def _versions(self, repository: Repository, path: Mapping[str, str]) -> list[dict[str, Any]]:
        return [_version(repository, image) for image in self._of_package(repository, path["package"])]

    def _tags(self, repository: Repository, path: Mapping[str, str]) -> list[dict[str, Any]]:
        images = self._of_package(repository, path["package"])
        return [tag for image in images for tag in _tags(repository, image)]

    def _images(self, repository: Repository) -> list[Image]:
        return self._registry.images.of(repository.project, repository.id)

    def _of_package(self, repository: Repository, package: str) -> list[Image]:
        images = [image for image in self._images(repository) if image.name.image == package]
        if not images:
            raise not_found()
        return images

    def _docker_image(self, repository: Repository, image: Image) -> dict[str, Any]:
        described = {
            "name": f"{repository.name}/dockerImages/{_quoted(image)}@{image.digest}",
            "uri": f"{self._registry.host}/{image.name}@{image.digest}",
            "imageSizeBytes": str(image.size_bytes),
            "uploadTime": _time(image.uploaded_at),
            "updateTime": _time(image.updated_at),
            "mediaType": image.media_type,
        }
        return described | ({"tags": sorted(image.tags)} if image.tags else {})


def _package(repository: Repository, images: list[Image]) -> dict[str, Any]:
    return {
        "name": f"{repository.name}/packages/{_quoted(images[0])}",
        "createTime": _time(min(image.uploaded_at for image in images)),
        "updateTime": _time(max(image.updated_at for image in images)),
    }


def _version(repository: Repository, image: Image) -> dict[str, Any]:
    described = {
        "name": _version_name(repository, image),
        "createTime": _time(image.uploaded_at),
        "updateTime": _time(image.updated_at),
        "metadata": {
            "imageSizeBytes": str(image.size_bytes),
            "mediaType": image.media_type,
            "name": f"{repository.name}/dockerImages/{_quoted(image)}@{image.digest}",
        },
    }
    return described | ({"relatedTags": _tags(repository, image)} if image.tags else {})


def _tags(repository: Repository, image: Image) -> list[dict[str, Any]]:
    package = f"{repository.name}/packages/{_quoted(image)}"
    version = _version_name(repository, image)
    return [{"name": f"{package}/tags/{tag}", "version": version} for tag in sorted(image.tags)]


def _version_name(repository: Repository, image: Image) -> str:
    return f"{repository.name}/packages/{_quoted(image)}/versions/{image.digest}"


def _quoted(image: Image) -> str:
    """Return the image's name as one part of a resource name."""
    return quote(image.name.image, safe="")


def _time(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
