"""The images that Docker holds on this host, by name."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.dss.images.content import Content, content_of
from sandbox.dss.storage import Document


class NoSuchImageError(Exception):
    """Docker holds no image of this name."""


@dataclass(frozen=True)
class LocalImage:
    """One image under one name.

    Attributes:
        name: repository and tag.
        built_as: the name that it was built under.
        built_at: seconds since the epoch.
    """

    name: str
    built_as: str
    built_at: int

    @property
    def content(self) -> Content:
        """Its blobs."""
        return content_of(self.built_as, self.built_at)

    @property
    def repository(self) -> str:
        """The name without the tag."""
        return self.name.rpartition(":")[0]

    @property
    def tag(self) -> str:
        """The tag."""
        return self.name.rpartition(":")[2]


class LocalImages:
    """Every image of the host.

    Args:
        folder: where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._document = Document(folder / "images.json")

    @property
    def known(self) -> bool:
        """Whether anything was ever built or deleted here."""
        return self._document.path.exists()

    def __iter__(self) -> Iterator[LocalImage]:
        return iter([LocalImage(name, *entry) for name, entry in sorted(self._read().items())])

    def get(self, name: str) -> LocalImage:
        """Return an image; a name without a tag means `latest`.

        Raises:
            NoSuchImageError: there is none.
        """
        named = with_tag(name)
        entry = self._read().get(named)
        if entry is None:
            raise NoSuchImageError(name)
        return LocalImage(named, *entry)

    def build(self, name: str) -> LocalImage:
        """Make an image, in place of another of that name."""
        return self._add(LocalImage(with_tag(name), with_tag(name), int(time.time())))

    def tag(self, source: str, name: str) -> LocalImage:
        """Give an image one more name.

        Raises:
            NoSuchImageError: there is no such source.
        """
        image = self.get(source)
        return self._add(LocalImage(with_tag(name), image.built_as, image.built_at))

    def remove(self, name: str) -> None:
        """Forget a name.

        Raises:
            NoSuchImageError: there is none.
        """
        image = self.get(name)
        self._document.write({key: entry for key, entry in self._read().items() if key != image.name})

    def _add(self, image: LocalImage) -> LocalImage:
        self._document.write({**self._read(), image.name: (image.built_as, image.built_at)})
        return image

    def _read(self) -> dict[str, tuple[str, int]]:
        kept: dict[str, tuple[str, int]] = self._document.read() or {}
        return kept


def with_tag(name: str) -> str:
    """Return an image's name with its tag; a port of the host is no tag."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
