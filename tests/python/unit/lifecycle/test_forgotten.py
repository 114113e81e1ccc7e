from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from gke_clusters.errors import (
    CredentialsError,
    GoogleUnavailable,
    MetadataServerError,
    PermissionDenied,
    SettingsError,
)
from gke_clusters.google.clusters import ClusterList
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle import forgotten
from gke_clusters.lifecycle.forgotten import SearchAccess, connect_search, find_forgotten_clusters
from gke_clusters.settings.connection import CredentialsSettings
from gke_clusters.settings.instance_macros import parse_find_forgotten
from gke_clusters.specs.ownership import Ownership
from tests.python.unit.lifecycle.lost_clusters import Dss, data_of

ELSEWHERE = ClusterName("other-project", "us-east1", "abroad")


class Story:
    """The macro on a Google and a DSS in memory.

    Attributes:
        percents: what DSS's progress bar was told.
    """

    def __init__(self, world, tmp_path):
        self.world = world
        self.dss = Dss()
        self.environment = {"DIP_HOME": str(tmp_path)}
        (tmp_path / "install.ini").write_text("[general]\ninstallid = install-1\n")
        self.failing = {}
        self.after_the_list = lambda: None

    def list_clusters(self, project):
        if project in self.failing:
            raise self.failing[project]
        listed = self.world.clusters.list_clusters(project)
        self.after_the_list()
        return listed

    def run(self, *to_delete, connect=None, connection=None, **fields):
        config = {"connectionInfo": connection or {"projectId": "acme"}, "deleteClusters": list(to_delete), **fields}
        settings = parse_find_forgotten(config, {})
        connect = connect or (lambda _settings: SearchAccess(self.world.google, self))
        return html.unescape(
            find_forgotten_clusters(settings, connect, self.dss, self.world.progress, self.environment)
        )

    def refused(self, *to_delete):
        with pytest.raises(SettingsError) as refused:
            self.run(*to_delete)
        assert "delete" not in self.world.clusters.calls
        assert refused.value.remedy.startswith("Nothing was deleted.")
        return str(refused.value)


@pytest.fixture
def story(world, tmp_path):
    return Story(world, tmp_path)


def outcomes(page):
    """The outcome of each step, by its title."""
    return dict(re.findall(r'<td>([^<]+)</td>\n<td><span class="outcome [^"]+">([^<]+)<', page))


def test_a_healthy_dss_has_nothing_forgotten(story, world):
    story.dss.has("my-cluster", "RUNNING", data_of(world.clusters.add(world.cluster())))

    page = story.run()

    assert set(outcomes(page).values()) == {"done"}
    assert "1: 1 that a started cluster of DSS uses." in page
    assert "<h2>" not in page
    assert world.clusters.calls == ["list"]
    assert world.percents[-1] == 100


def test_a_forgotten_cluster_is_shown_with_its_age_its_nodes_and_its_owner(story, world):
    found = world.cluster()
    world.clusters.add(replace(found, resource={**found.resource, "currentNodeCount": 7}))

    page = story.run()

    assert outcomes(page)["GKE clusters that DSS forgot"] == "warning"
    assert "<code>europe-west1-b/my-cluster</code>" in page
    assert re.search(
        r'title="2026-01-01T00:00:00Z">\d+ days</td>\n<td class="number">7</td>\n<td>my-cluster</td>', page
    )
    assert "delete" not in world.clusters.calls


@pytest.mark.parametrize("status", ["PROVISIONING", "DEGRADED", "ERROR", "STOPPING", "NEWER_THAN_THIS"])
def test_a_forgotten_cluster_is_found_in_every_state(story, world, status):
    world.clusters.add(world.cluster(status=status))

    assert f"<td>{status}</td>" in story.run()


@pytest.mark.parametrize("created", ["", "yesterday", "2026-01-01T00:00:00"])
def test_an_age_or_a_number_that_google_does_not_say_is_unknown(story, world, created):
    world.clusters.add(world.cluster(create_time=created))

    assert 'title="' + created + '">unknown</td>\n<td class="number">unknown</td>' in story.run()


def test_clusters_of_others_are_only_counted(story, world):
    world.clusters.add(world.cluster(ClusterName("acme", "us-east1", "a"), labels=Ownership.of("x", "a").labels))
    world.clusters.add(world.cluster(ClusterName("acme", "us-east1", "b"), labels={}))

    page = story.run()

    assert "2: 1 of other installations of DSS, 1 without a label of this plugin." in page
    assert "us-east1/a" not in page
    assert set(outcomes(page).values()) == {"done"}


