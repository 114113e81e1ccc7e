"""Reading and writing objects by the API's rules, whoever asks: the HTTP server or a controller in the same process."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.copies import copied
from sandbox.kubernetes.embedded import names, ownership
from sandbox.kubernetes.embedded.admission import admit, admit_namespace, assign_addresses
from sandbox.kubernetes.embedded.decoding import decode, refuse_unknown
from sandbox.kubernetes.embedded.defaults import apply_defaults
from sandbox.kubernetes.embedded.deletion import Deletion, Outcome, delete, finish
from sandbox.kubernetes.embedded.kinds import Catalogue, ResourceType
from sandbox.kubernetes.embedded.patches import patched
from sandbox.kubernetes.embedded.selectors import Selection
from sandbox.kubernetes.embedded.statuses import (
    already_exists,
    bad_request,
    conflict,
    invalid,
    invalid_value,
    modified_meanwhile,
    not_found,
)
from sandbox.kubernetes.embedded.store import Object, Store
from sandbox.kubernetes.embedded.strategies import other_name, restricted, vanished, wish
from sandbox.kubernetes.embedded.validation import change_causes, creation_causes
from sandbox.kubernetes.embedded.versions import outgoing

_KEPT_METADATA = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")
# The kinds whose status a create may bring along, since whoever creates them also observes them.
_CREATED_WITH_STATUS = {("", "nodes"), ("", "namespaces"), ("", "persistentvolumes"), ("", "persistentvolumeclaims")}


@dataclass
class Write:
    """How a write is meant.

    Attributes:
        manager: the field manager.
        dry_run: go through everything but keep nothing.
        field_validation: `Strict`, `Warn` or `Ignore` unknown fields.
        force: let a server-side apply take over other managers' fields.
        warnings: what the client is to be warned of; filled by the registry.
    """

    manager: str = "unknown"
    dry_run: bool = False
    field_validation: str = "Warn"
    force: bool = False
    warnings: list[str] = field(default_factory=list)


class Registry:
    """The objects of one cluster behind the API's rules.

    Every method is synchronous: between reading and writing nothing else happens on the loop.
    """

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self.store = store
        self.catalogue = catalogue

    def get(self, resource: ResourceType, namespace: str, name: str) -> Object:
        """Return an object; it must not be modified.

        Raises:
            StatusError: 404.
        """
        found = self.store.get(resource.key, namespace, name)
        if found is None:
            raise not_found(resource.group, resource.plural, name)
        return found

    def list(self, resource: ResourceType, namespace: str, selection: Selection) -> list[Object]:
        """Return the selected objects by namespace and name; they must not be modified."""
        return [one for one in self.store.items(resource.key, namespace) if selection.matches(one)]

    def create(self, resource: ResourceType, namespace: str, body: object, write: Write) -> Object:
        """Create an object and return it as kept.

        Raises:
            StatusError: it is malformed, invalid, not admitted, or already there.
        """
        item = self._decoded(resource, body, write)
        metadata = item["metadata"]
        self._place(resource, namespace, item)
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = names.generate(metadata["generateName"])
        for name in ("resourceVersion", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields"):
            metadata.pop(name, None)
        metadata["uid"] = names.new_uid()
        metadata["creationTimestamp"] = names.now()
        if resource.generation or resource.custom:
            metadata["generation"] = 1
        if "status" in resource.subresources and resource.key not in _CREATED_WITH_STATUS:
            item.pop("status", None)
        admit_namespace(self.store, resource, namespace, metadata.get("name", ""))
        apply_defaults(resource.key, item)
        if "status" in resource.subresources and not resource.custom:
            item.setdefault("status", {})
        causes = creation_causes(resource, item)
        if causes:
            raise invalid(resource.group, resource.kind, metadata.get("name", ""), causes)
        admit(self.store, resource.key, item)
        if self.store.get(resource.key, namespace, metadata["name"]) is not None:
            raise already_exists(resource.group, resource.plural, metadata["name"])
        ownership.track_update(resource, item, None, write.manager, "")
        return self._kept(resource, item, write)

    def update(
        self, resource: ResourceType, namespace: str, name: str, body: object, write: Write, subresource: str = ""
    ) -> Object:
        """Replace an object, or only its status, and return it as kept.

        Raises:
            StatusError: it is not there, malformed, invalid, or was modified meanwhile.
        """
        item = self._decoded(resource, body, write)
        before = self.store.get(resource.key, namespace, name)
        if before is None:
            raise vanished(resource, namespace, name, item)
        return self._change(resource, before, item, write, subresource)

    def patch(
        self,
        resource: ResourceType,
        namespace: str,
        name: str,
        patch: Any,
        patch_type: str,
        write: Write,
        subresource: str = "",
    ) -> Object:
        """Patch an object, or only its status, and return it as kept.

        Raises:
            StatusError: it is not there, or the patch is malformed or leads to something invalid.
        """
        before = self.get(resource, namespace, name)
        changed = patched(resource, outgoing(resource, before), patch, patch_type)
        item = self._decoded(resource, changed, write)
        return self._change(resource, before, item, write, subresource)

    def apply(
        self, resource: ResourceType, namespace: str, name: str, body: object, write: Write, subresource: str = ""
    ) -> tuple[Object, bool]:
        """Apply a configuration (server-side); the second value tells whether the object was created.

        Raises:
            StatusError: the configuration is malformed, invalid, or touches other managers' fields.
        """
        config = self._decoded(resource, body, write)
        if (config["metadata"].get("name") or name) != name:
            raise other_name(config["metadata"]["name"], name)
        if config["metadata"].get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        live = self.store.get(resource.key, namespace, name)
        if live is None:
            if subresource:
                raise not_found(resource.group, resource.plural, name)
            return self._created_by_apply(resource, namespace, name, config, write), True
        item = ownership.applied(resource, live, config, write.manager, subresource, force=write.force)
        return self._change(resource, live, item, write, subresource, tracked=True), False

    def delete(self, resource: ResourceType, namespace: str, name: str, deletion: Deletion) -> Outcome:
        """Delete an object, or mark it when it is to go later.

        Raises:
            StatusError: it is not there, or a precondition fails.
        """
        return delete(self.store, resource, self.get(resource, namespace, name), deletion)

    def _created_by_apply(
        self, resource: ResourceType, namespace: str, name: str, config: Object, write: Write
    ) -> Object:
        config["metadata"]["name"] = name
        tried = Write(write.manager, dry_run=True, field_validation="Ignore")
        item = copied(self.create(resource, namespace, config, tried))
        item["metadata"].pop("managedFields", None)
        owned = ownership.applied(resource, None, config, write.manager, "", force=True)
        item["metadata"]["managedFields"] = owned["metadata"]["managedFields"]
        return self._kept(resource, item, write)

    def _decoded(self, resource: ResourceType, body: object, write: Write) -> Object:
        item, unknown = decode(resource, copied(body))
        if unknown and write.field_validation == "Strict":
            raise refuse_unknown(resource, unknown)
        if write.field_validation == "Warn":
            write.warnings += [f'unknown field "{path}"' for path in unknown]
        item["metadata"] = dict(item.get("metadata") or {})
        return item

    @staticmethod
    def _place(resource: ResourceType, namespace: str, item: Object) -> None:
        stated = item["metadata"].get("namespace")
        if resource.namespaced:
            if stated and stated != namespace:
                raise bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
            item["metadata"]["namespace"] = namespace
        else:
            item["metadata"].pop("namespace", None)

    def _change(
        self,
        resource: ResourceType,
        before: Object,
        item: Object,
        write: Write,
        subresource: str,
        *,
        tracked: bool = False,
    ) -> Object:
        metadata, old = item["metadata"], before["metadata"]
        self._agree(resource, metadata, old)
        self._place(resource, old.get("namespace", ""), item)
        for name in _KEPT_METADATA:
            metadata.pop(name, None)
            if name in old:
                metadata[name] = old[name]
        metadata["resourceVersion"] = old["resourceVersion"]
        item = restricted(resource, item, before, subresource)
        metadata = item["metadata"]
        apply_defaults(resource.key, item)
        if resource.key == ("", "services") and not subresource:
            assign_addresses(self.store, item, before)
        causes = change_causes(resource, item, before) if subresource != "status" else []
        if causes:
            raise invalid(resource.group, resource.kind, metadata["name"], causes)
        if not tracked:
            if "managedFields" not in metadata and "managedFields" in old:
                metadata["managedFields"] = old["managedFields"]
            ownership.track_update(resource, item, before, write.manager, subresource)
        if (resource.generation or (resource.custom and not subresource)) and wish(resource, item) != wish(
            resource, before
        ):
            item["metadata"]["generation"] = old.get("generation", 0) + 1
        if item == before:
            return before
        kept = self._kept(resource, item, write)
        return kept if write.dry_run else finish(self.store, resource, kept)

    @staticmethod
    def _agree(resource: ResourceType, metadata: Object, old: Object) -> None:
        name = str(metadata.setdefault("name", old["name"]))
        if name != old["name"]:
            raise other_name(name, old["name"])
        if metadata.get("uid") and metadata["uid"] != old["uid"]:
            detail = f"Precondition failed: UID in precondition: {metadata['uid']}, UID in object meta: {old['uid']}"
            raise conflict(resource.group, resource.plural, name, detail)
        stated = metadata.get("resourceVersion")
        if stated and stated != old["resourceVersion"]:
            raise modified_meanwhile(resource.group, resource.plural, name)
        if not stated and resource.custom:
            cause = invalid_value("metadata.resourceVersion", 0, "must be specified for an update")
            raise invalid(resource.group, resource.kind, name, [cause])

    def _kept(self, resource: ResourceType, item: Object, write: Write) -> Object:
        if write.dry_run:
            return item
        return self.store.put(resource.key, item)
