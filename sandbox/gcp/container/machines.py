"""Machine types: vCPUs, memory, GPUs and disk types of the families, by the rule of their names.

Sources: https://cloud.google.com/compute/docs/general-purpose-machines, .../memory-optimized-machines,
.../gpus and https://cloud.google.com/compute/docs/disks/hyperdisks#machine-type-support
"""

import re
from dataclasses import dataclass

GIB = 1024**3

_SHARED_CORE = {
    "e2-micro": (2, 1.0),
    "e2-small": (2, 2.0),
    "e2-medium": (2, 4.0),
    "f1-micro": (1, 0.6),
    "g1-small": (1, 1.7),
}
# GiB for each vCPU: of a class, then what differs in a family.
_MEMORY_RATIOS = {"standard": 4.0, "highmem": 8.0, "highcpu": 1.0, "highlssd": 8.0, "hypermem": 15.0}
_FAMILY_RATIOS = {
    ("n1", "standard"): 3.75,
    ("n1", "highmem"): 6.5,
    ("n1", "highcpu"): 0.9,
    ("c3", "highcpu"): 2.0,
    ("c3d", "highcpu"): 2.0,
    ("c4", "highcpu"): 2.0,
    ("c4", "standard"): 3.75,
    ("c4", "highmem"): 7.75,
    ("c4a", "highcpu"): 2.0,
    ("c4d", "highcpu"): 1.875,
    ("c4d", "standard"): 3.875,
    ("c4d", "highmem"): 7.875,
    ("n4", "highcpu"): 2.0,
    ("n4a", "highcpu"): 2.0,
    ("n4d", "highcpu"): 2.0,
    ("m1", "ultramem"): 24.025,
    ("m1", "megamem"): 14.93,
    ("m3", "ultramem"): 30.5,
    ("m3", "megamem"): 15.25,
    ("z3", "highmem"): 8.0,
    ("z3", "standard"): 8.0,
    ("h3", "standard"): 4.0,
}
_FAMILIES = frozenset(
    {"e2", "n1", "n2", "n2d", "n4", "n4a", "n4d"}
    | {"c2", "c2d", "c3", "c3d", "c4", "c4a", "c4d", "t2a", "t2d", "h3", "h4d"}
    | {"m1", "m2", "m3", "m4", "x4", "z3", "a2", "a3", "a4", "g2", "g4"}
)
# Accelerator-optimised machines bring their GPUs: type, and vCPUs and GiB for each one.
_GPU_MACHINES = {
    "a2-highgpu": ("nvidia-tesla-a100", 12, 85.0),
    "a2-megagpu": ("nvidia-tesla-a100", 6, 85.0),
    "a2-ultragpu": ("nvidia-a100-80gb", 12, 170.0),
    "a3-edgegpu": ("nvidia-h100-80gb", 26, 234.0),
    "a3-highgpu": ("nvidia-h100-80gb", 26, 234.0),
    "a3-megagpu": ("nvidia-h100-mega-80gb", 26, 234.0),
    "a3-ultragpu": ("nvidia-h200-141gb", 28, 369.0),
    "a4-highgpu": ("nvidia-b200", 28, 498.0),
    "a4x-highgpu": ("nvidia-gb200", 35, 221.0),
}
_G2_GPUS = {4: 1, 8: 1, 12: 1, 16: 1, 24: 2, 32: 1, 48: 4, 96: 8}
_G4_CPUS_PER_GPU = 48
# Not published for each type: enough that a pod which asks for the chips fits.
_TPU_CPUS_PER_CHIP, _TPU_GIB_PER_CHIP = 28, 90
_HYPERDISK_ONLY = frozenset({"n4", "n4a", "n4d", "c4", "c4a", "c4d", "x4", "m4", "a4", "h4d", "g4"})