def test_one_in_doubt_is_shown_and_not_deleted(story, world):
    world.clusters.add(world.cluster())
    story.dss.has("my-cluster")

    page = story.run()

    assert outcomes(page)["GKE clusters in doubt"] == "warning"
    assert "its next start takes this cluster over" in page
    assert "it is in doubt, not forgotten. my-cluster is not started" in story.refused("europe-west1-b/my-cluster")


def test_projects_of_the_clusters_of_dss_are_looked_at_as_well(story, world):
    lost = world.cluster(ClusterName("other-project", "us-east1", "lost"), labels=Ownership.of("install-1", "z").labels)
    world.clusters.add(lost)
    story.dss.has("abroad", "RUNNING", data_of(world.clusters.add(world.cluster(ELSEWHERE))))

    page = story.run()

    assert "<code>other-project/us-east1/lost</code>" in page
    assert world.clusters.calls == ["list", "list"]


def test_a_project_that_refuses_leaves_the_others_to_be_seen(story, world):
    world.clusters.add(world.cluster())
    story.dss.has("abroad", "RUNNING", data_of(world.cluster(ELSEWHERE)))
    story.failing["other-project"] = PermissionDenied("It lacks container.clusters.list.", remedy="Grant it.")

    page = story.run()

    assert outcomes(page)["GKE clusters of other-project"] == "failed"
    assert outcomes(page)["GKE clusters that DSS forgot"] == "warning"
    assert "Not known of abroad: see below." in page
    assert page.count("It lacks container.clusters.list.") == 2
    assert "force_stop" not in page


def test_zones_that_did_not_answer_are_said(story, world):
    world.clusters.missing_zones = ("us-east1-b",)

    page = story.run()

    assert outcomes(page)["GKE clusters of acme"] == "warning"
    assert "did not answer, so there may be more: us-east1-b." in page


def test_a_cluster_of_dss_that_is_gone_is_shown_with_the_way_to_mark_it_stopped(story, world):
    story.dss.has("my-cluster", "RUNNING", data_of(world.cluster()))

    page = story.run()

    assert outcomes(page)["Clusters of DSS without a GKE cluster"] == "warning"
    assert f"{world.name} is gone: it was deleted outside of DSS." in page
    assert "client.get_cluster('my-cluster').stop(terminate=False, force_stop=True)" in page


def test_a_cluster_of_dss_whose_place_another_one_took_is_gone_as_well(story, world):
    world.clusters.add(world.cluster(id="id-2"))
    story.dss.has("my-cluster", "RUNNING", data_of(world.cluster()))

    assert "another one bears its name now" in story.run()


def test_one_that_only_the_list_left_out_is_not_gone(story, world):
    story.dss.has("my-cluster", "RUNNING", data_of(world.clusters.add(world.cluster())))
    story.list_clusters = lambda _project: ClusterList((), ("europe-west1-b",))

    assert outcomes(story.run())["Clusters of DSS without a GKE cluster"] == "done"


def test_one_that_cannot_be_read_is_not_said_to_be_gone(story, world, monkeypatch):
    story.dss.has("my-cluster", "RUNNING", data_of(world.cluster()))

    def fail(_name):
        raise GoogleUnavailable("Google is silent.")

    monkeypatch.setattr(world.clusters, "find_cluster", fail)
    page = story.run()

    assert "Not known of my-cluster" in page
    assert "Google is silent." in page
    assert "force_stop" not in page


@pytest.mark.parametrize("state", ["NONE", "STARTING", "STOPPING"])
def test_only_of_a_cluster_that_runs_in_dss_is_it_asked_whether_it_is_gone(story, world, state):
    story.dss.has("my-cluster", state, data_of(world.cluster()))

    assert outcomes(story.run())["Clusters of DSS without a GKE cluster"] == "done"


def test_a_forgotten_cluster_is_deleted_on_request_until_it_is_gone(story, world):
    world.clusters.add(world.cluster())

    page = story.run("europe-west1-b/my-cluster")

    assert not world.clusters.clusters
    assert outcomes(page)["Delete europe-west1-b/my-cluster"] == "changed"
    assert outcomes(page)["GKE clusters that DSS forgot"] == "done"
    assert "gcloud compute disks list" in page


def test_the_second_run_finds_nothing_to_delete(story, world):
    page = story.run("europe-west1-b/my-cluster")

    assert outcomes(page)["Delete europe-west1-b/my-cluster"] == "done"
    assert "delete" not in world.clusters.calls


def test_a_preview_deletes_nothing(story, world):
    world.clusters.add(world.cluster())

    page = story.run("europe-west1-b/my-cluster", preview=True)

    assert outcomes(page)["Delete europe-west1-b/my-cluster"] == "would change"
    assert outcomes(page)["GKE clusters that DSS forgot"] == "warning"
    assert "delete" not in world.clusters.calls


