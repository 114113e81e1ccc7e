from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.inspect_node_pools import parse_inspect


def test_an_empty_name_means_all_node_pools() -> None:
    assert parse_inspect({"clusterId": "c", "nodePoolId": " "}).pool_name is None
    assert parse_inspect({"clusterId": "c", "nodePoolId": "gpu"}).pool_name == "gpu"


def test_names_every_wrong_field_by_its_label() -> None:
    with pytest.raises(SettingsError) as raised:
        parse_inspect({"clusterId": "", "nodePoolId": "a,b=c"})
    text = str(raised.value)
    assert "Cluster" in text
    assert "Name of the node pool" in text
