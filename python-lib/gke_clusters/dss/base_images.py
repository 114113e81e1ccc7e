"""Which configurations of DSS push images to a repository, which images, and the script that runs before. Pure.

DSS 14 and older say it in each configuration; DSS 15 in build configurations:
https://doc.dataiku.com/dss/latest/containers/setup-k8s.html and
https://doc.dataiku.com/dss/latest/containers/custom-base-images.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Document = dict[str, Any]

BUILD_TYPES: Final = {"EXEC": "container-exec", "SPARK": "spark", "CDE": "cde"}
"""What ``dssadmin build-base-image --type`` calls each type of base image."""


@dataclass(frozen=True)
class ImagePush:
    """What one configuration pushes.

    Attributes:
        configuration: kind and name of the configuration, in words.
        image_type: ``EXEC``, ``SPARK`` or ``CDE``.
        repository_url: where to, without a scheme.
        base_image: name and tag of the image; ``None`` for DSS's own.
        pre_push_mode: what DSS does before, such as ``NONE`` or ``CUSTOM``; ``None`` where it does not say.
        pre_push_script: the script of ``CUSTOM``; ``None`` for none.
    """

    configuration: str
    image_type: str
    repository_url: str
    base_image: str | None = None
    pre_push_mode: str | None = None
    pre_push_script: str | None = None

    def image(self, install_id: str, version: str) -> str:
        """Return name and tag of the image on the DSS host.

        Args:
            install_id: of the installation of DSS.
            version: of DSS, such as ``14.2.0``.
        """
        if self.base_image:
            return self.base_image
        kind = self.image_type.lower() if self.image_type in BUILD_TYPES else "exec"
        return f"dku-{kind}-base-{install_id.lower()}:dss-{version}"

    def target(self, install_id: str, version: str) -> str:
        """Return the full name of the image in the registry."""
        return f"{self.repository_url.rstrip('/')}/{self.image(install_id, version)}"


def pushes_to(document: Mapping[str, Any], urls: Collection[str]) -> list[ImagePush]:
    """Return what DSS pushes to a repository, or below it.

    Args:
        document: the general settings.
        urls: all addresses of the repository, without a scheme.
    """
    return [push for push, _holder in _pushes(document) if _is_below(push.repository_url, urls)]


def executor_push(document: Mapping[str, Any]) -> ImagePush | None:
    """Return the first push of an image for containerized execution; None if there is none.

    Args:
        document: the general settings.
    """
    return next((push for push, _holder in _pushes(document) if push.image_type == "EXEC"), None)


def set_pre_push_script(document: Document, urls: Collection[str], script: str) -> None:
    """Let DSS run a script before it pushes to a repository, unless it does something else there already.

    Args:
        document: the general settings.
        urls: all addresses of the repository.
        script: absolute path.
    """
    for push, holder in _pushes(document):
        if _is_below(push.repository_url, urls) and is_free_for(push, script):
            holder |= {"prePushMode": "CUSTOM", "prePushScript": script}


def is_free_for(push: ImagePush, script: str) -> bool:
    """Whether a configuration does nothing before it pushes, or runs this script, be it for another repository."""
    if push.pre_push_mode in (None, "", "NONE"):
        return True
    # Each repository has a folder of its own, all beside one another.
    return Path(push.pre_push_script or "").parents[1:2] == Path(script).parents[1:2]


def is_below(url: str, address: str) -> bool:
    """Whether an address of images is that of a repository, or one in it."""
    return f"{url}/".startswith(f"{address}/")


def _is_below(url: str, urls: Collection[str]) -> bool:
    return any(is_below(url, one) for one in urls)


def _pushes(document: Mapping[str, Any]) -> Iterator[tuple[ImagePush, Document]]:
    """Yield each push, and the part of the document that says where to."""
    containers, spark = document.get("containerSettings", {}), document.get("sparkSettings", {})
    for build in containers.get("buildConfigs", []):
        if build.get("imageBuilderType") not in (None, "DOCKER"):
            # Built and pushed in a cluster: nothing of it is the business of Docker on this host.
            continue
        docker = build.get("dockerBuilderConfig") or {}
        # Where DSS 15 keeps the name of a base image is not confirmed.
        base_image = build.get("baseImage") or docker.get("baseImage")
        for push in docker.get("pushConfigs", []):
            words = f"build configuration {build.get('name')}"
            yield from _push(words, _image_type(build, spark), push, base_image)
    for config in containers.get("executionConfigs", []):
        words = f"containerized execution configuration {config.get('name')}"
        yield from _push(words, str(config.get("baseImageType") or "EXEC"), config)
    for config in spark.get("executionConfigs", []):
        kubernetes = config.get("kubernetesSettings") or {}
        if kubernetes.get("managedKubernetes"):
            yield from _push(f"Spark configuration {config.get('name')}", "SPARK", kubernetes)


def _image_type(build: Mapping[str, Any], spark: Mapping[str, Any]) -> str:
    """What a build configuration says that it builds, or else what its users need."""
    users = {config.get("imageBuildConfig") for config in spark.get("executionConfigs", [])}
    return str(build.get("baseImageType") or ("SPARK" if build.get("name") in users else "EXEC"))


def _push(
    words: str, image_type: str, holder: Document, base_image: str | None = None
) -> Iterator[tuple[ImagePush, Document]]:
    url = holder.get("repositoryURL")
    if url:
        push = ImagePush(
            configuration=words,
            image_type=image_type,
            repository_url=str(url),
            base_image=holder.get("baseImage") or base_image,
            pre_push_mode=holder.get("prePushMode"),
            pre_push_script=holder.get("prePushScript"),
        )
        yield push, holder
