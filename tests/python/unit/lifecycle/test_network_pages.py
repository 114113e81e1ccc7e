"""What the administrator reads after a network test, from its verdict to each of its parts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gke_clusters.errors import CredentialsError, DssRefused, SettingsError, StateError
from gke_clusters.kube.failures import CallError, Failure
from gke_clusters.kube.network_probe import NetworkProbe
from gke_clusters.kube.probe_pod import ProbePod
from gke_clusters.lifecycle import network_test
from tests.python.unit.kube.test_network_probe import REFUSED, state_of
from tests.python.unit.lifecycle.conftest import World
from tests.python.unit.lifecycle.node_pools import plain
from tests.python.unit.lifecycle.test_network_test import DROPPED, SETTINGS, Dss, Stage, reporting, with_resource

HEAD = "From a pod in the cluster to DSS at dss.internal:10001."
POD = "Pod default/POD Image image:1 Node n1 Address 10.0.0.9 Time T s"
REACHED = (
    "Name resolution good It gives 10.0.0.2. TCP over IPv4 good The port is open. Address 10.0.0.2 Result connected"
    " Time not measured HTTP good DSS answers. Status 401 Server does not say Time not measured"
)
NO_KEY = (
    "GKE cluster not known Google could not be asked; the cluster itself may answer all the same. No key. What to do:"
    f" {CredentialsError.advice}"
)


@pytest.fixture
def stage(world: World) -> Stage:
    return Stage(world)


def read(stage: Stage, **fields: str) -> str:
    """The text of a page, without the random part of the pod's name and without the time that it took."""
    text = re.sub(r"dss-network-test-[0-9a-f]{8}", "POD", plain(stage.run(**fields)))
    return re.sub(r"Time \d+\.\d s", "Time T s", text)


