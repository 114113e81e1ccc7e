from __future__ import annotations

import json

from gke_clusters.kube.probe_pod import LABEL, UNTIL, ProbePod, pod_document, read_pod
from tests.python.unit.kube.test_network_probe import CHECK, POD, state_of


def test_the_pod_ends_by_itself_asks_for_little_and_goes_where_it_is_sent() -> None:
    taint = {"key": "gpu", "operator": "Exists"}
    placed = ProbePod("h", 1, "i", node_selector={"pool": "gpu"}, tolerations=(taint,))
    document = pod_document("n", placed, 12.7)
    spec = document["spec"]

    assert document["metadata"]["annotations"][UNTIL] == "12"
    assert LABEL in document["metadata"]["labels"]
    assert (spec["restartPolicy"], spec["automountServiceAccountToken"]) == ("Never", False)
    assert spec["activeDeadlineSeconds"] > 0
    assert (spec["nodeSelector"], spec["tolerations"]) == ({"pool": "gpu"}, [taint])
    assert json.loads(spec["containers"][0]["args"][0])["protocol"] == "http"
    assert not {"nodeSelector", "tolerations"} & pod_document("n", POD, 1)["spec"].keys()


def test_lines_of_a_report_that_are_none_are_left_out() -> None:
    text = f"hello\n[1]\n{{}}\n{json.dumps(CHECK)}"
    assert read_pod("n", state_of(terminated={"message": text})).checks == (CHECK,)
