"""Requests on resources, from an authorized call to its answer."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from sandbox.kubernetes.embedded import custom_resources, subresources, tables
from sandbox.kubernetes.embedded.authentication import Authenticator, User
from sandbox.kubernetes.embedded.authorization import Authorizer
from sandbox.kubernetes.embedded.content import answer, read_body, read_options, read_patch, read_write, wanted
from sandbox.kubernetes.embedded.deletion import Outcome, read_deletion
from sandbox.kubernetes.embedded.escalation import refuse_escalation
from sandbox.kubernetes.embedded.listing import page, read_selection, read_watch
from sandbox.kubernetes.embedded.patches import APPLY_PATCH
from sandbox.kubernetes.embedded.paths import Attributes
from sandbox.kubernetes.embedded.presenting import Asked, list_of, presenter, stream
from sandbox.kubernetes.embedded.registry import Registry, Write
from sandbox.kubernetes.embedded.reviews import REVIEWS, Reviews
from sandbox.kubernetes.embedded.statuses import (
    StatusError,
    bad_request,
    deleted,
    method_not_allowed,
    no_such_resource,
    not_found,
)
from sandbox.kubernetes.embedded.store import Object
from sandbox.kubernetes.embedded.versions import incoming, outgoing, stored
from sandbox.kubernetes.embedded.watching import Watch

# The kinds whose delete answers with the object even when it is gone at once.
_RETURNED_WHEN_DELETED = {
    "limitranges",
    "persistentvolumeclaims",
    "persistentvolumes",
    "pods",
    "podtemplates",
    "resourcequotas",
    "serviceaccounts",
    "services",
    "storageclasses",
}
_SCALE = "scale"


class Handlers:
    """Answers the requests on one cluster's resources."""

    def __init__(self, registry: Registry, authenticator: Authenticator, authorizer: Authorizer) -> None:
        self._registry = registry
        self._authenticator = authenticator
        self._authorizer = authorizer
        self._reviews = Reviews(authenticator, authorizer)
        self._verbs: Mapping[str, Callable[[Asked], Awaitable[Response]]] = {
            "get": self._get,
            "list": self._list,
            "watch": self._watch,
            "create": self._create,
            "update": self._update,
            "patch": self._patch,
            "delete": self._delete,
            "deletecollection": self._delete_collection,
        }

    async def answer(self, request: Request, attributes: Attributes, user: User) -> Response:
        """Answer a request that the user is allowed to make.

        Raises:
            StatusError: it cannot be done.
        """
        resource = self._registry.catalogue.find(attributes.group, attributes.version, attributes.resource)
        if resource is None:
            raise no_such_resource()
        below = attributes.subresource
        if below and below not in resource.subresources:
            raise no_such_resource()
        verbs = resource.subresources[below] if below else resource.verbs
        if attributes.verb not in verbs:
            raise method_not_allowed()
        if below == "proxy":
            raise StatusError(503, "no endpoints available: pods of the sandbox serve nothing")
        kept = stored(self._registry.catalogue, resource)
        asked = Asked(request, attributes, kept, resource, user, wanted(request))
        return await self._verbs[attributes.verb](asked)

    async def _get(self, asked: Asked) -> Response:
        item = self._registry.get(asked.resource, asked.namespace, asked.attributes.name)
        below = asked.attributes.subresource
        if below == "log":
            return self._log(asked, item)
        if below in {"", "status", "ephemeralcontainers"}:
            return self._present(asked, item)
        if below == _SCALE:
            return answer(subresources.scale_of(item), media=asked.wanted.media)
        raise StatusError(501, f"{below} is not simulated", reason="NotImplemented")

    def _log(self, asked: Asked, pod: Object) -> Response:
        text = subresources.log_text(pod, asked.query)
        if not pod["spec"].get("nodeName"):
            return Response(status_code=204)
        if asked.query.get("follow") == "true":
            lines = subresources.followed_log(self._registry.store, pod, text)
            return stream(lines, "text/plain")
        return Response(text, media_type="text/plain")

    async def _list(self, asked: Asked) -> Response:
        resource, query = asked.resource, asked.query
        selection = read_selection(resource, query)
        items = self._registry.list(resource, asked.namespace, selection)
        selected = bool(selection.labels or selection.fields)
        items, metadata = page(self._registry.store, items, query, selected=selected)
        if asked.wanted.form == "Table":
            include = query.get("includeObject", "Metadata")
            return answer(tables.table(resource, items, metadata, include), media=asked.wanted.media)
        if asked.wanted.form == "PartialObjectMetadata":
            return answer(tables.partial_list(items, metadata), media=asked.wanted.media)
        return answer(list_of(asked.told, items, metadata), media=asked.wanted.media)

    async def _watch(self, asked: Asked) -> Response:
        selection = read_selection(asked.resource, asked.query, asked.attributes.name)
        options = read_watch(asked.resource, asked.namespace, asked.query, selection, self._registry.store)
        watch = Watch(self._registry.store, asked.resource, options)
        lines = watch.lines(presenter(asked))
        return stream(lines, "application/json")

    async def _create(self, asked: Asked) -> Response:
        body = incoming(asked.told, await read_body(asked.request))
        write = read_write(asked.request)
        resource, below = asked.resource, asked.attributes.subresource
        if not isinstance(body, dict):
            raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind})")
        if resource.plural in REVIEWS:
            return answer(self._reviews.answer(resource, asked.namespace, body, asked.user), 201, asked.wanted.media)
        if below or resource.plural == "bindings":
            return answer(self._create_below(asked, body, write), 201, asked.wanted.media)
        if asked.attributes.name:
            raise method_not_allowed()
        if resource.namespaced and not asked.namespace:
            raise method_not_allowed()
        refuse_escalation(self._authorizer, asked.user, resource, asked.namespace, body)
        item = self._registry.create(resource, asked.namespace, body, write)
        if not write.dry_run:
            custom_resources.follow(self._registry, resource, item)
        return self._present(asked, item, 201, write)

    def _create_below(self, asked: Asked, body: Object, write: Write) -> Object:
        name, below = asked.attributes.name, asked.attributes.subresource
        if asked.resource.plural == "bindings":
            pods = self._registry.catalogue.find("", "v1", "pods") or asked.resource
            name = (body.get("metadata") or {}).get("name", "")
            return subresources.bind(self._registry, pods, asked.namespace, body, name, write)
        if below == "binding":
            return subresources.bind(self._registry, asked.resource, asked.namespace, body, name, write)
        if below == "eviction":
            return subresources.evict(self._registry, asked.resource, asked.namespace, name, body)
        if below == "token":
            account = self._registry.get(asked.resource, asked.namespace, name)
            return subresources.issue_token(self._authenticator, account, body, self._registry.store)
        raise StatusError(501, f"{below} is not simulated", reason="NotImplemented")

    async def _update(self, asked: Asked) -> Response:
        body = incoming(asked.told, await read_body(asked.request))
        write = read_write(asked.request)
        resource, below, name = asked.resource, asked.attributes.subresource, asked.attributes.name
        item = self._registry.get(resource, asked.namespace, name)
        if below == _SCALE:
            return answer(subresources.set_scale(self._registry, resource, item, body, "", write))
        if not below and isinstance(body, dict):
            refuse_escalation(self._authorizer, asked.user, resource, asked.namespace, body)
        changed = self._registry.update(resource, asked.namespace, name, body, write, below)
        if not write.dry_run:
            custom_resources.follow(self._registry, resource, changed)
        return self._present(asked, changed, 200, write)

    async def _patch(self, asked: Asked) -> Response:
        patch, kind = await read_patch(asked.request)
        patch = incoming(asked.told, patch)
        write = read_write(asked.request)
        resource, below, name = asked.resource, asked.attributes.subresource, asked.attributes.name
        if below == _SCALE:
            item = self._registry.get(resource, asked.namespace, name)
            return answer(subresources.set_scale(self._registry, resource, item, patch, kind, write))
        created = False
        if kind == APPLY_PATCH:
            if not asked.query.get("fieldManager"):
                raise bad_request(
                    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
                )
            if isinstance(patch, dict):
                refuse_escalation(self._authorizer, asked.user, resource, asked.namespace, patch)
            changed, created = self._registry.apply(resource, asked.namespace, name, patch, write, below)
        else:
            if isinstance(patch, dict) and not below:
                refuse_escalation(self._authorizer, asked.user, resource, asked.namespace, patch)
            changed = self._registry.patch(resource, asked.namespace, name, patch, kind, write, below)
        if not write.dry_run:
            custom_resources.follow(self._registry, resource, changed)
        return self._present(asked, changed, 201 if created else 200, write)

    async def _delete(self, asked: Asked) -> Response:
        options = await read_options(asked.request)
        deletion = read_deletion(options, dict(asked.query))
        outcome = self._registry.delete(asked.resource, asked.namespace, asked.attributes.name, deletion)
        if not deletion.dry_run:
            custom_resources.forget(self._registry, asked.resource, outcome)
        return self._deleted(asked, outcome)

    def _deleted(self, asked: Asked, outcome: Outcome) -> Response:
        resource = asked.resource
        if not outcome.gone or resource.plural in _RETURNED_WHEN_DELETED:
            return self._present(asked, outcome.item)
        metadata = outcome.item["metadata"]
        return answer(deleted(resource.group, resource.plural, metadata["name"], metadata["uid"]))

    async def _delete_collection(self, asked: Asked) -> Response:
        options = await read_options(asked.request)
        deletion = read_deletion(options, dict(asked.query))
        if asked.resource.namespaced and not asked.namespace:
            raise method_not_allowed()
        items = self._registry.list(asked.resource, asked.namespace, read_selection(asked.resource, asked.query))
        gone = []
        for item in items:
            metadata = item["metadata"]
            try:
                outcome = self._registry.delete(
                    asked.resource, metadata.get("namespace", ""), metadata["name"], deletion
                )
            except StatusError as error:
                if error.code != not_found("", "", "").code:
                    raise
                continue
            custom_resources.forget(self._registry, asked.resource, outcome)
            gone.append(outcome.item)
        metadata = {"resourceVersion": str(self._registry.store.version)}
        return answer(list_of(asked.told, gone, metadata), media=asked.wanted.media)

    def _present(self, asked: Asked, item: Object, status: int = 200, write: Write | None = None) -> Response:
        warnings = tuple(write.warnings) if write else ()
        body = outgoing(asked.told, item)
        if asked.wanted.form == "Table":
            metadata = {"resourceVersion": item["metadata"].get("resourceVersion", "")}
            body = tables.table(asked.resource, [item], metadata, asked.query.get("includeObject", "Metadata"))
        elif asked.wanted.form == "PartialObjectMetadata":
            body = tables.partial(item)
        return answer(body, status, asked.wanted.media, warnings)
