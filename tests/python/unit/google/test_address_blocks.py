from __future__ import annotations

import pytest

from gke_clusters.google.address_blocks import addresses_per_node, nodes_in


# The table of https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr
@pytest.mark.parametrize(
    ("max_pods", "block"),
    [(8, 16), (9, 32), (16, 32), (17, 64), (32, 64), (33, 128), (64, 128), (110, 256), (256, 512)],
)
def test_a_node_takes_twice_its_pods_rounded_up(max_pods: int, block: int) -> None:
    assert addresses_per_node(max_pods) == block


@pytest.mark.parametrize(("prefix", "nodes"), [(14, 1024), (20, 16), (24, 1), (25, 0)])
def test_a_range_has_room_for_as_many_nodes_as_blocks(prefix: int, nodes: int) -> None:
    assert nodes_in(prefix) == nodes


def test_fewer_pods_make_room_for_more_nodes() -> None:
    assert nodes_in(20, max_pods=32) == 64
