from __future__ import annotations

import re

from gke_clusters.google.permissions import IMPERSONATION_PERMISSION, PERMISSIONS, REASONS


def test_names_every_permission_once_with_a_reason() -> None:
    assert len(set(PERMISSIONS)) == len(PERMISSIONS)
    assert all(REASONS[permission] for permission in PERMISSIONS)


def test_asks_of_compute_engine_for_what_is_called_and_nothing_else() -> None:
    assert {name for name in PERMISSIONS if name.startswith("compute.")} == {
        "compute.addresses.list",
        "compute.disks.list",
        "compute.forwardingRules.list",
        "compute.instanceGroupManagers.get",
        "compute.instanceGroupManagers.list",
        "compute.instances.get",
        "compute.regions.get",
        "compute.subnetworks.list",
        "compute.zones.list",
    }


def test_writes_permissions_as_iam_does() -> None:
    assert all(re.fullmatch(r"[a-z]+\.[a-zA-Z]+\.[a-zA-Z]+", name) for name in (*PERMISSIONS, IMPERSONATION_PERMISSION))


def test_asks_for_no_right_to_hand_out_rights_in_the_project() -> None:
    assert not any(permission.endswith(".setIamPolicy") for permission in PERMISSIONS)
    assert IMPERSONATION_PERMISSION not in PERMISSIONS
