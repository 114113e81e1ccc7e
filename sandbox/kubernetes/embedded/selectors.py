"""Label and field selectors of list and watch requests.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api and .../field-selectors/
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.kubernetes.embedded.statuses import bad_request
from sandbox.kubernetes.labels import Requirement

_SET_TERM = re.compile(r"^(?P<key>[^\s!=,()]+)\s+(?P<operator>in|notin)\s*\((?P<values>[^)]*)\)$")
_EQUAL_TERM = re.compile(r"^(?P<key>[^\s!=,()]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[^\s!=,()]*)$")
_EXISTS_TERM = re.compile(r"^(?P<not>!?)\s*(?P<key>[^\s!=,()]+)$")


def parse_label_selector(text: str) -> list[Requirement]:
    """Read `a=b,c in (d,e),!f`.

    Raises:
        StatusError: the text is no selector.
    """
    return [_requirement(term.strip()) for term in re.split(r",(?![^(]*\))", text) if term.strip()]


def _requirement(term: str) -> Requirement:
    if found := _SET_TERM.match(term):
        values = frozenset(value.strip() for value in found["values"].split(","))
        return Requirement(found["key"], "In" if found["operator"] == "in" else "NotIn", values)
    if found := _EQUAL_TERM.match(term):
        return Requirement(found["key"], "NotIn" if found["operator"] == "!=" else "In", frozenset({found["value"]}))
    if found := _EXISTS_TERM.match(term):
        return Requirement(found["key"], "DoesNotExist" if found["not"] else "Exists")
    token = next((one for one in term if one in "=!"), term)
    raise bad_request(f"found '{token}', expected: ',' or 'end of string'")


@dataclass(frozen=True)
class FieldTerm:
    """One condition on a field: equal, or not equal."""

    path: str
    value: str
    equal: bool


# https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/#list-of-supported-fields
_FIELDS: dict[tuple[str, str], frozenset[str]] = {
    ("", "pods"): frozenset(
        {
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        }
    ),
    ("", "events"): frozenset(
        {
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        }
    ),
    ("", "secrets"): frozenset({"type"}),
    ("", "namespaces"): frozenset({"status.phase"}),
    ("", "nodes"): frozenset({"spec.unschedulable"}),
    ("", "services"): frozenset({"spec.clusterIP", "spec.type"}),
    ("", "replicationcontrollers"): frozenset({"status.replicas"}),
    ("apps", "replicasets"): frozenset({"status.replicas"}),
    ("batch", "jobs"): frozenset({"status.successful"}),
}


def parse_field_selector(text: str, key: tuple[str, str]) -> list[FieldTerm]:
    """Read `status.phase=Running,spec.nodeName!=x` for one resource.

    Raises:
        StatusError: the text is no selector, or the resource has no such selectable field.
    """
    terms = []
    for part in text.split(","):
        if not part.strip():
            continue
        operator = next((one for one in ("!=", "==", "=") if one in part), None)
        if operator is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        path, value = (side.strip() for side in part.split(operator, 1))
        if path not in {"metadata.name", "metadata.namespace"} and path not in _FIELDS.get(key, frozenset()):
            if key in _FIELDS:
                raise bad_request(f"field label not supported: {path}")
            known = 'only "metadata.name", "metadata.namespace"'
            raise bad_request(f'"{path}" is not a known field selector: {known}')
        terms.append(FieldTerm(path, value, operator != "!="))
    return terms


def field_value(item: Mapping[str, Any], path: str) -> str:
    """Return a field as a selector compares it: empty when absent, booleans in lower case."""
    value: Any = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "false" if path in {"spec.unschedulable", "spec.hostNetwork"} else ""
    return str(value)


@dataclass(frozen=True)
class Selection:
    """Which objects a list or watch wants."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[FieldTerm, ...] = ()

    def matches(self, item: Mapping[str, Any]) -> bool:
        """Tell whether the object is wanted."""
        labels = item["metadata"].get("labels") or {}
        return all(one.matches(labels) for one in self.labels) and all(
            (field_value(item, one.path) == one.value) is one.equal for one in self.fields
        )
