"""Mutation testing with mutmut: does each small change of the code make a unit test beside it fail?

mutmut 3 leaves out decorated functions and finds the package only in a folder called `src`. So it is given a copy of
the package in which the body of each decorated function is a function of its own, under the decorated one. What to
mutate, and which tests have to notice, is in `PARTS`; docs/reliability.md has the figures and the survivors.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKSPACES = ROOT / ".mutants"
PACKAGE = Path("python-lib/gke_clusters")
# mutmut derives the names of modules from paths below this one.
COPIED_PACKAGE = Path("src/gke_clusters")

UNIT_TESTS = "tests/python/unit"

PARTS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "settings": (["settings/*.py"], ["settings", "test_descriptors.py"]),
    "operations": (
        ["google/operations.py", "google/operation_failures.py"],
        ["google/test_operations.py", "google/test_operation_failures.py"],
    ),
    "lifecycle": (["lifecycle/**/*.py"], ["lifecycle"]),
}
"""By name: patterns of files of the package to mutate, and what lies beside them in `UNIT_TESTS` and has to notice."""

NEEDED_BY_TESTS = (
    "tests",
    "parameter-sets",
    "python-clusters",
    "python-runnables",
    "plugin.json",
    "code-env",
    "resource",
)

DOES_NOT_LOAD = "does not load"
STATUSES: Mapping[int | None, str] = {
    0: "survived",
    1: "killed",
    3: "killed",
    5: "no test",
    33: "no test",
    -24: "too slow",
    2: DOES_NOT_LOAD,
    255: DOES_NOT_LOAD,
}
"""What the exit codes of pytest, and those that mutmut gives in its place, say of a mutant."""

_LOADED_ALREADY = ("-W", "ignore::pytest.PytestAssertRewriteWarning")

CAUGHT = {"killed", "too slow", DOES_NOT_LOAD}
# A mutant may break the import of the tests; where many seem to, the tests did not run at all.
MOST_THAT_DO_NOT_LOAD = 0.1
LEAST_PART_CAUGHT = 0.85

_NOT_COPIED = shutil.ignore_patterns("__pycache__")
_KEPT_DECORATORS = {"staticmethod", "classmethod", "overload", "abstractmethod"}


def main() -> int:
    """Mutate what is asked for and print a table; 1 if too few mutants are caught."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--workers", type=int, default=2, help="how many mutants to test at once (2)")
    parser.add_argument("--again", action="store_true", help="test only those that were not caught, with today's tests")
    parser.add_argument("--only", metavar="REGEX", default="", help="mutate only files whose path has this")
    parser.add_argument("--survivors", action="store_true", help="print each mutant that no test caught")
    arguments = parser.parse_args()
    statuses: dict[str, str] = {}
    for part in arguments.parts or PARTS:
        workspace = WORKSPACES / part
        names = not_caught(results(workspace)) if arguments.again else []
        if not arguments.again:
            prepare(part, arguments.only)
        elif names:
            copy_tests(part)
        if names or not arguments.again:
            _mutmut(workspace, "run", "--max-children", str(arguments.workers), *names)
        statuses |= results(workspace)
        if arguments.survivors:
            for name in not_caught(results(workspace)):
                print(_mutmut(workspace, "show", name, quiet=True))
    print(table(statuses))
    return 0 if part_caught(statuses.values()) >= LEAST_PART_CAUGHT else 1


def prepare(part: str, only: str = "") -> None:
    """Lay out a copy of what one part needs, as mutmut wants it; mutate the files in whose path `only` is found."""
    patterns, tests = PARTS[part]
    workspace = WORKSPACES / part
    shutil.rmtree(workspace, ignore_errors=True)
    workspace.mkdir(parents=True)
    shutil.copytree(ROOT / PACKAGE, workspace / COPIED_PACKAGE, ignore=_NOT_COPIED)
    package = workspace / COPIED_PACKAGE
    found = sorted({path for pattern in patterns for path in package.glob(pattern)})
    files = [path for path in found if re.search(only, path.relative_to(package).as_posix())]
    for path in files:
        path.write_text(with_bare_functions(path.read_text(encoding="utf-8")), encoding="utf-8")
    copy_tests(part)
    names = [path.relative_to(workspace) for path in files]
    (workspace / "pyproject.toml").write_text(_configuration(names, tests), encoding="utf-8")


def copy_tests(part: str) -> None:
    """Copy the tests, and what they read, into the folder of a part."""
    for needed in NEEDED_BY_TESTS:
        source, target = ROOT / needed, WORKSPACES / part / needed
        if source.is_dir():
            shutil.copytree(source, target, ignore=_NOT_COPIED, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)


