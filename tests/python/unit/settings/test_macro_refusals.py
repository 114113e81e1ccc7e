"""What the dialogs of macros refuse, in which words, and what they say to do next."""

from __future__ import annotations

from typing import Any

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.diagnose import parse_diagnose
from gke_clusters.settings.inspect_node_pools import parse_inspect
from gke_clusters.settings.instance_macros import parse_check_prerequisites, parse_find_forgotten, parse_print_iam_role
from gke_clusters.settings.network_test import parse_network_test
from gke_clusters.settings.node_pool_macros import DELETE, RESIZE, wrong_field, wrong_pool
from gke_clusters.settings.push_base_images import parse_push_base_images
from gke_clusters.settings.set_up_compute import parse_set_up_compute

ROBOT = "robot@p.iam.gserviceaccount.com"
AGAIN = "Correct these fields and run the macro again."


def refused(parse: Any, **config: Any) -> list[str]:
    """The problems of a dialog, whose refusal says what to do."""
    with pytest.raises(SettingsError) as raised:
        parse(config)
    assert raised.value.remedy == AGAIN
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize("parse", [parse_diagnose, parse_inspect, parse_network_test])
def test_the_cluster_is_required(parse: Any) -> None:
    assert refused(parse, clusterId="") == ["Cluster: is required"]


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("image", "two images", "Image: must be the name of an image, without https:// and without blanks"),
        ("host", "http://dss", "Host of DSS: must be a name or an address, without http:// and without a port"),
        (
            "namespace",
            "Big",
            "Namespace: must be the name of a namespace: lower case, digits and dashes, at most 63 characters",
        ),
    ],
)
def test_a_refusal_says_what_the_field_takes(field: str, value: str, problem: str) -> None:
    assert refused(parse_network_test, clusterId="c", **{field: value}) == [problem]


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (wrong_field(RESIZE, "maxNumNodes", "is wrong"), "Maximum number of nodes in each zone"),
        (wrong_pool(DELETE, "is wrong"), "Name of the node pool"),
    ],
)
def test_what_a_look_at_the_cluster_shows_is_refused_alike(failure: SettingsError, problem: str) -> None:
    assert [str(each) for each in failure.problems] == [f"{problem}: is wrong"]
    assert failure.remedy == AGAIN


@pytest.mark.parametrize("parse", [parse_check_prerequisites, parse_find_forgotten, parse_print_iam_role])
def test_what_only_the_administrator_of_the_plugin_may_set_reaches_the_connection(parse: Any) -> None:
    settings = parse({"connectionInfo": {}}, {"connectionInfo": {"impersonatedServiceAccount": ROBOT}})

    assert ROBOT in str(settings.connection.credentials)


def test_the_impersonated_account_pushes_images_and_reads_the_bucket() -> None:
    config = {
        "clusterId": "c",
        "connectionInfo": {"projectId": "p-one"},
        "registryUrl": "europe-west1-docker.pkg.dev/p-one/dss",
        "bucket": "my-bucket",
    }
    admin = {"connectionInfo": {"impersonatedServiceAccount": ROBOT}}
    setup = parse_set_up_compute(config, admin)

    assert ROBOT in str(parse_push_base_images(config, admin).connection.credentials)
    assert ROBOT in str(setup.images.connection.credentials)
    assert ROBOT in str(setup.bucket)


def test_what_is_wrong_in_a_setup_is_corrected_and_run_again() -> None:
    with pytest.raises(SettingsError) as raised:
        parse_set_up_compute({}, {})

    assert raised.value.remedy == AGAIN
