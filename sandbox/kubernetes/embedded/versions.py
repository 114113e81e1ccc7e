"""One stored object told in several versions: the two APIs of events, and the versions of a custom resource.

Events: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/events/v1/conversion.go
"""

from sandbox.kubernetes.embedded.kinds import Catalogue, ResourceType
from sandbox.kubernetes.embedded.store import Object

_EVENTS = "events.k8s.io"
_CORE_FIELDS = {
    "deprecatedCount": "count",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedSource": "source",
    "note": "message",
    "regarding": "involvedObject",
    "reportingController": "reportingComponent",
}
_NEW_FIELDS = {core: new for new, core in _CORE_FIELDS.items()}


def stored(catalogue: Catalogue, resource: ResourceType) -> ResourceType:
    """Return the resource in whose form the objects are kept: events are kept as core events."""
    return catalogue.find("", "v1", "events") or resource if resource.group == _EVENTS else resource


def incoming(resource: ResourceType, body: object) -> object:
    """Return a body, or a patch of members, in the form in which its objects are kept."""
    if resource.group != _EVENTS or not isinstance(body, dict):
        return body
    renamed = {_CORE_FIELDS.get(name, name): value for name, value in body.items()}
    return {**renamed, "apiVersion": "v1"} if "apiVersion" in renamed else renamed


def outgoing(resource: ResourceType, item: Object) -> Object:
    """Return a kept object in the version that is asked for."""
    if item.get("apiVersion") == resource.api_version:
        return item
    if resource.group == _EVENTS:
        item = {_NEW_FIELDS.get(name, name): value for name, value in item.items()}
    return {**item, "apiVersion": resource.api_version}
