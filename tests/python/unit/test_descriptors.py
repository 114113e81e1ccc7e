"""The descriptors against the parameters of 1.5.1, and against the settings models that read them."""

from __future__ import annotations

import json
import re
import typing
from pathlib import Path

import pytest

from gke_clusters.settings import descriptors
from gke_clusters.settings.attach import AttachSettings
from gke_clusters.settings.connection import ConnectionSettings
from gke_clusters.settings.create import CreateSettings
from gke_clusters.settings.descriptors import Parameter, cluster_descriptor, parameter_set_descriptor
from gke_clusters.settings.dialog import MEANING_OF_ABSENCE
from gke_clusters.settings.node_pool import NodePoolSettings, NodeTaint

ROOT = Path(__file__).resolve().parents[3]
OLD_PARAMETERS = ROOT / "tests/python/data/compat/parameters-1.5.1.md"

FILES = {
    "parameter-sets/connection-info": ROOT / "parameter-sets/connection-info/parameter-set.json",
    "parameter-sets/node-pool-request": ROOT / "parameter-sets/node-pool-request/parameter-set.json",
    "python-clusters/create-gke-cluster": ROOT / "python-clusters/create-gke-cluster/cluster.json",
    "python-clusters/attach-gke-cluster": ROOT / "python-clusters/attach-gke-cluster/cluster.json",
}
MODELS = {
    "parameter-sets/connection-info": (ConnectionSettings, parameter_set_descriptor("connection-info")),
    "parameter-sets/node-pool-request": (NodePoolSettings, parameter_set_descriptor("node-pool-request")),
    "python-clusters/create-gke-cluster": (CreateSettings, cluster_descriptor("create-gke-cluster")),
    "python-clusters/attach-gke-cluster": (AttachSettings, cluster_descriptor("attach-gke-cluster")),
}
NOT_FROM_THE_FORM = {"name", "notes"}
"""DSS gives the name of the cluster beside the form, and reading the form gives the notes."""

NEW_PARAMETERS = {
    "credentialsMode",
    "serviceAccountKey",
    "impersonatedServiceAccount",
    "nodePoolName",
    "accessScopes",
    "controlPlaneEndpoint",
    "location",
    "fallbackZones",
    "createDeadlineMinutes",
    "keepFailedCluster",
    "deleteDeadlineMinutes",
    "deleteLoadBalancers",
    "deleteVolumes",
    "bestEffortProvisioning",
    "minProvisionNodes",
}


class OldParameter(typing.NamedTuple):
    name: str
    kind: str
    default: str
    details: str
    condition: str


def old_parameters():
    component = None
    for line in OLD_PARAMETERS.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            component = line.removeprefix("## ").strip()
        row = re.match(r"\| `(\w+)` \| (\w+) \|(.*)\|(.*)\|(.*)\|$", line)
        if row and component in FILES:
            old = OldParameter(*(cell.strip() for cell in row.groups()))
            yield pytest.param(component, old, id=f"{component}:{old.name}")


def old_keys():
    component = None
    for line in OLD_PARAMETERS.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            component = line.removeprefix("## ").strip()
        if line.startswith("Other keys: ") and component in FILES:
            yield pytest.param(component, json.loads(line.split("`")[1]), id=component)


def declared(component, key="params"):
    return {each["name"]: each for each in json.loads(FILES[component].read_text(encoding="utf-8"))[key]}


def all_declared(component):
    content = json.loads(FILES[component].read_text(encoding="utf-8"))
    return content["params"] + content.get("pluginParams", [])


def test_the_table_of_old_parameters_is_read_whole():
    assert len(list(old_parameters())) == 3 + 19 + 20 + 6


@pytest.mark.parametrize(("component", "old"), list(old_parameters()))
def test_keeps_a_parameter_of_the_old_plugin_as_it_was(component, old):
    parameter = declared(component)[old.name]

    assert parameter["type"] == old.kind
    assert parameter.get("defaultValue") == (json.loads(old.default.strip("`")) if old.default else None)
    assert ("mandatory" in old.details) == parameter.get("mandatory", False)
    assert parameter.get("visibilityCondition", "") == old.condition.strip("`")
    if old.kind == "SELECT":
        choices = old.details.split(";")[0].split(", ")
        assert [choice["value"] for choice in parameter["selectChoices"]] == choices
    if old.kind in ("PRESET", "PRESETS"):
        assert f"of {parameter['parameterSetId']}" in old.details
    if old.kind == "OBJECT_LIST":
        assert [(each["name"], each["type"]) for each in parameter["subParams"]] == [
            ("key", "STRING"),
            ("value", "STRING"),
            ("effect", "SELECT"),
        ]
        effects = [choice["value"] for choice in parameter["subParams"][2]["selectChoices"]]
        assert "/".join(effects) in old.details


@pytest.mark.parametrize(("component", "keys"), list(old_keys()))
def test_keeps_the_other_keys_of_the_old_plugin(component, keys):
    content = json.loads(FILES[component].read_text(encoding="utf-8"))

    assert {key: content[key] for key in keys} == keys


