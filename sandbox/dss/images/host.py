"""The programs that a DSS host has beside DSS, put where DSS and its components find them."""

import shlex
import sys
from pathlib import Path

from sandbox.dss.images.base_images import KINDS, BaseImages
from sandbox.dss.images.docker.local_images import LocalImages
from sandbox.dss.storage import DataFolder, private_folder

_ROOT = Path(__file__).resolve().parents[3]
# Isolated from the caller's Python settings, which are a component's own.
_LAUNCH = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]); module = sys.argv[2]; del sys.argv[1:3]; "
    "runpy.run_module(module, run_name='__main__', alter_sys=True)"
)


class DockerHost:
    """Docker on the DSS host, holding the base images of the DSS that was first installed here.

    Attributes:
        programs: the folder to put on the PATH.
        images: what Docker holds.

    Args:
        data: the data folder of DSS.
        names: names base images.
    """

    def __init__(self, data: DataFolder, names: BaseImages) -> None:
        folder = private_folder(data.root / "host")
        self.programs = private_folder(folder / "bin")
        store = private_folder(folder / "docker")
        self.images = LocalImages(store)
        _install(self.programs / "docker", "sandbox.dss.images.docker", str(store))
        administration = [str(store), names.install_id, names.release]
        _install(private_folder(data.root / "bin") / "dssadmin", "sandbox.dss.images.dssadmin", *administration)
        if not self.images.known:
            # After an upgrade of DSS its base images are not built: that is left to the administrator.
            for kind in KINDS.values():
                self.images.build(names.name(kind))


def _install(program: Path, module: str, *arguments: str) -> None:
    """Write a program that runs a module of the sandbox, with arguments before those of the caller."""
    words = [sys.executable, "-I", "-c", _LAUNCH, str(_ROOT), module, *arguments]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    program.chmod(0o700)
