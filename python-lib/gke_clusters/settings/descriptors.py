"""The parameters of a dialog as its descriptor declares them: the one source of labels, defaults and conditions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PLUGIN_ROOT = Path(__file__).resolve().parents[3]
"""DSS keeps the layout of the zip, so the descriptors lie at the same distance from here everywhere."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a descriptor.

    Attributes:
        name: the key under which its value arrives.
        label: what the administrator sees.
        type: DSS's type, such as ``STRING`` or ``PRESETS``.
        default: what the form fills in; ``None`` when it fills in nothing.
        condition: the expression over ``model`` that shows the field; empty when it is always shown.
        choices: the values of a ``SELECT``, with their labels.
        parameter_set: id of the parameter set of a ``PRESET`` or ``PRESETS``.
        columns: the parameters of a row of an ``OBJECT_LIST``.
    """

    name: str
    label: str
    type: str
    default: Any = None
    condition: str = ""
    choices: Mapping[str, str] | None = None
    parameter_set: str = ""
    columns: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class Descriptor:
    """The parameters of a component or of a parameter set, in the order of the form.

    Attributes:
        params: those whose values arrive in ``config``.
        admin_params: those whose values arrive in ``plugin_config``.
    """

    params: tuple[Parameter, ...]
    admin_params: tuple[Parameter, ...] = ()

    @property
    def all_params(self) -> tuple[Parameter, ...]:
        """Both kinds, since no name is used in both."""
        return self.params + self.admin_params

    def label_of(self, name: str) -> str:
        """The label of the parameter called ``name``.

        Raises:
            KeyError: if there is no such parameter.
        """
        for parameter in self.all_params:
            if parameter.name == name:
                return parameter.label
        raise KeyError(name)


def _parameter(declared: Mapping[str, Any]) -> Parameter:
    choices = declared.get("selectChoices")
    return Parameter(
        name=declared["name"],
        label=declared["label"],
        type=declared["type"],
        default=declared.get("defaultValue"),
        condition=declared.get("visibilityCondition", ""),
        choices=None if choices is None else {choice["value"]: choice["label"] for choice in choices},
        parameter_set=declared.get("parameterSetId", ""),
        columns=_parameters(declared.get("subParams", ())),
    )


def _parameters(declared: Iterable[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    return tuple(_parameter(each) for each in declared if each["type"] != "SEPARATOR")


@cache
def _read(path: Path) -> Descriptor:
    content = json.loads(path.read_text(encoding="utf-8"))
    # A preset and a macro have different names for what only administrators may set.
    admin = (*content.get("pluginParams", ()), *content.get("adminParams", ()))
    return Descriptor(_parameters(content["params"]), _parameters(admin))


def cluster_descriptor(component: str) -> Descriptor:
    """The dialog of a cluster type, such as ``create-gke-cluster``."""
    return _read(PLUGIN_ROOT / "python-clusters" / component / "cluster.json")


def parameter_set_descriptor(parameter_set: str) -> Descriptor:
    """The form of a preset, such as ``node-pool-request``."""
    return _read(PLUGIN_ROOT / "parameter-sets" / parameter_set / "parameter-set.json")


def macro_descriptor(component: str) -> Descriptor:
    """The dialog of a macro, such as ``register-cluster``."""
    return _read(PLUGIN_ROOT / "python-runnables" / component / "runnable.json")
