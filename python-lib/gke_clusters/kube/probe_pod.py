"""The pod of a network test: as it is asked for, and what the API server says of it. Pure.

The program is `resource/network_probe.py`. Its report comes back as the termination message of the container, which is
a part of the pod: https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

LABEL: Final = "gke-clusters.dataiku.com/network-test"
UNTIL: Final = "gke-clusters.dataiku.com/until"
"""Annotation: the second since the epoch after which nobody waits for the pod any more."""

GRACE_SECONDS: Final = 120
"""How long after its time limit the pod may still be there, and be waited for by a test whose answers were lost."""
_CONTAINER: Final = "probe"
# A sidecar takes the connections of a pod itself, and so answers for hosts that it has not reached. Both ways of saying
# that none is wanted, since versions differ in which of them they look at.
# https://istio.io/latest/docs/reference/config/labels/ and https://istio.io/latest/docs/reference/config/annotations/
_NO_SIDECAR: Final = {"sidecar.istio.io/inject": "false"}
_PROGRAM: Final = Path(__file__).resolve().parents[3] / "resource" / "network_probe.py"
# The user "nobody", whatever the image says of users: a policy may ask for one that is not root, and the kubelet lets
# everybody write the file of the report.
# https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted and
# https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/kuberuntime/kuberuntime_container.go (makeMounts)
_USER: Final = 65534
_ENDED: Final = ("Succeeded", "Failed")
_REPORT_PATH: Final = "/dev/termination-log"
_CONNECT_SECONDS: Final = 5.0


@dataclass(frozen=True)
class ProbePod:
    """Where the probe runs and whom it calls.

    Attributes:
        host: name or address of DSS.
        port: of its backend.
        image: with python3.
        protocol: that the backend speaks, `http` or `https`.
        namespace: of the pod.
        node_selector: labels that the node must have.
        tolerations: taints that the pod bears.
    """

    host: str
    port: int
    image: str
    protocol: str = "http"
    namespace: str = "default"
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class ProbeRun:
    """What became of the pod.

    Attributes:
        name: of the pod.
        reason: why there is no report, as Kubernetes calls it (`ImagePullBackOff`, `Unschedulable`, ...), or empty.
        message: what Kubernetes said of it last.
        checks: lines of the report.
        ended: whether there is nothing more to come, with a report or without.
        node: where it ran; empty for nowhere.
        address: of the pod; empty if it got none.
        seconds: until the report.
        left: what was said when the pod could not be deleted; empty if it is gone.
    """

    name: str
    reason: str = ""
    message: str = ""
    checks: tuple[Mapping[str, Any], ...] = ()
    ended: bool = False
    node: str = ""
    address: str = ""
    seconds: float = 0.0
    left: str = ""


def pod_document(name: str, pod: ProbePod, until: float, limit_seconds: float) -> dict[str, Any]:
    """The pod as Kubernetes takes it.

    Args:
        name: of the pod.
        pod: what it does and where.
        until: the second since the epoch after which nobody waits for it.
        limit_seconds: how long it is waited for.
    """
    target = {
        "host": pod.host,
        "port": pod.port,
        "protocol": pod.protocol,
        "timeout_seconds": _CONNECT_SECONDS,
    }
    container = {
        "name": _CONTAINER,
        "image": pod.image,
        "command": ["python3", "-c", _PROGRAM.read_text(encoding="utf-8")],
        "args": [json.dumps(target, sort_keys=True), _REPORT_PATH],
        "terminationMessagePath": _REPORT_PATH,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        # Counted from when it is on a node.
        # https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#lifecycle
        "activeDeadlineSeconds": int(limit_seconds) + GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
    if pod.node_selector:
        spec["nodeSelector"] = dict(pod.node_selector)
    if pod.tolerations:
        spec["tolerations"] = [dict(one) for one in pod.tolerations]
    metadata = {
        "name": name,
        "labels": {LABEL: "true", **_NO_SIDECAR},
        "annotations": {UNTIL: str(int(until)), **_NO_SIDECAR},
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def read_pod(name: str, pod: Mapping[str, Any]) -> ProbeRun:
    """What the API server says of the pod: its report, or what it waits for.

    Args:
        name: of the pod.
        pod: its JSON.
    """
    status = pod.get("status") or {}
    node = str((pod.get("spec") or {}).get("nodeName") or "")
    found = ProbeRun(name, ended=status.get("phase") in _ENDED, node=node, address=str(status.get("podIP") or ""))
    # A cluster may add containers to pods, in any order, that run on when the probe has ended.
    states = {each.get("name"): each.get("state") or {} for each in status.get("containerStatuses") or ()}
    state = states.get(_CONTAINER, {})
    ended, waiting = state.get("terminated"), state.get("waiting") or {}
    if ended is not None:
        text = str(ended.get("message") or "")
        checks = _report(text)
        reason = "" if checks else str(ended.get("reason") or "Error")
        return replace(found, reason=reason, message="" if checks else text, checks=checks, ended=True)
    if waiting and not found.ended:
        reason, message = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
        return replace(found, reason=reason, message=message)
    unscheduled: Mapping[str, Any] = next(
        (
            each
            for each in status.get("conditions") or ()
            if each.get("type") == "PodScheduled" and each.get("status") == "False"
        ),
        {},
    )
    return replace(
        found,
        reason=str(unscheduled.get("reason") or status.get("reason") or ""),
        message=str(unscheduled.get("message") or status.get("message") or ""),
    )


def _report(text: str) -> tuple[Mapping[str, Any], ...]:
    checks = []
    for line in text.splitlines():
        try:
            check = json.loads(line)
        except ValueError:
            continue
        if isinstance(check, dict) and isinstance(check.get("check"), str):
            checks.append(check)
    return tuple(checks)
