"""Finds keys and tokens, whole, in pieces and in base64, in all that can be read of a sandbox and its plugin."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil


def base64_pieces(text: str, length: int = 24) -> set[str]:
    """What base64 of anything that holds the text looks like, in pieces, wherever the text begins in it."""
    encoded = [base64.b64encode(text.encode()[offset:]).decode().rstrip("=")[:-4] for offset in range(3)]
    return {one[at : at + length] for one in encoded for at in range(0, len(one) - length + 1, length)}


# Every token of the sandbox, an assertion that a key has signed, and a user's login: whole or only their beginning.
TOKENS = re.compile(
    "|".join(
        (
            r"ya29\.sandbox-[\w-]{4,}",
            r"1//sandbox-[\w-]{4,}",
            r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}",
            *map(re.escape, base64_pieces("ya29.sandbox-.....", 12)),
        )
    )
)


def traces_of_key(key: Mapping[str, str]) -> frozenset[str]:
    """Texts of which each gives a part of a service account key away.

    What is the same in all of them is no trace: the first 50 characters, and 12 about the public exponent.
    """
    lines = key["private_key"].splitlines()[1:-1]
    # Pieces that end where the lines of the PEM end are found in each of its forms.
    pieces = {line[at : at + 16] for line in lines for at in range(0, len(line) - 15, 16)} - {
        lines[0][at : at + 16] for at in range(0, 48, 16)
    }
    encoded = base64_pieces("".join(lines)[64:]) | base64_pieces("\n".join(lines)[64:])
    encoded |= base64_pieces("\\n".join(lines)[64:])
    return frozenset(pieces | encoded | {key["private_key_id"]})


@dataclass
class Processes:
    """The command lines of every process that descends from this one, from now on."""

    seen: set[str] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        looks: dict[int, int] = {}
        ours = {os.getpid()}
        while not self.ended.wait(0.01):
            for pid in psutil.pids():
                # A new process shows its parent's arguments until it has become another program.
                looks[pid] = looks.get(pid, 0) + 1
                if looks[pid] < 20:
                    with contextlib.suppress(psutil.Error):
                        process = psutil.Process(pid)
                        # Others on this machine have secrets of their own. One of ours stays so without its parent.
                        if pid in ours or process.ppid() in ours:
                            ours.add(pid)
                            self.seen.add("\n".join(process.cmdline()))


@dataclass
class Witness:
    """A sandbox with the plugin, and all that can be read of it."""

    sandbox: Any
    dss: Any
    processes: Processes
    answers: list[str] = field(default_factory=list)
    planted: set[Path] = field(default_factory=set)

    @property
    def state(self) -> Path:
        return Path(self.sandbox.folder) / "state"

    def plant(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.planted.add(path)
        return path

    def written(self) -> str:
        """All that is in files of the sandbox, such as the logs of DSS."""
        return "\n".join(text for _, text in self._places(set()))

    def leaks(
        self, traces: Iterable[str] = (), allowed: Iterable[str] = (), *, beside_the_form: bool = False
    ) -> list[str]:
        """Every place that holds a token or one of the traces, except files of the credential helper of these names.

        What is typed into an ordinary field is kept and shown by DSS as such; `beside_the_form` looks elsewhere.
        """
        found = []
        for name, text in self._places(set(allowed)):
            looked_at = _without_form(text) if beside_the_form else text
            hits = [trace for trace in traces if trace in looked_at] + TOKENS.findall(looked_at)
            if hits:
                at = looked_at.index(hits[0])
                found.append(f"{name}: {len(hits)} hits, the first in {looked_at[max(0, at - 60) : at + 40]!r}")
        return found

    def _places(self, allowed: set[str]) -> Iterator[tuple[str, str]]:
        yield from (("answer of DSS", text) for text in self.answers)
        yield from (("process arguments", text) for text in list(self.processes.seen))
        for folder, _, _ in os.walk(self.state):
            for path in _files_in(Path(folder)):
                # The administrator's own token is how the sandbox lets tests in.
                if path.is_symlink() or path in self.planted or path == self.state / "token":
                    continue
                # What is there no more has another name by now, or is nowhere.
                with contextlib.suppress(FileNotFoundError):
                    if not (_is_of_helper(path) and path.name in allowed):
                        yield str(path.relative_to(self.state)), path.read_bytes().decode(errors="replace")


def _is_of_helper(path: Path) -> bool:
    """Tell whether a file is one of a credential helper, and for its owner alone."""
    private = path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    return path.parent.name == "credential-helper" and private


def _files_in(folder: Path) -> Iterator[Path]:
    """The files of a folder, with those that come or are renamed while the others are read."""
    known: set[Path] = set()
    with contextlib.suppress(FileNotFoundError):
        while found := set(folder.iterdir()) - known:
            known |= found
            yield from sorted(path for path in found if not path.is_dir())


def _without_form(text: str) -> str:
    with contextlib.suppress(ValueError):
        document = json.loads(text)
        if isinstance(document, dict) and document.pop("params", None):
            return json.dumps(document)
    return text
