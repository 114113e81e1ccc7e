"""Prints the interpreters of this machine that the plugin accepts, one `VERSION PATH` a line, newest first.

With `--one`: the path of a single one, the interpreter that runs this file if it is accepted.
Runs on any Python 3, since its task is to find a newer one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, Optional  # noqa: UP035 - see above

ACCEPTED = ("3.13", "3.12", "3.11", "3.10")
TELL_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
NONE_FOUND = "No Python 3.10 to 3.13 was found: install one (Debian: apt-get install python3 python3-venv)."


def candidates(version: str) -> List[str]:  # noqa: UP006 - see above
    """Return the places where an interpreter of that version may be: the PATH, then pyenv's folder."""
    named = [shutil.which("python" + version), shutil.which("python3")]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return [path for path in named if path] + sorted(map(str, pyenv.glob("versions/" + version + "*/bin/python3")))


def works(path: str, version: str) -> bool:
    """Tell whether the interpreter runs and is what its name says: a pyenv shim may exist and refuse."""
    try:
        answer = subprocess.run(
            [path, "-c", TELL_VERSION],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and answer.stdout.decode().strip() == version


def find(version: str) -> Optional[str]:  # noqa: UP045 - see above
    """Return the path of a working interpreter of that version, or None."""
    return next((path for path in candidates(version) if works(path, version)), None)


def main() -> None:
    """Print what was found; exit 1 with advice when nothing was."""
    if sys.argv[1:] == ["--one"] and "{}.{}".format(*sys.version_info[:2]) in ACCEPTED:
        print(sys.executable)
        return
    found = [(version, path) for version, path in ((version, find(version)) for version in ACCEPTED) if path]
    if not found:
        sys.exit(NONE_FOUND)
    if sys.argv[1:] == ["--one"]:
        print(found[0][1])
        return
    for version, path in found:
        print(version, path)


if __name__ == "__main__":
    main()
