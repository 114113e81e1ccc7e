from __future__ import annotations

from typing import Any

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.network_test import parse_network_test


def test_only_the_cluster_has_to_be_given() -> None:
    settings = parse_network_test({"clusterId": "c"})

    assert (settings.image, settings.pool_name, settings.host) == (None, None, None)
    assert (settings.namespace, settings.minutes, settings.log_level) == ("default", 10, "INFO")


def test_names_addresses_and_images_are_taken_as_they_are() -> None:
    values = {"clusterId": "c", "image": "r/p/i:1", "nodePoolId": "gpu", "namespace": "dss", "host": "fd00::1"}
    settings = parse_network_test({**values, "minutes": 60})

    assert (settings.image, settings.pool_name, settings.namespace) == ("r/p/i:1", "gpu", "dss")
    assert (settings.host, settings.minutes) == ("fd00::1", 60)


@pytest.mark.parametrize(
    ("field", "value", "label"),
    [
        ("clusterId", "", "Cluster"),
        ("image", "https://r/i", "Image"),
        ("image", "two images", "Image"),
        ("nodePoolId", "Not A Pool", "Name of the node pool"),
        ("namespace", "Big", "Namespace"),
        ("namespace", "../kube-system", "Namespace"),
        ("host", "http://dss", "Host of DSS"),
        ("host", "dss/..", "Host of DSS"),
        ("minutes", 0, "Time limit"),
        ("minutes", 61, "Time limit"),
        ("logLevel", "LOUD", "Log level"),
    ],
)
def test_a_wrong_field_is_refused_by_its_label(field: str, value: Any, label: str) -> None:
    with pytest.raises(SettingsError, match=label):
        parse_network_test({"clusterId": "c", field: value})
