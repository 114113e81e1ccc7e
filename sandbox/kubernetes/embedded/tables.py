"""Lists as tables (`as=Table`): kubectl prints what the server puts into the cells.

https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.kubernetes.embedded import durations
from sandbox.kubernetes.embedded.cells import Column
from sandbox.kubernetes.embedded.columns import COLUMNS
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.schemas import root
from sandbox.kubernetes.embedded.store import Object


def table(
    resource: ResourceType,
    items: Iterable[Object],
    metadata: Mapping[str, Any],
    include: str = "Metadata",
    *,
    with_columns: bool = True,
) -> Object:
    """Return objects as a table.

    Args:
        resource: what they are.
        items: the objects.
        metadata: the list's metadata.
        include: what each row carries beside its cells: `None`, `Metadata` or `Object`.
        with_columns: whether to describe the columns; a watch does so once.
    """
    columns = _columns(resource)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": dict(metadata),
        "columnDefinitions": [_definition(resource, column) for column in columns] if with_columns else None,
        "rows": [_row(columns, item, include) for item in items],
    }


def _columns(resource: ResourceType) -> tuple[Column, ...]:
    if resource.custom:
        own = tuple(_printed(one) for one in resource.columns)
        return (_NAME, *(own or (_AGE,)))
    return COLUMNS.get(resource.key) or (_NAME, _CREATED)


def _definition(resource: ResourceType, column: Column) -> Object:
    return {
        "name": column.name,
        "type": column.type,
        "format": "name" if column.name == "Name" else "",
        "description": column.description or _described(resource, column.source),
        "priority": column.priority,
    }


def _described(resource: ResourceType, path: str) -> str:
    """Return what the API says of a field."""
    node, told = root(resource), ""
    for name in path.split("."):
        field = node.fields.get(name)
        if field is None:
            return ""
        node, told = field.node, field.description
    # The client's generator joins paragraphs by two spaces.
    return told.replace(".  ", ".\n\n")


def _row(columns: tuple[Column, ...], item: Object, include: str) -> Object:
    row: Object = {"cells": [column.cell(item) for column in columns]}
    if include == "Object":
        row["object"] = item
    elif include != "None":
        row["object"] = partial(item)
    return row


def partial(item: Object) -> Object:
    """Return an object's `PartialObjectMetadata`."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}


def partial_list(items: Iterable[Object], metadata: Mapping[str, Any]) -> Object:
    """Return a `PartialObjectMetadataList`."""
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": dict(metadata),
        "items": [partial(item) for item in items],
    }


def _printed(definition: Mapping[str, Any]) -> Column:
    path = str(definition.get("jsonPath", ""))
    date = definition.get("type") == "date"

    def cell(item: Object) -> Any:
        found = _at(item, path)
        return durations.age(found) if date else found

    return Column(
        definition["name"],
        cell,
        type=definition.get("type", "string"),
        priority=definition.get("priority", 0),
        description=definition.get("description", ""),
    )


_STEP = re.compile(
    r"\[\?\(@\.(?P<field>\w+)==['\"](?P<value>[^'\"]*)['\"]\)\]|\[(?P<place>\d+)\]|\.?(?P<name>(?:\\.|[^.\[\\])+)"
)


def _at(item: Any, path: str) -> Any:
    r"""Follow a JSON path such as `.status.conditions[?(@.type=='Ready')].status` or `.metadata.labels.a\.b`."""
    for step in _STEP.finditer(path.strip("{}")):
        if step["name"]:
            item = item.get(step["name"].replace("\\", "")) if isinstance(item, Mapping) else None
        elif not isinstance(item, list):
            return None
        elif step["place"]:
            item = item[int(step["place"])] if int(step["place"]) < len(item) else None
        else:
            item = next((one for one in item if str(one.get(step["field"])) == step["value"]), None)
    return item


_NAME = Column("Name", lambda item: item["metadata"]["name"], source="metadata.name")
_AGE = Column(
    "Age",
    lambda item: durations.age(item["metadata"].get("creationTimestamp")),
    type="date",
    source="metadata.creationTimestamp",
)
_CREATED = Column(
    "Created At",
    lambda item: item["metadata"].get("creationTimestamp"),
    type="date",
    source="metadata.creationTimestamp",
)
