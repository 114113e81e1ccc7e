from __future__ import annotations

import json
import logging
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from gke_clusters.errors import (
    AccessDenied,
    ClusterUnhealthy,
    ControlPlaneUnreachable,
    CredentialsError,
    GoogleError,
    GoogleUnavailable,
    MetadataServerError,
    NameTaken,
    OperationFailed,
    OperationTimeout,
    PermissionDenied,
    QuotaExceeded,
    SettingsError,
    StateError,
    Stockout,
    UnexpectedFailure,
    VersionNotAvailable,
)
from gke_clusters.google.credentials import CredentialsChoice
from gke_clusters.google.names import ClusterName
from gke_clusters.google.operations import Condition
from gke_clusters.kube.access import AccessReview
from gke_clusters.lifecycle.journal import Journal, Phase
from gke_clusters.lifecycle.start import start_cluster

LOST = GoogleUnavailable("The answer was lost.")
STOCKOUT = (Condition("GCE_STOCKOUT", "No machines."),)


def start(world: Any, **config: Any) -> list[dict[str, Any]]:
    return start_cluster(world.settings(**config), world.owner, world.google, world.handover(), world.progress)


class TestNothingIsThere:
    def test_creates_with_all_pools_in_one_call(self, world: Any) -> None:
        start(world, nodePools=[{"machineType": "n2-standard-4"}, {"machineType": "e2-standard-4"}])
        assert world.clusters.calls.count("create") == 1
        assert [pool.config.machine_type for pool in world.clusters.sent[0].node_pools] == [
            "n2-standard-4",
            "e2-standard-4",
        ]

    def test_goes_where_the_host_is_where_the_connection_is_silent(self, world: Any) -> None:
        _, data = start(world, connectionInfo={})
        assert (data["project"], data["cluster"]["location"]) == ("host-project", "europe-west1-b")

    def test_returns_what_dss_needs(self, world: Any) -> None:
        overrides, data = start(world)
        path = str(world.directory / "kube_config")
        assert overrides == {
            "container": {
                "executionConfigsGenericOverrides": {
                    "kubeCtlContext": "gke_acme_europe-west1-b_my-cluster",
                    "kubeConfigPath": path,
                }
            },
            "spark": {"sparkEnabled": True},
        }
        assert data["kube_config_path"] == path
        assert data["project"] == "acme"
        assert data["cluster"]["id"] == "id-1"
        assert data["cluster"]["selfLink"].endswith("projects/acme/zones/europe-west1-b/clusters/my-cluster")

    def test_puts_no_secret_into_the_data(self, world: Any) -> None:
        assert "SECRET" not in json.dumps(start(world))

    def test_marks_the_cluster_as_ours(self, world: Any) -> None:
        start(world)
        assert world.owner.labels.items() <= dict(world.clusters.sent[0].resource_labels).items()

    def test_reports_progress_to_the_end(self, world: Any) -> None:
        start(world)
        assert world.percents == sorted(world.percents)
        assert world.percents[-1] == 100

    def test_notes_that_it_runs(self, world: Any) -> None:
        start(world)
        entry = Journal(world.directory).read()
        assert entry is not None
        assert (entry.cluster, entry.phase) == (world.name, Phase.RUNNING)

    def test_reaches_the_cluster_through_the_kubeconfig_it_wrote(self, world: Any) -> None:
        start(world)
        assert "https://203.0.113.1" in world.control_plane.kubeconfigs[0]

    def test_says_in_the_log_how_far_it_is(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        start(world)
        assert f"Starting my-cluster as {world.clusters.identity}" in caplog.text
        assert f"{world.name}: nothing is there: create" in caplog.text
        assert f"{world.directory / 'kube_config'} for the public endpoint https://203.0.113.1" in caplog.text
        assert "Kubernetes v1.33.5-gke.1 answers" in caplog.text
        assert f"{world.name} is ready for DSS" in caplog.text

    def test_warns_of_what_is_probably_not_meant(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        start(world, isVpcNative=False)
        assert caplog.text.count("VPC-native is unticked") == 1

    def test_logs_no_secret_of_the_expert_settings(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        start(world, creationSettingsValve='{"masterAuth": {"password": "SECRET", "clientKey": "SECRET"}}')
        assert "The cluster that is asked for: {'name': 'my-cluster'" in caplog.text
        assert "SECRET" not in caplog.text

    def test_goes_on_where_the_access_could_not_be_reviewed(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.control_plane.review_fault = ControlPlaneUnreachable("It blinks.")
        assert start(world)
        assert f"{world.clusters.identity} could not be reviewed. It blinks." in caplog.text

    def test_waits_until_a_cluster_that_reconciles_runs(self, world: Any) -> None:
        world.clusters.status_after_create = "RECONCILING"
        polls = iter([*["RECONCILING"] * 3, *["RUNNING"] * 9])
        find = world.clusters.find_cluster

        def settle(name: ClusterName) -> Any:
            found = find(name)
            ready = found and found.status == "RECONCILING"
            return world.clusters.add(world.cluster(status=next(polls))) if ready else found

        world.clusters.find_cluster = settle
        assert start(world)[1]["cluster"]["status"] == "RUNNING"
        assert world.clusters.calls.count("create") == 1


class TestBadInput:
    def test_refuses_an_unknown_zone_before_anything_is_created(self, world: Any) -> None:
        with pytest.raises(SettingsError, match="europe-west1-q"):
            start(world, connectionInfo={"projectId": "acme", "zone": "europe-west1-q"})
        assert "create" not in world.clusters.calls
        assert Journal(world.directory).read() is None

    def test_refuses_unknown_zones_of_the_nodes_before_anything_is_created(self, world: Any) -> None:
        with pytest.raises(SettingsError, match="europe-west1-q"):
            start(world, isRegional=True, locations=["europe-west1-b", "europe-west1-q"])
        assert "create" not in world.clusters.calls

    @pytest.mark.parametrize("fault", [PermissionDenied("It may not."), GoogleUnavailable("It does not answer.")])
    def test_leaves_the_zone_to_google_where_it_cannot_list_them(
        self, world: Any, fault: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.compute.zones_fault = fault
        start(world)
        assert fault.cause in caplog.text

    def test_refuses_unusable_credentials_before_anything_is_created(self, world: Any) -> None:
        world.credentials = CredentialsChoice("service-account-key", "/does/not/exist")
        with pytest.raises(CredentialsError):
            start(world)
        assert world.clusters.calls == []

    def test_says_that_the_metadata_server_is_needed(self, world: Any) -> None:
        world.host.on_google_cloud = False
        with pytest.raises(MetadataServerError):
            start(world, inheritFromDSSHost=True)
        assert "create" not in world.clusters.calls

    def test_needs_no_metadata_server_where_the_dialog_says_everything(self, world: Any) -> None:
        world.host.on_google_cloud = False
        assert start(world)

    def test_forgets_a_key_that_was_given_where_nothing_was_created(self, world: Any) -> None:
        key = {"type": "service_account", "client_email": "a@b", "private_key": "SECRET", "token_uri": "x"}
        world.credentials = CredentialsChoice("service-account-key", json.dumps(key))
        world.clusters.create_faults = [("before", PermissionDenied("No."))]
        with pytest.raises(PermissionDenied):
            start(world)
        assert not any("SECRET" in path.read_text() for path in world.directory.rglob("*") if path.is_file())


class TestSomethingIsThere:
    def test_adopts_a_cluster_of_ours_that_runs(self, world: Any) -> None:
        world.clusters.add(world.cluster())
        assert start(world)[1]["cluster"]["id"] == "id-1"
        assert "create" not in world.clusters.calls

    def test_refuses_a_cluster_that_is_not_ours_and_touches_nothing(self, world: Any) -> None:
        world.clusters.add(world.cluster(labels={"team": "other"}))
        with pytest.raises(NameTaken) as caught:
            start(world)
        assert not {"create", "delete"} & set(world.clusters.calls)
        assert caught.value.resource == world.name.path
        assert "the name my-cluster and the location europe-west1-b" in caught.value.remedy

    def test_says_whose_a_cluster_is_that_is_not_ours(self, world: Any) -> None:
        labels = {"dss-install-id": "install-2", "dss-cluster-id": "theirs"}
        world.clusters.add(world.cluster(labels=labels))
        with pytest.raises(NameTaken, match="DSS cluster theirs of the DSS installation install-2"):
            start(world)

    def test_resumes_a_creation_that_is_under_way(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="PROVISIONING"))
        world.clusters.operations.append(world.operation())
        assert start(world)[1]["cluster"]["status"] == "RUNNING"
        assert "create" not in world.clusters.calls

    def test_waits_for_another_operation_and_then_adopts(self, world: Any) -> None:
        world.clusters.add(world.cluster())
        world.clusters.operations.append(world.operation("UPGRADE_NODES"))
        start(world)
        assert world.clusters.operations[0].done
        assert "create" not in world.clusters.calls

    def test_replaces_what_a_failed_creation_left(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="ERROR", id="old"))
        world.clusters.operations.append(world.operation(status="DONE", failures=STOCKOUT))
        assert start(world)[1]["cluster"]["id"] == "id-1"
        assert [call for call in world.clusters.calls if call in ("create", "delete")] == ["delete", "create"]

    def test_notes_that_a_cluster_is_to_be_replaced_before_it_deletes_it(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="ERROR", id="old"))
        Journal(world.directory).write(world.name, Phase.CREATING)
        delete, noted = world.clusters.delete_cluster, []

        def note(name: ClusterName) -> Any:
            noted.append(Journal(world.directory).read())
            return delete(name)

        world.clusters.delete_cluster = note
        start(world)
        assert [entry and entry.phase for entry in noted] == [Phase.FAILED]

    def test_never_deletes_a_degraded_cluster_that_was_in_use(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="DEGRADED", status_message="Nodes are missing."))
        world.clusters.operations.append(world.operation(status="DONE"))
        with pytest.raises(ClusterUnhealthy, match=r"Nodes are missing\.") as caught:
            start(world)
        assert "delete" not in world.clusters.calls
        assert "gcloud container clusters delete my-cluster --location europe-west1-b" in caught.value.remedy

    @pytest.mark.parametrize("status", ["DEGRADED", "ERROR"])
    def test_never_deletes_a_broken_cluster_where_nothing_says_that_its_creation_failed(
        self, world: Any, status: str
    ) -> None:
        world.clusters.add(world.cluster(status=status))
        with pytest.raises(ClusterUnhealthy):
            start(world)
        assert "delete" not in world.clusters.calls

    def test_never_deletes_a_broken_cluster_that_was_handed_over(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="ERROR"))
        world.clusters.operations.append(world.operation(status="DONE", failures=STOCKOUT))
        Journal(world.directory).write(world.name, Phase.RUNNING)
        with pytest.raises(ClusterUnhealthy):
            start(world)
        assert "delete" not in world.clusters.calls

    def test_judges_a_cluster_that_was_never_handed_over_by_its_creation(self, world: Any) -> None:
        world.clusters.add(world.cluster())
        world.clusters.operations.append(world.operation(number=1, status="DONE", failures=STOCKOUT))
        world.clusters.operations.append(world.operation("UPGRADE_MASTER", number=2, status="DONE"))
        Journal(world.directory).write(world.name, Phase.CREATING)
        with pytest.raises(Stockout):
            start(world)

    def test_goes_by_the_newest_creation_of_that_name(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="DEGRADED"))
        world.clusters.operations.append(world.operation(number=1, status="DONE", failures=STOCKOUT))
        world.clusters.operations.append(world.operation(number=2, status="DONE"))
        with pytest.raises(ClusterUnhealthy):
            start(world)

    def test_adopts_a_cluster_although_the_upgrade_that_held_it_was_cancelled(self, world: Any) -> None:
        world.clusters.add(world.cluster())
        world.clusters.operations.append(world.operation("UPGRADE_NODES", status="ABORTING"))
        assert start(world)

    @pytest.mark.parametrize("just_created", [True, False])
    def test_takes_a_cluster_that_reconciles_by_itself_after_five_minutes(self, world: Any, just_created: bool) -> None:
        if just_created:
            world.clusters.status_after_create = "RECONCILING"
        else:
            world.clusters.add(world.cluster(status="RECONCILING"))
        assert start(world)[1]["cluster"]["status"] == "RECONCILING"
        assert 300 <= world.now < 330

    def test_takes_a_cluster_that_reconciles_by_itself_at_the_deadline_rather_than_give_it_up(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="RECONCILING"))
        settings = world.settings().model_copy(update={"create_deadline_minutes": 1})
        assert start_cluster(settings, world.owner, world.google, world.handover(), world.progress)
        assert world.now == pytest.approx(60)

    def test_says_each_decision_once(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        world.clusters.add(world.cluster(status="RECONCILING"))
        start(world)
        assert caplog.text.count("wait, then adopt") == 1

    def test_replaces_a_degraded_cluster_that_was_never_handed_over(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="DEGRADED"))
        world.clusters.operations.append(world.operation(status="DONE"))
        Journal(world.directory).write(world.name, Phase.CREATING)
        start(world)
        assert "delete" in world.clusters.calls

    @pytest.mark.parametrize("with_operation", [True, False])
    def test_waits_until_a_cluster_that_is_deleted_is_gone_and_creates(self, world: Any, with_operation: bool) -> None:
        world.clusters.add(world.cluster(status="STOPPING"))
        if with_operation:
            world.clusters.operations.append(world.operation("DELETE_CLUSTER"))
        else:
            pauses = iter(range(3))

            def sleep(seconds: float) -> None:
                world.now += seconds
                if next(pauses, None) == 2:
                    world.clusters.clusters.pop(world.name)

            world.sleep = sleep
        start(world)
        assert [call for call in world.clusters.calls if call in ("create", "delete")] == ["create"]

    def test_gives_up_waiting_at_the_deadline(self, world: Any) -> None:
        world.clusters.add(world.cluster(status="STOPPING", status_message="Deleting nodes."))
        with pytest.raises(OperationTimeout, match=r"not ready after 60 minutes; its status is STOPPING") as caught:
            start(world)
        assert world.now == pytest.approx(3600)
        assert world.clusters.calls.count("get") < 600
        assert caught.value.resource == world.name.path
        assert caught.value.verbatim == "Deleting nodes."


