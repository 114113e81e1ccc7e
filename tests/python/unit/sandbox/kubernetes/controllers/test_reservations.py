"""The examples are those of https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes."""

import pytest

from sandbox.kubernetes.controllers.reservations import (
    reserved_memory_bytes,
    reserved_millicores,
    reserved_storage_bytes,
)

GIB = 1024**3
MIB = 1024**2


@pytest.mark.parametrize(("cpus", "left"), [(1, 940), (2, 1930), (4, 3920), (8, 7910), (16, 15890), (96, 95690)])
def test_keeps_a_falling_share_of_each_core(cpus: int, left: int) -> None:
    assert cpus * 1000 - reserved_millicores(cpus, 110, "n2-standard-4") == left


def test_leaves_a_shared_core_machine_940_millicores() -> None:
    assert 2000 - reserved_millicores(2, 110, "e2-medium") == 940


def test_keeps_400_millicores_more_above_110_pods() -> None:
    assert reserved_millicores(4, 256, "n2-standard-4") - reserved_millicores(4, 110, "n2-standard-4") == 400


@pytest.mark.parametrize(
    ("memory", "reserved"),
    [
        (GIB // 2, 255 * MIB),
        (4 * GIB, GIB),
        (8 * GIB, GIB + int(0.8 * GIB)),
        (16 * GIB, int(2.6 * GIB)),
        (128 * GIB, int(9.32 * GIB)),
        (256 * GIB, int(11.88 * GIB)),
    ],
)
def test_keeps_a_falling_share_of_memory_and_the_eviction_threshold(memory: int, reserved: int) -> None:
    assert reserved_memory_bytes(memory) == pytest.approx(reserved + 100 * MIB, abs=MIB)


@pytest.mark.parametrize(
    ("disk", "left"), [(10, 4), (100, 49), (500, 350)], ids=["half", "six and 35 percent", "at most 100"]
)
def test_keeps_a_tenth_of_the_disk_and_a_system_share(disk: int, left: int) -> None:
    assert disk - reserved_storage_bytes(disk * GIB) / GIB == pytest.approx(left, abs=0.01)
