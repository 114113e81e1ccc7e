"""What has been pushed: the images that Artifact Registry lists, noted as their manifests go by."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone

from sandbox.registry.names import ImageName


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(timezone.utc)


@dataclass
class Image:
    """One manifest of an image.

    Attributes:
        name: the image.
        digest: of the manifest, `sha256:...`.
        media_type: of the manifest.
        size_bytes: of the config and the layers together, as Artifact Registry counts.
        uploaded_at: when it was first pushed.
        updated_at: when it was pushed or tagged last.
        tags: the tags that name it now.
    """

    name: ImageName
    digest: str
    media_type: str
    size_bytes: int
    uploaded_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    tags: set[str] = field(default_factory=set)


class Images:
    """Every manifest that the registry holds."""

    def __init__(self) -> None:
        self._images: dict[tuple[ImageName, str], Image] = {}

    def __iter__(self) -> Iterator[Image]:
        return iter(list(self._images.values()))

    def of(self, project: str, repository: str) -> list[Image]:
        """Return the images of a repository, by name and digest."""
        found = [image for image in self if (image.name.project, image.name.repository) == (project, repository)]
        return sorted(found, key=lambda image: (image.name.image, image.digest))

    def find(self, name: ImageName, reference: str) -> Image | None:
        """Return the image that a tag or a digest names."""
        for image in self:
            if image.name == name and (reference == image.digest or reference in image.tags):
                return image
        return None

    def pushed(self, name: ImageName, reference: str, media_type: str, manifest: bytes, digest: str) -> None:
        """Note that a manifest was accepted under a tag, or under its digest."""
        image = self._images.get((name, digest))
        if image is None:
            image = Image(name, digest, media_type, _size(manifest))
            self._images[name, digest] = image
        image.updated_at = now()
        if reference != digest:
            for other in self:
                if other.name == name:
                    other.tags.discard(reference)
            image.tags.add(reference)

    def deleted(self, name: ImageName, digest: str) -> None:
        """Note that a manifest is gone."""
        self._images.pop((name, digest), None)


def _size(manifest: bytes) -> int:
    described = json.loads(manifest)
    parts = [described.get("config", {}), *described.get("layers", []), *described.get("manifests", [])]
    return sum(int(part.get("size", 0)) for part in parts)
