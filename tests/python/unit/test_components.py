"""The component files as DSS meets them: source text in a namespace of its own, one class, plain signatures."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gke_clusters.errors import SettingsError

ROOT = Path(__file__).resolve().parents[3]
COMPONENTS = ["create-gke-cluster", "attach-gke-cluster"]
BOTH = pytest.mark.parametrize("component", COMPONENTS)


class Cluster:
    """What DSS's own base class is to a component."""


def source(component: str) -> str:
    return (ROOT / "python-clusters" / component / "cluster.py").read_text(encoding="utf-8")


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Load a component as DSS does: its text, in a module that comes from nowhere."""
    package, module = ModuleType("dataiku"), ModuleType("dataiku.cluster")
    module.Cluster = Cluster  # type: ignore[attr-defined]  # made here
    monkeypatch.setitem(sys.modules, "dataiku", package)
    monkeypatch.setitem(sys.modules, "dataiku.cluster", module)

    def loaded(component: str) -> ModuleType:
        made = ModuleType("dku_code")
        exec(compile(source(component), "dku_code.py", "exec"), made.__dict__)
        return made

    return loaded


def classes(module: ModuleType) -> list[type[Any]]:
    values = vars(module).values()
    return [item for item in values if isinstance(item, type) and issubclass(item, Cluster) and item is not Cluster]


@pytest.fixture
def make(load: Callable[[str], ModuleType]) -> Callable[..., Any]:
    def made(component: str, config: Any = None, plugin_config: Any = None) -> Any:
        [only] = classes(load(component))
        return only("my-cluster", "my-cluster", config, plugin_config, {})

    return made


@BOTH
def test_shows_exactly_one_class_to_dss(load: Callable[[str], ModuleType], component: str) -> None:
    assert len(classes(load(component))) == 1


@BOTH
def test_takes_what_dss_gives(load: Callable[[str], ModuleType], component: str) -> None:
    [only] = classes(load(component))
    expected = {
        "__init__": ["self", "cluster_id", "cluster_name", "config", "plugin_config", "global_settings"],
        "start": ["self", "progress_callback"],
        "stop": ["self", "data", "progress_callback"],
    }
    for name, parameters in expected.items():
        specification = inspect.getfullargspec(getattr(only, name))
        assert specification.args == parameters
        assert not specification.annotations
        assert (specification.varargs, specification.varkw, specification.kwonlyargs) == (None, None, [])


@BOTH
def test_knows_no_file_of_its_own(component: str) -> None:
    assert not any(
        isinstance(node, ast.Name) and node.id == "__file__" for node in ast.walk(ast.parse(source(component)))
    )


@BOTH
def test_tells_dss_how_far_a_start_goes(make: Callable[..., Any], component: str) -> None:
    assert make(component).get_start_progress_target() == (100, "NONE")


def test_tells_dss_how_far_a_stop_goes(make: Callable[..., Any]) -> None:
    assert make("create-gke-cluster").get_stop_progress_target() == (100, "NONE")
    assert make("attach-gke-cluster").get_stop_progress_target() is None


@BOTH
def test_reports_a_wrong_dialog_before_any_call(make: Callable[..., Any], component: str) -> None:
    with pytest.raises(SettingsError):
        make(component, {"connectionInfo": {"zone": "nowhere"}}, {}).start(None)


@BOTH
def test_survives_a_dialog_that_was_never_saved(make: Callable[..., Any], component: str) -> None:
    with pytest.raises(SettingsError):
        make(component).start(None)


@pytest.mark.parametrize("data", [None, {}])
@BOTH
def test_stops_what_was_never_started_without_credentials(
    make: Callable[..., Any], component: str, data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    broken = {"connectionInfo": {"credentialsMode": "service-account-key", "serviceAccountKey": "/does/not/exist"}}
    assert make(component, {}, broken).stop(data, None) is None


def test_stops_by_the_data_and_with_the_credentials_of_the_form(
    load: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    module = load("create-gke-cluster")
    told: list[Any] = []
    monkeypatch.setattr(module, "connect", lambda credentials: told.append(credentials.mode))

    def stop_cluster(
        data: Any, owner: Any, settings: Any, connect: Callable[[], None], directory: Path, progress: Any
    ) -> None:
        connect()
        told.extend([data, owner.cluster, settings.delete_volumes, directory])

    monkeypatch.setattr(module, "stop_cluster", stop_cluster)
    [only] = classes(module)
    form = {"connectionInfo": {"zone": "nowhere"}, "nodePools": "nonsense", "deleteVolumes": True}
    only("an-id", "a-name", form, {}, {}).stop({"cluster": 1}, None)
    assert told == ["application-default", {"cluster": 1}, "an-id", True, tmp_path]


def test_starts_under_the_name_of_the_dss_cluster(
    load: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIP_HOME", str(tmp_path))
    (tmp_path / "install.ini").write_text("[general]\ninstallid = dss-1\n")
    module = load("create-gke-cluster")
    told: list[Any] = []
    monkeypatch.setattr(module, "connect", lambda credentials: "google")

    def start_cluster(*arguments: Any) -> list[str]:
        told.extend(arguments)
        return ["settings", "data"]

    monkeypatch.setattr(module, "start_cluster", start_cluster)
    [only] = classes(module)
    config = {"connectionInfo": {}, "nodePools": [{}], "controlPlaneEndpoint": "dns"}
    assert only("an-id", "a-name", config, {}, {}).start(None) == ["settings", "data"]
    settings, ownership, google, handover, _ = told
    assert settings.name == "a-name"
    assert (ownership.install, ownership.cluster) == ("dss-1", "an-id")
    assert google == "google"
    assert (handover.directory, handover.endpoint) == (tmp_path, "dns")
