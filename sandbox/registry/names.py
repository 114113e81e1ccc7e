"""What requests and token scopes are about: an image of a repository of a project, and an action."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.registry.errors import missing_image_name

PERMISSIONS = {
    "pull": "artifactregistry.repositories.downloadArtifacts",
    "push": "artifactregistry.repositories.uploadArtifacts",
    "delete": "artifactregistry.repositories.deleteArtifacts",
}
"""The permission that each action asks for: https://cloud.google.com/artifact-registry/docs/access-control"""

_PARTS_OF_A_NAME = 3
_PATH = re.compile(r"/v2/(?P<name>.+)/(?P<kind>blobs|manifests|tags|referrers)/(?P<rest>.*)")
_ACTIONS = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}


@dataclass(frozen=True)
class ImageName:
    """The name of an image, `PROJECT/REPOSITORY/IMAGE`; the image may have slashes of its own."""

    project: str
    repository: str
    image: str

    @classmethod
    def parse(cls, text: str) -> "ImageName":
        """Read a name.

        Raises:
            RegistryError: 400, it has fewer than three parts.
        """
        parts = text.split("/", _PARTS_OF_A_NAME - 1)
        if len(parts) < _PARTS_OF_A_NAME or not all(parts):
            raise missing_image_name()
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.project}/{self.repository}/{self.image}"


@dataclass(frozen=True)
class Target:
    """What a request is about.

    Attributes:
        name: the image.
        action: `pull`, `push` or `delete`.
        kind: `blobs`, `manifests`, `tags` or `referrers`.
        reference: what follows in the path: a digest, a tag, an upload.
    """

    name: ImageName
    action: str
    kind: str
    reference: str

    @classmethod
    def of(cls, method: str, path: str) -> "Target | None":
        """Return what a request is about; None when it is about no image.

        Raises:
            RegistryError: 400, the name has fewer than three parts.
        """
        match = _PATH.fullmatch(path)
        if match is None:
            return None
        rest = match["rest"]
        # Giving up an upload is part of pushing.
        pushing = method not in _ACTIONS or rest.startswith("uploads/")
        return cls(ImageName.parse(match["name"]), "push" if pushing else _ACTIONS[method], match["kind"], rest)


def read_scopes(scopes: Iterable[str]) -> list[tuple[ImageName, list[str]]]:
    """Read the scopes of a token request, each `repository:NAME:ACTION,ACTION`; other kinds of resources are left out.

    Raises:
        RegistryError: 400, a name has fewer than three parts.
    """
    wanted = []
    for scope in " ".join(scopes).split():
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        if kind == "repository":
            asked = actions.split(",")
            known = [action for action in PERMISSIONS if action in asked or "*" in asked]
            wanted.append((ImageName.parse(name), known))
    return wanted
