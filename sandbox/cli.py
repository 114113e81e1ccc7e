"""The sandbox's command line: `up` serves until it is told to end, `demo` tells the story of the plugin."""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import warnings
from pathlib import Path
from typing import NoReturn

from sandbox.environment import forget_exported, write_environment
from sandbox.gcp.projects import Project, read_projects

DEFAULT_SPEED = 100.0
_ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _UnwritableEnvironmentError(Exception):
    """The environment file cannot be written."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    # Google's libraries say on Python 3.10 that they will drop it, which the reader of this terminal cannot act upon.
    warnings.filterwarnings("ignore", r"You are using a (non-supported )?Python version", FutureWarning)
    options = _parser().parse_args(arguments)
    if options.command == "demo":
        from sandbox.demo import tell  # noqa: PLC0415 - it imports clients that `up` never needs

        return tell()
    return _up(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="GKE, its neighbours and DSS on loopback.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="tell the story of the plugin on a terminal")
    up = commands.add_parser("up", help="serve until SIGTERM or Ctrl-C")
    up.add_argument(
        "--env-file", type=Path, required=True, metavar="FILE", help="where to write the variables to source"
    )
    up.add_argument("--state-dir", type=Path, metavar="DIR", help="folder for its files (default: a temporary one)")
    up.add_argument(
        "--dss-version", choices=("14", "15"), default="15", help="whose settings DSS speaks (default: %(default)s)"
    )
    up.add_argument(
        "--speed",
        type=_positive,
        default=DEFAULT_SPEED,
        metavar="X",
        help="simulated seconds per real second (default: %(default)g)",
    )
    up.add_argument(
        "--project", action="append", default=[], metavar="ID[=NUMBER]", help="one more project (may be repeated)"
    )
    up.add_argument(
        "--real-code-envs", action="store_true", help="make plugin code environments from their requirements"
    )
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError("must be positive")
    return value


def _up(options: argparse.Namespace) -> int:
    # Until the event loop takes over, a signal must not leave a temporary folder behind.
    for number in _ENDINGS:
        signal.signal(number, _leave)
    try:
        projects = read_projects(options.project)
    except ValueError as error:
        return _refuse("--project", error)
    forget_exported()
    env_file: Path = options.env_file.absolute()
    try:
        # A file of an earlier run would lead its reader to ports that nobody serves.
        env_file.unlink(missing_ok=True)
    except OSError as error:
        return _refuse("--env-file", error)
    made = options.state_dir is None
    # Between its making and the block that removes it, nothing may come.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
    state = Path(tempfile.mkdtemp(prefix="gke-clusters-sandbox-")) if made else options.state_dir.absolute()
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDINGS)
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        asyncio.run(_serve(options, projects, env_file, state))
    except _UnwritableEnvironmentError as error:
        return _refuse("--env-file", error)
    except OSError as error:
        # Without a file's name it is not about the folder, but a defect to be seen whole.
        if error.filename is None:
            raise
        return _refuse("--state-dir", error)
    finally:
        # The event loop gave the signals back their first meaning; a second one must not keep the folder.
        for number in _ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        if made:
            shutil.rmtree(state, ignore_errors=True)
    return 0


def _leave(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)


def _refuse(argument: str, error: Exception) -> int:
    print(f"{argument}: {error}", file=sys.stderr)  # noqa: T201 - this is a command
    return 2


async def _serve(options: argparse.Namespace, projects: tuple[Project, ...], env_file: Path, state: Path) -> None:
    """Run a sandbox from start to the signal that ends it."""
    from sandbox.world import Options, World  # noqa: PLC0415 - a mistyped command is told before half a second of imports

    ended = asyncio.Event()
    for number in _ENDINGS:
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    world = World(Options(options.dss_version, options.speed, projects, options.real_code_envs), state)
    end = asyncio.create_task(ended.wait())
    start = asyncio.create_task(world.start())
    try:
        await asyncio.wait({start, end}, return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            start.result()
            try:
                write_environment(env_file, world.variables())
            except OSError as error:
                raise _UnwritableEnvironmentError(str(error)) from error
            _announce()
            await end
    finally:
        for task in (start, end):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await world.stop()


def _announce() -> None:
    try:
        print("sandbox ready", flush=True)  # noqa: T201 - whoever started it waits for this line
    except BrokenPipeError:
        # Nobody reads the line; the file says the same. Python would complain about the pipe again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
