"""The images of a repository: docker images, and the same as packages, versions and tags.

https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories.dockerImages
"""

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
            Route(f"{repository}/dockerImages", self._list_images),
            Route(f"{repository}/dockerImages/{{image:path}}", self._get_image),
            Route(f"{repository}/packages", self._list_packages),
            Route(f"{package}/versions", self._list_versions),
            Route(f"{package}/versions/{{digest}}", self._get_version),
            Route(f"{package}/tags", self._list_tags),
            Route(f"{package}/tags/{{tag}}", self._get_tag),
            Route(package, self._get_package),
        ]

    async def _list_images(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "dockerimages.list")
        images = [self._docker_image(repository, image) for image in self._images(repository)]
        return JSONResponse(paged("dockerImages", images, request.query_params))

    async def _get_image(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "dockerimages.get")
        package, _, reference = request.path_params["image"].partition("@")
        if not reference:
            package, _, reference = package.rpartition(":")
        for image in self._of_package(repository, package):
            if reference == image.digest or reference in image.tags:
                return JSONResponse(self._docker_image(repository, image))
        raise not_found()

    async def _list_packages(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "packages.list")
        names = sorted({image.name.image for image in self._images(repository)})
        packages = [_package(repository, self._of_package(repository, name)) for name in names]
        return JSONResponse(paged("packages", packages, request.query_params))

    async def _get_package(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "packages.get")
        return JSONResponse(_package(repository, self._of_package(repository, request.path_params["package"])))

    async def _list_versions(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "versions.list")
        images = self._of_package(repository, request.path_params["package"])
        versions = [_version(repository, image) for image in images]
        return JSONResponse(paged("versions", versions, request.query_params))

    async def _get_version(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "versions.get")
        for image in self._of_package(repository, request.path_params["package"]):
            if image.digest == request.path_params["digest"]:
                return JSONResponse(_version(repository, image))
        raise not_found()

    async def _list_tags(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "tags.list")
        images = self._of_package(repository, request.path_params["package"])
        tags = [tag for image in images for tag in _tags(repository, image)]
        return JSONResponse(paged("tags", tags, request.query_params))

    async def _get_tag(self, request: Request) -> JSONResponse:
        repository = self._access.repository(request, "tags.get")
        for image in self._of_package(repository, request.path_params["package"]):
            for tag in _tags(repository, image):
                if tag["name"].endswith(f"/tags/{request.path_params['tag']}"):
                    return JSONResponse(tag)
        raise not_found()

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
