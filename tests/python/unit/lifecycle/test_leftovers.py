"""What a stop says about Compute Engine once the cluster is gone."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from gke_clusters.errors import PermissionDenied
from gke_clusters.lifecycle.clearing import Remembered
from gke_clusters.lifecycle.leftovers import report_leftovers
from tests.python.unit.lifecycle.contents import service, volume

ROOT = "https://www.googleapis.com/compute/v1/projects/acme/"
NOTHING = Remembered((), ())


@pytest.fixture(autouse=True)
def _hear_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def disk(name: str, **labels: str) -> dict[str, Any]:
    kind = ROOT + "zones/europe-west1-b/diskTypes/pd-ssd"
    return {"name": name, "zone": ROOT + "zones/europe-west1-b", "sizeGb": "5", "type": kind, "labels": labels}


def rule(name: str, address: str) -> dict[str, Any]:
    description = json.dumps({"kubernetes.io/service-name": "default/web"})
    region = ROOT + "regions/europe-west1"
    return {"name": name, "region": region, "IPAddress": address, "description": description}


def test_names_each_disk_rule_and_address_with_the_command_that_deletes_it(world: Any, caplog: Any) -> None:
    world.compute.resources = {
        "disks": [disk("pvc-data"), disk("other")],
        "forwardingRules": [rule("a1", "203.0.113.7"), rule("a2", "203.0.113.8")],
        "addresses": [{"name": "ip", "address": "203.0.113.7", "status": "RESERVED"}],
    }
    report_leftovers(world.compute, world.name, Remembered((service("web", "203.0.113.7"),), (volume("data"),)))
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith(str(world.name))
    assert record.getMessage().splitlines()[1:] == [
        (
            "- disk pvc-data (europe-west1-b, 5 GB pd-ssd)."
            " Delete it with: gcloud compute disks delete pvc-data --zone europe-west1-b --project acme"
        ),
        (
            "- forwarding rule a1 (europe-west1, 203.0.113.7, made for default/web)."
            " Delete it with: gcloud compute forwarding-rules delete a1 --region europe-west1 --project acme"
        ),
        (
            "- address ip (global, 203.0.113.7)."
            " Delete it with: gcloud compute addresses delete ip --global --project acme"
        ),
    ]


def test_finds_the_rule_that_is_named_by_the_id_of_a_service(world: Any, caplog: Any) -> None:
    balancer = service("web")
    its_own = replace(balancer, object=replace(balancer.object, uid="9f2c41d07b5e4a3c8d16e0f2a7b4c5d6"))
    world.compute.resources = {"forwardingRules": [rule("a9f2c41d07b5e4a3c8d16e0f2a7b4c5d", "203.0.113.7")]}
    report_leftovers(world.compute, world.name, Remembered((its_own,), ()))
    assert "forwarding-rules delete a9f2c41d07b5e4a3c8d16e0f2a7b4c5d" in caplog.text


def test_finds_disks_by_their_labels_where_the_cluster_could_not_be_looked_into(world: Any, caplog: Any) -> None:
    labels = {"goog-k8s-cluster-name": "my-cluster", "goog-k8s-cluster-location": "europe-west1-b"}
    world.compute.resources = {"disks": [disk("pvc-1", **labels)]}
    report_leftovers(world.compute, world.name, Remembered())
    assert "gcloud compute disks delete pvc-1" in caplog.text


def test_says_that_nothing_is_left(world: Any, caplog: Any) -> None:
    report_leftovers(world.compute, world.name, NOTHING)
    assert f"{world.name} left no disk, forwarding rule or address behind" in caplog.text
    assert [record.levelno for record in caplog.records] == [logging.INFO]


def test_asks_for_addresses_only_where_the_cluster_had_some(world: Any) -> None:
    report_leftovers(world.compute, world.name, NOTHING)
    assert world.compute.asked == [("disks", "acme"), ("forwardingRules", "acme")]
    world.compute.asked.clear()
    report_leftovers(world.compute, world.name, Remembered((service("web", "203.0.113.7"),), ()))
    assert world.compute.asked == [("disks", "acme"), ("forwardingRules", "acme"), ("addresses", "acme")]


def test_deletes_no_rule_that_may_be_anothers(world: Any, caplog: Any) -> None:
    world.compute.resources = {"forwardingRules": [rule("a1", "203.0.113.7"), rule("a2", "203.0.113.8")]}
    report_leftovers(world.compute, world.name, Remembered())
    assert "by this cluster or by another one" in caplog.text
    for name in ("a1", "a2"):
        command = f"gcloud compute forwarding-rules describe {name} --region europe-west1 --project acme\n"
        assert command in caplog.text
    assert "forwarding-rules delete" not in caplog.text


def test_speaks_of_no_other_clusters_rules_where_its_own_are_known(world: Any, caplog: Any) -> None:
    world.compute.resources = {"forwardingRules": [rule("a1", "203.0.113.7")]}
    report_leftovers(world.compute, world.name, NOTHING)
    assert "a1" not in caplog.text


def test_a_lookup_that_is_refused_is_said_with_the_command_for_it_and_hides_no_other(world: Any, caplog: Any) -> None:
    refused = PermissionDenied("dss@acme lacks the permission compute.disks.list.")
    world.compute.resources = {"disks": refused, "forwardingRules": [rule("a1", "203.0.113.7")]}
    report_leftovers(world.compute, world.name, Remembered((service("web", "203.0.113.7"),), ()))
    assert "left disks behind could not be looked up" in caplog.text
    assert "compute.disks.list. Look with: gcloud compute disks list --project acme" in caplog.text
    assert "forwarding-rules delete a1" in caplog.text


def test_does_not_say_that_nothing_is_left_where_it_could_not_look(world: Any, caplog: Any) -> None:
    world.compute.resources = {"disks": PermissionDenied("It is refused."), "forwardingRules": []}
    report_leftovers(world.compute, world.name, NOTHING)
    assert "left no disk" not in caplog.text


def test_names_volumes_that_are_no_disks(world: Any, caplog: Any) -> None:
    files = volume("files", driver="filestore.csi.storage.gke.io")
    report_leftovers(world.compute, world.name, Remembered((), (files, volume("odd", driver=""))))
    assert f"perhaps {files.handle} of filestore.csi.storage.gke.io" in caplog.text
    assert "odd" not in caplog.text


def test_finds_a_disk_that_is_known_by_its_name_alone_in_the_region_of_the_cluster_only(
    world: Any, caplog: Any
) -> None:
    elsewhere = disk("pvc-data") | {"zone": ROOT + "zones/us-central1-a"}
    world.compute.resources = {"disks": [disk("pvc-data"), elsewhere]}
    by_name = replace(volume("data"), handle="pvc-data")
    report_leftovers(world.compute, world.name, Remembered((), (by_name,)))
    assert "gcloud compute disks delete pvc-data --zone europe-west1-b" in caplog.text
    assert "us-central1-a" not in caplog.text