def test_every_parameter_is_an_old_one_or_known_as_new():
    old = {each.values[1].name for each in old_parameters()}
    now = {each["name"] for component in FILES for each in all_declared(component)}

    assert now - old == NEW_PARAMETERS
    assert old - now == set()


@pytest.mark.parametrize("component", FILES)
def test_a_new_parameter_of_an_old_preset_says_what_its_absence_means(component):
    """A new parameter with a default changes what saved presets mean, unless the default is what 1.5.1 did."""
    unchanged = {
        "credentialsMode": "application-default",
        "controlPlaneEndpoint": "automatic",
        "deleteLoadBalancers": False,
        "deleteVolumes": False,
        "bestEffortProvisioning": False,
        "minProvisionNodes": 0,
        # 1.5.1 waited for ever and left what had failed: both were defects.
        "createDeadlineMinutes": 60,
        "deleteDeadlineMinutes": 40,
        "keepFailedCluster": False,
    }
    for each in all_declared(component):
        if each["name"] in NEW_PARAMETERS and "defaultValue" in each:
            assert each["name"] in MEANING_OF_ABSENCE or each["defaultValue"] == unchanged[each["name"]]


@pytest.mark.parametrize("component", FILES)
def test_every_parameter_has_a_label_of_its_own_and_help(component):
    declarations = all_declared(component)

    assert all(each["label"] and each["description"] for each in declarations)
    assert len({each["label"] for each in declarations}) == len(declarations)


@pytest.mark.parametrize("component", MODELS)
def test_form_and_model_have_the_same_parameters(component):
    model, descriptor = MODELS[component]
    aliases = {field.alias or name for name, field in model.model_fields.items()} - NOT_FROM_THE_FORM

    assert aliases == {parameter.name for parameter in descriptor.all_params}


@pytest.mark.parametrize("component", MODELS)
def test_form_and_model_offer_the_same_choices(component):
    model, descriptor = MODELS[component]
    hints = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    for parameter in descriptor.all_params:
        if parameter.type == "SELECT":
            assert typing.get_args(hints[parameter.name]) == tuple(parameter.choices or ())


def test_form_and_model_offer_the_same_effects_of_taints():
    taints = next(each for each in declared("parameter-sets/node-pool-request").values() if "subParams" in each)
    effects = next(each for each in taints["subParams"] if each["name"] == "effect")

    assert typing.get_args(NodeTaint.model_fields["effect"].annotation) == tuple(
        choice["value"] for choice in effects["selectChoices"]
    )


@pytest.mark.parametrize("component", MODELS)
def test_every_condition_names_parameters_of_its_own_form(component):
    _, descriptor = MODELS[component]
    names = {parameter.name for parameter in descriptor.all_params}
    for parameter in descriptor.all_params:
        assert set(re.findall(r"model\.(\w+)", parameter.condition)) <= names


def test_credentials_are_admin_parameters():
    assert set(declared("parameter-sets/connection-info", "pluginParams")) == {
        "credentialsMode",
        "serviceAccountKey",
        "impersonatedServiceAccount",
    }
    assert declared("parameter-sets/connection-info", "pluginParams")["serviceAccountKey"]["type"] == "PASSWORD"


def test_the_plugin_is_the_successor_of_the_old_one():
    plugin = json.loads((ROOT / "plugin.json").read_text(encoding="utf-8"))

    assert plugin["id"] == "gke-clusters"
    assert plugin["version"] == "2.0.0"
    assert plugin["meta"]["label"] == "GKE clusters"
    assert plugin["params"] == []


def test_the_code_environment_takes_the_pythons_that_are_tested():
    description = json.loads((ROOT / "code-env/python/desc.json").read_text(encoding="utf-8"))

    assert description["acceptedPythonInterpreters"] == ["PYTHON310", "PYTHON311", "PYTHON312", "PYTHON313"]
    assert description["corePackagesSet"] == "AUTO"


def test_a_label_is_found_by_the_name_of_its_parameter():
    assert parameter_set_descriptor("connection-info").label_of("zone") == "Zone"


def test_an_unknown_parameter_has_no_label():
    with pytest.raises(KeyError, match="zones"):
        parameter_set_descriptor("connection-info").label_of("zones")


def test_separators_are_no_parameters(tmp_path):
    path = tmp_path / "cluster.json"
    field = {"name": "a", "label": "A", "type": "STRING"}
    path.write_text(json.dumps({"params": [{"type": "SEPARATOR", "label": "Network"}, field]}), encoding="utf-8")

    assert descriptors._read(path).params == (Parameter("a", "A", "STRING"),)


@pytest.mark.parametrize("key", ["pluginParams", "adminParams"])
def test_what_only_administrators_set_is_kept_apart(tmp_path, key):
    path = tmp_path / "descriptor.json"
    field = {"name": "a", "label": "A", "type": "STRING"}
    path.write_text(json.dumps({"params": [], key: [field]}), encoding="utf-8")

    assert descriptors._read(path).admin_params == (Parameter("a", "A", "STRING"),)
