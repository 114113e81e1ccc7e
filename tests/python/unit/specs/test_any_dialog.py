"""Whatever JSON a dialog holds, the answer is a request or one message that names labels."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gke_clusters.errors import SettingsError
from gke_clusters.settings.attach import parse_attach
from gke_clusters.settings.create import CLUSTER_NAME_LABEL, parse_create
from gke_clusters.settings.descriptors import cluster_descriptor, parameter_set_descriptor
from gke_clusters.specs.cluster import create_request
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.ownership import Ownership, owner_of
from gke_clusters.specs.placement import fallback_placements, place_new_cluster

HOST = HostFacts("host-project", "us-central1-a", "vpc", "sub", "host@host-project.iam.gserviceaccount.com")
OWNER = Ownership.of("install", "c")

TEXTS = st.text(max_size=70) | st.sampled_from(
    ["", "a", "node-pool-1", "/17", "10.0.0.0/16", "pods", "us-central1-b", "1.33", "default", "true", "3", "-1", "nan"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)
GOOD_TEXTS = {
    "zone": "us-central1-b",
    "region": "us-central1",
    "location": "us-central1",
    "clusterVersion": "1.33",
    "podIpRange": "/17",
    "svcIpRange": "10.0.0.0/20",
    "serviceAccount": "nodes@acme-data.iam.gserviceaccount.com",
    "impersonatedServiceAccount": "admin@acme-data.iam.gserviceaccount.com",
    "serviceAccountKey": "/etc/dss/gke.json",
    "clusterId": "shared-prod",
}
EXPERT = st.sampled_from(
    [
        {},
        {"nodePools": [{"name": "node-pool-0", "config": {"tags": []}}, {"name": "more"}]},
        {"locations": ["us-central1-f"], "resourceLabels": None},
        {"resourceLabels": {"a": 1}},
        {"network": {"not": "a text"}},
        {"autopilot": {"workloadPolicyConfig": {}}},
        {"nextYear": [1.5, None]},
        {"name": "other"},
    ]
) | st.dictionaries(TEXTS, ANY_JSON, max_size=2)


def plausible(parameter):
    """Values that are mostly right for a parameter."""
    match parameter.type:
        case "BOOLEAN":
            values = st.booleans()
        case "INT":
            values = st.integers(10, 16)
        case "SELECT":
            values = st.sampled_from(sorted(parameter.choices))
        case "STRINGS":
            values = st.lists(st.sampled_from(["us-central1-a", "us-central1-c"]), max_size=3)
        case "KEY_VALUE_LIST":
            values = st.lists(
                st.fixed_dictionaries({"from": st.just("team")}, optional={"to": st.just("ds")}), max_size=2
            )
        case "MAP":
            values = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1"]))
        case "OBJECT_LIST":
            rows = {column.name: plausible(column) for column in parameter.columns}
            values = st.lists(st.fixed_dictionaries(rows), max_size=1)
        case "TEXTAREA":
            values = EXPERT.map(json.dumps)
        case "PRESET":
            values = form(parameter_set_descriptor(parameter.parameter_set).params)
        case "PRESETS":
            pools = form(parameter_set_descriptor(parameter.parameter_set).params)
            values = st.lists(pools, min_size=1, max_size=2, unique_by=lambda pool: pool.get("nodePoolName") == "a")
        case _:
            values = st.sampled_from(["", GOOD_TEXTS.get(parameter.name, "a")])
    return values


@st.composite
def form(draw, parameters):
    """Plausible values of some parameters, sometimes with one that may be anything."""
    required = {each.name: plausible(each) for each in parameters if each.type == "PRESETS"}
    optional = {each.name: plausible(each) for each in parameters if each.type != "PRESETS"}
    values = draw(st.fixed_dictionaries(required, optional=optional))
    if draw(st.integers(0, 3)) == 0:
        values[draw(st.sampled_from([each.name for each in parameters]))] = draw(ANY_JSON)
    return values


def labels_of(descriptor):
    return [parameter.label for parameter in descriptor.all_params]


CREATE, ATTACH = cluster_descriptor("create-gke-cluster"), cluster_descriptor("attach-gke-cluster")
CONNECTION = parameter_set_descriptor("connection-info")
LABELS = {
    CLUSTER_NAME_LABEL,
    "Settings",
    *labels_of(CREATE),
    *labels_of(ATTACH),
    *labels_of(CONNECTION),
    *labels_of(parameter_set_descriptor("node-pool-request")),
}
ADMIN = st.fixed_dictionaries({}, optional={"connectionInfo": form(CONNECTION.admin_params) | ANY_JSON})
QUIET = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def refusal(call):
    try:
        call()
    except SettingsError as error:
        return error
    return None


def names_labels(refused):
    return bool(refused.problems) and all(
        step.isdigit() or step in LABELS for problem in refused.problems for step in problem.label.split(" › ")
    )


@QUIET
@given(name=st.sampled_from(["c", "Bad_Name"]) | st.text(max_size=45), config=form(CREATE.params), admin=ADMIN)
def test_a_create_dialog_gives_a_request_or_wrong_labels(name, config, admin):
    sent = []

    def ask():
        parsed = parse_create(name, config, admin)
        first = place_new_cluster(parsed, HOST)
        sent.extend(
            create_request(parsed, place, HOST, OWNER) for place in (first, *fallback_placements(parsed, first))
        )

    refused = refusal(ask)
    if refused:
        assert names_labels(refused)
        return
    body = sent[0].as_json()["cluster"]
    assert json.loads(json.dumps(body, allow_nan=False)) == body
    assert body["name"] == name
    assert owner_of(body["resourceLabels"]) == OWNER
    assert ("nodePools" in body) is not body.get("autopilot", {}).get("enabled", False)


@QUIET
@given(config=form(ATTACH.params), admin=ADMIN)
def test_an_attach_dialog_gives_settings_or_wrong_labels(config, admin):
    attached = []
    refused = refusal(lambda: attached.append(parse_attach(config, admin)))

    assert names_labels(refused) if refused else attached[0].cluster_name


@QUIET
@given(config=ANY_JSON, admin=ANY_JSON)
def test_whatever_dss_sends_is_settings_or_wrong_labels(config, admin):
    for parse in (lambda: parse_create("c", config, admin), lambda: parse_attach(config, admin)):
        refused = refusal(parse)

        assert refused is None or names_labels(refused)
