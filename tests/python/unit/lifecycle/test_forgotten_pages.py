"""What the administrator reads of forgotten clusters, step by step."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gke_clusters.errors import GoogleUnavailable, PermissionDenied
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle import forgotten
from gke_clusters.lifecycle.forgotten import SearchAccess, connect_search, find_forgotten_clusters
from gke_clusters.settings.connection import CredentialsSettings
from gke_clusters.settings.instance_macros import parse_find_forgotten
from gke_clusters.specs.ownership import Ownership
from tests.python.unit.lifecycle.checklists import notes_of, steps_of
from tests.python.unit.lifecycle.lost_clusters import Dss, data_of
from tests.python.unit.lifecycle.test_forgotten import Story


@pytest.fixture
def story(world, tmp_path):
    return Story(world, tmp_path)


def owned(world, name, **fields):
    """Let a forgotten cluster be there."""
    cluster = world.cluster(name, labels=Ownership.of("install-1", name.name).labels, **fields)
    return world.clusters.add(cluster)


def test_a_search_without_a_find_says_so_line_by_line(story, caplog):
    caplog.set_level("INFO")

    assert steps_of(story.run()) == [
        ("Clusters of DSS", "done", ["0 of this plugin."]),
        ("GKE clusters of acme", "done", ["None."]),
        ("GKE clusters that DSS forgot", "done", ["None."]),
        ("Clusters of DSS without a GKE cluster", "done", ["None."]),
    ]
    assert caplog.messages == [
        "Reading the clusters of DSS",
        "Listing the clusters of Google Cloud",
        "Looking for GKE clusters that are gone",
        "All was compared",
    ]


def test_what_was_found_is_counted_and_its_state_said(story, world):
    owned(world, ClusterName("acme", "us-east1", "a"))
    owned(world, ClusterName("acme", "us-east1", "b"))
    world.clusters.add(world.cluster())
    story.dss.has("my-cluster")
    world.clusters.missing_zones = ("us-west1-a", "us-west1-b")

    assert steps_of(story.run()) == [
        ("Clusters of DSS", "done", ["1 of this plugin."]),
        (
            "GKE clusters of acme",
            "warning",
            [
                "3: 2 forgotten, 1 in doubt.",
                "These zones did not answer, so there may be more: us-west1-a, us-west1-b.",
            ],
        ),
        ("GKE clusters that DSS forgot", "warning", ["2 below, billed without use."]),
        ("GKE clusters in doubt", "warning", ["1 below."]),
        ("Clusters of DSS without a GKE cluster", "done", ["None."]),
    ]


def test_each_deletion_has_a_line_and_a_part_of_the_bar(story, world, caplog):
    caplog.set_level("INFO")
    for name in "abcd":
        owned(world, ClusterName("acme", "us-east1", name))
    page = story.run("us-east1/a", "us-east1/b", "us-east1/c", "us-east1/d", "us-east1/e")

    gone = ["It was deleted, with everything that ran in it."]
    assert steps_of(page)[2:-2] == [
        ("Delete us-east1/e", "done", ["There is none of that name (any more)."]),
        *((f"Delete us-east1/{name}", "changed", gone) for name in "abcd"),
    ]
    assert notes_of(page) == [
        (
            "Disks and load balancers that workloads of a deleted cluster had are not deleted with it, and are billed:"
            " gcloud compute disks list, gcloud compute forwarding-rules list."
        )
    ]
    first, last = forgotten._DELETE_PERCENT, forgotten._END_PERCENT
    parts = [first + (last - first) * 25 * number // 100 for number in range(1, 5)]
    assert [percent for percent in world.percents if percent > first] == [*parts, last]
    assert "Delete us-east1/a: changed" in caplog.messages


def test_a_cluster_that_went_meanwhile_was_gone_already(story, world):
    found = owned(world, ClusterName("acme", "us-east1", "a"))
    story.after_the_list = lambda: world.clusters.clusters.pop(found.name, None)

    assert ("Delete us-east1/a", "done", ["It was gone already."]) in steps_of(story.run("us-east1/a"))


def test_a_cluster_that_dss_took_over_meanwhile_is_left_with_the_reason(story, world):
    found = world.clusters.add(world.cluster())
    story.dss.events[2] = lambda: story.dss.has("my-cluster", "RUNNING", data_of(found))

    assert (
        "Delete europe-west1-b/my-cluster",
        "skipped",
        ["It was not deleted: that has changed meanwhile.", "It is my-cluster of DSS."],
    ) in steps_of(story.run("europe-west1-b/my-cluster"))


def test_a_cluster_with_other_labels_by_now_is_left_and_named(story, world, caplog):
    found = world.clusters.add(world.cluster())
    story.after_the_list = lambda: world.clusters.add(replace(found, labels={}))
    page = story.run("europe-west1-b/my-cluster")

    [lines] = [lines for title, _, lines in steps_of(page) if title == "Delete europe-west1-b/my-cluster"]
    words = "The labels by which this DSS knew the cluster for its own were changed meanwhile; it was not deleted."
    assert lines[:2] == [words, f"Resource: {found.name.path}"]
    assert any(message.startswith(f"Delete europe-west1-b/my-cluster: {words}") for message in caplog.messages), (
        caplog.messages
    )


def test_a_dss_that_cannot_be_read_is_the_one_line_of_the_page(story):
    story.dss.lists = False
    [(title, outcome, lines)] = steps_of(story.run())

    assert (title, outcome, lines[0]) == ("Clusters of DSS", "failed", "DSS refused to list its clusters.")


def test_all_that_are_gone_are_found_beside_those_that_are_there_and_those_not_known(story, world):
    places = [ClusterName(project, "us-east1", project) for project in ("p-1", "p-2", "p-3")]
    story.dss.has("stopped", "NONE", data_of(world.cluster(ClusterName("acme", "us-east1", "s"))))
    story.dss.has("there", "RUNNING", data_of(world.clusters.add(world.cluster())))
    for number, name in enumerate(places):
        story.dss.has(f"dss-{number}", "RUNNING", data_of(world.cluster(name)))
    story.failing["p-1"] = GoogleUnavailable("Google is silent.")

    assert steps_of(story.run())[-1] == (
        "Clusters of DSS without a GKE cluster",
        "warning",
        ["dss-1, dss-2: see below.", "Not known of dss-0: see below."],
    )


def test_a_project_that_refuses_hides_no_other(story, world):
    story.dss.has("x", "RUNNING", data_of(world.cluster(ClusterName("p-1", "us-east1", "x"))))
    story.failing["acme"] = PermissionDenied("It lacks container.clusters.list.")

    assert [title for title, _, _ in steps_of(story.run())] == [
        "Clusters of DSS",
        "GKE clusters of acme",
        "GKE clusters of p-1",
        "GKE clusters that DSS forgot",
        "Clusters of DSS without a GKE cluster",
    ]


def test_a_number_of_nodes_that_google_does_not_give_as_one_is_unknown(story, world):
    found = world.cluster()
    world.clusters.add(replace(found, resource={**found.resource, "currentNodeCount": "many"}))

    assert '<td class="number">unknown</td>' in story.run()


def test_the_connection_of_the_dialog_is_the_one_that_is_used(world, tmp_path):
    settings = parse_find_forgotten({"connectionInfo": {"projectId": "acme"}, "deleteClusters": []}, {})
    used = []

    def connect(credentials):
        used.append(credentials)
        return SearchAccess(world.google, world.clusters)

    find_forgotten_clusters(settings, connect, Dss(), world.progress, {"DIP_HOME": str(tmp_path)})
    assert used == [settings.connection.credentials]


def test_the_search_reads_and_deletes_as_the_same_identity(monkeypatch):
    settings = CredentialsSettings()
    monkeypatch.setattr(forgotten, "authorize", lambda choice: ("authorized", choice))
    for client in ("ContainerApi", "ComputeApi", "ClusterInventory"):
        monkeypatch.setattr(forgotten, client, lambda authorization, client=client: (client, authorization))
    access = connect_search(settings)

    choice = forgotten.credentials_choice(settings)
    authorized = ("authorized", choice)
    assert access.google.clusters == ("ContainerApi", authorized)
    assert access.google.compute == ("ComputeApi", authorized)
    assert access.inventory == ("ClusterInventory", authorized)
    assert isinstance(access.google.host, forgotten.HostMetadata)
    assert access.google.credentials == choice
