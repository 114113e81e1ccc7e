"""Whether the form shows a field: DSS's ``visibilityCondition``, evaluated over the values of the same form.

DSS evaluates these expressions in the browser only. Values of hidden fields still arrive, and must not count.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cache

_PYTHON_SPELLING = (
    (re.compile(r"&&"), " and "),
    (re.compile(r"\|\|"), " or "),
    (re.compile(r"!(?!=)"), " not "),
)


@cache
def _parsed(condition: str) -> ast.expr:
    for pattern, replacement in _PYTHON_SPELLING:
        condition = pattern.sub(replacement, condition)
    return ast.parse(condition.strip(), mode="eval").body


def _value(node: ast.expr, model: Mapping[str, object]) -> object:
    match node:
        case ast.BoolOp(op=operator, values=parts):
            combine = all if isinstance(operator, ast.And) else any
            return combine(_value(part, model) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _value(operand, model)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as comparison], comparators=[right]):
            are_equal = _value(left, model) == _value(right, model)
            return are_equal is isinstance(comparison, ast.Eq)
        case ast.Attribute(value=ast.Name(id="model"), attr=name):
            return model.get(name)
        case ast.Constant(value=constant):
            return constant
    raise ValueError(f"the condition has an expression that is not supported: {ast.unparse(node)}")


def is_visible(condition: str, model: Mapping[str, object]) -> bool:
    """Whether a field is shown.

    Args:
        condition: DSS's expression, of ``model.name``, ``!``, ``&&``, ``||``, ``==``, ``!=`` and quoted texts; empty
            for a field that is always shown.
        model: the values of the form by parameter name.

    Raises:
        ValueError: if the expression uses anything else.
    """
    return not condition or bool(_value(_parsed(condition), model))
