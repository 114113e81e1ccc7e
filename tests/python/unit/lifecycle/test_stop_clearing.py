"""What a stop does about load balancers and volumes before the cluster goes; they never keep it from going."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gke_clusters.errors import AccessDenied, ControlPlaneUnreachable, CredentialsError
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.stop import stop_cluster
from gke_clusters.settings.stop import parse_stop
from tests.python.unit.lifecycle.contents import FakeContents, made, service
from tests.python.unit.lifecycle.stopping import started, stop


@pytest.fixture
def data(world: Any) -> dict[str, Any]:
    return started(world)


def test_leaves_what_is_in_the_cluster_alone_unless_the_form_says_otherwise(world: Any, data: Any) -> None:
    contents = FakeContents()
    contents.balancers = [service("web")]
    contents.claim("data")
    stop(world, data, contents=contents)
    assert contents.deleted == []
    assert world.clusters.clusters == {}


def test_clears_away_before_the_cluster_is_deleted(world: Any, data: Any) -> None:
    contents = FakeContents()
    contents.balancers = [service("web")]
    contents.claim("data")
    delete = world.clusters.delete_cluster

    def cleared_by_now(name: Any) -> Any:
        assert (contents.balancers, contents.provided) == ([], [])
        return delete(name)

    world.clusters.delete_cluster = cleared_by_now
    stop(world, data, contents=contents, deleteLoadBalancers=True, deleteVolumes=True)
    assert world.clusters.clusters == {}


@pytest.mark.parametrize(
    ("form", "deleted"),
    [
        ({"deleteLoadBalancers": True}, ["Service default/web"]),
        ({"deleteVolumes": True}, ["PersistentVolumeClaim default/data"]),
    ],
)
def test_clears_away_what_is_ticked(world: Any, data: Any, form: Any, deleted: list[str]) -> None:
    contents = FakeContents()
    contents.balancers = [service("web")]
    contents.claim("data")
    stop(world, data, contents=contents, **form)
    assert contents.deleted == deleted


def test_takes_no_more_than_ten_minutes_of_its_time_for_it(world: Any, data: Any) -> None:
    contents = FakeContents()
    contents.balancers = [service("web")]
    contents.stuck = {"Service default/web"}
    stop(world, data, contents=contents, deleteLoadBalancers=True)
    assert 600 <= world.now < 660
    assert world.clusters.clusters == {}


def test_leaves_half_of_a_short_time_for_the_deletion(world: Any, data: Any) -> None:
    contents = FakeContents()
    contents.balancers = [service("web")]
    contents.stuck = {"Service default/web"}
    stop(world, data, contents=contents, deleteLoadBalancers=True, deleteDeadlineMinutes=10)
    assert 300 <= world.now < 360
    assert world.clusters.clusters == {}


@pytest.mark.parametrize(
    "failure",
    [
        ControlPlaneUnreachable("The Kubernetes API server did not answer in time."),
        CredentialsError("The helper gives no token."),
        AccessDenied("It is refused."),
        OSError("No space left on device"),
        ValueError("nonsense"),
    ],
)
def test_deletes_the_cluster_whatever_keeps_it_from_looking_inside(
    world: Any, data: Any, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    stop(world, data, contents=failure, deleteLoadBalancers=True)
    assert world.clusters.clusters == {}
    assert "neither be looked at nor cleared away" in caplog.text
    assert str(failure) in caplog.text


@pytest.mark.parametrize("status", ["PROVISIONING", "ERROR", "STOPPING", "STATUS_UNSPECIFIED"])
def test_does_not_look_into_a_cluster_that_does_not_answer(
    world: Any, data: Any, status: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.clusters.add(world.cluster(status=status))
    stop(world, data, contents=AssertionError("it was looked into"), deleteVolumes=True)
    assert "AssertionError" not in caplog.text
    assert f"The cluster is {status}" in caplog.text


@pytest.mark.parametrize("status", ["RUNNING", "RECONCILING", "DEGRADED"])
def test_looks_into_a_cluster_that_may_answer(world: Any, data: Any, status: str) -> None:
    world.clusters.add(world.cluster(status=status))
    contents = FakeContents()
    contents.balancers = [service("web")]
    stop(world, data, contents=contents, deleteLoadBalancers=True)
    assert contents.deleted == ["Service default/web"]


def test_notes_the_deletion_before_anything_in_the_cluster_goes(world: Any, data: Any) -> None:
    contents = FakeContents()
    contents.balancers = [service("web")]
    phases: list[Any] = []
    delete = contents.delete

    def note(target: Any) -> None:
        phases.append(Journal(world.directory).read())
        delete(target)

    contents.delete = note  # type: ignore[method-assign]  # to look at the same moment
    stop(world, data, contents=contents, deleteLoadBalancers=True)
    assert [entry.phase for entry in phases] == [Phase.DELETING]


def test_remembers_addresses_for_the_report(world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
    contents = FakeContents()
    contents.balancers = [service("web", "203.0.113.7")]
    name = "k8s2-fr-x"
    world.compute.resources = {
        "forwardingRules": [{"name": name, "region": "europe-west1", "IPAddress": "203.0.113.7"}]
    }
    stop(world, data, contents=contents)
    assert f"gcloud compute forwarding-rules delete {name} --region europe-west1 --project acme" in caplog.text


def test_speaks_no_more_of_volumes_that_it_cleared_away(
    world: Any, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    contents = FakeContents()
    contents.claim("data")
    world.compute.resources = {"disks": [{"name": "pvc-data", "zone": "europe-west1-b"}]}
    stop(world, data, contents=contents, deleteVolumes=True)
    assert "disks delete" not in caplog.text


def test_speaks_of_volumes_that_it_could_not_clear_away(
    world: Any, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    contents = FakeContents()
    contents.claim("data")
    contents.users, contents.stuck = [made("Pod", "p")], {"Pod default/p"}
    world.compute.resources = {"disks": [{"name": "pvc-data", "zone": "europe-west1-b"}]}
    stop(world, data, contents=contents, deleteVolumes=True)
    assert "gcloud compute disks delete pvc-data --zone europe-west1-b --project acme" in caplog.text


def test_repeats_no_token_that_a_failure_inside_the_cluster_tells(
    world: Any, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    token = "ya29." + "a" * 40
    stop(world, data, contents=ValueError(f"unexpected {token}"))
    assert "The stop goes on" in caplog.text
    assert token not in caplog.text


def test_looks_into_the_very_cluster_as_the_identity_and_with_the_settings_of_the_stop(world: Any, data: Any) -> None:
    found = world.clusters.clusters[world.name]
    settings = parse_stop({})
    google = world.google
    reached: list[Any] = []

    def reach(*arguments: Any) -> FakeContents:
        reached.extend(arguments)
        return FakeContents()

    stop_cluster(data, world.owner, settings, lambda: google, world.directory, world.progress, reach=reach)
    assert reached == [found, google, world.directory, settings]


def test_says_that_it_looks_at_load_balancers_and_volumes(
    world: Any, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stop(world, data)
    assert "load balancers and volumes" in caplog.text
