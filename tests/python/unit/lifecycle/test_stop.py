from __future__ import annotations

import logging
from typing import Any

import pytest

from gke_clusters.errors import (
    AccessDenied,
    ClusterBusy,
    ControlPlaneUnreachable,
    CredentialsError,
    GoogleUnavailable,
    OperationFailed,
    OperationTimeout,
    PermissionDenied,
    RequestRefused,
    StateError,
)
from gke_clusters.google.operations import Condition
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.stop import detach_cluster, stop_cluster
from gke_clusters.settings.stop import parse_stop
from gke_clusters.specs.ownership import Ownership
from tests.python.unit.lifecycle.contents import FakeContents, made, service

BROKEN = (Condition("", "It could not be deleted."),)


def stop(world: Any, data: Any, *, contents: Any = None, owner: Any = None, **form: Any) -> None:
    def reach(cluster: Any, google: Any, directory: Any, settings: Any) -> Any:
        if isinstance(contents, Exception):
            raise contents
        return contents or FakeContents()

    stop_cluster(
        data,
        owner or world.owner,
        parse_stop(form),
        lambda: world.google,
        world.directory,
        world.progress,
        reach=reach,
    )


def labels_of(install: str, cluster: str) -> dict[str, str]:
    return Ownership.of(install, cluster).labels


@pytest.fixture
def data(world: Any) -> dict[str, Any]:
    cluster = world.clusters.add(world.cluster())
    world.directory.mkdir()
    (world.directory / "kube_config").write_text("x")
    return {"kube_config_path": "kube_config", "project": "acme", "cluster": dict(cluster.resource)}


@pytest.mark.parametrize("nothing", [None, {}])
def test_deletes_nothing_and_asks_nothing_without_data(world: Any, nothing: Any) -> None:
    def fail() -> Any:
        raise AssertionError("no credentials are needed")

    world.clusters.add(world.cluster())
    stop_cluster(nothing, world.owner, parse_stop({}), fail, world.directory, world.progress)
    assert world.clusters.calls == []


def test_deletes_and_waits_until_it_is_gone(world: Any, data: Any) -> None:
    stop(world, data)
    assert world.clusters.clusters == {}
    assert world.clusters.calls.count("delete") == 1
    assert world.percents[-1] == 100


def test_leaves_nothing_in_the_working_directory(world: Any, data: Any) -> None:
    stop(world, data)
    assert list(world.directory.iterdir()) == []


