from __future__ import annotations

import pytest

from gke_clusters.errors import SettingsError
from gke_clusters.settings.diagnose import parse_diagnose


def test_only_the_cluster_is_asked_for() -> None:
    settings = parse_diagnose({"clusterId": "my-cluster"})
    assert (settings.cluster_id, settings.log_level) == ("my-cluster", "INFO")


@pytest.mark.parametrize("config", [{}, {"clusterId": ""}, {"clusterId": "c", "logLevel": "LOUD"}])
def test_wrong_fields_are_refused_by_their_labels(config: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="Log level" if "logLevel" in config else "Cluster: is required"):
        parse_diagnose(config)
