"""What lies below an object and is no part of it: scale, binding, eviction, tokens, logs.

https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta, timezone

from sandbox.copies import copied
from sandbox.kubernetes.controllers.logs import NoSuchContainerError, container_log, excerpt
from sandbox.kubernetes.embedded import names
from sandbox.kubernetes.embedded.authentication import Authenticator
from sandbox.kubernetes.embedded.deletion import Deletion
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.patches import patched
from sandbox.kubernetes.embedded.registry import Registry, Write
from sandbox.kubernetes.embedded.statuses import (
    Cause,
    StatusError,
    bad_request,
    conflict,
    invalid,
    invalid_value,
    not_found,
    with_cause,
)
from sandbox.kubernetes.embedded.store import Object, Store
from sandbox.kubernetes.labels import labels_match

_TOKEN_SECONDS = 3600
_MIN_TOKEN_SECONDS = 600
_PODS = ("", "pods")
_SUCCESS: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def scale_of(item: Object) -> Object:
    """Return a workload's `Scale`."""
    metadata, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
    selector = spec.get("selector") or {}
    labels = selector.get("matchLabels", selector if "matchExpressions" not in selector else {})
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in kept if name in metadata},
        "spec": {"replicas": spec.get("replicas", 0)},
        "status": {
            "replicas": status.get("replicas", 0),
            "selector": ",".join(f"{name}={value}" for name, value in sorted((labels or {}).items())),
        },
    }


def set_scale(
    registry: Registry, resource: ResourceType, item: Object, change: object, patch_type: str, write: Write
) -> Object:
    """Change a workload's replicas by a new `Scale`, or by a patch of it, and return the `Scale` as it is then.

    Raises:
        StatusError: the scale is malformed, or was modified meanwhile.
    """
    scale = scale_of(item)
    if patch_type:
        scale = patched(
            resource, scale, change, "application/merge-patch+json" if "strategic" in patch_type else patch_type
        )
    elif isinstance(change, dict):
        scale = change
    replicas = (scale.get("spec") or {}).get("replicas", 0)
    metadata = item["metadata"]
    if not isinstance(replicas, int) or replicas < 0:
        cause = invalid_value("spec.replicas", replicas, "must be greater than or equal to 0")
        raise invalid("autoscaling", "Scale", metadata["name"], [cause])
    stated = (scale.get("metadata") or {}).get("resourceVersion")
    body = copied(item)
    body["spec"]["replicas"] = replicas
    if stated:
        body["metadata"]["resourceVersion"] = stated
    changed = registry.update(resource, metadata.get("namespace", ""), metadata["name"], body, write, "scale")
    return scale_of(changed)


def bind(registry: Registry, pods: ResourceType, namespace: str, body: Object, name: str, write: Write) -> Object:
    """Bind a pod to a node, as a scheduler does.

    Raises:
        StatusError: the pod is not there, or has a node already.
    """
    pod = copied(registry.get(pods, namespace, name))
    node = (body.get("target") or {}).get("name")
    if not node:
        raise bad_request("target.name: Required value")
    if pod["spec"].get("nodeName"):
        detail = f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"'
        raise conflict("", "pods/binding", name, detail)
    if pod["metadata"].get("deletionTimestamp"):
        raise conflict("", "pods/binding", name, f"pod {name} is being deleted, cannot be assigned to a host")
    pod["spec"]["nodeName"] = node
    conditions = [one for one in pod["status"].get("conditions") or [] if one["type"] != "PodScheduled"]
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": names.now()}
    pod["status"]["conditions"] = [*conditions, scheduled]
    if not write.dry_run:
        registry.store.put(pods.key, pod)
    return dict(_SUCCESS)


def evict(registry: Registry, pods: ResourceType, namespace: str, name: str, body: Object) -> Object:
    """Evict a pod unless a disruption budget forbids it.

    Raises:
        StatusError: 404, or 429 when the budget is used up.
    """
    pod = registry.get(pods, namespace, name)
    labels = pod["metadata"].get("labels") or {}
    for budget in registry.store.items(("policy", "poddisruptionbudgets"), namespace):
        allowed = (budget.get("status") or {}).get("disruptionsAllowed")
        if labels_match(budget["spec"].get("selector"), labels) and not allowed:
            told = f"The disruption budget {budget['metadata']['name']} does not allow evictions at the moment"
            error = StatusError(429, "Cannot evict pod as it would violate the pod's disruption budget.")
            raise with_cause(error, Cause("DisruptionBudget", told, ""))
    options = body.get("deleteOptions") or {}
    registry.delete(pods, namespace, name, Deletion(grace_period_seconds=options.get("gracePeriodSeconds")))
    return dict(_SUCCESS)