_PREDEFINED = re.compile(r"(?P<family>[a-z]+\d[a-z]*)-(?P<class>[a-z]+)-(?P<cpus>\d+)(?:-[a-z]+)?")
_CUSTOM = re.compile(r"(?:(?P<family>[a-z]+\d[a-z]*)-)?custom-(?P<cpus>\d+)-(?P<mib>\d+)(?:-ext)?")
_GPU_MACHINE = re.compile(r"(?P<kind>a\dx?-[a-z]+gpu)-(?P<gpus>\d+)g(?:-nolssd)?")
_TPU_MACHINE = re.compile(r"(?P<family>ct\d[a-z]*|tpu\d[a-z]*)-[a-z]+-(?P<chips>\d+)t")


@dataclass(frozen=True)
class Machine:
    """What a machine type is.

    Attributes:
        family: such as `n2`.
        cpus: vCPUs.
        memory_bytes: memory.
        gpus: GPUs that the type itself brings.
        gpu_type: their type, or empty.
    """

    family: str
    cpus: int
    memory_bytes: int
    gpus: int = 0
    gpu_type: str = ""

    @property
    def default_disk_type(self) -> str:
        """The disk type of a boot disk that asks for none."""
        return "hyperdisk-balanced" if self.family in _HYPERDISK_ONLY else "pd-balanced"

    @property
    def architecture(self) -> str:
        """`arm64` or `amd64`, as Kubernetes names it."""
        return "arm64" if self.family in ("t2a", "c4a", "n4a") else "amd64"


def find(machine_type: str) -> Machine | None:
    """Return what a machine type is, or None when there is no such type."""
    for rule in (_shared_core, _gpu_machine, _custom, _predefined, _tpu_machine):
        if machine := rule(machine_type):
            return machine
    return None


def _shared_core(machine_type: str) -> Machine | None:
    if machine_type not in _SHARED_CORE:
        return None
    cpus, gib = _SHARED_CORE[machine_type]
    return Machine(machine_type.partition("-")[0], cpus, int(gib * GIB))


def _gpu_machine(machine_type: str) -> Machine | None:
    match = _GPU_MACHINE.fullmatch(machine_type)
    if match is None or match["kind"] not in _GPU_MACHINES:
        return None
    gpu_type, cpus_each, gib_each = _GPU_MACHINES[match["kind"]]
    gpus = int(match["gpus"])
    family = match["kind"].partition("-")[0]
    return Machine(family, gpus * cpus_each, int(gpus * gib_each * GIB), gpus, gpu_type)


def _custom(machine_type: str) -> Machine | None:
    match = _CUSTOM.fullmatch(machine_type)
    if match is None or (match["family"] or "n1") not in _FAMILIES:
        return None
    return Machine(match["family"] or "n1", int(match["cpus"]), int(match["mib"]) * 1024**2)


def _predefined(machine_type: str) -> Machine | None:
    match = _PREDEFINED.fullmatch(machine_type)
    if match is None or match["family"] not in _FAMILIES:
        return None
    family, cpus = match["family"], int(match["cpus"])
    ratio = _FAMILY_RATIOS.get((family, match["class"])) or _MEMORY_RATIOS.get(match["class"])
    return Machine(family, cpus, int(cpus * ratio * GIB), *_graphics(family, cpus)) if ratio and cpus else None


def _graphics(family: str, cpus: int) -> tuple[int, str]:
    if family == "g2":
        return _G2_GPUS.get(cpus, 1), "nvidia-l4"
    if family == "g4":
        return max(1, cpus // _G4_CPUS_PER_GPU), "nvidia-rtx-pro-6000"
    return 0, ""


def _tpu_machine(machine_type: str) -> Machine | None:
    match = _TPU_MACHINE.fullmatch(machine_type)
    if match is None:
        return None
    chips = int(match["chips"])
    return Machine(match["family"], chips * _TPU_CPUS_PER_CHIP, chips * _TPU_GIB_PER_CHIP * GIB)
