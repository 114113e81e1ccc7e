"""Starts that fail with *Keep a failed cluster for inspection* ticked, and those after them."""

from __future__ import annotations

from typing import Any

import pytest

from gke_clusters.errors import (
    ControlPlaneUnreachable,
    GkeClustersError,
    GoogleUnavailable,
    OperationTimeout,
    QuotaExceeded,
    Stockout,
)
from gke_clusters.google.names import ClusterName
from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.start import start_cluster

STOCKOUT = (Condition("GCE_STOCKOUT", "No machines."),)


def start(world: Any, *, keep: bool = True, **config: Any) -> list[dict[str, Any]]:
    settings = world.settings(keepFailedCluster=keep, **config)
    return start_cluster(settings, world.owner, world.google, world.handover(), world.progress)


def failed(world: Any, **config: Any) -> GkeClustersError:
    with pytest.raises(GkeClustersError) as caught:
        start(world, **config)
    return caught.value


def phase(world: Any) -> Phase | None:
    entry = Journal(world.directory).read()
    return entry.phase if entry else None


def test_leaves_the_cluster_of_a_failed_creation_and_no_token(world: Any) -> None:
    world.clusters.endings = [STOCKOUT]
    assert isinstance(failed(world), Stockout)
    assert world.clusters.clusters[world.name].status == "ERROR"
    assert "delete" not in world.clusters.calls
    assert phase(world) is Phase.FAILED
    assert not (world.directory / "credential-helper").exists()


def test_says_how_to_look_at_it_and_how_to_delete_it(world: Any) -> None:
    world.clusters.endings = [STOCKOUT]
    remedy = failed(world).remedy
    assert "gcloud container clusters describe my-cluster --location europe-west1-b --project acme" in remedy
    assert "clusters/details/europe-west1-b/my-cluster/details?project=acme" in remedy
    assert "The next start replaces it. It may still be billed" in remedy
    assert "gcloud container clusters delete my-cluster --location europe-west1-b --project acme" in remedy


def test_keeps_a_cluster_that_cannot_be_reached(world: Any) -> None:
    world.control_plane.fault = ControlPlaneUnreachable("No answer.")
    remedy = failed(world).remedy
    assert world.clusters.clusters[world.name].status == "RUNNING"
    assert "kept for inspection" in remedy
    assert "change the settings and not the cluster" not in remedy
    assert not (world.directory / "kube_config").exists()


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("status", ["ERROR", "DEGRADED", "RUNNING", "RECONCILING", "PROVISIONING"])
def test_the_next_start_replaces_it(world: Any, keep: bool, status: str) -> None:
    world.clusters.add(world.cluster(status=status, id="kept"))
    Journal(world.directory).write(world.name, Phase.FAILED)
    assert start(world, keep=keep)[1]["cluster"]["id"] == "id-1"
    assert [call for call in world.clusters.calls if call in ("create", "delete")] == ["delete", "create"]
    assert phase(world) is Phase.RUNNING


def test_the_next_start_in_another_place_deletes_it(world: Any) -> None:
    kept = ClusterName("acme", "us-central1-a", "my-cluster")
    world.clusters.add(world.cluster(kept))
    Journal(world.directory).write(kept, Phase.FAILED)
    start(world)
    assert list(world.clusters.clusters) == [world.name]


def test_the_next_start_replaces_it_where_the_journal_is_lost(world: Any) -> None:
    world.clusters.endings = [STOCKOUT]
    failed(world)
    Journal(world.directory).clear()
    assert start(world)[1]["cluster"]["status"] == "RUNNING"


def test_the_next_start_is_judged_by_what_it_creates_itself(world: Any) -> None:
    world.clusters.add(world.cluster(status="ERROR"))
    Journal(world.directory).write(world.name, Phase.FAILED)
    world.clusters.status_after_create = "RECONCILING"
    assert start(world)[1]["cluster"]["status"] == "RECONCILING"
    assert world.clusters.calls.count("create") == 1


def test_does_not_touch_a_foreign_cluster_that_has_the_name_now(world: Any) -> None:
    world.clusters.add(world.cluster(labels={}))
    Journal(world.directory).write(world.name, Phase.FAILED)
    failed(world)
    assert "delete" not in world.clusters.calls


def test_says_that_nothing_is_left_where_google_removed_it(world: Any) -> None:
    end = world.clusters._end

    def removed(operation: Any) -> Any:
        ended = end(operation)
        world.clusters.clusters.clear()
        return ended

    world.clusters._end = removed
    world.clusters.endings = [STOCKOUT]
    assert "nothing to keep" in failed(world).remedy
    assert phase(world) is None


def test_says_what_else_to_change_where_google_removed_a_cluster_that_could_not_be_reached(world: Any) -> None:
    def gone(_: float) -> str:
        world.clusters.clusters.clear()
        raise ControlPlaneUnreachable("No answer.")

    world.control_plane.probe = gone
    assert "change the settings and not the cluster" in failed(world).remedy


def test_takes_it_for_kept_where_google_does_not_say(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.control_plane.fault = ControlPlaneUnreachable("No answer.")
    find = world.clusters.find_cluster

    def silent(name: ClusterName) -> Any:
        if phase(world) is Phase.FAILED:
            raise GoogleUnavailable("It did not answer.")
        return find(name)

    world.clusters.find_cluster = silent
    assert "kept for inspection" in failed(world).remedy
    assert "is not known: It did not answer." in caplog.text


def test_keeps_nothing_where_nothing_was_created(world: Any) -> None:
    world.clusters.create_faults = [("before", QuotaExceeded("Short."))]
    assert "kept" not in failed(world).remedy
    assert phase(world) is None


def test_leaves_a_creation_that_takes_too_long_to_the_next_start(world: Any) -> None:
    world.clusters.find_operation = lambda *_, **__: world.clusters.operations[0]
    assert isinstance(failed(world), OperationTimeout)
    assert phase(world) is Phase.CREATING


def test_keeps_the_last_of_the_fallback_zones_only(world: Any) -> None:
    world.clusters.endings = [STOCKOUT, (), STOCKOUT]
    failure = failed(world, fallbackZones=["us-central1-a"])
    assert [name.location for name in world.clusters.clusters] == ["us-central1-a"]
    assert "clusters describe my-cluster --location us-central1-a" in failure.remedy
    assert start(world)[1]["cluster"]["location"] == "europe-west1-b"
    assert [name.location for name in world.clusters.clusters] == ["europe-west1-b"]
