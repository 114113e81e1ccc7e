"""Whatever JSON a dialog holds, the answer is a request that GKE accepts or one message that names labels.

300 dialogs in the suite; `make fuzz EXAMPLES=10000` tries more.
"""

from __future__ import annotations

import json
import os
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gke_clusters.errors import SettingsError
from gke_clusters.settings.attach import parse_attach
from gke_clusters.settings.create import CLUSTER_NAME_LABEL, EXPERT_JSON, parse_create
from gke_clusters.settings.descriptors import cluster_descriptor, parameter_set_descriptor
from gke_clusters.settings.location import require_known_zones
from gke_clusters.settings.stop import parse_stop
from gke_clusters.specs.cluster import create_request
from gke_clusters.specs.facts import HostFacts
from gke_clusters.specs.ownership import Ownership, owner_of
from gke_clusters.specs.placement import fallback_placements, place_new_cluster
from sandbox.gcp.container import schema, validation
from sandbox.gcp.container.cluster_defaults import Place, complete_cluster
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.locations import REGIONS, zones_of
from sandbox.gcp.projects import Project

HOST = HostFacts("host-project", "us-central1-a", "vpc", "sub", "host@host-project.iam.gserviceaccount.com")
OWNER = Ownership.of("install", "c")
# Which machines and versions there are, and which GPUs they take, Google alone knows.
GOOGLES_OWN = re.compile(r"Machine type with name|[Vv]ersion|Accelerators? (type|cannot be attached)")
KNOWN_ZONES = [zone for region in REGIONS for zone in zones_of(region)]

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
    "machineType": "n2-standard-4",
    "diskType": "pd-ssd",
    "oauthScopes": "storage-ro",
    "gpuType": "nvidia-l4",
}
SMALL = {"minNumNodes", "minProvisionNodes", "gpuCount"}
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
            values = st.integers(1, 4) if parameter.name in SMALL else st.integers(10, 16)
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
            rows = {column.name: plausible(column) for column in parameter.columns} | {"key": st.just("team")}
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


def form(parameters):
    """Plausible values of some parameters, sometimes with one that may be anything."""
    names = [each.name for each in parameters]
    required = {each.name: plausible(each) for each in parameters if each.type == "PRESETS"}
    optional = {each.name: plausible(each) for each in parameters if each.type != "PRESETS"}
    right = st.fixed_dictionaries(required, optional=optional)
    spoilt = st.builds(lambda values, name, value: {**values, name: value}, right, st.sampled_from(names), ANY_JSON)
    return st.one_of(*[right] * 5, spoilt)


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
CREATE_FORM, ATTACH_FORM = form(CREATE.params), form(ATTACH.params)
NAMES = st.one_of(*[st.just("c")] * 4, st.text(max_size=45))
ADMIN = st.fixed_dictionaries({}, optional={"connectionInfo": form(CONNECTION.admin_params) | ANY_JSON})
MANY = settings(
    max_examples=int(os.environ.get("EXAMPLES", "300")), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


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


def refusal_of_gke(body, placement):
    """What the simulated GKE has against a request that could be known; empty if it would create the cluster."""
    try:
        given = schema.read("CreateClusterRequest", body)["cluster"]
        validation.check_cluster(given, placement.location)
        complete_cluster(given, Place(Project(placement.project, "123456789012"), placement.location, 1, "id"))
    except GoogleError as error:
        return "" if GOOGLES_OWN.search(error.message) else error.message
    return ""


def parsed_expert(config):
    """What an expert writes for GKE in so many words, and is GKE's to judge."""
    return config.get(EXPERT_JSON) not in (None, "", "{}")


@MANY
@given(name=NAMES, config=CREATE_FORM, admin=ADMIN)
def test_a_create_dialog_gives_a_request_that_gke_accepts_or_wrong_labels(name, config, admin):
    sent = []

    def ask():
        parsed = parse_create(name, config, admin)
        first = place_new_cluster(parsed, HOST)
        require_known_zones((first.location,), KNOWN_ZONES, parsed.locations, parsed.fallback_zones)
        sent.extend(
            (place, create_request(parsed, place, HOST, OWNER).as_json())
            for place in (first, *fallback_placements(parsed, first))
        )

    refused = refusal(ask)
    if refused:
        assert names_labels(refused)
        return
    for place, request in sent:
        body = request["cluster"]
        assert json.loads(json.dumps(body, allow_nan=False)) == body
        assert body["name"] == name
        assert owner_of(body["resourceLabels"]) == OWNER
        assert ("nodePools" in body) is not body.get("autopilot", {}).get("enabled", False)
        if not parsed_expert(config):
            assert refusal_of_gke(request, place) == ""


@MANY
@given(config=ATTACH_FORM, admin=ADMIN)
def test_an_attach_dialog_gives_settings_or_wrong_labels(config, admin):
    attached = []
    refused = refusal(lambda: attached.append(parse_attach(config, admin)))

    assert names_labels(refused) if refused else attached[0].cluster_name


@MANY
@given(config=CREATE_FORM | st.dictionaries(TEXTS, ANY_JSON))
def test_no_dialog_stands_in_the_way_of_a_stop(config):
    assert parse_stop(config).deadline_seconds > 0


@MANY
@given(config=ANY_JSON, admin=ANY_JSON)
def test_whatever_dss_sends_is_settings_or_wrong_labels(config, admin):
    for parse in (lambda: parse_create("c", config, admin), lambda: parse_attach(config, admin)):
        refused = refusal(parse)

        assert refused is None or names_labels(refused)
