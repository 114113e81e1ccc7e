"""The macros as DSS meets them: strict descriptors, and source text that shows one class with plain signatures."""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.diagnose import DiagnoseSettings
from gke_clusters.settings.gcs_connection import GcsConnectionSettings
from gke_clusters.settings.inspect_node_pools import InspectSettings
from gke_clusters.settings.instance_macros import FindForgottenSettings, InstanceMacroSettings
from gke_clusters.settings.network_test import NetworkTestSettings
from gke_clusters.settings.node_pool_macros import (
    AddNodePoolSettings,
    DeleteNodePoolSettings,
    ResizeNodePoolSettings,
)
from gke_clusters.settings.push_base_images import PushBaseImagesSettings
from gke_clusters.settings.register import RegisterSettings
from gke_clusters.settings.use_in_projects import UseInProjectsSettings

ROOT = Path(__file__).resolve().parents[3]
PARTS_OF_THE_SET_UP = ["register-cluster", "push-base-images", "create-gcs-connection", "use-cluster-in-projects"]
CHANGE_DSS = {"register-cluster", "set-up-compute", "use-cluster-in-projects"}
MODELS = {
    "add-node-pool": AddNodePoolSettings,
    "check-prerequisites": InstanceMacroSettings,
    "create-gcs-connection": GcsConnectionSettings,
    "delete-node-pool": DeleteNodePoolSettings,
    "find-forgotten-clusters": FindForgottenSettings,
    "diagnose-cluster": DiagnoseSettings,
    "inspect-node-pools": InspectSettings,
    "print-iam-role": InstanceMacroSettings,
    "push-base-images": PushBaseImagesSettings,
    "register-cluster": RegisterSettings,
    "resize-node-pool": ResizeNodePoolSettings,
    "test-network": NetworkTestSettings,
    "use-cluster-in-projects": UseInProjectsSettings,
}
MACROS = sorted(path.parent.name for path in (ROOT / "python-runnables").glob("*/runnable.json"))
EACH = pytest.mark.parametrize("macro", MACROS)


def description(macro):
    return json.loads((ROOT / "python-runnables" / macro / "runnable.json").read_text(encoding="utf-8"))


class Runnable:
    """What DSS's own base class is to a macro."""


@pytest.fixture
def load(monkeypatch):
    """Load a macro as DSS does: its text, in a module that comes from nowhere."""
    package, module = ModuleType("dataiku"), ModuleType("dataiku.runnables")
    module.Runnable = Runnable
    monkeypatch.setitem(sys.modules, "dataiku", package)
    monkeypatch.setitem(sys.modules, "dataiku.runnables", module)

    def loaded(macro):
        made = ModuleType("dku_code")
        source = (ROOT / "python-runnables" / macro / "runnable.py").read_text(encoding="utf-8")
        exec(compile(source, "dku_code.py", "exec"), made.__dict__)
        return made

    return loaded


def test_every_macro_has_a_settings_model():
    assert {*MODELS, "set-up-compute"} == set(MACROS)


@EACH
def test_shows_one_class_with_signatures_that_dss_can_read(load, macro):
    shown = [each for each in vars(load(macro)).values() if isinstance(each, type) and issubclass(each, Runnable)]
    [only] = [each for each in shown if each is not Runnable]

    expected = {
        "__init__": ["self", "project_key", "config", "plugin_config"],
        "get_progress_target": ["self"],
        "run": ["self", "progress_callback"],
    }
    for name, parameters in expected.items():
        specification = inspect.getfullargspec(getattr(only, name))
        assert specification.args == parameters
        assert not specification.annotations
    assert only("PROJECT", None, None).get_progress_target() == (100, "NONE")


@EACH
def test_says_what_it_does_and_returns_a_page(macro):
    described = description(macro)

    assert described["meta"]["label"]
    assert described["meta"]["description"]
    assert (described["resultType"], described["extension"], described["mimeType"]) == ("HTML", "html", "text/html")
    assert described["impersonate"] is False


@EACH
def test_a_macro_on_a_cluster_is_offered_on_clusters_of_this_plugin_only(macro):
    for role in description(macro).get("macroRoles", []):
        assert role == {"type": "CLUSTER", "targetParamsKey": "clusterId", "limitToSamePlugin": True}
        assert description(macro)["params"][0]["name"] == "clusterId"
        assert description(macro)["params"][0]["type"] == "CLUSTER"


@EACH
def test_whoever_manages_a_cluster_may_run_its_macros_but_those_that_change_dss(macro):
    """As in 1.5.1: DSS itself refuses to show the cluster to others."""
    described = description(macro)

    expected = macro in CHANGE_DSS or not described.get("macroRoles")
    assert described.get("requiresGlobalAdmin", False) is expected


@EACH
def test_every_parameter_has_a_label_of_its_own_and_help(macro):
    declared = description(macro)["params"] + description(macro).get("adminParams", [])

    assert all(each["label"] and each["description"] for each in declared)
    assert len({each["label"] for each in declared}) == len(declared)


@pytest.mark.parametrize("macro", MODELS)
def test_form_and_model_have_the_same_parameters(macro):
    aliases = {field.alias or name for name, field in MODELS[macro].model_fields.items()}

    assert aliases == {parameter.name for parameter in macro_descriptor(macro).all_params}


@EACH
def test_every_condition_names_parameters_of_its_own_form(macro):
    names = {parameter.name for parameter in macro_descriptor(macro).all_params}
    for parameter in macro_descriptor(macro).all_params:
        assert set(re.findall(r"model\.(\w+)", parameter.condition)) <= names


def test_the_fields_of_the_set_up_are_those_of_its_parts():
    """So that what is said of a field, by its label, is true in both dialogs."""
    known = {}
    for macro in PARTS_OF_THE_SET_UP:
        known |= {parameter.name: parameter for parameter in macro_descriptor(macro).params}
    for parameter in macro_descriptor("set-up-compute").params:
        same = known[parameter.name]
        assert (parameter.label, parameter.type) == (same.label, same.type)


@pytest.mark.parametrize("macro", PARTS_OF_THE_SET_UP)
def test_parts_of_the_set_up_call_what_they_share_by_one_label(macro):
    labels = {parameter.name: parameter.label for parameter in macro_descriptor("set-up-compute").params}
    for parameter in macro_descriptor(macro).params:
        assert labels.get(parameter.name, parameter.label) == parameter.label
