"""What the containers of simulated pods have written."""

from sandbox.kubernetes.client import Object


class NoSuchContainerError(LookupError):
    """The pod has no container of that name; the message is the kubelet's."""


def container_log(pod: Object, container: str) -> str:
    """Return everything that a running container has written, ending in a newline.

    Args:
        pod: the Pod.
        container: the container's name; the first one when empty.

    Raises:
        NoSuchContainerError: the pod has none of that name.
    """
    containers = [*pod["spec"].get("containers", []), *pod["spec"].get("initContainers", [])]
    metadata = pod["metadata"]
    for found in containers:
        if container in ("", found["name"]):
            if report := _report(pod, found["name"]):
                return report
            command = " ".join([*found.get("command", []), *found.get("args", [])]) or "its entrypoint"
            return f"container {found['name']} of {metadata['namespace']}/{metadata['name']} runs {command}\n"
    raise NoSuchContainerError(f"container {container} not found in pod {metadata['name']}_{metadata['namespace']}")


def _report(pod: Object, container: str) -> str:
    """Return what a container that has ended said last, which for the network probe is all that it said."""
    for status in (pod.get("status") or {}).get("containerStatuses") or ():
        if status["name"] == container:
            return str(status["state"].get("terminated", {}).get("message") or "")
    return ""


def excerpt(log: str, *, tail_lines: int | None = None, limit_bytes: int | None = None) -> str:
    """Return the part of a log that `PodLogOptions` ask for: the last lines, then the first bytes of those."""
    if tail_lines is not None:
        lines = log.splitlines(keepends=True)
        log = "".join(lines[max(len(lines) - tail_lines, 0) :])
    return log if limit_bytes is None else log.encode()[:limit_bytes].decode(errors="ignore")
