from __future__ import annotations

import pytest

from gke_clusters.kube.probe_pod import ProbeRun
from gke_clusters.lifecycle.pod_remedies import remedy_of


@pytest.mark.parametrize(
    ("reason", "node", "words", "never"),
    [
        ("Unschedulable", "", "bears their taints", "image"),
        ("Pending", "", "bears their taints", "image"),
        ("Pending", "n1", "Time limit (minutes)", "taints"),
        ("ContainerCreating", "n1", "Time limit (minutes)", "Push the base images"),
        ("PodInitializing", "n1", "Time limit (minutes)", "Push the base images"),
        ("DeadlineExceeded", "n1", "Time limit (minutes)", "Push the base images"),
        ("ErrImagePull", "n1", "Push the base images", "taints"),
        ("ImagePullBackOff", "n1", "roles/artifactregistry.reader", "taints"),
        ("InvalidImageName", "n1", "Push the base images", "taints"),
        ("CreateContainerConfigError", "n1", "cannot make a container", "Push the base images"),
        ("RunContainerError", "n1", "python3", "taints"),
        ("StartError", "n1", "python3", "taints"),
        ("Error", "n1", "python3", "taints"),
        ("Deleted", "", "Run the test again", "taints"),
        ("Evicted", "n1", "Run the test again", "taints"),
        ("OOMKilled", "n1", "kubectl get events --namespace dss", "taints"),
        ("", "n1", "kubectl get events --namespace dss", "taints"),
    ],
)
def test_each_reason_has_its_own_remedy(reason: str, node: str, words: str, never: str) -> None:
    remedy = remedy_of(ProbeRun("p", reason, node=node), "dss")
    assert words in remedy
    assert never not in remedy
