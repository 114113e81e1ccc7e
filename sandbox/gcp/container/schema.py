"""Bodies of the API as JSON: what a request may say, in which spelling, and how an answer writes it.

Bodies stay dicts in proto3 JSON (https://protobuf.dev/programming-guides/json/): camelCase names, enums as names, int64
as strings.
"""

from collections.abc import Callable
from typing import Any

from sandbox.gcp.container.documents import Json
from sandbox.gcp.container.messages import Field, Message, message
from sandbox.gcp.errors import GoogleError

_INT_BITS = {"int32": 31, "int64": 63}


def read(name: str, body: object) -> Json:
    """Check a request body against a message and return it in canonical proto3 JSON.

    Numbers of enums become names, snake_case names become camelCase, and zero values vanish unless the field keeps
    track of having been set: exactly what parsing and printing by the real service does.

    Raises:
        GoogleError: 400 with BadRequest details that name every unknown field and every value of a wrong type.
    """
    if not isinstance(body, dict):
        raise _bad_request([("", "Invalid JSON payload received. Unexpected token.\n^")])
    violations: list[tuple[str, str]] = []
    result = _Reader(violations).message(message(name), body, "")
    if violations:
        raise _bad_request(violations)
    return result


def _bad_request(violations: list[tuple[str, str]]) -> GoogleError:
    return GoogleError(
        400,
        "\n".join(text for _, text in violations),
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [
                    {"field": path, "description": text} if path else {"description": text} for path, text in violations
                ],
            }
        ],
    )


class _Reader:
    """One pass over a body, collecting what is wrong."""

    def __init__(self, violations: list[tuple[str, str]]) -> None:
        self._violations = violations

    def message(self, schema: Message, body: Json, path: str) -> Json:
        result: Json = {}
        for name, value in body.items():
            known = schema.find(name)
            if known is None:
                where = f" at '{path}'" if path else ""
                self._violations.append(
                    (path, f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.')
                )
                continue
            if value is None:
                continue
            read_value = self._field(known, value, f"{path}.{known.proto_name}" if path else known.proto_name)
            if read_value is not None:
                result[known.name] = read_value
        return result

    def _field(self, known: Field, value: Any, path: str) -> Any:
        if known.is_map:
            if not isinstance(value, dict):
                return self._invalid(path, f"Map field {known.proto_name}", value)
            return {key: self._value(known, item, f"{path}[{key}]") for key, item in value.items()} or None
        if known.repeated:
            if not isinstance(value, list):
                return self._invalid(path, _type_name(known), value)
            return [self._value(known, item, f"{path}[{index}]") for index, item in enumerate(value)] or None
        result = self._value(known, value, path)
        if result in _ZEROS.get(known.kind, ()) or _is_zero_enum(known, result):
            return result if known.echoes_zero else None
        return result

    def _value(self, known: Field, value: Any, path: str) -> Any:
        if known.kind == "message":
            if not isinstance(value, dict) or known.message is None:
                return self._invalid(path, _type_name(known), value)
            return self.message(known.message, value, path)
        converted = _CONVERTERS[known.kind](known, value)
        return self._invalid(path, _type_name(known), value) if converted is None else converted

    def _invalid(self, path: str, wanted: str, value: Any) -> None:
        shown = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else value
        self._violations.append((path, f"Invalid value at '{path}' ({wanted}), {shown}"))


_ZEROS: dict[str, tuple[Any, ...]] = {"bool": (False,), "int32": (0,), "int64": ("0",), "string": ("",), "double": (0,)}


def _is_zero_enum(known: Field, value: Any) -> bool:
    return known.kind == "enum" and known.enum is not None and known.enum.get(value) == 0


def _type_name(known: Field) -> str:
    if known.kind == "enum":
        return f"type.googleapis.com/{known.enum_name}"
    if known.kind == "message" and known.message is not None:
        return f"type.googleapis.com/google.container.v1.{known.message.name}"
    return f"TYPE_{known.kind.upper()}"


def _read_bool(_known: Field, value: Any) -> bool | None:
    return value if isinstance(value, bool) else {"true": True, "false": False}.get(value) if _is_text(value) else None


def _read_int(known: Field, value: Any) -> int | str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value) if not isinstance(value, float) else int(value) if value.is_integer() else None
    except ValueError:
        return None
    if number is None or not -(2 ** _INT_BITS[known.kind]) <= number < 2 ** _INT_BITS[known.kind]:
        return None
    return str(number) if known.kind == "int64" else number


def _read_enum(known: Field, value: Any) -> str | None:
    names = known.enum or {}
    if _is_text(value):
        return value if value in names else None
    if isinstance(value, int) and not isinstance(value, bool):
        return next((name for name, number in names.items() if number == value), None)
    return None


def _read_double(_known: Field, value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _read_string(_known: Field, value: Any) -> str | None:
    return value if _is_text(value) else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_CONVERTERS: dict[str, Callable[[Field, Any], Any]] = {
    "bool": _read_bool,
    "int32": _read_int,
    "int64": _read_int,
    "double": _read_double,
    "string": _read_string,
    "enum": _read_enum,
}


def _has_enums(schema: Message) -> bool:
    """Tell whether there is an enum anywhere in a message; most have none, and need no pass over their values."""
    if schema.name not in _WITH_ENUMS:
        _WITH_ENUMS[schema.name] = _finds_enum(schema, set())
    return _WITH_ENUMS[schema.name]


_WITH_ENUMS: dict[str, bool] = {}


def _finds_enum(schema: Message, seen: set[str]) -> bool:
    if schema.name in seen:
        return False
    seen.add(schema.name)
    return any(
        known.kind == "enum" or (known.message is not None and _finds_enum(known.message, seen))
        for known in schema.fields.values()
    )


def with_enum_numbers(name: str, body: Json) -> Json:
    """Return an answer with its enums as numbers, as `$alt=json;enum-encoding=int` asks for."""
    numbered: Json = _renamed(message(name), body, lambda known, value: (known.enum or {}).get(value, value))
    return numbered


def with_enum_names(name: str, body: object) -> Any:
    """Return a body with its enum numbers as names and everything else as it is, whether valid or not."""
    return _renamed(message(name), body, lambda known, value: _read_enum(known, value) or value)


def _renamed(schema: Message, body: Any, rename: Callable[[Field, Any], Any]) -> Any:
    if not isinstance(body, dict):
        return body
    return {name: _renamed_field(schema.find(name), value, rename) for name, value in body.items()}


def _renamed_field(known: Field | None, value: Any, rename: Callable[[Field, Any], Any]) -> Any:
    if known is None or known.kind not in ("enum", "message"):
        return value
    if known.is_map and isinstance(value, dict):
        return {key: _renamed_value(known, item, rename) for key, item in value.items()}
    if known.repeated and isinstance(value, list):
        return [_renamed_value(known, item, rename) for item in value]
    return _renamed_value(known, value, rename)


def _renamed_value(known: Field, value: Any, rename: Callable[[Field, Any], Any]) -> Any:
    if known.kind == "message" and known.message is not None:
        return _renamed(known.message, value, rename) if _has_enums(known.message) else value
    return rename(known, value) if isinstance(value, str | int) else value
