"""The content of an image: one small layer and a config, the same bytes for the same name and time.

Media types: https://distribution.github.io/distribution/spec/manifest-v2-2/
"""

import gzip
import io
import json
import tarfile
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sandbox.digests import digest_of

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG_TYPE = "application/vnd.docker.container.image.v1+json"
_LAYER_TYPE = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@dataclass(frozen=True)
class Content:
    """The blobs of an image.

    Attributes:
        config: JSON; its digest is the image's id.
        layer: a compressed tar.
    """

    config: bytes
    layer: bytes

    @property
    def image_id(self) -> str:
        """What Docker calls the image locally."""
        return digest_of(self.config)

    def manifest(self) -> bytes:
        """Return the manifest that names the blobs."""
        described = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": {"mediaType": _CONFIG_TYPE, "size": len(self.config), "digest": digest_of(self.config)},
            "layers": [{"mediaType": _LAYER_TYPE, "size": len(self.layer), "digest": digest_of(self.layer)}],
        }
        return json.dumps(described, indent=3).encode()


def content_of(name: str, built_at: int) -> Content:
    """Return the content of the image that was built under a name at a time (seconds since the epoch)."""
    archive = _archive(f"Base image {name}\n".encode(), built_at)
    created = datetime.fromtimestamp(built_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    config: dict[str, Any] = {
        "architecture": "amd64",
        "os": "linux",
        "created": created,
        "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "WorkingDir": "/opt/dataiku"},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(archive)]},
        "history": [{"created": created, "created_by": "dssadmin build-base-image"}],
    }
    return Content(json.dumps(config).encode(), gzip.compress(archive, mtime=built_at))


def _archive(text: bytes, built_at: int) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        entry = tarfile.TarInfo("opt/dataiku/image.txt")
        entry.size, entry.mtime = len(text), built_at
        archive.addfile(entry, io.BytesIO(text))
    return content.getvalue()
