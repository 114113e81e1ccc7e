"""The `messages` block that DSS puts in the answer of an action, in a 200 even when the action failed."""

from typing import Any


def success() -> dict[str, Any]:
    """Return the block of an action that went well."""
    return _block([], severity="SUCCESS")


def failure(title: str, details: str) -> dict[str, Any]:
    """Return the block of a failed action: what was tried, and why it failed."""
    message = {
        "severity": "ERROR",
        "isFatal": True,
        "title": title,
        "details": details,
        "message": f"{title}, caused by: {details}",
    }
    return _block([message], severity="ERROR")


def _block(messages: list[dict[str, Any]], severity: str) -> dict[str, Any]:
    wrong = severity == "ERROR"
    return {
        "messages": messages,
        "anyMessage": bool(messages),
        "success": not wrong,
        "warning": False,
        "error": wrong,
        "fatal": wrong,
        "maxSeverity": severity,
    }
