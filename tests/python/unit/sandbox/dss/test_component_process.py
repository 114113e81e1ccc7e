"""How a component runs: the contract it must keep, what surrounds it, and how it ends."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest

from sandbox.dss.driver import component_call

PREAMBLE = "from dataiku.cluster import Cluster\n"
CONSTRUCTOR = "def __init__(self, cluster_id, cluster_name, config, plugin_config, global_settings): pass"


def _component(start: str, constructor: str = CONSTRUCTOR) -> str:
    return f"{PREAMBLE}class One(Cluster):\n    {constructor}\n    {start}\n    def stop(self, data): pass\n"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (PREAMBLE, "No Cluster class found"),
        (PREAMBLE + "class A(Cluster): pass\nclass B(A): pass\n", "Several Cluster classes found: A, B"),
        ("import (", "SyntaxError"),
        (_component("def start(self): return [{}]", "def __init__(self, cluster_id): pass"), "takes 2 arguments"),
        (_component("def start(self) -> list: return [{}]"), "annotations"),
        (_component("def start(self): return [{}]", CONSTRUCTOR.replace("cluster_id", "cluster_id: str")), "annotatio"),
        (_component("def start(self, *, progress_callback=None): return [{}]"), "keyword-only"),
        (_component("def start(self, one, two): return [{}]"), r"Wrong signature of One\.start: it takes 2"),
        (_component("def start(self): return {}"), r"must return a list \[settings, data\]"),
        (_component("def start(self): return []"), r"must return a list \[settings, data\]"),
        (_component("def start(self): return [{}, {}, {}]"), r"must return a list \[settings, data\]"),
        (_component("def start(self): return [1, {}]"), "not a dictionary"),
        (_component("def start(self): return [{}, {'path': {1, 2}}]"), "is not JSON"),
        (_component("def start(self): raise SystemExit(3)"), "SystemExit"),
        (_component("def start(self): import os; os._exit(7)"), "without an answer: exit status 7"),
        (
            _component("def start(self): return [{}]\n    def get_start_progress_target(self): return (1, 'APPLES')"),
            "Unknown progress unit 'APPLES'",
        ),
    ],
)
def test_refuses_a_component_that_breaks_the_contract(dss: Any, code: str, reason: str) -> None:
    dss.install(cluster_py=code)

    with pytest.raises(Exception, match=reason):
        dss.cluster().start()


@pytest.mark.parametrize(
    "code",
    [
        _component("def start(self): return [{}]"),
        _component("def start(self): return ({}, None)"),
        _component("def start(self, progress_callback): return [{}]"),
        _component("def start(self): return [{}]", "def __init__(self, a, b, c, d): pass"),
        "import dataiku.cluster\n" + _component("def start(self): return [{}]") + "Same = One\n",
    ],
)
def test_accepts_every_form_that_dss_accepts(dss: Any, code: str) -> None:
    dss.install(cluster_py=code)

    dss.cluster().start()


def test_gives_the_component_the_environment_of_a_dss_process(start_dss: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SECRET_OF_THE_SHELL", "x")
    monkeypatch.setenv("COVERAGE_PROCESS_TEST", "measured")
    exported = {"GCE_METADATA_HOST": "h:1", "CLOUDSDK_CONFIG": "/g", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": "/t"}
    dss = start_dss(environment=exported)
    dss.install()
    cluster = dss.cluster()
    cluster.start()

    environ = cluster.get_settings().get_plugin_data()["environ"]

    assert environ["DIP_HOME"] == str(dss.folder)
    assert environ["DKU_CUSTOM_RESOURCE_FOLDER"] == str(dss.folder / "plugins/installed/demo/resource")
    assert environ["DKU_BACKEND_PORT"] == dss.url.rpartition(":")[2]
    assert environ["DKU_BACKEND_EXT_HOST"] == "127.0.0.1"
    assert environ["GCE_METADATA_HOST"] == "h:1"
    assert environ["COVERAGE_PROCESS_TEST"] == "measured"
    assert environ["HOME"] == str(dss.folder / "home")
    assert not environ.keys() & {"SECRET_OF_THE_SHELL", "CLOUDSDK_CONFIG", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"}


def test_runs_the_source_text_as_a_temporary_module(dss: Any) -> None:
    dss.install(
        cluster_py=_component("def start(self): return [{}, [__name__, __file__]]"),
    )
    cluster = dss.cluster()
    cluster.start()

    name, path = cluster.get_settings().get_plugin_data()

    assert (name, Path(path).name) == ("dku_code", "dku_code.py")
    assert not Path(path).exists()


def test_the_component_imports_its_plugin_s_library_and_nothing_of_the_driver(dss: Any) -> None:
    dss.install(
        library_py="VALUE = 42",
        cluster_py="import demo_library, importlib.util\n"
        + _component("def start(self): return [{}, [demo_library.VALUE, importlib.util.find_spec('component_call')]]"),
    )
    cluster = dss.cluster()
    cluster.start()

    assert cluster.get_settings().get_plugin_data() == [42, None]


def test_a_tarball_of_the_real_package_takes_the_stand_in_s_place(
    start_dss: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    package = tmp_path / "dataiku-internal-client-1" / "dataiku"
    shutil.copytree(Path(component_call.__file__).parent.parent / "stand_in" / "dataiku", package)
    with (package / "__init__.py").open("a") as module:
        module.write("\nREAL = True\n")
    tarball = tmp_path / "client.tar.gz"
    with tarfile.open(tarball, "w:gz") as archive:
        archive.add(package.parent, arcname=package.parent.name)
    monkeypatch.setenv("DKU_INTERNAL_CLIENT", str(tarball))
    dss = start_dss()
    dss.install(cluster_py="import dataiku, dataikuapi\n" + _component("def start(self): return [{}, [dataiku.REAL]]"))
    cluster = dss.cluster()

    cluster.start()

    assert cluster.get_settings().get_plugin_data() == [True]


def test_the_installation_id_is_where_dss_keeps_it(start_dss: Any) -> None:
    first = (start_dss().folder / "install.ini").read_text()

    assert "[general]" in first
    assert "installid = " in first
    assert (start_dss().folder / "install.ini").read_text() == first


SLEEPING = (
    "import os, subprocess, sys\nfrom pathlib import Path\n"
    + PREAMBLE
    + f"class One(Cluster):\n    {CONSTRUCTOR}\n"
    + """
    def start(self):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        Path("pids.draft").write_text(f"{os.getpid()} {child.pid}")
        os.rename("pids.draft", "pids")
        child.wait()
    def stop(self, data): pass
