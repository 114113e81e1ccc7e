"""The digests by which registries address content: https://github.com/opencontainers/image-spec/blob/main/descriptor.md."""

import hashlib


def digest_of(content: bytes) -> str:
    """Return the SHA-256 digest of content, `sha256:` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
