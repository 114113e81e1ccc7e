"""The one way to write a file that nobody else may read."""

import contextlib
import os
import tempfile
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def make_private_folder(path: Path) -> None:
    """Make the folder, and its missing parents, with mode 0700; one that exists becomes 0700.

    Raises:
        OSError: it cannot be made or belongs to somebody else.
    """
    _make_missing(path)
    path.chmod(FOLDER_MODE)


def write_private_file(path: Path, text: str, mode: int = FILE_MODE) -> None:
    """Write text as UTF-8 in one step: a reader, or a crash, meets the old file or the whole new one.

    Missing folders are made with mode 0700. One that exists is left as it is: the working directory of a cluster is
    DSS's.

    Args:
        path: where; a symbolic link is replaced, not followed.
        text: the content.
        mode: 0600, or 0700 for a program.

    Raises:
        OSError: the file cannot be written; nothing is left behind.
    """
    _make_missing(path.parent)
    descriptor, temporary_name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(temporary_name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            # The rename may reach the disk before the content does, and a crash would then leave an empty file.
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _make_missing(path: Path) -> None:
    # Path.mkdir applies its mode to the last folder only.
    for folder in reversed([path, *path.parents]):
        if not folder.exists():
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
