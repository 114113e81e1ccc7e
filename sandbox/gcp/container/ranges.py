"""Which addresses a cluster's pods, services and nodes get. GKE chooses free ranges; here they follow a counter."""

import ipaddress

_POD_RANGES = ipaddress.ip_network("10.0.0.0/9")
_FIRST_POD_RANGE = 1
_SERVICES = "34.118.224.0/20"
_OWN_SERVICES = ipaddress.ip_network("10.240.0.0/12")
DEFAULT_POD_PREFIX = 14


def pod_block(requested: str, number: int) -> str:
    """Return the pod range of the cluster with that number.

    Args:
        requested: a CIDR block, a prefix length such as `/17`, or empty.
        number: counts the clusters.
    """
    if requested and not requested.startswith("/"):
        return requested
    prefix = int(requested[1:]) if requested else DEFAULT_POD_PREFIX
    slot = (number + _FIRST_POD_RANGE) % 2 ** (DEFAULT_POD_PREFIX - _POD_RANGES.prefixlen)
    start = int(_POD_RANGES.network_address) + slot * 2 ** (32 - DEFAULT_POD_PREFIX)
    return str(ipaddress.ip_network((start, max(prefix, _POD_RANGES.prefixlen)), strict=False))


def services_block(requested: str, number: int) -> str:
    """Return the service range of the cluster with that number; without a request it is the one GKE manages."""
    if not requested:
        return _SERVICES
    if not requested.startswith("/"):
        return requested
    prefix = int(requested[1:])
    size = 2 ** (32 - prefix)
    slots = max(1, _OWN_SERVICES.num_addresses // size)
    start = int(_OWN_SERVICES.network_address) + (number % slots) * size
    return str(ipaddress.ip_network((start, prefix), strict=False))


def pod_cidr(block: str, prefix: int, index: int) -> str:
    """Return the pod range of the node with that index inside the cluster's block."""
    network = ipaddress.ip_network(block, strict=False)
    size = 2 ** (32 - prefix)
    slots = max(1, network.num_addresses // size)
    start = int(network.network_address) + (index % slots) * size
    return str(ipaddress.ip_network((start, prefix), strict=False))


def node_address(index: int) -> str:
    """Return a node's address in the subnetwork."""
    return str(ipaddress.ip_address("10.128.0.10") + index)


def external_address(index: int) -> str:
    """Return a node's public address, from a range kept for documentation."""
    return str(ipaddress.ip_address("203.0.113.1") + index % 254)