"""
)


def _is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that is dead and only waits to be noticed does not."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def _start_sleeping(dss: Any, wait_until: Any) -> list[int]:
    dss.install(cluster_py=SLEEPING)
    cluster = dss.cluster()

    def start() -> None:
        with contextlib.suppress(Exception):
            cluster.start()

    threading.Thread(target=start, daemon=True).start()
    pids = dss.folder / "clusters/one/exec/pids"
    wait_until(pids.exists)
    return [int(pid) for pid in pids.read_text().split()]


def test_stopping_the_backend_kills_components_and_what_they_started(dss: Any, wait_until: Any) -> None:
    pids = _start_sleeping(dss, wait_until)

    dss.run(dss.backend.stop())

    wait_until(lambda: not any(map(_is_alive, pids)))


def test_a_component_whose_caller_is_gone_ends(tmp_path: Path, wait_until: Any) -> None:
    reading, writing = os.pipe()
    stand_in = Path(component_call.__file__).parent.parent / "stand_in"
    process = subprocess.Popen(
        [sys.executable, component_call.__file__, str(writing)],
        stdin=subprocess.PIPE,
        pass_fds=(writing,),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(stand_in)},
        start_new_session=True,
    )
    os.close(writing)
    assert process.stdin is not None
    call: dict[str, Any] = {
        "kind": "cluster",
        "source": SLEEPING,
        "action": "start",
        "data": None,
        "config": {},
        "plugin_config": {},
    }
    call |= {"cluster_id": "c", "cluster_name": "c", "global_settings": {}}
    process.stdin.write(json.dumps(call).encode() + b"\n")
    process.stdin.flush()
    wait_until((tmp_path / "pids").exists)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]

    process.stdin.close()

    assert process.wait(timeout=30) == -signal.SIGKILL
    os.close(reading)
    wait_until(lambda: not any(map(_is_alive, pids)))
