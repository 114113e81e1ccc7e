"""Which resources of Compute Engine are taken for a cluster's, by the marks that real ones bear."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gke_clusters.google.leftovers import (
    ADDRESSES,
    DISKS,
    FORWARDING_RULES,
    addresses_of,
    disks_of,
    forwarding_rules_by_kubernetes,
    forwarding_rules_of,
    list_command,
    name_by_id,
)
from gke_clusters.google.names import ClusterName

CLUSTER = ClusterName("acme", "europe-west1-b", "dss")
REGION = "europe-west1"
ROOT = "https://www.googleapis.com/compute/v1/projects/acme/"
CLAIM = {
    "kubernetes.io/created-for/pv/name": "pvc-1",
    "kubernetes.io/created-for/pvc/name": "data",
    "kubernetes.io/created-for/pvc/namespace": "default",
    "storage.gke.io/created-by": "pd.csi.storage.gke.io",
}


def disk(name: str = "pvc-1", **fields: Any) -> dict[str, Any]:
    known = {
        "name": name,
        "zone": ROOT + "zones/europe-west1-b",
        "sizeGb": "5",
        "type": ROOT + "zones/europe-west1-b/diskTypes/pd-balanced",
        "description": json.dumps(CLAIM),
        "labels": {
            "goog-gke-volume": "",
            "goog-k8s-cluster-name": "dss",
            "goog-k8s-cluster-location": "europe-west1-b",
        },
    }
    return known | fields


def rule(name: str = "a" + "0" * 31, **fields: Any) -> dict[str, Any]:
    known = {"name": name, "region": ROOT + "regions/europe-west1", "IPAddress": "203.0.113.7"}
    return known | {"description": '{"kubernetes.io/service-name":"default/web"}'} | fields


class TestDisks:
    def test_that_bear_the_labels_of_the_cluster_are_its_own(self) -> None:
        [found] = disks_of([disk()], CLUSTER, REGION, ())
        assert str(found) == "disk pvc-1 (europe-west1-b, 5 GB pd-balanced, made for default/data)"
        assert found.command("delete") == "gcloud compute disks delete pvc-1 --zone europe-west1-b --project acme"

    @pytest.mark.parametrize(
        "labels",
        [
            {},
            None,
            {"goog-k8s-cluster-name": "dss"},
            {"goog-k8s-cluster-name": "dss", "goog-k8s-cluster-location": "europe-west1"},
            {"goog-k8s-cluster-name": "other", "goog-k8s-cluster-location": "europe-west1-b"},
        ],
    )
    def test_of_another_cluster_or_of_none_are_not(self, labels: Any) -> None:
        assert list(disks_of([disk(labels=labels)], CLUSTER, REGION, ())) == []

    def test_that_a_volume_named_are_the_clusters_without_any_label(self) -> None:
        assert [each.name for each in disks_of([disk(labels=None)], CLUSTER, REGION, {"pvc-1"})] == ["pvc-1"]

    @pytest.mark.parametrize(
        ("known", "zones"),
        [
            ("zones/europe-west1-b/disks/pvc-1", ["europe-west1-b"]),
            ("regions/europe-west1/disks/pvc-1", []),
            ("pvc-1", ["europe-west1-b", "europe-west1-c"]),
        ],
    )
    def test_of_that_name_in_another_place_are_not(self, known: str, zones: list[str]) -> None:
        places = ("europe-west1-b", "europe-west1-c", "us-central1-b")
        items = [disk(labels=None, zone=f"{ROOT}zones/{zone}") for zone in places]
        assert [each.place for each in disks_of(items, CLUSTER, REGION, {known})] == zones

    def test_that_a_machine_uses_are_no_leftovers(self) -> None:
        assert list(disks_of([disk(users=[ROOT + "zones/z/instances/i"])], CLUSTER, REGION, {"pvc-1"})) == []

    def test_of_a_region_are_deleted_there(self) -> None:
        item = disk(region=ROOT + "regions/europe-west1")
        del item["zone"]
        [found] = disks_of([item], CLUSTER, REGION, ())
        assert found.command("describe") == "gcloud compute disks describe pvc-1 --region europe-west1 --project acme"

    @pytest.mark.parametrize("description", ["by hand", "[]", "", None])
    def test_with_a_description_of_somebodys_own_are_told_without_a_claim(self, description: Any) -> None:
        [found] = disks_of([disk(description=description, sizeGb=None)], CLUSTER, REGION, ())
        assert str(found) == "disk pvc-1 (europe-west1-b, pd-balanced)"


class TestForwardingRules:
    @pytest.mark.parametrize(
        ("name", "description", "told"),
        [
            ("lb", '{"kubernetes.io/service-name":"default/web"}', "203.0.113.7, made for default/web"),
            ("lb", '{"networking.gke.io/service-name":"default/web"}', "203.0.113.7, made for default/web"),
            ("lb", '{"kubernetes.io/ingress-name": "default/site"}', "203.0.113.7, made for default/site"),
            ("k8s2-fr-abc-default-site-xyz", "", "203.0.113.7"),
            ("k8s-fw-default-site--123", "", "203.0.113.7"),
            ("gkegw1-abcd-default-gw-xyz", "", "203.0.113.7"),
        ],
    )
    def test_of_kubernetes_with_an_address_of_the_cluster_are_its_own(
        self, name: str, description: str, told: str
    ) -> None:
        [found] = forwarding_rules_of([rule(name, description=description)], "acme", REGION, {"203.0.113.7"}, ())
        assert str(found) == f"forwarding rule {name} (europe-west1, {told})"

    def test_named_by_the_id_of_one_of_its_services_are_its_own(self) -> None:
        name = name_by_id("01234567-89ab-cdef-0123-456789abcdef")
        assert name == "a0123456789abcdef0123456789abcde"
        [found] = forwarding_rules_of([rule(name)], "acme", REGION, (), {name})
        assert str(found) == f"forwarding rule {name} (europe-west1, 203.0.113.7, made for default/web)"

    def test_named_by_another_id_are_not_whatever_their_address(self) -> None:
        assert list(forwarding_rules_of([rule()], "acme", REGION, {"203.0.113.7"}, {"a" + "1" * 31})) == []

    def test_of_kubernetes_with_another_address_are_not(self) -> None:
        assert list(forwarding_rules_of([rule("k8s2-fr-x")], "acme", REGION, {"203.0.113.8"}, ())) == []

    def test_with_the_same_internal_address_in_another_region_are_not(self) -> None:
        other = rule("k8s2-fr-x", region=ROOT + "regions/us-central1")
        assert list(forwarding_rules_of([other], "acme", REGION, {"203.0.113.7"}, ())) == []

    def test_that_somebody_made_for_the_same_address_are_not(self) -> None:
        assert (
            list(forwarding_rules_of([rule("mine", description="by hand")], "acme", REGION, {"203.0.113.7"}, ())) == []
        )

    def test_that_are_global_are_deleted_as_such(self) -> None:
        item = rule("k8s2-fr-x", region=None)
        [found] = forwarding_rules_of([item], "acme", REGION, {"203.0.113.7"}, ())
        command = "gcloud compute forwarding-rules delete k8s2-fr-x --global --project acme"
        assert found.command("delete") == command
        assert "(global, 203.0.113.7" in str(found)


class TestForwardingRulesOfWhicheverCluster:
    def test_are_those_of_kubernetes_in_the_region_and_the_global_ones(self) -> None:
        items = [
            rule("a" + "1" * 31),
            rule("k8s2-fr-x", region=None),
            rule("a" + "2" * 31, region=ROOT + "regions/us-central1"),
            rule("mine", description=""),
        ]
        found = forwarding_rules_by_kubernetes(items, "acme", REGION)
        assert [each.name for each in found] == ["a" + "1" * 31, "k8s2-fr-x"]


class TestAddresses:
    def test_that_the_cluster_had_and_nothing_uses_are_billed(self) -> None:
        items = [
            {"name": "mine", "address": "203.0.113.7", "status": "RESERVED", "region": ROOT + "regions/europe-west1"},
            {"name": "far", "address": "203.0.113.7", "status": "RESERVED", "region": ROOT + "regions/us-central1"},
            {"name": "used", "address": "203.0.113.7", "status": "IN_USE"},
            {"name": "other", "address": "203.0.113.8", "status": "RESERVED"},
        ]
        [found] = addresses_of(items, "acme", REGION, {"203.0.113.7"})
        assert str(found) == "address mine (europe-west1, 203.0.113.7)"
        assert found.command("delete") == "gcloud compute addresses delete mine --region europe-west1 --project acme"


@pytest.mark.parametrize(
    ("collection", "words"), [(DISKS, "disks"), (FORWARDING_RULES, "forwarding-rules"), (ADDRESSES, "addresses")]
)
def test_says_how_to_look_by_hand(collection: str, words: str) -> None:
    assert list_command(collection, "acme") == f"gcloud compute {words} list --project acme"
