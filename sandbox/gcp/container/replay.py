"""How alike the simulated GKE and the recorded one are, in four figures.

    python -m sandbox.gcp.container.replay --base-url http://127.0.0.1:PORT --token TOKEN FILE_OR_FOLDER...

Every scenario is a list of recorded exchanges, which are sent again in order; a recorded poll of an operation waits
until that is done. The answers are compared leaf by leaf.
"""

import argparse
import json
import re
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from sandbox.gcp.container.documents import Json

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_POLL_SECONDS = 0.02
# What a request gives back to show that it knows the current state.
_LOCKS = frozenset({"labelFingerprint", "resourceVersion"})
# Values that change from run to run or that GKE chooses freely: that they are there counts, what they are does not.
_FREE = frozenset(
    {"etag", "id", "endpoint", "createTime", "startTime", "endTime", "selfLink", "targetLink", "instanceGroupUrls"}
    | {"currentMasterVersion", "currentNodeVersion", "initialClusterVersion", "version", "currentNodeCount"}
    | {"clusterCaCertificate", "labelFingerprint", "resourceVersion", "intValue", "workloadPool", "peeringName"}
    | {"clusterIpv4Cidr", "clusterIpv4CidrBlock", "servicesIpv4Cidr", "servicesIpv4CidrBlock", "masterIpv4CidrBlock"}
    | {"podIpv4CidrBlock", "podIpv4CidrSize", "podIpv4RangeUtilization", "podRange", "clusterSecondaryRangeName"}
    | {"servicesSecondaryRangeName", "publicEndpoint", "privateEndpoint"}
)


@dataclass
class Figures:
    """The likeness of one scenario or of several, each figure between 0 and 1.

    Attributes:
        status: answers with the recorded HTTP status.
        recall: recorded fields that were answered too.
        precise: answered fields that were recorded too.
        values: comparable fields of both with the same value.
    """

    status: float
    recall: float
    precise: float
    values: float

    @classmethod
    def mean(cls, figures: "list[Figures]") -> "Figures":
        """Return the mean of each figure."""
        columns = zip(*(vars(each).values() for each in figures), strict=True)
        return cls(*(sum(column) / len(figures) for column in columns))


@dataclass
class _Tally:
    exchanges: int = 0
    statuses: int = 0
    recorded: int = 0
    answered: int = 0
    common: int = 0
    comparable: int = 0
    equal: int = 0

    def add(self, wanted: dict[str, Any], got: dict[str, Any], *, same_status: bool) -> None:
        both = wanted.keys() & got.keys()
        compared = [path for path in both if _is_comparable(path, wanted[path])]
        self.exchanges += 1
        self.statuses += same_status
        self.recorded += len(wanted)
        self.answered += len(got)
        self.common += len(both)
        self.comparable += len(compared)
        self.equal += sum(wanted[path] == got[path] for path in compared)

    def figures(self) -> Figures:
        return Figures(
            status=_share(self.statuses, self.exchanges),
            recall=_share(self.common, self.recorded),
            precise=_share(self.common, self.answered),
            values=_share(self.equal, self.comparable),
        )


@dataclass
class Replayer:
    """Sends recorded scenarios to a server.

    Attributes:
        base_url: of the server.
        token: bearer token.
        project: id of the project to use.
        number: number of that project.
        deadline_seconds: how long one operation may take.
        notes: after a scenario: what was missing, extra or different, a line each.
    """

    base_url: str
    token: str
    project: str = "sandbox-project"
    number: str = "123456789012"
    deadline_seconds: float = 60.0
    notes: list[str] = field(default_factory=list)

    def play(self, file: Path) -> Figures:
        """Replay one scenario file and return its figures."""
        self.notes.clear()
        run = _Run(self)
        tally = _Tally()
        for number, exchange in enumerate(json.loads(file.read_text())["exchanges"]):
            status, answer = run.send(exchange)
            wanted, got = dict(leaves(exchange["response"] or {})), dict(leaves(answer))
            tally.add(wanted, got, same_status=status == exchange["status"])
            self._note(f"#{number} {exchange['method']}", wanted, got)
        return tally.figures()

    def _note(self, title: str, wanted: dict[str, Any], got: dict[str, Any]) -> None:
        self.notes += [f"{title} missing {path}" for path in sorted(wanted.keys() - got.keys())]
        self.notes += [f"{title} extra {path}" for path in sorted(got.keys() - wanted.keys())]
        self.notes += [
            f"{title} differs {path}: {wanted[path]!r} was {got[path]!r}"
            for path in sorted(wanted.keys() & got.keys())
            if _is_comparable(path, wanted[path]) and wanted[path] != got[path]
        ]


