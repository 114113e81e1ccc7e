"""How many nodes a range of addresses has room for. Pure.

https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr
"""

from __future__ import annotations

from typing import Final

DEFAULT_MAX_PODS: Final = 110
"""How many pods a node may run unless the cluster says otherwise."""

_ADDRESS_BITS: Final = 32


def addresses_per_node(max_pods: int = DEFAULT_MAX_PODS) -> int:
    """Return the size of the block that a node takes out of the range of the pods: twice its pods, rounded up to 2^n.

    Args:
        max_pods: How many pods a node may run, at least 1.
    """
    return 1 << (2 * max_pods - 1).bit_length()


def nodes_in(prefix_length: int, max_pods: int = DEFAULT_MAX_PODS) -> int:
    """Return how many nodes get their block of pod addresses out of an IPv4 range such as ``/14``."""
    return (1 << (_ADDRESS_BITS - prefix_length)) // addresses_per_node(max_pods)
