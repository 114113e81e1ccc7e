"""The build configurations of DSS 15, which say what images are built and where they are pushed. Pure.

https://doc.dataiku.com/dss/latest/containers/image-builders.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from gke_clusters.dss.documents import named_item
from gke_clusters.errors import DssRefused

Document = dict[str, Any]

ImageType: TypeAlias = Literal["EXEC", "SPARK"]


@dataclass(frozen=True)
class ImagePushWish:
    """What a configuration needs to be pushed.

    Attributes:
        user: name of the configuration.
        image_type: type of its base image.
        repository_url: where to, without a scheme.
        pre_push_script: absolute path of a script that runs before each push; None for none.
    """

    user: str
    image_type: ImageType
    repository_url: str
    pre_push_script: str | None = None


def has_build_configurations(document: Mapping[str, Any]) -> bool:
    """Whether the general settings have the shape of DSS 15."""
    return "buildConfigs" in document.get("containerSettings", {})


def spark_build_name(name: str) -> str:
    """The build configuration that is made for the Spark configuration of that name, whose images are others."""
    return f"{name}-spark"


def pre_push(script: str | None, found: Mapping[str, Any]) -> Document:
    """Return the fields by which a script runs before each push, beside those that are found there."""
    if script is None:
        # A script stays: Push base images has put one there, or an administrator.
        return {} if found.get("prePushMode") == "CUSTOM" else {"prePushMode": "NONE"}
    return {"prePushMode": "CUSTOM", "prePushScript": script}


def put_build_configuration(document: Document, wish: ImagePushWish, named: str | None) -> str:
    """Find or make the build configuration that pushes there.

    Args:
        document: the general settings.
        wish: what is needed.
        named: the build configuration that is used now; None for none.

    Returns:
        Its name.

    Raises:
        DssRefused: the one of that name serves others with another registry, or builds other images.
    """
    items: list[Document] = document["containerSettings"]["buildConfigs"]
    for item in items:
        pushes_there = wish.repository_url in _push_urls(item) and not wish.pre_push_script
        if item.get("name") == named and pushes_there and _builds(item, wish.image_type):
            return str(named)
    name = wish.user if wish.image_type == "EXEC" else spark_build_name(wish.user)
    item = named_item(items, name)
    _require_free(document, item, wish)
    item.setdefault("baseImageType", wish.image_type)
    item.setdefault("imageBuilderType", "DOCKER")
    item.setdefault("properties", [])
    item.setdefault("isFinal", False)
    push = _push(item.setdefault("dockerBuilderConfig", {"dockerTLSVerify": False}), wish.repository_url)
    if wish.pre_push_script:
        push |= pre_push(wish.pre_push_script, push)
    return name


def _require_free(document: Mapping[str, Any], item: Mapping[str, Any], wish: ImagePushWish) -> None:
    reason = None
    # One of containers and one of Spark may have the same name.
    others = [each for each in _users_of(document, str(item["name"])) if each != (wish.image_type, wish.user)]
    names = ", ".join(name for _kind, name in others)
    unfit = next((kind for kind, _name in others if kind != wish.image_type), None)
    if not _builds(item, wish.image_type):
        reason = f"builds {item.get('baseImageType') or 'EXEC'} images with {item.get('imageBuilderType') or 'DOCKER'}"
    elif unfit and not item.get("baseImageType"):
        reason = f"says no type of images, and {names} needs {unfit} images of it"
    elif others and wish.repository_url not in _push_urls(item):
        reason = f"pushes to {', '.join(_push_urls(item)) or 'no registry'}, which {names} needs"
    if reason:
        raise DssRefused(
            f"The build configuration {item['name']} {reason}; nothing was changed.",
            resource="general settings",
            remedy="Choose another name for the configuration.",
        )


def _builds(item: Mapping[str, Any], image_type: ImageType) -> bool:
    """Whether a build configuration makes images of a type, and with the Docker of this host; it may say neither."""
    return item.get("baseImageType") in (None, image_type) and item.get("imageBuilderType") in (None, "DOCKER")


def _push(docker: Document, url: str) -> Document:
    """The push to a registry: one that is there; else the only one, turned to it; else another beside them."""
    pushes: list[Document] = docker.setdefault("pushConfigs", [])
    for push in pushes:
        if push.get("repositoryURL") == url:
            return push
    if len(pushes) == 1:
        pushes.clear()
    pushes.append({"repositoryURL": url})
    return pushes[-1]


def _push_urls(build: Mapping[str, Any]) -> list[str]:
    pushes = build.get("dockerBuilderConfig", {}).get("pushConfigs", [])
    return [str(push.get("repositoryURL")) for push in pushes if push.get("repositoryURL")]


def _users_of(document: Mapping[str, Any], build_name: str) -> list[tuple[ImageType, str]]:
    """The configurations that use a build configuration: the type of images that each needs, and its name."""
    places: dict[str, ImageType] = {"containerSettings": "EXEC", "sparkSettings": "SPARK"}
    return [
        (image_type, str(user.get("name")))
        for place, image_type in places.items()
        for user in document.get(place, {}).get("executionConfigs", [])
        if user.get("imageBuildConfig") == build_name
    ]
