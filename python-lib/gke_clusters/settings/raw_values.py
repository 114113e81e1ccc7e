"""What DSS sends for one field, made the one Python type that the field's DSS type stands for.

DSS and clients of its API are not strict: a number may arrive as ``3.0`` or ``"3"``, a field that was never touched may
be absent, ``null`` or ``""``. What can only be meant one way is taken so; everything else is refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from gke_clusters.settings.descriptors import Parameter
from gke_clusters.settings.rules import quoted

KEY_VALUE_TYPES = ("KEY_VALUE_LIST", "MAP")

_SWITCH_TEXTS = {"true": True, "false": False}
_WHOLE_NUMBER_PATTERN = re.compile(r"([+-]?[0-9]{1,20})(\.0*)?")
_LARGEST_NUMBER_AS_TEXT = 2**63
"""More digits than any ID of Google has are a mistake, and Python refuses to write some thousands of them."""


class WrongValue(ValueError):  # noqa: N818 - reads as what it is where it is raised
    """The value is not one that the field can hold; the message says what it can hold."""


def _clean(text: str, *, one_line: bool) -> str:
    text = text.strip()
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise WrongValue("holds characters that are not valid Unicode")
    if one_line and any(ord(char) < ord(" ") or char == "\x7f" for char in text):
        raise WrongValue("holds line breaks or control characters")
    return text


def text_of(raw: object, *, one_line: bool = True) -> str:
    """A text without surrounding blanks; ``null`` is the empty text and a whole number its digits."""
    if raw is None:
        return ""
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) <= _LARGEST_NUMBER_AS_TEXT:
        return str(raw)
    if not isinstance(raw, str):
        raise WrongValue("must be a text")
    return _clean(raw, one_line=one_line)


def _is_nothing(raw: object) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip())


def whole_number_of(raw: object) -> int | None:
    """A whole number, also when it arrives as ``3.0`` or ``"3"``; ``None`` when nothing was entered."""
    if _is_nothing(raw):
        return None
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if isinstance(raw, str) and (match := _WHOLE_NUMBER_PATTERN.fullmatch(raw.strip())):
        return int(match[1])
    raise WrongValue("must be a whole number")


def number_of(raw: object) -> float | None:
    """A number, also when it arrives as text; ``None`` when nothing was entered."""
    if _is_nothing(raw):
        return None
    if isinstance(raw, int | float | str) and not isinstance(raw, bool):
        try:
            number = float(raw)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise WrongValue("must be a number")


def switch_of(raw: object) -> bool | None:
    """Ticked or not, also when it arrives as ``"true"`` or as ``1``; ``None`` when nothing was entered."""
    if _is_nothing(raw):
        return None
    if isinstance(raw, int) and raw in (0, 1):
        return bool(raw)
    if isinstance(raw, str) and raw.strip().lower() in _SWITCH_TEXTS:
        return _SWITCH_TEXTS[raw.strip().lower()]
    raise WrongValue("must be ticked or not (true or false)")


def _choice_of(raw: object, choices: Mapping[str, str]) -> str | None:
    text = text_of(raw)
    if not text:
        return None
    if text not in choices:
        raise WrongValue(f"{quoted(text)} is none of its choices: {', '.join(choices)}")
    return text


def _texts_of(raw: object) -> list[str]:
    if raw is None or raw == "":
        return []
    if not isinstance(raw, list):
        raise WrongValue("must be a list of texts")
    texts = (text_of(each) for each in raw)
    return list(dict.fromkeys(text for text in texts if text))


def _pairs_of(raw: object) -> dict[str, str]:
    """DSS sends the rows of a KEY_VALUE_LIST as ``{"from": key, "to": value}``, and a MAP as one object."""
    # As in 1.5.1, the last value of a key that is given twice counts.
    return dict(_key_value_rows(raw))


def _key_value_rows(raw: object) -> Iterator[tuple[str, str]]:
    if raw is None or raw == "":
        return
    if isinstance(raw, Mapping):
        rows = list(raw.items())
    elif isinstance(raw, list) and all(isinstance(row, Mapping) for row in raw):
        rows = [(row.get("from"), row.get("to")) for row in raw]
    else:
        raise WrongValue("must be a list of keys and values")
    for raw_key, raw_value in rows:
        key, value = text_of(raw_key), text_of(raw_value)
        if not key and value:
            raise WrongValue(f"the value {quoted(value)} has no key")
        if key:
            yield key, value


def overwritten_keys(parameter: Parameter, raw: object) -> list[str]:
    """The keys whose earlier values do not count, since a later row gives them another one.

    Args:
        parameter: the field; only those of keys and values have rows that can do so.
        raw: what :func:`value_of` took for it.
    """
    if parameter.type not in KEY_VALUE_TYPES:
        return []
    rows = list(_key_value_rows(raw))
    last = dict(rows)
    return list(dict.fromkeys(key for key, value in rows if value != last[key]))


def _rows_of(raw: object, columns: tuple[Parameter, ...]) -> list[dict[str, Any]]:
    if raw is None or raw == "":
        return []
    if not isinstance(raw, list) or not all(isinstance(row, Mapping) for row in raw):
        raise WrongValue("must be a list of rows")
    rows = []
    for number, row in enumerate(raw, start=1):
        values = {column.name: _cell_of(column, row, number) for column in columns}
        if any(values.values()):
            rows.append(values)
    return rows


def _cell_of(column: Parameter, row: Mapping[str, Any], number: int) -> Any:
    try:
        return value_of(column, row.get(column.name))
    except WrongValue as error:
        raise WrongValue(f"row {number}, {column.label}: {error}") from None


_READERS: Mapping[str, Callable[[object], Any]] = {
    "STRING": text_of,
    "CLUSTER": text_of,
    "TEXTAREA": partial(text_of, one_line=False),
    "PASSWORD": partial(text_of, one_line=False),
    "INT": whole_number_of,
    "DOUBLE": number_of,
    "BOOLEAN": switch_of,
    "STRINGS": _texts_of,
    **dict.fromkeys(KEY_VALUE_TYPES, _pairs_of),
}


def value_of(parameter: Parameter, raw: object) -> Any:
    """The value of a field, by the DSS type of its parameter.

    Returns:
        ``str`` for STRING, CLUSTER, TEXTAREA and PASSWORD (empty when nothing was entered); ``str`` or ``None`` for
        SELECT; ``int`` or ``None`` for INT; ``float`` or ``None`` for DOUBLE; ``bool`` or ``None`` for BOOLEAN; a list
        of distinct ``str`` for STRINGS; ``dict`` for KEY_VALUE_LIST and MAP; a list of ``dict`` for OBJECT_LIST.

    Raises:
        WrongValue: if the value is not one that the field can hold.
        NotImplementedError: for a type that no dialog of this plugin uses.
    """
    match parameter.type:
        case "OBJECT_LIST":
            return _rows_of(raw, parameter.columns)
        case "SELECT":
            return _choice_of(raw, parameter.choices or {})
        case plain if plain in _READERS:
            return _READERS[plain](raw)
    raise NotImplementedError(f"parameters of type {parameter.type}")
