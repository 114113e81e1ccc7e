"""Plugin zips: unpacked into a folder after a look at what is in them."""

import io
import zipfile
from pathlib import Path, PurePosixPath

from sandbox.dss.plugins.descriptors import unusable

_SIZE_LIMIT_BYTES = 500 * 1024 * 1024


def unpack(content: bytes, folder: Path) -> None:
    """Unpack a plugin zip.

    File modes are not kept, so that a plugin that counts on them is found out.

    Args:
        content: the zip.
        folder: an empty folder.

    Raises:
        DssError: it is not a zip, not that of a plugin, or it would write outside the folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check(archive)
            archive.extractall(folder)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise unusable(f"The plugin archive is not a zip file: {error}") from error


def _check(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
            raise unusable(f"The plugin archive has a file outside its folder: {entry.filename}")
    if sum(entry.file_size for entry in entries) > _SIZE_LIMIT_BYTES:
        raise unusable("The plugin archive is too large")
    names = {entry.filename for entry in entries}
    if "plugin.json" not in names:
        nested = sorted(name for name in names if name.endswith("/plugin.json"))
        hint = f"; it has {nested[0]}, but DSS wants it at the root" if nested else ""
        raise unusable(f"The archive is not a plugin: there is no plugin.json at its root{hint}")
