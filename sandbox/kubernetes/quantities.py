"""Resource quantities such as `500m`, `1Gi` and `2`, in the canonical form in which a server gives them back.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import re
from decimal import ROUND_UP, Decimal
from functools import lru_cache

_FORM = re.compile(r"^(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$")
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BY_EXPONENT = {exponent: suffix for suffix, exponent in _DECIMAL.items()}


class NotAQuantityError(ValueError):
    """The text is no quantity."""


@lru_cache(maxsize=10_000)
def parse(text: str) -> Decimal:
    """Return the number a quantity stands for.

    Raises:
        NotAQuantityError: it is none.
    """
    number, suffix = _split(text)
    if suffix in _BINARY:
        return number * Decimal(1024) ** _BINARY[suffix]
    return number.scaleb(_exponent(suffix))


@lru_cache(maxsize=10_000)
def canonical(text: str) -> str:
    """Return the quantity with the largest suffix that leaves no fraction.

    Raises:
        NotAQuantityError: it is none.
    """
    number, suffix = _split(text)
    if suffix in _BINARY:
        value = number * 1024 ** _BINARY[suffix]
        if abs(value) >= 1024 and value == value.to_integral_value():
            return _binary(int(value))
    else:
        value = number.scaleb(_exponent(suffix))
    if value == 0:
        return "0"
    value = value.quantize(Decimal("1e-9"), rounding=ROUND_UP)
    exponent = next(one for one in sorted(_BY_EXPONENT, reverse=True) if value.scaleb(-one) % 1 == 0)
    if suffix[:1] in {"e", "E"} and len(suffix) > 1:
        return f"{int(value.scaleb(-exponent))}" + (f"e{exponent}" if exponent else "")
    return f"{int(value.scaleb(-exponent))}{_BY_EXPONENT[exponent]}"


def _binary(value: int) -> str:
    for suffix, power in sorted(_BINARY.items(), key=lambda pair: -pair[1]):
        if value % 1024**power == 0:
            return f"{value // 1024**power}{suffix}"
    return str(value)


def _split(text: str) -> tuple[Decimal, str]:
    found = _FORM.match(text)
    if found is None:
        raise NotAQuantityError(text)
    return Decimal(found["number"]), found["suffix"] or ""


def _exponent(suffix: str) -> int:
    return _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
