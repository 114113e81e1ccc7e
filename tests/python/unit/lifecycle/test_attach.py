from __future__ import annotations

from typing import Any

import pytest

from gke_clusters.errors import (
    AccessDenied,
    ClusterNotFound,
    ClusterUnhealthy,
    GoogleUnavailable,
    PermissionDenied,
    WrongLocation,
)
from gke_clusters.google.names import ClusterName
from gke_clusters.google.operations import Condition
from gke_clusters.kube.access import AccessReview
from gke_clusters.lifecycle.attach import attach_cluster
from gke_clusters.settings.attach import parse_attach

REGIONAL = ClusterName("acme", "europe-west1", "my-cluster")


def attach(world: Any, **config: Any) -> list[dict[str, Any]]:
    known = {"connectionInfo": {"projectId": "acme", "zone": "europe-west1-b"}, "clusterId": "my-cluster"}
    settings = parse_attach(known | config, {"connectionInfo": {}})
    handover = world.handover(
        endpoint=settings.control_plane_endpoint, user_name=settings.user_name, access_required=False
    )
    return attach_cluster(settings, world.google, handover, world.progress)


def test_hands_over_a_cluster_that_runs(world: Any) -> None:
    world.clusters.add(world.cluster(labels={}))
    overrides, data = attach(world)
    generic = overrides["container"]["executionConfigsGenericOverrides"]
    assert generic["kubeCtlContext"] == "gke_acme_europe-west1-b_my-cluster"
    assert data["cluster"]["name"] == "my-cluster"
    assert world.percents[-1] == 100


