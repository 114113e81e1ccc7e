"""What of a machine GKE keeps for itself, and what is left for pods.

The rules: https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes#resource_reservations
"""

_MIB = 1024**2
_GIB = 1024**3
_EVICTION_MEMORY_BYTES = 100 * _MIB
# (size of the step in bytes, share of it that is reserved); what is beyond the last step is reserved at 2 %.
_MEMORY_STEPS = ((4 * _GIB, 0.25), (4 * _GIB, 0.20), (8 * _GIB, 0.10), (112 * _GIB, 0.06))
_MEMORY_BEYOND = 0.02
_SMALL_MACHINE_BYTES = 255 * _MIB
# (cores in the step, share of them that is reserved)
_CPU_STEPS = ((1, 0.06), (1, 0.01), (2, 0.005))
_CPU_BEYOND = 0.0025
_SHARED_CORE_MILLICORES = 1060
_SHARED_CORE_TYPES = frozenset({"e2-micro", "e2-small", "e2-medium"})
_MANY_PODS = 110
_MANY_PODS_MILLICORES = 400


def reserved_memory_bytes(memory_bytes: int) -> int:
    """Return the memory that pods cannot have, eviction threshold included."""
    if memory_bytes < _GIB:
        return _SMALL_MACHINE_BYTES + _EVICTION_MEMORY_BYTES
    return int(_stepped(memory_bytes, _MEMORY_STEPS, _MEMORY_BEYOND)) + _EVICTION_MEMORY_BYTES


def reserved_millicores(cpus: int, max_pods: int, machine_type: str) -> int:
    """Return the thousandths of a core that pods cannot have."""
    extra = _MANY_PODS_MILLICORES if max_pods > _MANY_PODS else 0
    if machine_type in _SHARED_CORE_TYPES:
        return _SHARED_CORE_MILLICORES + extra
    return round(1000 * _stepped(cpus, _CPU_STEPS, _CPU_BEYOND)) + extra


def reserved_storage_bytes(boot_disk_bytes: int) -> int:
    """Return the boot disk's space that pods cannot have, eviction threshold included."""
    eviction = boot_disk_bytes * 0.10
    system = min(boot_disk_bytes * 0.50, 6 * _GIB + boot_disk_bytes * 0.35, 100 * _GIB)
    return int(eviction + system)


def _stepped(amount: float, steps: tuple[tuple[float, float], ...], beyond: float) -> float:
    reserved = 0.0
    for size, share in steps:
        reserved += min(amount, size) * share
        amount -= min(amount, size)
    return reserved + amount * beyond
