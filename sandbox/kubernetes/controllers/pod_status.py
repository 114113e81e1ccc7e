"""The status that a kubelet reports of a pod while its containers are created, and once they run. Pure functions."""

import hashlib

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.events import timestamp


def creating(pod: Object, host_ip: str) -> Object:
    """Return the status of a pod that its node has just taken."""
    conditions = [
        _condition(pod, "Initialized", good=True),
        _condition(pod, "Ready", good=False),
        _condition(pod, "ContainersReady", good=False),
        _condition(pod, "PodScheduled", good=True),
    ]
    creating_it = {"waiting": {"reason": "ContainerCreating"}}
    return {
        "phase": "Pending",
        "conditions": conditions,
        "containerStatuses": [{**_created(one), "state": creating_it} for one in pod["spec"]["containers"]],
        "hostIP": host_ip,
        "startTime": timestamp(),
    }


def not_pulled(pod: Object, container: str, reason: str, message: str) -> Object:
    """Return what changes in the status of a pod while the image of one of its containers cannot be pulled.

    Args:
        pod: the pod, whose status `creating` made.
        container: the container's name; one of an init container keeps all the others from beginning.
        reason: `ErrImagePull` or `ImagePullBackOff`.
        message: what is said of it.
    """
    stuck = {"waiting": {"reason": reason, "message": message}}
    names = [one["name"] for one in pod["spec"].get("initContainers") or ()]
    if container not in names:
        return {
            "containerStatuses": [
                {**one, "state": stuck} if one["name"] == container else one
                for one in pod["status"]["containerStatuses"]
            ]
        }
    initializing = {"waiting": {"reason": "PodInitializing"}}
    condition = _condition(pod, "Initialized", good=False) | {
        "reason": "ContainersNotInitialized",
        "message": f"containers with incomplete status: [{' '.join(names)}]",
    }
    others = [one for one in pod["status"].get("conditions") or () if one["type"] != "Initialized"]
    return {
        "conditions": [condition, *others],
        "initContainerStatuses": [
            {**_created(one), "state": stuck if one["name"] == container else initializing}
            for one in pod["spec"]["initContainers"]
        ],
        "containerStatuses": [{**one, "state": initializing} for one in pod["status"]["containerStatuses"]],
    }


def running(pod: Object, host_ip: str, pod_ip: str) -> Object:
    """Return the status of a pod whose containers all run."""
    now = timestamp()
    statuses = [
        {
            "name": container["name"],
            "image": container.get("image", ""),
            "imageID": _image_id(container.get("image", "")),
            "containerID": _container_id(pod, container["name"]),
            "lastState": {},
            "ready": True,
            "restartCount": 0,
            "started": True,
            "state": {"running": {"startedAt": now}},
        }
        for container in pod["spec"]["containers"]
    ]
    status: Object = {
        "phase": "Running",
        "conditions": [
            _condition(pod, kind, good=True) for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
        ],
        "containerStatuses": statuses,
        "hostIP": host_ip,
        "podIP": pod_ip,
        "podIPs": [{"ip": pod_ip}],
        "startTime": pod["status"].get("startTime") or now,
    }
    if inits := pod["spec"].get("initContainers"):
        status["initContainerStatuses"] = [_finished(pod, container, now) for container in inits]
    return status


def ended(pod: Object, exit_code: int, message: str) -> Object:
    """Return the status of a pod whose only container has ended and is not started again."""
    [running_status] = pod["status"]["containerStatuses"]
    terminated = {
        "containerID": running_status.get("containerID", ""),
        "exitCode": exit_code,
        "reason": "Error" if exit_code else "Completed",
        "message": message,
        "startedAt": running_status["state"].get("running", {}).get("startedAt") or timestamp(),
        "finishedAt": timestamp(),
    }
    over = {"ready": False, "started": False, "state": {"terminated": terminated}}
    conditions = [
        _condition(pod, kind, good=kind in ("Initialized", "PodScheduled"))
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    return {
        "phase": "Failed" if exit_code else "Succeeded",
        "conditions": conditions,
        "containerStatuses": [{**running_status, **over}],
    }


def _created(container: Object) -> Object:
    """Return the status of a container that has not begun, without its state."""
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": "",
        "lastState": {},
        "ready": False,
        "restartCount": 0,
        "started": False,
    }


def _finished(pod: Object, container: Object, now: str) -> Object:
    identity = _container_id(pod, container["name"])
    return {
        "name": container["name"],
        "image": container.get("image", ""),
        "imageID": _image_id(container.get("image", "")),
        "containerID": identity,
        "lastState": {},
        "ready": True,
        "restartCount": 0,
        "state": {
            "terminated": {
                "containerID": identity,
                "exitCode": 0,
                "reason": "Completed",
                "startedAt": now,
                "finishedAt": now,
            }
        },
    }


def _condition(pod: Object, kind: str, *, good: bool) -> Object:
    wanted = "True" if good else "False"
    known = next((one for one in pod.get("status", {}).get("conditions") or () if one["type"] == kind), None)
    since = known["lastTransitionTime"] if known and known["status"] == wanted else timestamp()
    condition = {"type": kind, "status": wanted, "lastProbeTime": None, "lastTransitionTime": since}
    if not good:
        names = " ".join(container["name"] for container in pod["spec"]["containers"])
        condition |= {"reason": "ContainersNotReady", "message": f"containers with unready status: [{names}]"}
    return condition


def _image_id(image: str) -> str:
    return f"{image.partition('@')[0].partition(':')[0]}@sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def _container_id(pod: Object, container: str) -> str:
    return "containerd://" + hashlib.sha256(f"{pod['metadata']['uid']}/{container}".encode()).hexdigest()
