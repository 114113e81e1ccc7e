from __future__ import annotations

import pytest

from gke_clusters.errors import (
    AddressesExhausted,
    GkeClustersError,
    MachineNotOffered,
    NetworkNotFound,
    NodeServiceAccountUnusable,
    OperationFailed,
    VersionNotAvailable,
)
from gke_clusters.lifecycle.fields import name_fields, name_pool_fields


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (AddressesExhausted, '"Pod address range", "Service address range", "Subnetwork"'),
        (NetworkNotFound, '"Network", "Subnetwork", "Pod address range", "Service address range"'),
        (VersionNotAvailable, '"Kubernetes version", "Channel"'),
        (MachineNotOffered, 'In the node pool: "Machine type", "GPU model"'),
        (NodeServiceAccountUnusable, '"Service account of the nodes", "Service account"'),
    ],
)
def test_names_the_fields_by_their_labels_in_the_dialogs(kind: type[GkeClustersError], words: str) -> None:
    failure = kind("It broke.", remedy="Mend it.")
    name_fields(failure)
    assert failure.remedy.startswith("Mend it.\nIn the ")
    assert f"{words}." in failure.remedy


def test_adds_nothing_to_a_failure_that_no_field_explains() -> None:
    failure = OperationFailed("It broke.", remedy="Mend it.")
    name_fields(failure)
    assert failure.remedy == "Mend it."


def test_a_node_pool_has_no_fields_of_its_cluster() -> None:
    failure = NetworkNotFound("It broke.", remedy="Mend it.")
    name_pool_fields(failure)
    assert failure.remedy == "Mend it."
