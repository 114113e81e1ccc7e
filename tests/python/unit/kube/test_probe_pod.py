from __future__ import annotations

import json

from gke_clusters.kube.probe_pod import LABEL, UNTIL, ProbePod, pod_document, read_pod
from tests.python.unit.kube.test_network_probe import CHECK, POD, beside_a_sidecar, state_of


def test_the_pod_ends_by_itself_asks_for_little_and_goes_where_it_is_sent() -> None:
    taint = {"key": "gpu", "operator": "Exists"}
    placed = ProbePod("h", 1, "i", node_selector={"pool": "gpu"}, tolerations=(taint,))
    document = pod_document("n", placed, 12.7, 600.0)
    spec = document["spec"]

    assert document["metadata"]["annotations"][UNTIL] == "12"
    assert LABEL in document["metadata"]["labels"]
    assert (spec["restartPolicy"], spec["automountServiceAccountToken"]) == ("Never", False)
    assert spec["activeDeadlineSeconds"] == 720
    assert (spec["nodeSelector"], spec["tolerations"]) == ({"pool": "gpu"}, [taint])
    assert json.loads(spec["containers"][0]["args"][0])["protocol"] == "http"
    assert not {"nodeSelector", "tolerations"} & pod_document("n", POD, 1, 60)["spec"].keys()


def test_lines_of_a_report_that_are_none_are_left_out() -> None:
    text = f"hello\n[1]\n{{}}\n{json.dumps(CHECK)}"
    assert read_pod("n", state_of(terminated={"message": text})).checks == (CHECK,)


def test_a_mesh_is_asked_by_both_its_ways_to_leave_the_pod_alone() -> None:
    metadata = pod_document("n", POD, 1, 60)["metadata"]
    assert metadata["labels"]["sidecar.istio.io/inject"] == "false"
    assert metadata["annotations"]["sidecar.istio.io/inject"] == "false"


def test_a_container_that_waits_is_told_and_not_the_sidecar_beside_it() -> None:
    waiting = beside_a_sidecar(state_of(waiting={"reason": "ContainerCreating", "message": "so it is"}))
    run = read_pod("n", waiting)
    assert (run.reason, run.message, run.ended) == ("ContainerCreating", "so it is", False)


def test_a_pod_that_is_taken_away_from_its_node_has_ended() -> None:
    run = read_pod("n", {"status": {"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."}})
    assert (run.reason, run.message, run.ended) == ("Evicted", "The node was low on memory.", True)


def test_a_pod_that_ended_before_its_container_ran_says_why_and_not_what_the_container_waited_for() -> None:
    pod = state_of(waiting={"reason": "ContainerCreating"})
    late = {"phase": "Failed", "reason": "DeadlineExceeded", "message": "Pod was active on the node longer"}
    run = read_pod("n", {**pod, "status": {**pod["status"], **late}})
    assert (run.reason, run.message, run.ended) == ("DeadlineExceeded", "Pod was active on the node longer", True)


def test_the_strictest_policy_for_pods_takes_the_pod() -> None:
    # https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted, field by field.
    spec = pod_document("n", POD, 1, 60)["spec"]
    [container] = spec["containers"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert not {"volumes", "hostNetwork", "hostPID", "hostIPC"} & spec.keys()
