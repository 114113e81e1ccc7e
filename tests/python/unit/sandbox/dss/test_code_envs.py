"""Plugin code envs: what they accept, and what a component then runs in."""

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from dataikuapi.utils import DataikuException

WHICH_PYTHON = """
import sys
from dataiku.cluster import Cluster
class One(Cluster):
    def __init__(self, cluster_id, cluster_name, config, plugin_config, global_settings):
        pass
    def start(self):
        import google.auth
        return [{}, [sys.executable, sys.prefix]]
    def stop(self, data):
        pass
"""


def _use(plugin: Any, name: str) -> None:
    settings = plugin.get_settings()
    settings.set_code_env(name)
    settings.save()


@pytest.mark.parametrize("interpreter", ["PYTHON310", "PYTHON311"])
def test_a_code_env_of_any_accepted_interpreter_runs_in_the_development_environment(dss: Any, interpreter: str) -> None:
    plugin = dss.install(cluster_py=WHICH_PYTHON)
    name = plugin.create_code_env(python_interpreter=interpreter).wait_for_result()["envName"]
    _use(plugin, name)
    cluster = dss.cluster()
    cluster.start()

    executable, prefix = cluster.get_settings().get_plugin_data()

    assert name == "plugin_demo_managed"
    assert dss.client._perform_json("GET", f"/admin/code-envs/PYTHON/{name}")["pythonInterpreter"] == interpreter
    assert Path(executable).parent.parent == Path(prefix) == dss.folder / "code-envs/python" / name
    assert Path(prefix).resolve() == Path(sys.prefix).resolve()


def test_refuses_an_interpreter_that_the_plugin_does_not_accept(dss: Any) -> None:
    plugin = dss.install()

    with pytest.raises(DataikuException, match="does not accept the interpreter PYTHON39; it accepts PYTHON310"):
        plugin.create_code_env(python_interpreter="PYTHON39").wait_for_result()


def test_takes_the_first_accepted_interpreter_when_none_is_named(dss: Any) -> None:
    plugin = dss.install()
    name = plugin.create_code_env().wait_for_result()["envName"]

    assert dss.client.get_code_env("PYTHON", name).get_definition()["pythonInterpreter"] == "PYTHON310"


def test_refuses_a_second_code_env_and_conda(dss: Any) -> None:
    plugin = dss.install()
    with pytest.raises(DataikuException, match="Conda is not installed"):
        plugin.create_code_env("PYTHON311", conda=True)
    plugin.create_code_env("PYTHON311")

    with pytest.raises(DataikuException, match="already exists"):
        plugin.create_code_env("PYTHON311")


def test_refuses_a_code_env_to_a_plugin_that_defines_none(dss: Any) -> None:
    with pytest.raises(DataikuException, match="no code environment definition"):
        dss.install(code_env=None).create_code_env("PYTHON311")


def test_updates_the_code_env_that_is_in_use(dss: Any) -> None:
    plugin = dss.install()
    with pytest.raises(DataikuException, match="no code env to update"):
        plugin.update_code_env()
    name = plugin.create_code_env("PYTHON311").wait_for_result()["envName"]
    _use(plugin, name)

    assert plugin.update_code_env().wait_for_result()["envName"] == name


@pytest.mark.parametrize("wait", [True, False])
def test_builds_the_images_of_a_code_env(dss: Any, wait: bool) -> None:
    name = dss.install().create_code_env("PYTHON311").wait_for_result()["envName"]
    code_env = dss.client.get_code_env("PYTHON", name)

    answer = code_env.update_images(wait=wait)

    assert (answer if wait else answer.wait_for_result())["messages"]["success"]


def test_builds_no_images_of_a_code_env_that_does_not_exist(dss: Any) -> None:
    with pytest.raises(DataikuException, match="does not exist"):
        dss.client.get_code_env("PYTHON", "nope").update_images()


def test_a_start_in_a_code_env_that_is_gone_fails(dss: Any) -> None:
    plugin = dss.install()
    name = plugin.create_code_env("PYTHON311").wait_for_result()["envName"]
    _use(plugin, name)
    dss.client._perform_json("DELETE", f"/admin/code-envs/PYTHON/{name}")

    with pytest.raises(Exception, match=f"Code env {name} does not exist"):
        dss.cluster().start()
    assert dss.client._perform_json("GET", "/admin/code-envs/") == []
    assert Path(sys.prefix).is_dir()


def test_a_real_code_env_holds_what_the_plugin_requires(start_dss: Any, tmp_path: Path) -> None:
    version = f"PYTHON{sys.version_info.major}{sys.version_info.minor}"
    package = tmp_path / "demo-requirement"
    package.mkdir()
    _write_wheel(package)
    dss = start_dss(real_code_envs=True)
    plugin = dss.install(
        code_env=json.dumps({"acceptedPythonInterpreters": [version], "installCorePackages": False}),
        requirements=f"demo-requirement @ {(package / 'demo_requirement-1.0-py3-none-any.whl').as_uri()}\n",
        cluster_py=WHICH_PYTHON.replace("google.auth", "demo_requirement"),
    )
    name = plugin.create_code_env(version).wait_for_result()["envName"]
    _use(plugin, name)
    cluster = dss.cluster()

    cluster.start()

    assert (dss.folder / "code-envs/python" / name / "pyvenv.cfg").is_file()
    assert cluster.get_settings().get_plugin_data()[1] == str(dss.folder / "code-envs/python" / name)


def test_a_real_code_env_needs_its_interpreter_on_the_host(start_dss: Any, tmp_path: Path, monkeypatch: Any) -> None:
    plugin = start_dss(real_code_envs=True).install(code_env='{"acceptedPythonInterpreters": ["PYTHON39"]}')
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(DataikuException, match=r"PYTHON39 is not on this host: python3\.9 was not found"):
        plugin.create_code_env("PYTHON39").wait_for_result()


def _write_wheel(folder: Path) -> None:
    info = "demo_requirement-1.0.dist-info"
    files = {
        "demo_requirement.py": "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: demo-requirement\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / "demo_requirement-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, text)
