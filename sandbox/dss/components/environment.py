"""The variables that a component's process gets: DSS's own, and nothing of the shell that started the sandbox."""

import contextlib
import getpass
import os
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import dataikuapi

from sandbox.dss.authentication import Keyring
from sandbox.dss.plugins.descriptors import Plugin
from sandbox.dss.storage import DataFolder

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
# Measuring coverage of component processes is for the development of the plugin; DSS has nothing of the kind.
_COVERAGE = ("COVERAGE_", "COV_CORE_")
# The DSS host's identity is that of its virtual machine, told by the metadata server, not that of a gcloud user.
_NOT_FOR_COMPONENTS = frozenset(
    {"CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "CLOUDSDK_CONFIG", "DKU_DSS_URL", "DKU_API_KEY", "SANDBOX_ADMIN_URL"}
)
_STAND_IN = Path(__file__).resolve().parent.parent / "stand_in" / "dataiku"


class ComponentEnvironment:
    """Builds the environment of component processes.

    Args:
        data: the data folder.
        keyring: what gives each process its ticket.
        exported: the variables that point clients at the sandbox.
        internal_client: a tarball of DSS's own `dataiku` package, used instead of the stand-in.
        programs: a folder of programs that come before those of the same name on this machine.
    """

    def __init__(
        self,
        data: DataFolder,
        keyring: Keyring,
        exported: Mapping[str, str],
        internal_client: Path | None,
        programs: Path | None = None,
    ) -> None:
        self._data = data
        self._keyring = keyring
        self._exported = {key: value for key, value in exported.items() if key not in _NOT_FOR_COMPONENTS}
        self._host, self._port = "127.0.0.1", ""
        self._library = _library(data, internal_client)
        self._programs = [str(programs)] if programs else []

    def listen(self, host: str, port: int) -> None:
        """Tell where the backend answers."""
        self._host, self._port = host, str(port)

    def of_backend(self) -> dict[str, str]:
        """Return the variables of the backend's own commands."""
        return {
            **{key: value for key, value in os.environ.items() if key in _KEPT or key.startswith(_COVERAGE)},
            **self._exported,
            "PATH": os.pathsep.join([*self._programs, os.environ.get("PATH", os.defpath)]),
            "HOME": str(self._data.home),
            "USER": getpass.getuser(),
            "TMPDIR": str(self._data.temporary),
            "DIP_HOME": str(self._data.root),
        }

    @contextlib.contextmanager
    def of(self, plugin: Plugin) -> Iterator[dict[str, str]]:
        """Give the variables of one process; its ticket is valid inside the `with` block."""
        with self._keyring.ticket() as ticket:
            yield {
                **self.of_backend(),
                "PYTHONPATH": os.pathsep.join(map(str, [*self._library, plugin.folder / "python-lib"])),
                "PYTHONUNBUFFERED": "1",
                "DKU_CUSTOM_RESOURCE_FOLDER": str(plugin.folder / "resource"),
                "DKU_BACKEND_HOST": self._host,
                "DKU_BACKEND_PORT": self._port,
                "DKU_BACKEND_EXT_HOST": self._host,
                "DKU_SERVER_KIND": "BACKEND",
                "DKU_API_TICKET": ticket,
            }


def _library(data: DataFolder, internal_client: Path | None) -> list[Path]:
    """Return the folders on the path that give `dataiku` and `dataikuapi`, as those of a DSS installation do.

    Raises:
        FileNotFoundError: the tarball has no `dataiku` package.
    """
    _link(data.library / "dataikuapi", Path(dataikuapi.__file__).parent)
    if internal_client is None:
        _link(data.library / "dataiku", _STAND_IN)
        return [data.library]
    (data.library / "dataiku").unlink(missing_ok=True)
    unpacked = data.root / "install" / "internal-client"
    shutil.rmtree(unpacked, ignore_errors=True)
    with tarfile.open(internal_client) as archive:
        # Patch releases of 3.10 and 3.11 before the middle of 2023 have no filters.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        archive.extractall(unpacked)  # noqa: S202 - the instance's owner names the tarball
    packages = sorted(unpacked.glob("**/dataiku/__init__.py"), key=lambda path: len(path.parts))
    if not packages:
        raise FileNotFoundError(f"{internal_client} has no dataiku package")
    return [packages[0].parent.parent, data.library]


def _link(link: Path, package: Path) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(package, target_is_directory=True)
