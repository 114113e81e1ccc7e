"""An API server per simulated cluster, inside the sandbox's own process."""

from sandbox.kubernetes.embedded.planes import EmbeddedControlPlanes

__all__ = ["EmbeddedControlPlanes"]
