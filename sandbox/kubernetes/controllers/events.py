"""The events that controllers leave on objects, as `kubectl describe` shows them."""

import secrets
from datetime import datetime, timezone
from typing import Literal

from sandbox.kubernetes.client import ApiError, Object
from sandbox.kubernetes.controllers.kinds import EVENTS
from sandbox.kubernetes.controllers.state import ClusterState


def timestamp() -> str:
    """Return the current time as Kubernetes writes it, in whole seconds."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


async def record(
    state: ClusterState,
    item: Object,
    reason: str,
    message: str,
    *,
    component: str,
    kind: Literal["Normal", "Warning"] = "Normal",
) -> None:
    """Leave an event on an object; a server that refuses it (a namespace that ends) is ignored, as elsewhere.

    Args:
        state: the cluster.
        item: the object, with its apiVersion and kind.
        reason: one word such as `Scheduled`.
        message: the sentence.
        component: who says it, such as `default-scheduler`.
        kind: the event's type.
    """
    metadata = item["metadata"]
    namespace = metadata.get("namespace", "default")
    now = timestamp()
    reference = {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": metadata["name"]}
    reference |= {key: metadata[key] for key in ("namespace", "uid", "resourceVersion") if key in metadata}
    body = {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {"name": f"{metadata['name']}.{secrets.token_hex(8)}", "namespace": namespace},
        "involvedObject": reference,
        "reason": reason,
        "message": message,
        "type": kind,
        "source": {"component": component},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    try:
        await state.client.create(EVENTS, body, namespace)
    except ApiError:
        return
