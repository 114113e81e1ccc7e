"""How objects go: at once, after a grace period, or once their finalizers are done.

https://kubernetes.io/docs/concepts/architecture/garbage-collection/ and .../overview/working-with-objects/finalizers/
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.kubernetes.embedded.admission import NAMESPACES, refuse_deletion
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.statuses import bad_request, conflict
from sandbox.kubernetes.embedded.store import Object, Store

_POLICIES = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}
_DEFAULT_GRACE_SECONDS = 30


@dataclass(frozen=True)
class Deletion:
    """The options of a delete.

    Attributes:
        grace_period_seconds: for pods; None for their own.
        propagation: `Background`, `Foreground` or `Orphan`; empty for the default.
        uid: delete only that very object.
        resource_version: delete only that very state.
        dry_run: change nothing.
    """

    grace_period_seconds: int | None = None
    propagation: str = ""
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False


@dataclass(frozen=True)
class Outcome:
    """The object as it is now or was last, and whether it is gone."""

    item: Object
    gone: bool


def read_deletion(options: dict[str, Any], query: dict[str, str]) -> Deletion:
    """Read `DeleteOptions` from a body and the query.

    Raises:
        StatusError: the propagation policy is unknown.
    """
    grace: Any = options.get("gracePeriodSeconds")
    if grace is None and query.get("gracePeriodSeconds", "").lstrip("-").isdigit():
        grace = int(query["gracePeriodSeconds"])
    propagation = options.get("propagationPolicy") or query.get("propagationPolicy") or ""
    orphans = options.get("orphanDependents")
    if not propagation and orphans is not None:
        propagation = "Orphan" if orphans else "Background"
    if propagation not in {"", "Background", *_POLICIES}:
        raise bad_request(f'invalid DeletionPropagation "{propagation}"')
    preconditions = options.get("preconditions") or {}
    return Deletion(
        grace_period_seconds=grace,
        propagation=propagation,
        uid=preconditions.get("uid") or "",
        resource_version=preconditions.get("resourceVersion") or "",
        dry_run="All" in (options.get("dryRun") or []) or query.get("dryRun") == "All",
    )


def delete(store: Store, resource: ResourceType, item: Object, deletion: Deletion) -> Outcome:
    """Delete an object, or mark it when something must happen first.

    Raises:
        StatusError: a precondition fails, or this object may not be deleted.
    """
    metadata = item["metadata"]
    refuse_deletion(resource.key, metadata["name"])
    _check(resource, metadata, deletion)
    grace = _grace_seconds(resource, item, deletion)
    finalizers = list(metadata.get("finalizers") or [])
    if resource.key != NAMESPACES:
        wanted = _POLICIES.get(deletion.propagation)
        if wanted and wanted not in finalizers and not metadata.get("deletionTimestamp"):
            finalizers.append(wanted)
    waiting = grace > 0 or bool(finalizers) or (resource.key == NAMESPACES and _holds(item))
    if not waiting:
        if deletion.dry_run:
            return Outcome(item, gone=True)
        last = store.remove(resource.key, metadata.get("namespace", ""), metadata["name"])
        return Outcome(last or item, gone=True)
    marked = _marked(resource, item, grace, finalizers)
    if marked == item:
        return Outcome(item, gone=False)
    if deletion.dry_run:
        return Outcome(marked, gone=False)
    return Outcome(store.put(resource.key, marked), gone=False)


def finish(store: Store, resource: ResourceType, item: Object) -> Object:
    """Forget an object that was only waiting for its finalizers, once the last one is gone."""
    metadata = item["metadata"]
    if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
        return item
    if metadata.get("deletionGracePeriodSeconds") or (resource.key == NAMESPACES and _holds(item)):
        return item
    return store.remove(resource.key, metadata.get("namespace", ""), metadata["name"]) or item


def _holds(item: Object) -> bool:
    return bool((item.get("spec") or {}).get("finalizers"))


def _check(resource: ResourceType, metadata: Object, deletion: Deletion) -> None:
    for field, word, wanted, found in (
        ("uid", "UID", deletion.uid, metadata["uid"]),
        ("resourceVersion", "ResourceVersion", deletion.resource_version, metadata["resourceVersion"]),
    ):
        del field
        if wanted and wanted != found:
            detail = f"Precondition failed: {word} in precondition: {wanted}, {word} in object meta: {found}"
            raise conflict(resource.group, resource.plural, metadata["name"], detail)


def _grace_seconds(resource: ResourceType, item: Object, deletion: Deletion) -> int:
    if resource.key != ("", "pods"):
        return 0
    spec, phase = item.get("spec") or {}, (item.get("status") or {}).get("phase")
    if not spec.get("nodeName") or phase in {"Succeeded", "Failed"}:
        return 0
    grace = deletion.grace_period_seconds
    if grace is None:
        grace = spec.get("terminationGracePeriodSeconds", _DEFAULT_GRACE_SECONDS)
    return max(grace, 1) if grace < 0 else grace


def _marked(resource: ResourceType, item: Object, grace: int, finalizers: list[str]) -> Object:
    metadata = dict(item["metadata"])
    if finalizers:
        metadata["finalizers"] = finalizers
    already = metadata.get("deletionTimestamp")
    if not already or grace < metadata.get("deletionGracePeriodSeconds", 0):
        due = datetime.now(timezone.utc) + timedelta(seconds=grace)
        metadata["deletionTimestamp"] = due.strftime("%Y-%m-%dT%H:%M:%SZ")
        metadata["deletionGracePeriodSeconds"] = grace
        if resource.generation or resource.custom:
            metadata["generation"] = metadata.get("generation", 0) + 1
    marked = {**item, "metadata": metadata}
    if resource.key == NAMESPACES:
        # Namespaces have no grace period; the mark is their phase.
        metadata.pop("deletionGracePeriodSeconds", None)
        marked["status"] = {**(item.get("status") or {}), "phase": "Terminating"}
    return marked