class _Run:
    """One scenario's conversation with the server."""

    def __init__(self, replayer: Replayer) -> None:
        self._replayer = replayer
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {replayer.token}"
        self._locks: dict[str, str] = {}
        self._variables = {
            "projectId": replayer.project,
            "projectNumber": replayer.number,
            "uniqueId": f"r{uuid.uuid4().hex[:8]}",
        }

    def send(self, exchange: Json) -> tuple[int, Any]:
        url = self._replayer.base_url.rstrip("/") + self._filled(exchange["path"])
        body = exchange["request"]
        if body is not None:
            body = self._current(json.loads(self._filled(json.dumps(body))))
        deadline = time.monotonic() + self._replayer.deadline_seconds
        while True:
            response = self._session.request(exchange["method"], url, json=body, timeout=30)
            answer = response.json()
            pending = "/operations/" in url and response.ok and answer.get("status") != "DONE"
            if not pending or time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
        self._learn(answer)
        return response.status_code, answer

    def _filled(self, text: str) -> str:
        return _VARIABLE.sub(lambda match: self._variables.get(match[1], match[1].lower()), text)

    def _current(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._current(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            name: self._locks.get(name, item) if name in _LOCKS else self._current(item) for name, item in value.items()
        }

    def _learn(self, answer: Any) -> None:
        if not isinstance(answer, dict):
            return
        name = answer.get("name", "")
        if isinstance(name, str) and name.startswith("operation-"):
            self._variables["operationID"] = name
        for key, value in answer.items():
            if key in _LOCKS and isinstance(value, str):
                self._locks[key] = value
            else:
                self._learn(value)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and value of everything that contains nothing.

    Items of a list share one path, unless they have a name of their own that is no variable.
    """
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from leaves(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for item in value:
            name = item.get("name") if isinstance(item, dict) else None
            yield from leaves(item, f"{path}[{name if isinstance(name, str) and '$' not in name else ''}]")
    elif isinstance(value, dict | list):
        yield path + ("{}" if isinstance(value, dict) else "[]"), None
    else:
        yield path, value


def _is_comparable(path: str, value: Any) -> bool:
    last = re.split(r"[.\[]", path.rstrip("{}[]"))[-1]
    return last not in _FREE and not (isinstance(value, str) and _VARIABLE.search(value))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def scenario_files(places: list[Path]) -> list[Path]:
    """Return the scenario files among these files and in these folders."""
    return [file for place in places for file in (sorted(place.glob("*.json")) if place.is_dir() else [place])]


def main(arguments: list[str]) -> int:
    """Replay scenarios, print their figures and return the exit status."""
    parser = argparse.ArgumentParser(description="Score a simulated GKE against recorded traffic.")
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("-v", "--verbose", action="store_true", help="print every difference")
    parser.add_argument("scenarios", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    replayer = Replayer(options.base_url, options.token)
    figures = []
    for file in scenario_files(options.scenarios):
        figures.append(replayer.play(file))
        _print_row(file.stem, figures[-1])
        if options.verbose:
            sys.stdout.writelines(f"    {note}\n" for note in replayer.notes)
    if not figures:
        parser.error("no scenario file found")
    _print_row("mean", Figures.mean(figures))
    return 0


def _print_row(title: str, figures: Figures) -> None:
    cells = "  ".join(f"{name} {value:.3f}" for name, value in vars(figures).items())
    sys.stdout.write(f"{title:<44}{cells}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
