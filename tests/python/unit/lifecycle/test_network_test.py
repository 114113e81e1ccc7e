from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import CredentialsError, DssRefused, SettingsError, StateError
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.compute import NetworkInterface
from gke_clusters.kube.failures import CallError, Failure
from gke_clusters.kube.kubeconfig import Endpoint
from gke_clusters.kube.network_probe import NetworkProbe
from gke_clusters.kube.probe_pod import ProbePod
from gke_clusters.lifecycle import network_test
from gke_clusters.lifecycle.network_test import run_network_test
from gke_clusters.settings.network_test import parse_network_test
from tests.python.unit.kube.test_network_probe import REFUSED, Server, state_of
from tests.python.unit.lifecycle.conftest import NAME, World, make_cluster

ENVIRONMENT = {"DKU_BACKEND_EXT_HOST": "dss.internal", "DKU_BACKEND_PORT": "10001", "DIP_HOME": "/nowhere"}
POOLS = [{"name": "gpu", "config": {"taints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}]}}]
NETWORK = "projects/host-project/global/networks/vpc"
GOOD = (
    '{"check": "resolve", "outcome": "ok", "addresses": ["10.0.0.2"]}\n'
    '{"check": "tcp", "family": "IPv4", "outcome": "ok", "address": "10.0.0.2"}\n'
    '{"check": "http", "outcome": "ok", "status": 401, "dss": true}'
)
DROPPED = GOOD.splitlines()[0] + '\n{"check": "tcp", "family": "IPv4", "outcome": "timeout", "address": "10.0.0.2"}'
SETTINGS = {"containerSettings": {"executionConfigs": [{"name": "k8s", "repositoryURL": "reg/p/dss"}]}}


def with_resource(cluster: Cluster, **fields: Any) -> Cluster:
    cluster.resource.update(fields)  # type: ignore[attr-defined]  # a dict, as the fakes make it
    return cluster


def reporting(text: str) -> Server:
    server = Server(state_of(terminated={"reason": "Completed", "message": text}))
    server.endpoint = Endpoint("public", "203.0.113.1")  # type: ignore[attr-defined]
    return server


class Dss:
    def __init__(self, document: Any = None) -> None:
        self._document = document
        self.general_settings = self
        self.base_image_push = SimpleNamespace(version=lambda: "14.2.0")

    def read(self) -> Any:
        if isinstance(self._document, Exception):
            raise self._document
        return self._document or {}


class Stage:
    def __init__(self, world: World) -> None:
        self.world = world
        self.gke = with_resource(
            make_cluster(),
            clusterIpv4Cidr="10.8.0.0/14",
            nodePools=POOLS,
            networkConfig={"network": NETWORK},
        )
        world.clusters.add(self.gke)
        world.compute.interface = NetworkInterface(NETWORK, None)
        self.data: dict[str, Any] = {"cluster": dict(self.gke.resource), "project": NAME.project}
        self.state = "RUNNING"
        self.server: Any = reporting(GOOD)
        self.dss = Dss()
        self.google_fault: Exception | None = None
        self.environment = dict(ENVIRONMENT)

    def connect(self) -> Any:
        if self.google_fault:
            raise self.google_fault
        return self.world.google

    def kubernetes(self, _cluster: DssCluster) -> Any:
        if isinstance(self.server, Exception):
            raise self.server
        return self.server

    def run(self, **values: Any) -> str:
        cluster = DssCluster("my-cluster", "t", self.state, {}, {}, self.data)
        return run_network_test(
            parse_network_test({"clusterId": "my-cluster", "image": "image:1", **values}),
            cluster,
            self.dss,
            self.connect,
            self.world.progress,
            environment=self.environment,
            kubernetes=self.kubernetes,
            sleep=lambda _: None,
        )


@pytest.fixture
def stage(world: World) -> Stage:
    return Stage(world)


def test_a_pod_that_reaches_dss_is_the_good_news(stage: Stage) -> None:
    page = stage.run()

    assert "Pods of the cluster reach DSS." in page
    assert "dss.internal:10001" in page
    assert "firewall-rules" not in page
    assert stage.world.percents[-1] == 100


def test_the_form_can_name_another_host_and_the_machine_has_a_name_otherwise(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "10.9.9.9:10001" in stage.run(host="10.9.9.9")
    del stage.environment["DKU_BACKEND_EXT_HOST"]
    monkeypatch.setattr("socket.gethostname", lambda: "vm-7")
    assert "vm-7:10001" in stage.run()


def test_the_pod_speaks_what_the_backend_speaks(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    pods: list[ProbePod] = []

    def make(api: Any, pod: ProbePod, sleep: Any) -> NetworkProbe:
        pods.append(pod)
        return NetworkProbe(api, pod, sleep)

    monkeypatch.setattr(network_test, "NetworkProbe", make)
    stage.run()
    stage.environment["DKU_BACKEND_PROTOCOL"] = "https"
    stage.run()

    assert [pod.protocol for pod in pods] == ["http", "https"]


def test_a_dropped_packet_shows_the_rule_with_the_ranges_of_the_pods(stage: Stage) -> None:
    stage.server = reporting(DROPPED)
    page = stage.run()

    assert "gcloud compute firewall-rules create" in page
    assert "--source-ranges=10.8.0.0/14" in page
    assert "--target-service-accounts=host@acme.iam.gserviceaccount.com" in page


def test_the_rule_is_for_the_pods_of_the_pool_that_was_tried(stage: Stage) -> None:
    stage.gke.resource["nodePools"].append({"name": "own", "networkConfig": {"podIpv4CidrBlock": "10.99.0.0/16"}})
    stage.server = reporting(DROPPED)

    assert "--source-ranges=10.99.0.0/16 " in stage.run(nodePoolId="own")


@pytest.mark.parametrize(
    ("host", "is_this"),
    [("", True), ("dss.internal", True), ("by-address", True), ("other.internal", False)],
)
def test_the_rule_is_for_this_machine_unless_the_dialog_names_another(stage: Stage, host: str, is_this: bool) -> None:
    address = "10.0.0.2" if host == "by-address" else "10.0.0.7"
    stage.world.compute.interface = NetworkInterface(NETWORK, None, address)
    stage.server = reporting(DROPPED)
    page = stage.run(host=host)

    assert ("--target-service-accounts=host@acme.iam.gserviceaccount.com" in page) is is_this
    assert ("is not known to be this machine" in page) is not is_this


def test_without_google_the_cluster_is_tried_all_the_same_and_no_rule_is_made_up(stage: Stage) -> None:
    stage.google_fault = CredentialsError("No key.")
    stage.server = reporting(DROPPED)
    page = stage.run()

    assert "No key." in page
    assert "a firewall drops them" in page
    assert "firewall-rules" not in page
    assert "the rule below" not in page
    assert "clusterIpv4Cidr" in page


def test_a_pool_needs_google_and_has_to_be_there(stage: Stage) -> None:
    with pytest.raises(SettingsError, match="there are: gpu"):
        stage.run(nodePoolId="cpu")
    assert "Pods of the cluster reach DSS." in stage.run(nodePoolId="gpu")
    stage.google_fault = CredentialsError("No key.")
    assert "could not be looked up" in stage.run(nodePoolId="gpu")


def test_a_cluster_that_is_not_there_ends_the_test(stage: Stage) -> None:
    stage.state = "NONE"
    assert "is not started" in stage.run()
    stage.state = "RUNNING"
    stage.world.clusters.clusters.clear()
    assert "is gone" in stage.run()


def test_the_image_is_the_one_that_dss_pushes_for_containers(stage: Stage) -> None:
    stage.dss = Dss(SETTINGS)
    assert "reg/p/dss/dku-exec-base-" in stage.run(image="")


def test_without_an_image_the_page_says_what_to_do(stage: Stage) -> None:
    assert "pushes no image" in stage.run(image="")
    stage.dss = Dss(DssRefused("Not an administrator."))
    page = stage.run(image="")
    assert "Not an administrator." in page
    assert "which image the pod could run" in page


def test_a_dss_that_does_not_tell_its_port_cannot_be_tested(stage: Stage) -> None:
    del stage.environment["DKU_BACKEND_PORT"]
    assert "DKU_BACKEND_PORT" in stage.run()


def test_a_kubeconfig_that_cannot_be_used_is_said_so(stage: Stage) -> None:
    stage.server = StateError("No kubeconfig.")
    assert "No kubeconfig." in stage.run()


def test_an_api_server_that_does_not_answer_is_said_so(stage: Stage) -> None:
    stage.server.answers["POST"] = [CallError(Failure.REFUSED, "connection refused")]
    stage.server.answers["pods"] = [CallError(Failure.REFUSED, "connection refused")]
    page = stage.run()
    assert "refused the connection" in page
    assert "The network could not be tried." in page


def test_a_namespace_that_is_not_there_is_a_wrong_field(stage: Stage) -> None:
    stage.server.answers["POST"] = [CallError(Failure.UNEXPECTED, 'HTTP 404 namespaces "dss-typo" not found', 404)]
    with pytest.raises(SettingsError, match="Namespace: dss-typo is not in the cluster"):
        stage.run(namespace="dss-typo")


@pytest.mark.parametrize("verbatim", ["HTTP 404 page not found", 'HTTP 404 namespaces "other" not found'])
def test_what_else_is_not_found_is_told_as_it_is(stage: Stage, verbatim: str) -> None:
    stage.server.answers["POST"] = [CallError(Failure.UNEXPECTED, verbatim, 404)]
    assert "The network could not be tried." in stage.run(namespace="dss-typo")


def test_a_rule_of_the_namespace_that_keeps_the_pod_out_is_no_missing_role(stage: Stage) -> None:
    stage.server.answers["POST"] = [CallError(Failure.UNADMITTED, 'pods "p" is forbidden: exceeded quota: small', 403)]
    page = stage.run()

    assert "exceeded quota: small" in page
    assert "kubectl describe namespace" in page
    assert "roles/container.developer" not in page


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [("ImagePullBackOff", "Push base images"), ("RunContainerError", "python3"), ("InvalidImageName", "Docker Hub")],
)
def test_a_pod_that_does_not_run_is_said_so_with_the_remedy(stage: Stage, reason: str, remedy: str) -> None:
    stage.server.answers["pods"] = [
        {"spec": {}, "status": {"phase": "Pending"}},
        state_of(waiting={"reason": reason, "message": "so it is"}),
    ]
    page = stage.run()

    assert "The pod did not run" in page
    assert remedy in page
    assert f"{reason}: so it is" in page


def test_words_of_others_get_without_secrets_into_the_log_and_the_page(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    said = "Failed to pull image: Authorization: Bearer hunter2 and ya29.a0AfH6SMBxxxxxxxx"
    stage.server = Server(
        state_of(waiting={"reason": "ContainerCreating"}),
        state_of(waiting={"reason": "ImagePullBackOff"}),
        events=[{"items": [{"reason": "Failed", "message": said}]}],
    )
    page = stage.run()

    assert "The pod: " in caplog.text
    assert [secret for secret in ("hunter2", "ya29.") if secret in page + caplog.text] == []


@pytest.mark.parametrize("pod", [state_of(terminated={}), {"status": {"phase": "Failed", "reason": "Evicted"}}])
def test_a_pod_without_a_report_is_said_so(stage: Stage, pod: Any) -> None:
    stage.server.answers["pods"] = [pod]
    assert "The pod did not run" in stage.run()


def test_a_pod_that_is_left_behind_after_a_refusal_is_named_with_the_command(stage: Stage) -> None:
    stage.server.answers["pods"] = [REFUSED]
    stage.server.answers["DELETE"] = [REFUSED]
    assert "kubectl delete pod dss-network-test-" in stage.run()


def test_a_pod_that_is_left_behind_is_named_with_the_command(stage: Stage) -> None:
    stage.server.answers["DELETE"] = [REFUSED]
    page = stage.run()
    assert "kubectl delete pod dss-network-test-" in page
    assert "is deleted" not in page
