"""Answers in the form and version that a client asks for."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sandbox.kubernetes.embedded import tables
from sandbox.kubernetes.embedded.authentication import User
from sandbox.kubernetes.embedded.content import Wanted
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.paths import Attributes
from sandbox.kubernetes.embedded.store import Object
from sandbox.kubernetes.embedded.versions import outgoing


@dataclass(frozen=True)
class Asked:
    """One authorized request on a resource.

    Attributes:
        request: the HTTP request.
        attributes: what is asked.
        resource: the resource, in the form in which its objects are kept.
        told: the resource as it was asked for.
        user: who asks.
        wanted: the form of the answer.
    """

    request: Request
    attributes: Attributes
    resource: ResourceType
    told: ResourceType
    user: User
    wanted: Wanted

    @property
    def namespace(self) -> str:
        """The namespace, empty for cluster-wide resources (a Namespace object lives in none)."""
        return self.attributes.namespace if self.resource.namespaced else ""

    @property
    def query(self) -> Mapping[str, str]:
        """The query."""
        return self.request.query_params


def _bare(item: Object) -> Object:
    return {name: value for name, value in item.items() if name not in {"kind", "apiVersion"}}


def list_of(resource: ResourceType, items: list[Object], metadata: Object) -> Object:
    """Return a list in the version that is asked for."""
    if not resource.custom:
        # Lists of built-in kinds tell kind and version once, for the whole list.
        items = [_bare(outgoing(resource, one)) for one in items]
    else:
        items = [outgoing(resource, one) for one in items]
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.api_version,
        "metadata": metadata,
        "items": items,
    }


def presenter(asked: Asked) -> Callable[[Object], Object]:
    """Return what turns the object of a watch event into the form that is asked for."""
    form, include = asked.wanted.form, asked.query.get("includeObject", "Metadata")
    described = False

    def as_table(item: Object) -> Object:
        nonlocal described
        metadata = {"resourceVersion": item["metadata"].get("resourceVersion", "")}
        body = tables.table(asked.resource, [item], metadata, include, with_columns=not described)
        described = True
        return body

    if form == "Table":
        return as_table
    return tables.partial if form == "PartialObjectMetadata" else lambda item: outgoing(asked.told, item)


def stream(lines: AsyncIterator[bytes], media: str) -> Response:
    """Return an answer that goes on for as long as there are lines."""
    return StreamingResponse(lines, headers={"Cache-Control": "no-cache, private"}, media_type=media)
