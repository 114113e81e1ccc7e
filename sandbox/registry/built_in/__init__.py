"""A small registry inside the sandbox, for machines without `docker-registry`: one image at a time, kept in memory.

What it answers: https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from sandbox.registry.built_in.application import BuiltInRegistry

__all__ = ["BuiltInRegistry"]