def test_says_what_is_still_billed(world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
    labels = {"goog-k8s-cluster-name": "my-cluster", "goog-k8s-cluster-location": "europe-west1-b"}
    world.compute.resources = {"disks": [{"name": "pvc-1", "zone": "zones/europe-west1-b", "labels": labels}]}
    stop(world, data)
    assert "gcloud compute disks delete pvc-1 --zone europe-west1-b --project acme" in caplog.text


def test_says_what_is_still_billed_of_a_cluster_that_somebody_deleted(
    world: Any, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.clusters.clusters.clear()
    stop(world, data)
    assert "is gone already" in caplog.text
    assert "left no disk" in caplog.text


def test_is_done_whatever_goes_wrong_with_the_report(world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.compute.resources = {"disks": [{"labels": "not a mapping"}]}
    stop(world, data)
    assert world.percents[-1] == 100
    assert "What the cluster left behind could not be looked up" in caplog.text


def test_may_be_told_twice(world: Any, data: Any) -> None:
    stop(world, data)
    stop(world, data)
    assert world.clusters.calls.count("delete") == 1


def test_deletes_what_1_5_1_saved_without_id_and_without_our_labels(world: Any) -> None:
    found = world.clusters.add(world.cluster(labels={"goog-partner-solution": "x"}))
    stop(world, {"cluster": {"name": "my-cluster", "location": "europe-west1-b", "selfLink": found.self_link}})
    assert world.clusters.clusters == {}


def test_never_deletes_by_data_of_1_5_1_what_another_dss_cluster_owns(world: Any) -> None:
    found = world.clusters.add(world.cluster(labels=Ownership.of("another-install", "x").labels))
    with pytest.raises(StateError):
        stop(world, {"cluster": {"name": "my-cluster", "location": "europe-west1-b", "selfLink": found.self_link}})
    assert "delete" not in world.clusters.calls


def test_never_deletes_by_the_name_alone(world: Any) -> None:
    world.clusters.add(world.cluster(labels={}))
    with pytest.raises(StateError):
        stop(world, {"project": "acme", "cluster": {"name": "my-cluster", "location": "europe-west1-b"}})
    assert "delete" not in world.clusters.calls


def test_says_without_data_what_an_earlier_start_may_have_left(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    Journal(world.directory).write(world.name, Phase.RUNNING)
    (world.directory / "kube_config").write_text("x")
    stop(world, None)
    assert world.clusters.calls == []
    assert "gcloud container clusters delete my-cluster --location europe-west1-b --project acme" in caplog.text
    assert not (world.directory / "kube_config").exists()


def test_deletes_although_another_operation_was_cancelled(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES", status="ABORTING"))
    stop(world, data)
    assert world.clusters.clusters == {}


def test_stops_although_its_own_files_cannot_be_removed(
    world: Any, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (world.directory / "kube_config").unlink()
    (world.directory / "kube_config" / "not-a-file").mkdir(parents=True)
    stop(world, data)
    assert world.clusters.clusters == {}
    assert "kube_config cannot be removed" in caplog.text


def test_never_deletes_a_later_cluster_of_the_same_name(world: Any, data: Any) -> None:
    world.clusters.add(world.cluster(id="id-2"))
    with pytest.raises(StateError) as caught:
        stop(world, data)
    assert "delete" not in world.clusters.calls
    assert "id-1" in (caught.value.verbatim or "")
    assert "id-2" in (caught.value.verbatim or "")


def test_is_done_if_a_later_cluster_takes_the_name_while_it_waits(world: Any, data: Any) -> None:
    ended = world.clusters._end

    def replaced(operation: Any) -> Any:
        done = ended(operation)
        world.clusters.add(world.cluster(id="id-2"))
        return done

    world.clusters._end = replaced
    stop(world, data)
    assert world.clusters.clusters[world.name].id == "id-2"
    assert world.clusters.calls.count("delete") == 1


def test_waits_for_the_very_operation_that_holds_the_cluster(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES"))
    stop(world, data)
    assert world.clusters.operations[0].done
    assert world.clusters.calls.count("delete") == 2
    assert world.clusters.clusters == {}


def test_finds_what_holds_the_cluster_where_google_does_not_name_it(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES"))
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy."))]
    stop(world, data)
    assert world.clusters.clusters == {}


def test_does_not_wait_for_a_holder_that_is_over(world: Any, data: Any) -> None:
    world.clusters.operations.append(world.operation("UPGRADE_NODES", status="DONE"))
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy.", operation="operation-1-a"))]
    stop(world, data)
    assert world.clusters.clusters == {}


def test_joins_a_deletion_that_is_under_way(world: Any, data: Any) -> None:
    world.clusters.add(world.cluster(status="STOPPING"))
    world.clusters.operations.append(world.operation("DELETE_CLUSTER"))
    stop(world, data)
    assert "delete" not in world.clusters.calls
    assert world.clusters.clusters == {}


@pytest.mark.parametrize("when", ["before", "after"])
def test_settles_a_lost_answer_by_looking(world: Any, data: Any, when: str) -> None:
    world.clusters.delete_faults = [(when, GoogleUnavailable("The answer was lost."))]
    stop(world, data)
    assert world.clusters.clusters == {}


def test_is_done_if_it_vanishes_between_look_and_deletion(world: Any, data: Any) -> None:
    delete = world.clusters.delete_cluster

    def vanish(name: Any) -> Any:
        world.clusters.clusters.clear()
        return delete(name)

    world.clusters.delete_cluster = vanish
    stop(world, data)


def test_asks_again_after_a_deletion_that_failed(world: Any, data: Any) -> None:
    world.clusters.endings = [BROKEN]
    stop(world, data)
    assert world.clusters.calls.count("delete") == 2


def test_believes_a_deletion_that_fails_three_times(world: Any, data: Any) -> None:
    world.clusters.endings = [BROKEN] * 3
    with pytest.raises(OperationFailed, match="It could not be deleted"):
        stop(world, data)
    assert (world.directory / "kube_config").exists()


def test_gives_up_at_the_deadline_and_says_that_it_is_billed(world: Any, data: Any) -> None:
    world.clusters.delete_faults = [("before", ClusterBusy("It is busy."))] * 10_000
    with pytest.raises(OperationTimeout) as caught:
        stop(world, data, deleteDeadlineMinutes=10)
    assert "still billed" in caught.value.remedy
    assert world.now == pytest.approx(600)


def test_notes_the_deletion_while_it_lasts(world: Any, data: Any) -> None:
    world.clusters.endings = [BROKEN] * 3
    with pytest.raises(OperationFailed):
        stop(world, data)
    entry = Journal(world.directory).read()
    assert entry is not None
    assert entry.phase.value == "deleting"


class TestClearing:
    def test_leaves_what_is_in_the_cluster_alone_unless_the_form_says_otherwise(self, world: Any, data: Any) -> None:
        contents = FakeContents()
        contents.balancers = [service("web")]
        contents.claim("data")
        stop(world, data, contents=contents)
        assert contents.deleted == []
        assert world.clusters.clusters == {}

    def test_clears_away_before_the_cluster_is_deleted(self, world: Any, data: Any) -> None:
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
    def test_clears_away_what_is_ticked(self, world: Any, data: Any, form: Any, deleted: list[str]) -> None:
        contents = FakeContents()
        contents.balancers = [service("web")]
        contents.claim("data")
        stop(world, data, contents=contents, **form)
        assert contents.deleted == deleted

    def test_takes_no_more_than_ten_minutes_of_its_time_for_it(self, world: Any, data: Any) -> None:
        contents = FakeContents()
        contents.balancers = [service("web")]
        contents.stuck = {"Service default/web"}
        stop(world, data, contents=contents, deleteLoadBalancers=True)
        assert 600 <= world.now < 660
        assert world.clusters.clusters == {}

    def test_leaves_half_of_a_short_time_for_the_deletion(self, world: Any, data: Any) -> None:
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
        self, world: Any, data: Any, failure: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        stop(world, data, contents=failure, deleteLoadBalancers=True)
        assert world.clusters.clusters == {}
        assert "neither be looked at nor cleared away" in caplog.text
        assert str(failure) in caplog.text

    @pytest.mark.parametrize("status", ["PROVISIONING", "ERROR", "STOPPING", "STATUS_UNSPECIFIED"])
    def test_does_not_look_into_a_cluster_that_does_not_answer(
        self, world: Any, data: Any, status: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        world.clusters.add(world.cluster(status=status))
        stop(world, data, contents=AssertionError("it was looked into"), deleteVolumes=True)
        assert "AssertionError" not in caplog.text
        assert f"The cluster is {status}" in caplog.text

    @pytest.mark.parametrize("status", ["RUNNING", "RECONCILING", "DEGRADED"])
    def test_looks_into_a_cluster_that_may_answer(self, world: Any, data: Any, status: str) -> None:
        world.clusters.add(world.cluster(status=status))
        contents = FakeContents()
        contents.balancers = [service("web")]
        stop(world, data, contents=contents, deleteLoadBalancers=True)
        assert contents.deleted == ["Service default/web"]

    def test_notes_the_deletion_before_anything_in_the_cluster_goes(self, world: Any, data: Any) -> None:
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

    def test_remembers_addresses_for_the_report(self, world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
        contents = FakeContents()
        contents.balancers = [service("web", "203.0.113.7")]
        name = "k8s2-fr-x"
        world.compute.resources = {"forwardingRules": [{"name": name, "region": "r", "IPAddress": "203.0.113.7"}]}
        stop(world, data, contents=contents)
        assert f"gcloud compute forwarding-rules delete {name} --region r --project acme" in caplog.text

    def test_speaks_no_more_of_volumes_that_it_cleared_away(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        contents = FakeContents()
        contents.claim("data")
        world.compute.resources = {"disks": [{"name": "pvc-data", "zone": "z"}]}
        stop(world, data, contents=contents, deleteVolumes=True)
        assert "disks delete" not in caplog.text

    def test_speaks_of_volumes_that_it_could_not_clear_away(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        contents = FakeContents()
        contents.claim("data")
        contents.users, contents.stuck = [made("Pod", "p")], {"Pod default/p"}
        world.compute.resources = {"disks": [{"name": "pvc-data", "zone": "z"}]}
        stop(world, data, contents=contents, deleteVolumes=True)
        assert "gcloud compute disks delete pvc-data --zone z --project acme" in caplog.text


class TestFromEveryState:
    def test_waits_for_the_very_creation_that_holds_the_cluster(self, world: Any, data: Any) -> None:
        world.clusters.add(world.cluster(status="PROVISIONING"))
        world.clusters.operations.append(world.operation("CREATE_CLUSTER"))
        stop(world, data)
        assert world.clusters.operations[0].done
        assert world.clusters.clusters == {}

    def test_deletes_after_a_creation_that_failed_meanwhile(self, world: Any, data: Any) -> None:
        world.clusters.add(world.cluster(status="PROVISIONING"))
        world.clusters.operations.append(world.operation("CREATE_CLUSTER"))
        world.clusters.endings = [BROKEN]
        stop(world, data)
        assert world.clusters.clusters == {}

    def test_waits_for_each_upgrade_that_begins_by_itself(self, world: Any, data: Any) -> None:
        world.clusters.operations.append(world.operation("UPGRADE_MASTER"))
        delete, more = world.clusters.delete_cluster, [2, 3]

        def upgraded_again(name: Any) -> Any:
            if more and all(item.done for item in world.clusters.operations):
                world.clusters.operations.append(world.operation("UPGRADE_NODES", more.pop(0)))
            return delete(name)

        world.clusters.delete_cluster = upgraded_again
        stop(world, data)
        assert [item.kind for item in world.clusters.operations].count("UPGRADE_NODES") == 2
        assert world.clusters.clusters == {}

    @pytest.mark.parametrize("status", ["ERROR", "DEGRADED", "RECONCILING", "STATUS_UNSPECIFIED"])
    def test_deletes_a_cluster_in_whatever_state(self, world: Any, data: Any, status: str) -> None:
        world.clusters.add(world.cluster(status=status))
        stop(world, data)
        assert world.clusters.clusters == {}

    @pytest.mark.parametrize(
        "answer",
        [
            ClusterBusy("It is busy."),
            RequestRefused("It is refused.", verbatim="cluster is being deleted"),
        ],
    )
    def test_waits_for_a_deletion_that_it_cannot_see(self, world: Any, data: Any, answer: Exception) -> None:
        world.clusters.add(world.cluster(status="STOPPING"))
        world.clusters.delete_faults = [("before", answer)] * 5
        looks = world.clusters.find_cluster
        seen: list[str] = []

        def gone_after_a_while(name: Any) -> Any:
            seen.append("look")
            if len(seen) > 4:
                world.clusters.clusters.clear()
            return looks(name)

        world.clusters.find_cluster = gone_after_a_while
        stop(world, data)
        assert world.clusters.clusters == {}
        assert world.now > 0

    def test_a_refusal_to_delete_what_runs_ends_it(self, world: Any, data: Any) -> None:
        world.clusters.delete_faults = [("before", RequestRefused("It is refused."))]
        with pytest.raises(RequestRefused):
            stop(world, data)

    def test_goes_by_the_cluster_where_google_forgets_the_operation(self, world: Any, data: Any) -> None:
        world.clusters.forgets_operations = True
        stop(world, data)
        assert world.clusters.clusters == {}

    def test_outlasts_a_google_that_does_not_answer_for_long(self, world: Any, data: Any) -> None:
        looks, outage = world.clusters.find_cluster, [GoogleUnavailable("Google was overloaded.")] * 5

        def unavailable_after_the_first(name: Any) -> Any:
            if "delete" in world.clusters.calls and outage:
                raise outage.pop()
            return looks(name)

        world.clusters.find_cluster = unavailable_after_the_first
        stop(world, data)
        assert outage == []
        assert world.clusters.clusters == {}

    def test_gives_up_on_a_google_that_does_not_answer_at_the_deadline(self, world: Any, data: Any) -> None:
        looks = world.clusters.find_cluster

        def unavailable_after_the_first(name: Any) -> Any:
            if "delete" in world.clusters.calls:
                raise GoogleUnavailable("Google was overloaded.")
            return looks(name)

        world.clusters.find_cluster = unavailable_after_the_first
        with pytest.raises(GoogleUnavailable):
            stop(world, data)
        assert world.now == pytest.approx(40 * 60)

    @pytest.mark.parametrize("refusal", [CredentialsError("Not accepted."), PermissionDenied("Not allowed.")])
    def test_ends_at_once_where_google_takes_its_credentials_no_more(
        self, world: Any, data: Any, refusal: Exception
    ) -> None:
        world.clusters.operations.append(world.operation("UPGRADE_NODES"))

        def refuse(*_: Any, **__: Any) -> Any:
            raise refusal

        world.clusters.find_operation = refuse
        with pytest.raises(type(refusal)):
            stop(world, data)
        assert world.now < 60
        assert Journal(world.directory).read() is not None

    def test_a_time_limit_that_passes_while_it_waits_says_that_the_cluster_is_billed(
        self, world: Any, data: Any
    ) -> None:
        world.clusters.operations.append(world.operation("UPGRADE_NODES"))
        world.clusters.find_operation = lambda *_, **__: world.clusters.operations[0]
        with pytest.raises(OperationTimeout, match="not over after 10 minutes") as caught:
            stop(world, data, deleteDeadlineMinutes=10)
        assert "still there and is billed" in caught.value.remedy
        assert world.now == pytest.approx(600)

    def test_a_deletion_that_failed_three_times_says_that_the_cluster_is_billed(self, world: Any, data: Any) -> None:
        world.clusters.endings = [BROKEN] * 3
        with pytest.raises(OperationFailed) as caught:
            stop(world, data)
        assert "still there and is billed" in caught.value.remedy

    def test_converges_when_told_again_after_a_failure(self, world: Any, data: Any) -> None:
        world.clusters.endings = [BROKEN] * 3
        with pytest.raises(OperationFailed):
            stop(world, data)
        stop(world, data)
        assert world.clusters.clusters == {}


class TestEditedData:
    def test_finds_the_very_cluster_by_its_id_where_the_location_is_wrong(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        cluster = {"name": "my-cluster", "location": "europe-west1-c", "id": "id-1"}
        stop(world, {"project": "acme", "cluster": cluster})
        assert world.clusters.clusters == {}
        assert "is not projects/acme/locations/europe-west1-c/clusters/my-cluster but" in caplog.text

    def test_deletes_no_cluster_with_another_id_at_another_location(self, world: Any, data: Any) -> None:
        cluster = {"name": "my-cluster", "location": "europe-west1-c", "id": "id-2"}
        stop(world, {"project": "acme", "cluster": cluster})
        assert "delete" not in world.clusters.calls

    def test_says_which_zones_it_could_not_look_at(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.clusters.clear()
        world.clusters.missing_zones = ("europe-west1-d",)
        stop(world, data)
        assert "in one of these zones is not known: europe-west1-d" in caplog.text

    def test_believes_that_it_is_gone_where_clusters_may_not_be_listed(
        self, world: Any, data: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.clusters.clear()

        def refuse(project: str) -> Any:
            raise PermissionDenied("It may not list clusters.")

        world.clusters.list_clusters = refuse
        stop(world, data)
        assert "It may not list clusters" in caplog.text

    def test_does_not_look_elsewhere_for_a_cluster_of_1_5_1_without_id(self, world: Any, data: Any) -> None:
        world.clusters.clusters.clear()
        link = world.cluster().self_link
        stop(world, {"cluster": {"name": "my-cluster", "location": "europe-west1-b", "selfLink": link}})
        assert "list" not in world.clusters.calls

    @pytest.mark.parametrize("labels", [labels_of("install-2", "my-cluster"), labels_of("install-1", "another")])
    def test_never_deletes_what_another_dss_cluster_owns(self, world: Any, data: Any, labels: Any) -> None:
        world.clusters.add(world.cluster(labels=labels))
        with pytest.raises(StateError, match="belongs to another DSS cluster") as caught:
            stop(world, data, contents=AssertionError("it was looked into"))
        assert "delete" not in world.clusters.calls
        assert "gcloud container clusters delete my-cluster" in caught.value.remedy

    def test_deletes_the_very_cluster_although_its_labels_were_removed(self, world: Any, data: Any) -> None:
        world.clusters.add(world.cluster(labels={}))
        stop(world, data)
        assert world.clusters.clusters == {}


def test_detaching_deletes_nothing_but_our_own_files(world: Any, data: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    detach_cluster(data, world.directory)
    assert world.clusters.calls == []
    assert list(world.directory.iterdir()) == []
    assert "Detached my-cluster" in caplog.text


@pytest.mark.parametrize("data", [None, {}, {"cluster": None}, ["x"]])
def test_detaching_needs_no_data(world: Any, data: Any) -> None:
    detach_cluster(data, world.directory)