def issue_token(authenticator: Authenticator, account: Object, body: Object, store: Store) -> Object:
    """Answer a `TokenRequest` for a service account.

    Raises:
        StatusError: the lifetime is too short, or the pod that it is to be bound to is not there.
    """
    spec = body.get("spec") or {}
    seconds = spec.get("expirationSeconds") or _TOKEN_SECONDS
    metadata = account["metadata"]
    if seconds < _MIN_TOKEN_SECONDS:
        cause = invalid_value("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
        raise invalid("authentication.k8s.io", "TokenRequest", metadata["name"], [cause])
    pod = None
    reference = spec.get("boundObjectRef") or {}
    if reference.get("kind") == "Pod":
        found = store.get(_PODS, metadata["namespace"], reference.get("name", ""))
        if found is None:
            raise not_found("", "pods", reference.get("name", ""))
        pod = {"name": found["metadata"]["name"], "uid": found["metadata"]["uid"]}
    audiences = tuple(spec.get("audiences") or ())
    token = authenticator.issue(metadata["namespace"], metadata["name"], metadata["uid"], seconds, audiences, pod)
    expires = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"name": metadata["name"], "namespace": metadata["namespace"], "creationTimestamp": names.now()},
        "spec": {
            "audiences": list(audiences),
            "expirationSeconds": seconds,
            "boundObjectRef": spec.get("boundObjectRef"),
        },
        "status": {"token": token, "expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ")},
    }


def log_text(pod: Object, query: Mapping[str, str]) -> str:
    """Return the part of a container's log that is asked for.

    Raises:
        StatusError: the container is not named though there are several, is unknown, or has not started.
    """
    name, container = pod["metadata"]["name"], query.get("container", "")
    containers = [one["name"] for one in pod["spec"].get("containers") or []]
    every = [*containers, *(one["name"] for one in pod["spec"].get("initContainers") or [])]
    if not container:
        if len(containers) > 1:
            raise bad_request(
                f"a container name must be specified for pod {name}, choose one of: [{' '.join(containers)}]"
            )
        container = containers[0]
    elif container not in every:
        raise bad_request(f"container {container} is not valid for pod {name}")
    if not pod["spec"].get("nodeName"):
        return ""
    waiting = _waiting_reason(pod, container)
    if waiting:
        raise bad_request(f'container "{container}" in pod "{name}" is waiting to start: {waiting}')
    try:
        text = container_log(pod, container)
    except NoSuchContainerError as error:
        raise bad_request(str(error)) from error
    if query.get("timestamps") == "true":
        started = (pod.get("status") or {}).get("startTime") or names.now()
        text = "".join(f"{started[:-1]}.000000000Z {line}" for line in text.splitlines(keepends=True))
    return excerpt(text, tail_lines=_number(query, "tailLines"), limit_bytes=_number(query, "limitBytes"))


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    return int(text) if text.isdigit() else None


def _waiting_reason(pod: Object, container: str) -> str:
    statuses = pod.get("status") or {}
    for one in [*(statuses.get("initContainerStatuses") or []), *(statuses.get("containerStatuses") or [])]:
        if one["name"] == container:
            waiting = (one.get("state") or {}).get("waiting")
            return str(waiting.get("reason", "ContainerCreating")) if waiting is not None else ""
    return "ContainerCreating"


async def followed_log(store: Store, pod: Object, text: str) -> AsyncIterator[bytes]:
    """Yield a log, and end when the pod has ended."""
    yield text.encode()
    subscription = store.subscribe(_PODS)
    try:
        uid = pod["metadata"]["uid"]
        now = store.get(_PODS, pod["metadata"]["namespace"], pod["metadata"]["name"])
        while now is not None and (now.get("status") or {}).get("phase") not in {"Succeeded", "Failed"}:
            change = await subscription.queue.get()
            if change is None:
                return
            if change.item["metadata"]["uid"] == uid:
                now = None if change.type == "DELETED" else change.item
    finally:
        subscription.close()