def test_says_what_it_looks_for_and_what_it_finds(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    found = world.clusters.add(world.cluster(status="RECONCILING"))
    attach(world)
    assert f"my-cluster in project acme as {world.clusters.identity}" in caplog.text
    assert f"{found.name} is RECONCILING" in caplog.text


def test_changes_nothing(world: Any) -> None:
    world.clusters.add(world.cluster(labels={}))
    attach(world)
    assert set(world.clusters.calls) == {"get"}


def test_asks_the_region_with_the_old_switch(world: Any) -> None:
    world.clusters.add(world.cluster(REGIONAL))
    attach(world, isRegional=True)
    assert world.clusters.calls == ["get"]


def test_asks_the_location_that_is_given(world: Any) -> None:
    world.clusters.add(world.cluster(REGIONAL))
    attach(world, location="europe-west1")
    assert world.clusters.calls == ["get"]


@pytest.mark.parametrize(("regional", "location"), [(False, "europe-west1-b"), (True, "europe-west1")])
def test_asks_where_the_host_is_without_a_location(world: Any, regional: bool, location: str) -> None:
    world.clusters.add(world.cluster(ClusterName("host-project", location, "my-cluster")))
    attach(world, connectionInfo={}, isRegional=regional)
    assert world.clusters.calls == ["get"]


def test_looks_through_the_project_where_nobody_knows_the_location(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world.host.on_google_cloud = False
    world.clusters.add(world.cluster(REGIONAL))
    attach(world, connectionInfo={"projectId": "acme"})
    assert world.clusters.calls == ["list"]
    assert "correct the location" not in caplog.text


def test_corrects_a_wrong_location_and_says_so(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.clusters.add(world.cluster(REGIONAL))
    world.clusters.add(world.cluster(ClusterName("acme", "us-central1-a", "another")))
    assert attach(world)[1]["cluster"]["location"] == "europe-west1"
    assert "my-cluster is not in europe-west1-b but in europe-west1" in caplog.text


def test_says_where_the_clusters_are_if_there_are_several(world: Any) -> None:
    world.clusters.add(world.cluster(REGIONAL))
    world.clusters.add(world.cluster(ClusterName("acme", "us-central1-a", "my-cluster")))
    with pytest.raises(WrongLocation, match="none of them in europe-west1-b: in europe-west1, us-central1-a") as caught:
        attach(world)
    assert caught.value.resource == "cluster my-cluster in project acme"


def test_says_where_the_clusters_are_if_there_are_several_and_no_location_is_given(world: Any) -> None:
    world.host.on_google_cloud = False
    world.clusters.add(world.cluster(REGIONAL))
    world.clusters.add(world.cluster(ClusterName("acme", "us-central1-a", "my-cluster")))
    with pytest.raises(WrongLocation, match="2 clusters of that name: in europe-west1, us-central1-a"):
        attach(world, connectionInfo={"projectId": "acme"})


def test_says_which_clusters_there_are_if_there_is_none_of_that_name(world: Any) -> None:
    for number in range(25):
        world.clusters.add(world.cluster(ClusterName("acme", "us-central1-a", f"other-{number:02}")))
    with pytest.raises(ClusterNotFound) as caught:
        attach(world)
    assert "other-00 (us-central1-a), other-01" in caught.value.remedy
    assert "other-19 (us-central1-a) and 5 more" in caught.value.remedy
    assert caught.value.resource == "cluster my-cluster in project acme"


def test_says_that_there_are_more_clusters_than_it_names_only_where_there_are(world: Any) -> None:
    for number in range(20):
        world.clusters.add(world.cluster(ClusterName("acme", "us-central1-a", f"other-{number:02}")))
    with pytest.raises(ClusterNotFound) as caught:
        attach(world)
    assert caught.value.remedy.endswith("other-19 (us-central1-a).")


def test_says_that_there_are_no_clusters_at_all(world: Any) -> None:
    with pytest.raises(ClusterNotFound) as caught:
        attach(world)
    assert "sees there: none." in caught.value.remedy


def test_absence_is_unknown_while_zones_do_not_answer(world: Any) -> None:
    world.clusters.missing_zones = ("us-central1-a", "us-central1-b")
    with pytest.raises(GoogleUnavailable) as caught:
        attach(world)
    assert caught.value.resource == "cluster my-cluster in project acme"
    assert caught.value.verbatim == "missingZones: us-central1-a, us-central1-b"
    assert "https://status.cloud.google.com" in caught.value.remedy
    # Google did answer: the way to it is not what is wrong.
    assert "*.googleapis.com" not in caught.value.remedy


def test_says_that_a_zone_which_does_not_answer_may_have_another_of_that_name(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world.host.on_google_cloud = False
    world.clusters.missing_zones = ("us-central1-a", "us-central1-b")
    world.clusters.add(world.cluster(REGIONAL))
    attach(world, connectionInfo={"projectId": "acme"})
    assert f"{REGIONAL} is used" in caplog.text
    assert "give its location: us-central1-a, us-central1-b did not answer" in caplog.text


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("PROVISIONING", "once it is RUNNING"),
        ("STOPPING", "attach another"),
        ("ERROR", "conditions"),
        ("DEGRADED", "conditions"),
    ],
)
def test_refuses_a_cluster_that_is_not_healthy(world: Any, status: str, advice: str) -> None:
    world.clusters.add(world.cluster(status=status, conditions=(Condition("UNKNOWN", "It is ill."),)))
    with pytest.raises(ClusterUnhealthy) as caught:
        attach(world)
    assert caught.value.verbatim == "It is ill."
    assert advice in caught.value.remedy


def test_attaches_a_cluster_that_reconciles(world: Any) -> None:
    world.clusters.add(world.cluster(status="RECONCILING"))
    assert attach(world)


def test_only_warns_where_access_is_missing(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.clusters.add(world.cluster())
    world.control_plane.missing = AccessReview(world.all_requirements)
    attach(world)
    assert "may not do all that DSS can need" in caplog.text


def test_only_warns_where_it_may_not_even_ask_for_access(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    world.clusters.add(world.cluster())
    world.control_plane.review_fault = AccessDenied("It may not ask.")
    assert attach(world)
    assert "It may not ask." in caplog.text


def refuse_to_look(name: ClusterName) -> None:
    raise PermissionDenied("Permission denied on 'locations/europe-west1-x' (or it may not exist).")


def test_looks_elsewhere_where_google_refuses_to_look_at_a_location_that_may_not_exist(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world.clusters.add(world.cluster(REGIONAL))
    world.clusters.find_cluster = refuse_to_look
    assert attach(world, location="europe-west1-x")[1]["cluster"]["location"] == "europe-west1"
    assert "my-cluster is not in europe-west1-x but in europe-west1" in caplog.text


def test_keeps_the_refusal_where_the_project_has_no_such_cluster(world: Any) -> None:
    world.clusters.find_cluster = refuse_to_look
    with pytest.raises(PermissionDenied, match="europe-west1-x"):
        attach(world)


def test_says_where_the_clusters_are_rather_than_that_it_was_refused(world: Any) -> None:
    world.clusters.add(world.cluster(REGIONAL))
    world.clusters.add(world.cluster(ClusterName("acme", "us-central1-a", "my-cluster")))
    world.clusters.find_cluster = refuse_to_look
    with pytest.raises(WrongLocation):
        attach(world)


def test_names_the_user_of_the_kubeconfig_as_asked(world: Any) -> None:
    world.clusters.add(world.cluster())
    attach(world, userName="somebody")
    assert "user: somebody" in world.control_plane.kubeconfigs[0]


def test_uses_the_dns_endpoint_with_the_old_switch(world: Any) -> None:
    cluster = world.cluster(REGIONAL)
    endpoint = {"endpoint": "gke-1.europe-west1.gke.goog", "allowExternalTraffic": True}
    cluster.resource["controlPlaneEndpointsConfig"] = {"dnsEndpointConfig": endpoint}
    world.clusters.add(cluster)
    attach(world, isRegional=True, isDnsEndpoint=True)
    assert "https://gke-1.europe-west1.gke.goog" in world.control_plane.kubeconfigs[0]
    assert "certificate-authority" not in world.control_plane.kubeconfigs[0]


def test_zones_that_did_not_answer_may_hold_the_cluster(world: Any) -> None:
    world.clusters.missing_zones = ("europe-west1-c", "europe-west1-d")
    with pytest.raises(GoogleUnavailable) as caught:
        attach(world)
    assert caught.value.resource == "cluster my-cluster in project acme"
    assert caught.value.verbatim == "missingZones: europe-west1-c, europe-west1-d"
    assert "https://status.cloud.google.com" in caught.value.remedy


def test_the_progress_bar_moves_when_the_cluster_is_found(world: Any) -> None:
    world.clusters.add(world.cluster())
    attach(world)
    assert world.percents == [5, 30, 93, 95, 98, 100]
