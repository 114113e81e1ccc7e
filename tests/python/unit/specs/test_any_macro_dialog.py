"""Whatever JSON the dialog of a macro holds, the answer is settings or one message that names labels."""

from __future__ import annotations

import importlib
import inspect
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gke_clusters.errors import SettingsError
from gke_clusters.settings.descriptors import macro_descriptor, parameter_set_descriptor

ROOT = Path(__file__).resolve().parents[4]
MACROS = sorted(path.parent.name for path in ROOT.glob("python-runnables/*/runnable.py"))
# The function by which a macro reads its dialog; that of the credentials reads what its cluster was started with.
PARSER = re.compile(r"^from (gke_clusters\.settings\.\w+) import (parse_(?!credentials)\w+)$", re.MULTILINE)
PRESETS = [parameter_set_descriptor(name) for name in ("connection-info", "node-pool-request")]
MANY = settings(
    max_examples=int(os.environ.get("EXAMPLES", "60")), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TEXTS = st.text(max_size=40) | st.sampled_from(
    [
        "",
        "a",
        "pool-1",
        "us-central1-b",
        "acme-data",
        "bucket",
        "true",
        "3",
        "-1",
        "nan",
        "a,b",
        "a\nb",
        "/etc/key.json",
    ]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def forms(macro):
    """Anything for any of a dialog's parameters; that the dialog itself is an object is DSS's doing."""
    presets = {each.name for each in macro.params if each.type in ("PRESET", "PRESETS")}
    within = st.fixed_dictionaries(
        {}, optional={param.name: ANY_JSON | TEXTS for preset in PRESETS for param in preset.all_params}
    )
    whole = within | ANY_JSON
    values = {
        each.name: whole | ANY_JSON
        if each.name in presets
        else st.sampled_from(["a", *(each.choices or ())]) | ANY_JSON
        for each in macro.all_params
    }
    return st.fixed_dictionaries({}, optional=values)


def labels(macro):
    """Everything that an administrator reads beside a field of the dialog or of its presets."""
    return {"Settings", *(each.label for preset in (macro, *PRESETS) for each in preset.all_params)}


def steps_of(label):
    """Where a problem is: the labels on the way to it, and no places in lists."""
    return [step for step in label.split(" › ") if not step.isdigit()]


def parser(name):
    """What a macro makes settings of its dialog with: of the values, and of admin values if it takes them."""
    [(module, function)] = PARSER.findall((ROOT / "python-runnables" / name / "runnable.py").read_text())
    parse = getattr(importlib.import_module(module), function)
    return parse if len(inspect.signature(parse).parameters) == 2 else lambda config, _: parse(config)


def refusal(parse, config, admin):
    try:
        parse(config, admin)
    except SettingsError as error:
        return error
    return None


@pytest.mark.parametrize("name", MACROS)
def test_a_dialog_gives_settings_or_names_wrong_labels(name):
    macro = macro_descriptor(name)
    known, parse = labels(macro), parser(name)

    @MANY
    @given(config=forms(macro), admin=st.fixed_dictionaries({}, optional={"connectionInfo": ANY_JSON}))
    def holds(config, admin):
        refused = refusal(parse, config, admin)
        if refused is not None:
            assert refused.problems
            assert {step for each in refused.problems for step in steps_of(each.label)} <= known

    holds()
