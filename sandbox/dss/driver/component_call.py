"""One call of one plugin component, in the fresh process that DSS gives it.

Standard input carries one JSON line, the call; `report_fd` gets JSON lines back: `target`, `progress`, and at the end
`result` or `error`. Standard input stays open as long as the caller lives: when it ends, so does this process.
Standard output and error are the component's log.

It depends on the standard library and the `dataiku` package only, whichever is on the path.
"""

import importlib
import importlib.util
import inspect
import json
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import IO, Any

_UNITS = ("SIZE", "FILES", "RECORDS", "NONE")


class ContractError(Exception):
    """The component does not keep DSS's contract."""


def load_module(source: str, folder: Path) -> ModuleType:
    """Write the component's text to `dku_code.py` in a temporary folder and load it as a module."""
    path = folder / "dku_code.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("dku_code", path)
    if spec is None or spec.loader is None:
        raise ContractError("the component's code cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules["dku_code"] = module
    spec.loader.exec_module(module)
    return module


def only_subclass(module: ModuleType, base: type) -> type:
    """Return the one subclass of `base` that the module shows, imported ones included.

    Raises:
        ContractError: there is none, or more than one.
    """
    shown = {name: getattr(module, name) for name in dir(module)}
    found = {
        name: value
        for name, value in shown.items()
        if isinstance(value, type) and issubclass(value, base) and value is not base
    }
    if not found:
        raise ContractError(f"No {base.__name__} class found")
    if len(set(found.values())) > 1:
        raise ContractError(f"Several {base.__name__} classes found: {', '.join(sorted(found))}")
    return next(iter(found.values()))


def argument_count(function: Callable[..., Any]) -> int:
    """Return how many positional arguments a method takes, `self` included, by the rules of `inspect.getargspec`.

    Raises:
        ContractError: it has annotations or keyword-only arguments, which `getargspec` refuses.
    """
    spec = inspect.getfullargspec(function)
    if spec.kwonlyargs or spec.annotations:
        raise ContractError(
            f"Function {function.__qualname__} has keyword-only parameters or annotations, "
            "which can cause the signature inspection to fail"
        )
    return len(spec.args)


def construct(component: type, arguments: list[Any], accepted: tuple[int, ...]) -> Any:
    """Make an instance with as many of the arguments as the constructor takes.

    Args:
        component: the component's class.
        arguments: everything it may be given, in order.
        accepted: the argument counts that are right, `self` included.
    """
    count = argument_count(component.__init__)  # type: ignore[misc]  # the class is the component's own
    if count not in accepted:
        raise ContractError(
            f"Wrong signature of the {component.__name__} class: its constructor takes {count} arguments"
        )
    return component(*arguments[: count - 1])


class Reporter:
    """The way back to the caller.

    Args:
        stream: where the JSON lines go.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def send(self, **line: Any) -> None:
        """Send one line."""
        with self._lock:
            self._stream.write(json.dumps(line) + "\n")
            self._stream.flush()

    def target(self, value: Any) -> None:
        """Tell what `get_*_progress_target` returned: None or `(target, unit)`."""
        if value is None:
            return
        target, unit = value
        if unit not in _UNITS:
            raise ContractError(f"Unknown progress unit {unit!r}; known are {', '.join(_UNITS)}")
        self.send(target=target, unit=unit)

    def progress(self, current: Any) -> None:
        """Tell how far the component is; this is the progress callback it gets."""
        self.send(progress=current)


def call_cluster(call: dict[str, Any], module: ModuleType, report: Reporter) -> Any:
    """Start or stop a cluster, or call any other action of it."""
    component = only_subclass(module, importlib.import_module("dataiku.cluster").Cluster)
    arguments = [call[key] for key in ("cluster_id", "cluster_name", "config", "plugin_config", "global_settings")]
    cluster = construct(component, arguments, (5, 6))
    action, data = call["action"], call["data"]
    if action == "start":
        report.target(_progress_target(cluster, "get_start_progress_target"))
        return started(_call(cluster.start, [], report))
    if action == "stop":
        report.target(_progress_target(cluster, "get_stop_progress_target"))
        _call(cluster.stop, [data], report)
        return {}
    answer = getattr(cluster, action)(data)
    if answer is None:
        return {}
    return answer if isinstance(answer, dict) else {"result": answer}


def _progress_target(instance: Any, method: str) -> Any:
    hook = getattr(instance, method, None)
    return None if hook is None else hook()


def _call(method: Callable[..., Any], arguments: list[Any], report: Reporter) -> Any:
    count = argument_count(method) - 1
    if count == len(arguments) + 1:
        return method(*arguments, report.progress)
    if count == len(arguments):
        return method(*arguments)
    raise ContractError(f"Wrong signature of {method.__qualname__}: it takes {count} arguments")


def started(returned: Any) -> dict[str, Any]:
    """Return the settings and data of what `start` returned.

    Raises:
        ContractError: it is not a list or tuple of settings and, maybe, data.
    """
    if not isinstance(returned, (list, tuple)) or not 1 <= len(returned) <= 2:
        raise ContractError("The cluster's start() must return a list [settings, data]")
    settings = returned[0]
    data = returned[1] if len(returned) == 2 else {}
    if not isinstance(settings, dict):
        raise ContractError("The settings that the cluster's start() returned are not a dictionary")
    try:
        return {"settings": json.loads(json.dumps(settings)), "data": json.loads(json.dumps(data))}
    except (TypeError, ValueError) as error:
        raise ContractError(f"What the cluster's start() returned is not JSON: {error}") from error


def call_macro(call: dict[str, Any], module: ModuleType, report: Reporter) -> Any:
    """Run a macro and return its result as text."""
    component = only_subclass(module, importlib.import_module("dataiku.runnables").Runnable)
    arguments = [call[key] for key in ("project_key", "config", "plugin_config")]
    runnable = construct(component, arguments, (1, 2, 3, 4))
    report.target(_progress_target(runnable, "get_progress_target"))
    return as_text(_call(runnable.run, [], report))


def as_text(result: Any) -> str:
    """Return a macro's result as the bytes that DSS keeps, here as text."""
    if hasattr(result, "to_json"):
        result = result.to_json()
    if isinstance(result, bytes):
        return result.decode("utf-8")
    if isinstance(result, str):
        return result
    if result is None:
        return ""
    return json.dumps(result)


_CALLS: dict[str, Callable[[dict[str, Any], ModuleType, Reporter], Any]] = {
    "cluster": call_cluster,
    "macro": call_macro,
}


def end_with_caller(caller: IO[bytes]) -> None:
    """End this process and what it started as soon as the caller is gone."""

    def watch() -> None:
        caller.read()
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def main(report_fd: int) -> int:
    """Do the call that standard input describes and return the exit status."""
    # The component must neither read the caller's pipe nor hand it on to what it starts.
    caller = os.fdopen(os.dup(0), "rb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    report = Reporter(os.fdopen(report_fd, "w", encoding="utf-8"))
    call = json.loads(_line(caller))
    end_with_caller(caller)
    folder = tempfile.TemporaryDirectory(prefix="dku-code-")
    try:
        result = _CALLS[call["kind"]](call, load_module(call["source"], Path(folder.name)), report)
        report.send(result=result)
    except BaseException as error:  # the caller must hear of every end, sys.exit() included
        traceback.print_exc()
        report.send(error={"type": f"{type(error).__module__}.{type(error).__qualname__}", "message": str(error)})
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        folder.cleanup()
    return 0


def _line(stream: IO[bytes]) -> bytes:
    received = bytearray()
    while not received.endswith(b"\n"):
        chunk = stream.read(1)
        if not chunk:
            break
        received += chunk
    return bytes(received)


if __name__ == "__main__":
    # The folder of this file is no place for a component to import from.
    sys.path.pop(0)
    sys.exit(main(int(sys.argv[1])))