def test_the_page_of_a_way_without_trouble(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    assert read(stage) == (
        f"Network test of my-cluster good Pods of the cluster reach DSS. {HEAD} Pod good It ran, and is deleted. {POD}"
        f" {REACHED}"
    )
    assert stage.world.percents == [5, 15, 100]
    assert caplog.messages[0] == "Looking for the GKE cluster of my-cluster"
    assert re.fullmatch(r"Starting the pod dss-network-test-\w+ with image:1", caplog.messages[1])
    assert caplog.messages[2] == "Pods of the cluster reach DSS."


def test_the_page_of_packets_that_a_firewall_drops(stage: Stage) -> None:
    stage.server = reporting(DROPPED)
    page = read(stage)

    assert page.startswith(
        "Network test of my-cluster problem Packets to dss.internal:10001 get no answer: most likely a firewall drops"
        f" them. {HEAD} What to do Allow the addresses of the pods in with the rule below. If there is such a rule"
        " already: look at network policies of the namespace, egress rules of the network of the nodes, and the"
        " firewall of the host; and if ip-masq-agent hides pods behind their nodes, allow the subnetwork of the nodes"
        " as well. The firewall rule to add gcloud compute firewall-rules create allow-my-cluster-pods-to-dss"
        " --project=host-project --network=vpc --direction=INGRESS --action=ALLOW --rules=tcp:10001"
        " --source-ranges=10.8.0.0/14 --target-service-accounts=host@acme.iam.gserviceaccount.com The same in the"
    )
    assert page.endswith("TCP over IPv4 problem The port is not open: no answer. Address 10.0.0.2 Result no answer")


def test_the_page_where_google_does_not_answer(stage: Stage) -> None:
    stage.google_fault = CredentialsError("No key.")

    assert read(stage) == (
        f"Network test of my-cluster good Pods of the cluster reach DSS. {HEAD} {NO_KEY} Pod good It ran, and is"
        f" deleted. {POD} {REACHED}"
    )
    assert read(stage, nodePoolId="gpu") == (
        f"Network test of my-cluster not known The node pool gpu could not be looked up. {HEAD} {NO_KEY}"
    )


def test_the_page_of_a_cluster_that_is_not_started(stage: Stage) -> None:
    stage.state = "NONE"
    remedy = "Start or attach the cluster in DSS, then run the macro again."

    assert read(stage) == (
        f"Network test of my-cluster not known The network could not be tried. {HEAD} What to do {remedy} GKE cluster"
        " problem The test ended here. my-cluster is not started, so there is no GKE cluster to act on. Resource: DSS"
        f" cluster my-cluster What to do: {remedy}"
    )


def test_the_page_without_an_image(stage: Stage) -> None:
    assert read(stage, image="") == (
        "Network test of my-cluster not known DSS pushes no image for containerized execution yet."
        f" {HEAD} What to do Register the cluster with DSS and push the base images, or name an image in the dialog"
        " (Image)."
    )
    stage.dss = Dss(DssRefused("Not an administrator."))
    assert read(stage, image="").startswith(
        "Network test of my-cluster not known It is not known which image the pod could run."
        f" {HEAD} Image not known The settings of DSS that say so cannot be read; name one in the dialog (Image). Not"
        " an administrator. What to do:"
    )


def test_the_image_has_the_version_of_dss_as_its_tag(stage: Stage) -> None:
    stage.dss = Dss(SETTINGS)

    assert re.search(r"Image reg/p/dss/dku-exec-base-[0-9a-f]{16}:dss-14\.2\.0 Node", read(stage, image=""))


def test_the_page_of_a_dss_that_does_not_tell_its_port(stage: Stage) -> None:
    del stage.environment["DKU_BACKEND_PORT"]

    assert read(stage) == (
        "Network test of my-cluster not known DSS does not tell the port of its backend (DKU_BACKEND_PORT). From a pod"
        " in the cluster to DSS at dss.internal."
    )


def test_the_page_of_a_kubeconfig_that_cannot_be_used(stage: Stage) -> None:
    stage.server = StateError("No kubeconfig.", remedy="Start it again.")

    assert read(stage) == (
        f"Network test of my-cluster not known The network could not be tried. {HEAD} What to do Start it again."
        " Kubernetes API problem The test ended here. No kubeconfig. What to do: Start it again."
    )


def test_the_page_of_an_api_server_that_refuses_connections(stage: Stage) -> None:
    stage.server.answers["POST"] = [CallError(Failure.REFUSED, "connection refused")]
    stage.server.answers["pods"] = [CallError(Failure.REFUSED, "connection refused")]

    assert (
        "Kubernetes API problem The test ended here. The Kubernetes API server refused the connection. Resource: public"
        " endpoint https://203.0.113.1 connection refused What to do: Add the address" in read(stage)
    )


def test_the_page_names_a_pod_that_is_left(stage: Stage) -> None:
    stage.server.answers["DELETE"] = [REFUSED]
    page = read(stage)
    assert f"Pod good It ran. {POD}" in page
    assert page.endswith(
        "Pod is left behind look at it pods is forbidden. Delete it: kubectl delete pod POD --namespace default"
    )

    stage.server.answers["pods"] = [REFUSED]
    stage.server.answers["DELETE"] = [REFUSED]
    assert read(stage).endswith(
        "Pod may be left behind look at it pods is forbidden. Delete it: kubectl delete pod POD --namespace default"
    )


def test_the_page_of_a_pod_that_did_not_run(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    stage.server.answers["pods"] = [
        {"spec": {}, "status": {"phase": "Pending"}},
        state_of(waiting={"reason": "ImagePullBackOff", "message": "so it is"}),
    ]
    page = read(stage)

    assert page.startswith(
        f"Network test of my-cluster not known The pod did not run, so the network could not be tried. {HEAD} What to"
        " do Push the base images (macro Push base images)"
    )
    assert page.endswith(f"Pod problem ImagePullBackOff: so it is {POD}")
    assert stage.world.percents == [5, 15, 20, 100]
    assert caplog.messages[2] == "The pod: Pending"


def test_the_bar_moves_with_each_word_about_the_pod_and_never_reaches_the_end_by_that(stage: Stage) -> None:
    waiting = [state_of(waiting={"reason": f"Reason{number}"}) for number in range(19)]
    stage.server.answers["pods"] = [*waiting, state_of(terminated={})]
    stage.run()

    assert stage.world.percents == [5, 15, *range(20, 85, 4), 84, 84, 100]


def test_a_pod_without_a_report_and_without_a_place_is_said_to_have_none(stage: Stage) -> None:
    stage.server.answers["pods"] = [{"status": {"phase": "Failed"}}]

    assert "Node none Address none Time" in read(stage)


def test_a_pool_that_is_not_there_is_a_field_to_correct(stage: Stage) -> None:
    with pytest.raises(SettingsError) as refused:
        stage.run(nodePoolId="cpu")

    (problem,) = refused.value.problems
    assert str(problem) == "Name of the node pool: cpu is not in the cluster; there are: gpu"
    assert refused.value.remedy == "Correct these fields and run the macro again."
    with_resource(stage.gke, nodePools=[])
    with pytest.raises(SettingsError, match="there are: none"):
        stage.run(nodePoolId="cpu")


def test_the_pod_gets_the_place_of_the_pool_and_the_name_that_the_host_has(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    pods: list[ProbePod] = []

    def make(api: Any, pod: ProbePod, sleep: Any) -> NetworkProbe:
        pods.append(pod)
        return NetworkProbe(api, pod, sleep)

    monkeypatch.setattr(network_test, "NetworkProbe", make)
    stage.environment["DKU_BACKEND_EXT_HOST"] = "  dss.internal "
    stage.environment["DKU_BACKEND_PROTOCOL"] = " HTTPS "
    stage.run(nodePoolId="gpu", namespace="dss")

    assert pods == [
        ProbePod(
            host="dss.internal",
            port=10001,
            image="image:1",
            protocol="https",
            namespace="dss",
            node_selector={"cloud.google.com/gke-nodepool": "gpu"},
            tolerations=({"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"},),
        )
    ]