class TestTheAnswerIsLost:
    def test_resumes_a_creation_that_google_did_begin(self, world: Any, caplog: pytest.LogCaptureFixture) -> None:
        world.clusters.create_faults = [("after", LOST)]
        start(world)
        assert "The answer was lost. Whether the cluster is there is looked up" in caplog.text
        assert world.clusters.calls.count("create") == 1
        assert "operations" in world.clusters.calls

    def test_asks_again_only_after_it_has_looked(self, world: Any) -> None:
        world.clusters.create_faults = [("before", LOST)]
        start(world)
        first, second = (index for index, call in enumerate(world.clusters.calls) if call == "create")
        assert {"get", "operations"} <= set(world.clusters.calls[first + 1 : second])

    def test_pauses_for_a_time_that_is_never_the_same_and_never_less_than_google_wants(self, world: Any) -> None:
        pauses: list[float] = []
        world.sleep = pauses.append
        world.clusters.create_faults = [("before", LOST)] * 4
        with pytest.raises(GoogleUnavailable):
            start(world)
        long = [pause for pause in pauses if pause >= 30]
        assert len(long) == len(set(long)) == 2
        assert max(long) <= 45

    def test_waits_shortly_after_the_first_lost_answer_and_longer_after_the_next(self, world: Any) -> None:
        create, asked = world.clusters.create_cluster, []

        def lose(*arguments: Any) -> Any:
            asked.append(world.now)
            return create(*arguments)

        world.clusters.create_cluster = lose
        world.clusters.create_faults = [("before", LOST)] * 4
        with pytest.raises(GoogleUnavailable):
            start(world)
        first, second, third, last = (later - now for now, later in pairwise([*asked, world.now]))
        assert 2 <= first < 30 <= min(second, third)
        assert last < 30

    def test_finds_a_creation_whose_cluster_does_not_show_yet(self, world: Any) -> None:
        world.clusters.create_faults = [("before", LOST)]
        listed = world.clusters.operations_of

        def operations_of(name: ClusterName) -> Any:
            if not world.clusters.operations:
                world.clusters.operations.append(world.operation())
                world.clusters.add(world.cluster(status="PROVISIONING"))
            return listed(name)

        world.clusters.operations_of = operations_of
        start(world)
        assert world.clusters.calls.count("create") == 1

    def test_gives_up_after_four_lost_answers_and_keeps_the_trace(self, world: Any) -> None:
        world.clusters.create_faults = [("before", LOST)] * 5
        with pytest.raises(GoogleUnavailable) as caught:
            start(world)
        assert world.clusters.calls.count("create") == 4
        assert "gcloud container clusters delete my-cluster --location europe-west1-b" in caught.value.remedy
        entry = Journal(world.directory).read()
        assert entry is not None
        assert entry.phase is Phase.CREATING

    def test_outlives_an_outage_of_a_minute(self, world: Any) -> None:
        send = world.clusters.create_cluster

        def down_for_a_minute(*arguments: Any) -> Any:
            world.clusters.create_faults = [("before", LOST)] if world.now < 60 else []
            return send(*arguments)

        world.clusters.create_cluster = down_for_a_minute
        assert start(world)[1]["cluster"]["status"] == "RUNNING"

    def test_looks_for_what_a_lost_request_created_where_the_next_one_is_refused(self, world: Any) -> None:
        send = world.clusters.create_cluster

        def late(*arguments: Any) -> Any:
            if not world.clusters.sent:
                world.clusters.create_faults = [("before", LOST)]
                return send(*arguments)
            world.clusters.add(world.cluster(status="PROVISIONING"))
            raise QuotaExceeded("Short.")

        world.clusters.create_cluster = late
        with pytest.raises(QuotaExceeded):
            start(world)
        assert world.clusters.clusters == {}

    def test_finds_after_the_last_lost_answer_what_it_created(self, world: Any) -> None:
        world.clusters.create_faults = [*[("before", LOST)] * 3, ("after", LOST)]
        assert start(world)[1]["cluster"]["status"] == "RUNNING"

    def test_leaves_no_key_where_google_was_never_reached(self, world: Any) -> None:
        key = {"type": "service_account", "client_email": "a@b", "private_key": "SECRET", "token_uri": "x"}
        world.credentials = CredentialsChoice("service-account-key", json.dumps(key))
        world.clusters.create_faults = [("before", LOST)] * 4
        with pytest.raises(GoogleUnavailable):
            start(world)
        assert not (world.directory / "credential-helper").exists()

    def test_removes_what_was_created_where_it_may_not_look(self, world: Any) -> None:
        def refuse(name: ClusterName) -> Any:
            raise PermissionDenied("It may not list operations.")

        world.clusters.operations_of = refuse
        world.clusters.create_faults = [("after", LOST)]
        with pytest.raises(PermissionDenied, match="list operations"):
            start(world)
        assert world.clusters.clusters == {}

    def test_a_full_disk_is_no_reason_to_give_up_a_creation(self, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("gke_clusters.lifecycle.journal.write_private_file", full)
        assert start(world)[1]["cluster"]["status"] == "RUNNING"

    def test_removes_what_was_created_by_a_request_that_failed_in_an_unforeseen_way(self, world: Any) -> None:
        send = world.clusters.create_cluster

        def odd(*arguments: Any) -> Any:
            send(*arguments)
            world.clusters.operations[-1] = replace(world.clusters.operations[-1], status="DONE")
            raise RuntimeError("odd")

        world.clusters.create_cluster = odd
        with pytest.raises(UnexpectedFailure, match="odd"):
            start(world)
        assert world.clusters.clusters == {}

    def test_removes_what_was_created_by_a_request_that_something_else_than_google_answered(self, world: Any) -> None:
        """Such as a proxy that passed it on and gave up waiting."""
        world.clusters.create_faults = [("after", GoogleError("Something that is no API of Google answered HTTP 408."))]
        with pytest.raises(GoogleError, match="408") as caught:
            start(world)
        assert world.clusters.clusters == {}
        assert "was deleted again" in caught.value.remedy

    def test_claims_no_deletion_where_nothing_was_created(self, world: Any) -> None:
        world.clusters.create_faults = [
            ("before", GoogleError("Something that is no API of Google answered HTTP 408."))
        ]
        with pytest.raises(GoogleError) as caught:
            start(world)
        assert "Nothing that this start asked for is there." in caught.value.remedy

    def test_refuses_a_foreign_cluster_that_took_the_name_while_it_waited(self, world: Any) -> None:
        ended = world.clusters._end

        def taken(operation: Any) -> Any:
            done = ended(operation)
            world.clusters.add(world.cluster(labels={}, id="foreign"))
            return done

        world.clusters._end = taken
        with pytest.raises(NameTaken, match="was not created by this plugin"):
            start(world)
        assert "delete" not in world.clusters.calls

    def test_refuses_a_foreign_cluster_that_came_in_between(self, world: Any) -> None:
        create = world.clusters.create_cluster

        def late(*arguments: Any) -> Any:
            world.clusters.add(world.cluster(labels={}))
            return create(*arguments)

        world.clusters.create_cluster = late
        with pytest.raises(NameTaken, match="was not created by this plugin") as caught:
            start(world)
        assert "delete" not in world.clusters.calls
        assert "Nothing that this start asked for" not in caught.value.remedy

    def test_forgets_the_request_that_google_refused(self, world: Any) -> None:
        world.clusters.create_faults = [("before", QuotaExceeded("Short."))]
        with pytest.raises(QuotaExceeded):
            start(world)
        assert Journal(world.directory).read() is None


class TestTheCreationFails:
    def test_multiplies_out_what_a_quota_is_too_small_for(self, world: Any) -> None:
        message = "Instance 'a' creation failed: Quota 'CPUS' exceeded.  Limit: 8.0 in region europe-west1."
        world.clusters.endings = [(Condition("GCE_QUOTA_EXCEEDED", message),)]
        pools = [{"serviceAccountType": "custom", "machineType": "n1-highmem-8", "numNodes": 3}]
        with pytest.raises(QuotaExceeded) as caught:
            start(world, nodePools=pools)
        assert "1 zone × 3 nodes × 8 vCPUs = 24 vCPUs of CPUS" in str(caught.value)

    def test_names_the_fields_that_a_refusal_is_about(self, world: Any) -> None:
        world.clusters.create_faults = [("before", VersionNotAvailable("It is not available."))]
        with pytest.raises(VersionNotAvailable) as caught:
            start(world)
        assert '"Kubernetes version"' in caught.value.remedy

    def test_raises_the_first_error_and_removes_what_is_left(self, world: Any) -> None:
        world.clusters.endings = [STOCKOUT]
        with pytest.raises(Stockout, match=r"No machines\."):
            start(world)
        assert world.clusters.clusters == {}
        assert Journal(world.directory).read() is None
        assert not (world.directory / "credential-helper").exists()

    def test_keeps_the_first_error_where_the_clean_up_fails_too(self, world: Any) -> None:
        world.clusters.endings = [STOCKOUT]
        world.clusters.delete_faults = [("before", PermissionDenied("It may not delete."))]
        with pytest.raises(Stockout) as caught:
            start(world)
        assert "It may not delete." in caught.value.remedy
        assert "gcloud container clusters delete my-cluster --location europe-west1-b" in caught.value.remedy

    def test_says_both_failures_in_the_log_where_the_clean_up_fails_too(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.endings = [STOCKOUT]
        world.clusters.delete_faults = [("before", PermissionDenied("It may not delete."))]
        with pytest.raises(Stockout):
            start(world)
        first, second = (item.getMessage() for item in caplog.records if item.levelno == logging.ERROR)
        assert "No machines." in first
        assert "It may not delete." in second

    def test_keeps_the_first_error_whatever_the_clean_up_raises(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(name: ClusterName) -> None:
            raise RuntimeError("odd")

        world.clusters.endings = [STOCKOUT]
        world.clusters.delete_cluster = fail
        with pytest.raises(Stockout) as caught:
            start(world)
        assert "could not be deleted again" in caught.value.remedy
        assert "gcloud container clusters delete my-cluster --location europe-west1-b" in caught.value.remedy
        assert "RuntimeError: odd" in caplog.text

    def test_removes_a_cluster_that_cannot_be_reached(self, world: Any) -> None:
        world.control_plane.fault = ControlPlaneUnreachable("No answer.")
        with pytest.raises(ControlPlaneUnreachable) as caught:
            start(world)
        assert world.clusters.clusters == {}
        assert "was deleted again" in caught.value.remedy
        assert '"Control plane endpoint"' in caught.value.remedy
        assert not (world.directory / "kube_config").exists()

    def test_keeps_the_first_error_where_its_own_files_cannot_be_removed(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        end = world.clusters._end

        def blocked(operation: Any) -> Any:
            (world.directory / "kube_config" / "not-a-file").mkdir(parents=True, exist_ok=True)
            return end(operation)

        world.clusters._end = blocked
        world.clusters.endings = [STOCKOUT]
        with pytest.raises(Stockout):
            start(world)
        assert "kube_config cannot be removed" in caplog.text

    def test_removes_a_cluster_after_a_failure_that_nobody_foresaw(self, world: Any) -> None:
        world.control_plane.fault = RuntimeError("odd")
        world.clusters.delete_faults = [("before", PermissionDenied("It may not delete."))]
        with pytest.raises(UnexpectedFailure, match="RuntimeError: odd") as caught:
            start(world)
        assert "delete" in world.clusters.calls
        assert "gcloud container clusters delete my-cluster" in caught.value.remedy

    def test_waits_for_a_control_plane_that_google_upgrades_right_after_the_creation(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        probe = world.control_plane.probe

        def away(patience_seconds: float) -> Any:
            upgrades = [item for item in world.clusters.operations if item.kind == "UPGRADE_MASTER"]
            if not upgrades:
                world.clusters.operations.append(world.operation("UPGRADE_MASTER", 2))
            if not all(item.done for item in upgrades) or not upgrades:
                raise ControlPlaneUnreachable("It refused the connection.")
            return probe(patience_seconds)

        world.control_plane.probe = away
        assert start(world)[1]["cluster"]["status"] == "RUNNING"
        assert "delete" not in world.clusters.calls
        assert "It refused the connection. Google is at work on it" in caplog.text

    def test_believes_that_a_control_plane_is_away_where_google_does_not_say_why(self, world: Any) -> None:
        def overloaded(_: Any) -> Any:
            raise GoogleUnavailable("Google was overloaded.")

        def away(_: float) -> str:
            world.clusters.operations_of = overloaded
            raise ControlPlaneUnreachable("It refused the connection.")

        world.control_plane.probe = away
        with pytest.raises(ControlPlaneUnreachable):
            start(world)

    def test_removes_a_cluster_in_which_dss_may_do_nothing(self, world: Any) -> None:
        world.control_plane.missing = AccessReview(world.all_requirements)
        with pytest.raises(AccessDenied):
            start(world)
        assert world.clusters.clusters == {}

    def test_removes_a_cluster_in_which_it_may_not_even_ask_for_access(self, world: Any) -> None:
        world.control_plane.review_fault = AccessDenied("It may not ask.")
        with pytest.raises(AccessDenied):
            start(world)
        assert world.clusters.clusters == {}

    def test_never_deletes_a_cluster_that_it_adopted(self, world: Any) -> None:
        world.clusters.add(world.cluster())
        world.control_plane.fault = ControlPlaneUnreachable("No answer.")
        with pytest.raises(ControlPlaneUnreachable):
            start(world)
        assert "delete" not in world.clusters.calls

    def test_deletes_an_adopted_cluster_that_was_never_handed_over(self, world: Any) -> None:
        world.clusters.add(world.cluster())
        Journal(world.directory).write(world.name, Phase.CREATING)
        world.control_plane.fault = ControlPlaneUnreachable("No answer.")
        with pytest.raises(ControlPlaneUnreachable):
            start(world)
        assert world.clusters.clusters == {}

    def test_leaves_a_creation_alone_that_takes_too_long(self, world: Any) -> None:
        world.clusters.find_operation = lambda *_, **__: world.clusters.operations[0]
        with pytest.raises(OperationTimeout) as caught:
            start(world)
        assert "delete" not in world.clusters.calls
        assert "gcloud container clusters delete my-cluster --location europe-west1-b" in caught.value.remedy
        entry = Journal(world.directory).read()
        assert entry is not None
        assert entry.phase is Phase.CREATING

    def test_resumes_after_a_creation_that_took_too_long(self, world: Any) -> None:
        finder = world.clusters.find_operation
        world.clusters.find_operation = lambda *_, **__: world.clusters.operations[0]
        with pytest.raises(OperationTimeout):
            start(world)
        world.clusters.find_operation = finder
        start(world)
        assert world.clusters.calls.count("create") == 1

    def test_an_aborted_creation_is_cleaned_up(self, world: Any) -> None:
        find = world.clusters.find_operation

        def aborting(*arguments: Any, **fields: Any) -> Any:
            found = find(*arguments, **fields)
            return found if found.done else replace(found, status="ABORTING")

        world.clusters.find_operation = aborting
        with pytest.raises(OperationFailed, match="cancelled"):
            start(world)
        assert world.clusters.clusters == {}

    def test_goes_by_the_cluster_where_google_forgot_the_operation(self, world: Any) -> None:
        world.clusters.forgets_operations = True
        assert start(world)[1]["cluster"]["status"] == "RUNNING"


class TestAnEarlierStartWasKilled:
    LEFT = ClusterName("acme", "us-central1-a", "my-cluster")

    def test_deletes_what_it_left_in_another_place(self, world: Any) -> None:
        world.clusters.add(world.cluster(self.LEFT))
        Journal(world.directory).write(self.LEFT, Phase.CREATING)
        start(world)
        assert list(world.clusters.clusters) == [world.name]

    def test_leaves_what_is_not_ours_in_that_place(self, world: Any) -> None:
        world.clusters.add(world.cluster(self.LEFT, labels={}))
        Journal(world.directory).write(self.LEFT, Phase.CREATING)
        start(world)
        assert self.LEFT in world.clusters.clusters

    def test_warns_of_a_cluster_that_was_handed_over_in_another_project(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        left = ClusterName("other", "us-central1-a", "my-cluster")
        world.clusters.add(world.cluster(left))
        Journal(world.directory).write(left, Phase.RUNNING)
        start(world)
        assert left in world.clusters.clusters
        assert "gcloud container clusters delete my-cluster --location us-central1-a --project other" in caplog.text

    @pytest.mark.parametrize("project", ["acme", "formerly"])
    def test_creates_no_second_cluster_beside_one_that_cannot_be_deleted(self, world: Any, project: str) -> None:
        left = replace(self.LEFT, project=project)
        world.clusters.add(world.cluster(left))
        Journal(world.directory).write(left, Phase.CREATING)
        world.clusters.delete_faults = [("before", PermissionDenied("It may not delete."))]
        with pytest.raises(StateError, match=r"no second one is created\. It may not delete\.") as caught:
            start(world)
        command = f"gcloud container clusters delete my-cluster --location us-central1-a --project {project}"
        assert command in caught.value.remedy
        assert str(world.directory / "gke_cluster_journal.json") in caught.value.remedy
        assert caught.value.resource == left.path
        assert "in us-central1-a" in caught.value.cause
        assert list(world.clusters.clusters) == [left]
        assert Journal(world.directory).read() is not None

    @pytest.mark.parametrize("journal", [Phase.RUNNING, None])
    def test_creates_no_second_cluster_beside_one_of_ours_elsewhere(self, world: Any, journal: Phase | None) -> None:
        world.clusters.add(world.cluster(self.LEFT))
        if journal:
            Journal(world.directory).write(self.LEFT, journal)
        with pytest.raises(StateError, match="in us-central1-a; no second one is created") as caught:
            start(world)
        assert caught.value.resource == self.LEFT.path
        assert "set the zone or region of the connection back to us-central1-a" in caught.value.remedy
        assert "gcloud container clusters delete my-cluster --location us-central1-a" in caught.value.remedy
        assert list(world.clusters.clusters) == [self.LEFT]

    def test_creates_beside_one_of_ours_that_is_going_away(self, world: Any) -> None:
        world.clusters.add(world.cluster(self.LEFT, status="STOPPING"))
        start(world)
        assert world.name in world.clusters.clusters

    @pytest.mark.parametrize("refusal", [PermissionDenied("It may not list."), GoogleUnavailable("It did not answer.")])
    def test_creates_where_it_may_not_look_elsewhere(
        self, world: Any, refusal: Exception, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(project: str) -> Any:
            raise refusal

        world.clusters.list_clusters = refuse
        start(world)
        assert world.name in world.clusters.clusters
        assert f"is not checked: {refusal}".splitlines()[0] in caplog.text

    def test_says_what_it_deletes_that_an_earlier_start_left(
        self, world: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.clusters.add(world.cluster(self.LEFT))
        Journal(world.directory).write(self.LEFT, Phase.CREATING)
        start(world)
        assert f"left {self.LEFT}, which is deleted first" in caplog.text

    def test_repeats_what_google_says_of_a_cluster_that_cannot_be_deleted(self, world: Any) -> None:
        world.clusters.add(world.cluster(self.LEFT))
        Journal(world.directory).write(self.LEFT, Phase.CREATING)
        world.clusters.delete_faults = [("before", PermissionDenied("It may not.", verbatim="HTTP 403"))]
        with pytest.raises(StateError) as caught:
            start(world)
        assert caught.value.verbatim == "HTTP 403"
