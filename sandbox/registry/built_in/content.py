"""What the built-in registry holds: blobs and manifests by digest, tags, and uploads under way."""

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.digests import digest_of
from sandbox.registry.errors import RegistryError

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True)
class Manifest:
    """A manifest as it was pushed."""

    media_type: str
    content: bytes


@dataclass
class Repository:
    """The content of one image name."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, Manifest] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)

    def blob(self, digest: str) -> bytes:
        """Return a blob.

        Raises:
            RegistryError: 404, there is none of that digest.
        """
        if digest not in self.blobs:
            raise RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry")
        return self.blobs[digest]

    def keep_blob(self, content: bytes, digest: str) -> None:
        """Keep a blob.

        Raises:
            RegistryError: 400, the digest is of something else.
        """
        if digest_of(content) != digest:
            raise RegistryError(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        self.blobs[digest] = content

    def begin_upload(self) -> str:
        """Begin an upload and return its name."""
        name = secrets.token_hex(16)
        self.uploads[name] = bytearray()
        return name

    def upload(self, name: str) -> bytearray:
        """Return what has been uploaded so far.

        Raises:
            RegistryError: 404, there is no such upload.
        """
        if name not in self.uploads:
            raise RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        return self.uploads[name]

    def digest(self, reference: str) -> str:
        """Return the digest of the manifest that a tag or a digest names.

        Raises:
            RegistryError: 404, there is none.
        """
        digest = reference if _DIGEST.fullmatch(reference) else self.tags.get(reference, "")
        if digest not in self.manifests:
            raise RegistryError(404, "MANIFEST_UNKNOWN", "manifest unknown")
        return digest

    def keep_manifest(self, reference: str, manifest: Manifest) -> str:
        """Keep a manifest under a tag or its digest, and return its digest.

        Raises:
            RegistryError: 400, it is no manifest, names a blob that is not here, or the reference is not its own.
        """
        digest = digest_of(manifest.content)
        by_digest = bool(_DIGEST.fullmatch(reference))
        if by_digest and reference != digest:
            raise RegistryError(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        if not by_digest and not _TAG.fullmatch(reference):
            raise RegistryError(400, "TAG_INVALID", "manifest tag did not match URI")
        for part in _parts(manifest.content):
            if part not in self.blobs and part not in self.manifests:
                raise RegistryError(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry")
        self.manifests[digest] = manifest
        if not by_digest:
            self.tags[reference] = digest
        return digest

    def drop_manifest(self, reference: str) -> None:
        """Delete a manifest and the tags that name it.

        Raises:
            RegistryError: 404, there is none; 405, a tag names it and not its digest.
        """
        if not _DIGEST.fullmatch(reference):
            raise RegistryError(405, "UNSUPPORTED", "The operation is unsupported.")
        digest = self.digest(reference)
        del self.manifests[digest]
        self.tags = {tag: named for tag, named in self.tags.items() if named != digest}


def _parts(content: bytes) -> list[str]:
    """Return the digests that a manifest names.

    Raises:
        RegistryError: 400, it cannot be read.
    """
    try:
        described: dict[str, Any] = json.loads(content)
        single = [described["config"], *described["layers"]] if "config" in described else described["manifests"]
        return [str(part["digest"]) for part in single]
    except (ValueError, KeyError, TypeError):
        raise RegistryError(400, "MANIFEST_INVALID", "manifest invalid") from None
