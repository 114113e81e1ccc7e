"""Lists in pages, and the options that lists and watches share."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.selectors import Selection, parse_field_selector, parse_label_selector
from sandbox.kubernetes.embedded.statuses import bad_request, expired, invalid_value
from sandbox.kubernetes.embedded.store import Object, Store, TooOldError
from sandbox.kubernetes.embedded.watching import WatchOptions, too_large

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


def read_selection(resource: ResourceType, query: Mapping[str, str], name: str = "") -> Selection:
    """Return which objects a request selects.

    Raises:
        StatusError: a selector cannot be read.
    """
    fields = parse_field_selector(query.get("fieldSelector", ""), resource.key)
    if name:
        fields += parse_field_selector(f"metadata.name={name}", resource.key)
    return Selection(tuple(parse_label_selector(query.get("labelSelector", ""))), tuple(fields))


def _version(text: str) -> int:
    if not text.isdigit():
        cause = invalid_value("resourceVersion", text, f'strconv.ParseUint: parsing "{text}": invalid syntax')
        raise bad_request(f"resourceVersion: {cause.message}")
    return int(text)


def read_watch(
    resource: ResourceType, namespace: str, query: Mapping[str, str], selection: Selection, store: Store
) -> WatchOptions:
    """Return what a watch is to tell.

    Raises:
        StatusError: an option has a value that it cannot have, or names a version of the future.
    """
    text = query.get("resourceVersion", "")
    initial = query.get("sendInitialEvents", "").lower() in {"true", "1"}
    version = None if text in {"", "0"} or initial else _version(text)
    if version is not None and version > store.version:
        raise too_large(version, store.version)
    timeout = query.get("timeoutSeconds", "")
    return WatchOptions(
        namespace=namespace,
        selection=selection,
        version=version,
        bookmarks=query.get("allowWatchBookmarks", "").lower() in {"true", "1"},
        initial_events=initial,
        timeout_seconds=float(timeout) if timeout.isdigit() and timeout != "0" else None,
    )


def page(store: Store, items: list[Object], query: Mapping[str, str], *, selected: bool) -> tuple[list[Object], Object]:
    """Return the part of a list that is wanted, and the list's metadata.

    Raises:
        StatusError: the continue token is unreadable or too old, or the wanted version lies in the future.
    """
    text, token = query.get("resourceVersion", ""), query.get("continue", "")
    version = store.version
    if text not in {"", "0"}:
        wanted = _version(text)
        if wanted > store.version:
            raise too_large(wanted, store.version)
        if query.get("resourceVersionMatch") == "Exact" and wanted != store.version:
            _check_age(store, wanted)
    if token:
        start = _read_token(token)
        version = int(start["rv"])
        _check_age(store, version)
        place = (str(start["namespace"]), str(start["name"]))
        items = [one for one in items if _place(one) > place]
    metadata: Object = {"resourceVersion": str(version)}
    limit = query.get("limit", "")
    if limit and not limit.isdigit():
        raise bad_request(
            f'unable to convert query parameter limit: strconv.ParseInt: parsing "{limit}": invalid syntax'
        )
    if limit.isdigit() and 0 < int(limit) < len(items):
        rest = len(items) - int(limit)
        items = items[: int(limit)]
        namespace, name = _place(items[-1])
        metadata["continue"] = _token({"v": "meta.k8s.io/v1", "rv": version, "namespace": namespace, "name": name})
        if not selected:
            metadata["remainingItemCount"] = rest
    return items, metadata


def _check_age(store: Store, version: int) -> None:
    try:
        store.since(("", ""), version)
    except TooOldError as error:
        raise expired(_TOO_OLD) from error


def _place(item: Object) -> tuple[str, str]:
    return (item["metadata"].get("namespace", ""), item["metadata"]["name"])


def _token(start: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(start, separators=(",", ":")).encode()).decode().rstrip("=")


def _read_token(token: str) -> dict[str, Any]:
    try:
        start = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return {name: start[name] for name in ("rv", "namespace", "name")}
    except (ValueError, KeyError, TypeError) as failure:
        raise bad_request("continue key is not valid: unable to decode it") from failure