def _configuration(files: Iterable[Path], tests: Iterable[str]) -> str:
    ours = (ROOT / "pyproject.toml").read_text(encoding="utf-8").replace('"python-lib"', '"src"')
    values = {
        "source_paths": ["src/"],
        "only_mutate": [path.as_posix() for path in files],
        "also_copy": list(NEEDED_BY_TESTS),
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", *_LOADED_ALREADY],
        "pytest_add_cli_args_test_selection": [f"{UNIT_TESTS}/{test}" for test in tests],
        # Tests and code are loaded once; each mutant then has a process in which nothing ran yet.
        "process_isolation": "forkserver",
        "timeout_constant": 5.0,
    }
    return "\n".join([ours, "[tool.mutmut]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""])


def with_bare_functions(source: str) -> str:
    """Give the body of each decorated function to a function of its own, which the decorated one calls.

    Caches are taken away: a result that an earlier test left there would hide a mutant from the later ones.
    """
    lines = source.splitlines()
    for owner, function in reversed(list(_decorated_functions(ast.parse(source)))):
        first = function.decorator_list[0].lineno - 1
        lines[first : function.end_lineno] = _split(lines, first, function, owner)
    return "\n".join(lines) + "\n"


def _decorated_functions(module: ast.Module) -> Iterator[tuple[ast.ClassDef | None, ast.FunctionDef]]:
    for statement in module.body:
        owner = statement if isinstance(statement, ast.ClassDef) else None
        for each in owner.body if owner else [statement]:
            if isinstance(each, ast.FunctionDef) and set(_decorators(each)) - _KEPT_DECORATORS:
                yield owner, each


def _decorators(function: ast.FunctionDef) -> list[str]:
    calls = (each.func if isinstance(each, ast.Call) else each for each in function.decorator_list)
    return [ast.unparse(each).rpartition(".")[2] for each in calls]


def _split(lines: Sequence[str], first: int, function: ast.FunctionDef, owner: ast.ClassDef | None) -> list[str]:
    start = function.lineno - 1
    if _decorators(function) == ["cache"]:
        return list(lines[start : function.end_lineno])
    indent = " " * function.col_offset
    bare = f"{function.name}__body"
    definition = [re.sub(rf"\bdef {function.name}\b", f"def {bare}", lines[start], count=1)]
    if "classmethod" in _decorators(function):
        definition.insert(0, f"{indent}@classmethod")
    signature_end = function.body[0].lineno - 1
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    called = f"{names.pop(0)}.{bare}" if owner else bare
    passed = [*names, *(f"{each.arg}={each.arg}" for each in function.args.kwonlyargs)]
    return [
        *definition,
        *lines[start + 1 : function.end_lineno],
        "",
        *lines[first:signature_end],
        f"{indent}    return {called}({', '.join(passed)})",
    ]


def _contained(workspace: Path) -> list[str]:
    """Return what a command is run by, so that it can write nowhere but in a folder of its own.

    A mutant of code that writes or removes files may do it anywhere: one whose folder became `/` removed `/etc`.
    """
    bubblewrap = shutil.which("bwrap")
    if bubblewrap is None:
        sys.exit("A mutant may remove any file: this needs bubblewrap (Debian: apt-get install bubblewrap).")
    scratch = workspace / "tmp"
    scratch.mkdir(exist_ok=True)
    root = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", str(workspace), str(workspace)]
    environment = ["--setenv", "TMPDIR", str(scratch), "--setenv", "HOME", str(scratch)]
    return [bubblewrap, *root, *environment, "--unshare-pid", "--die-with-parent", "--chdir", str(workspace)]


def _mutmut(workspace: Path, *arguments: str, quiet: bool = False) -> str:
    command = [*_contained(workspace), str(Path(sys.executable).parent / "mutmut"), *arguments]
    done = subprocess.run(command, cwd=workspace, check=False, text=True, stdout=subprocess.PIPE if quiet else None)
    if done.returncode:
        sys.exit(f"mutmut stopped. Do the tests pass without it? Try: cd {workspace}/mutants && pytest")
    return done.stdout or ""


def results(workspace: Path) -> dict[str, str]:
    """Read what became of each mutant, by its name.

    Raises:
        RuntimeError: Tests did not run, so that nothing is known of their mutants.
    """
    codes: dict[str, int | None] = {}
    for path in (workspace / "mutants" / COPIED_PACKAGE).rglob("*.meta"):
        codes |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    found = {name: STATUSES.get(code, f"not tested ({code})") for name, code in sorted(codes.items())}
    unloaded = sum(status == DOES_NOT_LOAD for status in found.values())
    if not found or unloaded > MOST_THAT_DO_NOT_LOAD * len(found):
        raise RuntimeError(f"The tests of {unloaded} of {len(found)} mutants did not run: see mutmut's words above.")
    return found


def not_caught(statuses: Mapping[str, str]) -> list[str]:
    """The names of the mutants that no test noticed."""
    return [name for name, status in statuses.items() if status not in CAUGHT]


def table(statuses: Mapping[str, str]) -> str:
    """Count the mutants of each file, in Markdown."""
    by_file: defaultdict[str, list[str]] = defaultdict(list)
    for name, status in statuses.items():
        by_file["/".join(name.split(".")[1:-1]) + ".py"].append(status)
    lines = ["| file | mutants | caught | not caught | |", "|---|---:|---:|---:|---:|"]
    for file, found in [*sorted(by_file.items()), ("all", list(statuses.values()))]:
        missed = Counter(status for status in found if status not in CAUGHT)
        of_which = ", ".join(f"{count} {status}" for status, count in missed.items())
        caught = len(found) - missed.total()
        lines.append(f"| {file} | {len(found)} | {caught} | {of_which or 0} | {part_caught(found):.1%} |")
    return "\n".join(lines)


def part_caught(statuses: Iterable[str]) -> float:
    """The part of the mutants that a test caught, from 0 to 1."""
    found = list(statuses)
    return sum(status in CAUGHT for status in found) / len(found)


if __name__ == "__main__":
    sys.exit(main())
