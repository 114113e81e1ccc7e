"""The `filter` parameter of Compute's lists: comparisons of a field with a literal or a regular expression.

Syntax: https://cloud.google.com/compute/docs/reference/rest/v1/zones/list (parameter `filter`)
"""

import re
from typing import Any

from sandbox.gcp.errors import GoogleError

_COMPARISON = re.compile(
    r"""\(?\s*(?P<field>[A-Za-z][\w.-]*)\s*(?P<operator>!=|=|:|\beq\b|\bne\b)\s*(?P<value>"[^"]*"|'[^']*'|[^\s()]+)\s*\)?"""
)


def matches(resource: dict[str, Any], expression: str) -> bool:
    """Tell whether a resource passes a filter; comparisons side by side or joined with AND must all hold.

    Raises:
        GoogleError: 400, the filter cannot be read.
    """
    rest = expression.strip()
    while rest:
        found = _COMPARISON.match(rest)
        if found is None:
            raise GoogleError(400, f"Invalid value for field 'filter': '{expression}'.", reason="invalid")
        if not _holds(resource, found["field"], found["operator"], found["value"].strip("\"'")):
            return False
        rest = rest[found.end() :].strip().removeprefix("AND").strip()
    return True


def _holds(resource: dict[str, Any], field: str, operator: str, wanted: str) -> bool:
    value: Any = resource
    for step in field.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    if operator == ":":
        return value is not None and wanted.strip("*") in text
    if operator in ("eq", "ne"):
        return (re.fullmatch(wanted, text) is not None) == (operator == "eq")
    # With `=`, an asterisk stands for anything; everything else is literal.
    pattern = ".*".join(re.escape(part) for part in wanted.split("*"))
    return (re.fullmatch(pattern, text) is not None) == (operator == "=")