def test_a_cluster_of_another_project_is_named_with_it(story, world):
    world.clusters.add(world.cluster(ELSEWHERE, labels=Ownership.of("install-1", "z").labels))

    page = story.run("other-project/us-east1/abroad")

    assert outcomes(page)["Delete other-project/us-east1/abroad"] == "changed"


def test_nothing_is_deleted_where_one_of_those_named_is_not_forgotten(story, world):
    names = {place: ClusterName("acme", place, "c") for place in ("us-east1", "us-east4", "us-west1", "us-west2")}
    world.clusters.add(world.cluster(names["us-east1"]))
    world.clusters.add(world.cluster(names["us-east4"], labels={}))
    world.clusters.add(world.cluster(names["us-west1"], labels=Ownership.of("x", "c").labels))
    story.dss.has("used", "RUNNING", data_of(world.clusters.add(world.cluster(names["us-west2"], id="id-4"))))

    said = story.refused("us-east1/c", "us-east4/c", "us-west1/c", "us-west2/c")

    assert said.count("Clusters to delete: ") == 3
    assert "us-east1/clusters/c is not deleted" not in said
    assert "it has no label of this plugin" in said
    assert "another installation of DSS created it" in said
    assert "it is in use; stop it in DSS. It is used of DSS." in said


def test_nothing_is_deleted_where_it_was_not_looked(story, world):
    world.clusters.missing_zones = ("us-east1-b",)
    story.failing["p-2"] = PermissionDenied("It lacks container.clusters.list.")

    said = story.refused("us-east1/c", "us-east1-b/c", "p-2/us-west1/c")

    assert said.count("Google does not answer for us-east1") == 2
    assert "the clusters of the project could not be listed. It lacks container.clusters.list." in said


def test_one_that_dss_knows_again_by_now_is_not_deleted(story, world):
    found = world.clusters.add(world.cluster())
    story.dss.events[2] = lambda: story.dss.has("my-cluster", "RUNNING", data_of(found))

    page = story.run("europe-west1-b/my-cluster")

    assert outcomes(page)["Delete europe-west1-b/my-cluster"] == "skipped"
    assert "that has changed meanwhile" in page
    assert "delete" not in world.clusters.calls


@pytest.mark.parametrize(
    ("change", "outcome"),
    [({"labels": {}}, "failed"), ({"labels": Ownership.of("x", "y").labels}, "failed"), ({"id": "id-2"}, "done")],
)
def test_the_labels_are_read_again_right_before_the_deletion(story, world, change, outcome):
    found = world.clusters.add(world.cluster())
    story.after_the_list = lambda: world.clusters.add(replace(found, **change))

    page = story.run("europe-west1-b/my-cluster")

    assert outcomes(page)["Delete europe-west1-b/my-cluster"] == outcome
    assert "delete" not in world.clusters.calls


def test_one_that_dss_took_over_while_an_upgrade_held_it_is_not_deleted(story, world):
    found = world.clusters.add(world.cluster())
    world.clusters.operations.append(world.operation("UPGRADE_NODES"))
    story.dss.events[3] = lambda: story.dss.has("my-cluster", "RUNNING", data_of(found))

    page = story.run("europe-west1-b/my-cluster")

    assert outcomes(page)["Delete europe-west1-b/my-cluster"] == "skipped"
    assert "It is my-cluster of DSS." in page
    assert world.clusters.calls.count("delete") == 1
    assert found.name in world.clusters.clusters


def test_one_that_is_being_deleted_already_is_waited_for_without_asking_dss_again(story, world):
    world.clusters.add(world.cluster(status="STOPPING"))
    world.clusters.operations.append(world.operation("DELETE_CLUSTER"))

    page = story.run("europe-west1-b/my-cluster")

    assert outcomes(page)["Delete europe-west1-b/my-cluster"] == "changed"
    assert "delete" not in world.clusters.calls
    assert story.dss.listed == 1


def test_what_nobody_foresaw_leaves_the_others_to_be_done(story, world):
    for name in ("a", "b"):
        labels = Ownership.of("install-1", name).labels
        world.clusters.add(world.cluster(ClusterName("acme", "us-east1", name), labels=labels))
    world.clusters.delete_faults = [("before", RuntimeError("What is this?"))]

    ended = outcomes(story.run("us-east1/a", "us-east1/b"))

    assert sorted(ended[f"Delete us-east1/{name}"] for name in ("a", "b")) == ["changed", "failed"]


def test_one_named_in_both_spellings_is_deleted_once(story, world):
    world.clusters.add(world.cluster())

    page = story.run("europe-west1-b/my-cluster", "acme/europe-west1-b/my-cluster")

    assert page.count("Delete europe-west1-b/my-cluster") == 1


