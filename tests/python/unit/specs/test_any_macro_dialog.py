"""Whatever JSON the dialog of a macro holds, the answer is settings or one message that names labels."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gke_clusters.errors import SettingsError
from gke_clusters.settings import instance_macros, node_pool_macros
from gke_clusters.settings.descriptors import macro_descriptor, parameter_set_descriptor
from gke_clusters.settings.diagnose import parse_diagnose
from gke_clusters.settings.gcs_connection import parse_gcs_connection
from gke_clusters.settings.push_base_images import parse_push_base_images
from gke_clusters.settings.register import parse_register
from gke_clusters.settings.set_up_compute import parse_set_up_compute
from gke_clusters.settings.use_in_projects import parse_use_in_projects

ROOT = Path(__file__).resolve().parents[4]
# A macro of the cluster takes its credentials from what the cluster was started with, not from its dialog.
OF_A_CLUSTER = {
    "add-node-pool": node_pool_macros.parse_add,
    "delete-node-pool": node_pool_macros.parse_delete,
    "diagnose-cluster": parse_diagnose,
    "register-cluster": parse_register,
    "resize-node-pool": node_pool_macros.parse_resize,
    "use-cluster-in-projects": parse_use_in_projects,
}
OF_THE_INSTANCE = {
    "check-prerequisites": instance_macros.parse_check_prerequisites,
    "create-gcs-connection": parse_gcs_connection,
    "find-forgotten-clusters": instance_macros.parse_find_forgotten,
    "print-iam-role": instance_macros.parse_print_iam_role,
    "push-base-images": parse_push_base_images,
    "set-up-compute": parse_set_up_compute,
}
PARSERS = OF_THE_INSTANCE | {
    name: lambda config, _admin, parse=parse: parse(config) for name, parse in OF_A_CLUSTER.items()
}
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


def refusal(parse, config, admin):
    try:
        parse(config, admin)
    except SettingsError as error:
        return error
    return None


def test_every_macro_is_tried():
    assert set(PARSERS) == {path.parent.name for path in ROOT.glob("python-runnables/*/runnable.json")}


@pytest.mark.parametrize("name", sorted(PARSERS))
def test_a_dialog_gives_settings_or_names_wrong_labels(name):
    macro = macro_descriptor(name)
    known = labels(macro)

    @MANY
    @given(config=forms(macro), admin=st.fixed_dictionaries({}, optional={"connectionInfo": ANY_JSON}))
    def holds(config, admin):
        refused = refusal(PARSERS[name], config, admin)
        if refused is not None:
            assert refused.problems
            assert {step for each in refused.problems for step in steps_of(each.label)} <= known

    holds()
