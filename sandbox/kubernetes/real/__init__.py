"""Control planes made of a real kube-apiserver and etcd, for holding the embedded server against."""

from sandbox.kubernetes.real.control_planes import RealControlPlane, RealControlPlanes

__all__ = ["RealControlPlane", "RealControlPlanes"]
