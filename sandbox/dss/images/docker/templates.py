"""The part of Docker's `--format` that scripts use: fields, and `{{json .}}`.

https://docs.docker.com/engine/cli/formatting/
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_FIELD = re.compile(r"\{\{\s*(json\s+)?\.(?P<path>[\w.]*)\s*\}\}")


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """Return a template with the values of its fields; a field that does not exist is `<no value>`."""

    def value(match: re.Match[str]) -> str:
        found: Any = values
        for part in filter(None, match["path"].split(".")):
            found = found.get(part, "<no value>") if isinstance(found, Mapping) else "<no value>"
        return json.dumps(found) if match[1] else str(found)

    if template == "json":
        return json.dumps(values)
    return _FIELD.sub(value, template)
