"""What the controllers of all workloads have in common: changes of what they own lead back to the owner."""

from collections.abc import Iterable

from sandbox.kubernetes.client import EventType, Object, Resource
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.owners import controller_of
from sandbox.kubernetes.controllers.state import Key, key_of


class WorkloadController(Controller):
    """Reconciles objects of one resource, for their own changes and for those of what they control.

    Attributes:
        resource: what it reconciles.
    """

    resource: Resource

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return the object itself unless it is gone, or the one that controls the changed object."""
        if resource is self.resource:
            return [] if event == "DELETED" else [key_of(item)]
        owner = controller_of(item)
        if owner is None or owner["kind"] != self.resource.kind:
            return []
        return [(item["metadata"]["namespace"], owner["name"])]
