"""The data folder: where things are in it, and JSON documents written atomically and for their owner only."""

import json
import secrets
from pathlib import Path
from typing import Any


class DataFolder:
    """DSS's data folder (`DIP_HOME`), laid out as DSS does as far as plugins and clusters are concerned.

    Args:
        root: the folder; made, with mode 0700, when it does not exist.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.config = self._folder("config")
        self.clusters = self._folder("clusters")
        self.plugins = self._folder("plugins/installed")
        self.code_envs = self._folder("code-envs/python")
        self.temporary = self._folder("tmp")
        self.home = self._folder("home")
        self.library = self._folder("install/python")
        identity = self.root / "install.ini"
        if not identity.exists():
            write_text(identity, f"[general]\nnodetype = design\ninstallid = {secrets.token_hex(12)}\n")

    def _folder(self, path: str) -> Path:
        return private_folder(self.root / path)

    def document(self, *path: str) -> "Document":
        """Return the JSON document of that path below `config`, without its suffix."""
        return Document(self.config.joinpath(*path[:-1], f"{path[-1]}.json"))


class Document:
    """One JSON file that may not exist yet.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Any:
        """Return its content, or None without a file."""
        if not self.path.exists():
            return None
        return json.loads(self.path.read_text(encoding="utf-8"))

    def write(self, content: Any) -> None:
        """Replace its content."""
        private_folder(self.path.parent)
        write_text(self.path, json.dumps(content, indent=2))

    def delete(self) -> None:
        """Forget it; nothing happens when it does not exist."""
        self.path.unlink(missing_ok=True)


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner reads, parents included, and return it."""
    # `parents=True` would leave the parents open to others.
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
    return path


def write_text(path: Path, text: str) -> None:
    """Write a file in one step, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