def test_one_named_by_the_number_of_its_project_as_well_is_deleted_once(story, world):
    found = world.clusters.add(world.cluster())
    by_number = replace(found, name=ClusterName("123456789012", found.name.location, found.name.name))
    listed = world.clusters.list_clusters

    def list_clusters(project):
        return ClusterList((by_number,)) if project == "123456789012" else listed(project)

    world.clusters.list_clusters = list_clusters
    numbered = "123456789012/europe-west1-b/my-cluster"

    looked = story.run("europe-west1-b/my-cluster", numbered, preview=True)
    page = story.run("europe-west1-b/my-cluster", numbered)

    assert "1 below, billed without use." in looked
    assert outcomes(page)["Delete europe-west1-b/my-cluster"] == "changed"
    assert f"Delete {numbered}" not in page
    assert outcomes(page)["GKE clusters that DSS forgot"] == "done"


def test_clusters_of_other_types_are_counted_and_those_that_cannot_be_read_are_named(story, world):
    story.environment["HOME"] = story.environment["DIP_HOME"]
    story.dss.has("by-hand", kind="manual")

    page = story.run()

    assert outcomes(page)["Clusters of DSS"] == "done"
    assert "0 of this plugin, 1 of other types." in page
    assert "without a kubeconfig that can be read here: by-hand." in page


def test_what_cannot_be_read_of_the_configurations_of_dss_is_told(story, world):
    world.clusters.add(world.cluster())
    config = {"name": "gpu", "kubeConfigPath": "/nowhere"}
    story.dss.general_settings.document = {"containerSettings": {"executionConfigs": [config]}}

    known = story.run()
    story.dss.general_settings.document = None
    unknown = story.run()

    assert outcomes(known)["Clusters of DSS"] == "warning"
    assert "cannot be read here: containerized execution configuration gpu." in known
    assert outcomes(unknown)["Clusters of DSS"] == "warning"
    assert "The configurations of DSS could not be read." in unknown


def test_a_deletion_that_fails_leaves_the_others_to_be_done(story, world):
    for name in ("a", "b"):
        labels = Ownership.of("install-1", name).labels
        world.clusters.add(world.cluster(ClusterName("acme", "us-east1", name), labels=labels))
    world.clusters.delete_faults = [("before", PermissionDenied("It lacks container.clusters.delete."))]

    page = story.run("us-east1/a", "us-east1/b")

    ended = outcomes(page)
    assert sorted(ended[f"Delete us-east1/{name}"] for name in ("a", "b")) == ["changed", "failed"]
    assert "It lacks container.clusters.delete." in page
    assert ended["GKE clusters that DSS forgot"] == "warning"


def test_a_dss_that_cannot_be_read_leaves_nothing_to_judge(story, world):
    world.clusters.add(world.cluster())
    story.dss.lists = False

    page = story.run("europe-west1-b/my-cluster")

    assert outcomes(page) == {"Clusters of DSS": "failed"}
    assert world.clusters.calls == []


def test_a_cluster_of_dss_that_cannot_be_read_keeps_everything_in_doubt(story, world):
    world.clusters.add(world.cluster())
    story.dss.clusters["secret"] = None

    page = story.run()

    assert outcomes(page)["Clusters of DSS"] == "warning"
    assert "secret could not be read. DSS refused" in page
    assert outcomes(page)["GKE clusters in doubt"] == "warning"


def test_credentials_that_cannot_be_used_are_explained(story):
    def refuse(_settings):
        raise CredentialsError("The key cannot be read.")

    page = story.run(connect=refuse)

    assert outcomes(page) == {"GKE connection": "failed"}
    assert "The key cannot be read." in page


def test_without_a_project_the_page_says_so(story, world):
    world.host.on_google_cloud = False

    assert outcomes(story.run(connection={"zone": "us-east1-b"})) == {"GKE connection": "failed"}


def test_the_clients_act_as_one_identity(monkeypatch):
    made = []
    monkeypatch.setattr(forgotten, "authorize", lambda choice: made.append(choice) or forgotten_authorization())

    access = connect_search(CredentialsSettings())

    assert len(made) == 1
    assert access.google.clusters.identity
    assert access.inventory


def forgotten_authorization():
    from google.auth.credentials import AnonymousCredentials

    from gke_clusters.google.credentials import Authorization

    return Authorization(AnonymousCredentials())


def test_a_host_that_tells_no_project_is_one_failure(story, world):
    world.host.on_google_cloud = False

    assert MetadataServerError.advice in story.run(connection={"zone": "us-east1-b"})
