"""The `Status` objects by which an API server tells a failure, in its own words.

Wordings: https://github.com/kubernetes/apimachinery/blob/master/pkg/api/errors/errors.go
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Expired",
    413: "RequestEntityTooLarge",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}


@dataclass(frozen=True)
class Cause:
    """One entry of `details.causes`: the machine-readable kind, the sentence and the field's path."""

    reason: str
    message: str
    field: str

    def as_json(self) -> dict[str, str]:
        """Return the cause as the API writes it."""
        told = {"reason": self.reason, "message": self.message}
        return {**told, "field": self.field} if self.field else told

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def required(field: str, detail: str = "") -> Cause:
    """Return the cause for a field that is missing."""
    return Cause("FieldValueRequired", "Required value" + (f": {detail}" if detail else ""), field)


def _quoted(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return f'"{value}"'


def invalid_value(field: str, value: object, detail: str) -> Cause:
    """Return the cause for a value that breaks a rule."""
    return Cause("FieldValueInvalid", f"Invalid value: {_quoted(value)}: {detail}", field)


def unsupported_value(field: str, value: object, supported: Sequence[str]) -> Cause:
    """Return the cause for a value that is none of the known ones."""
    known = ", ".join(f'"{one}"' for one in supported)
    return Cause("FieldValueNotSupported", f"Unsupported value: {_quoted(value)}: supported values: {known}", field)


def forbidden_field(field: str, detail: str) -> Cause:
    """Return the cause for a field that may not be set or changed."""
    return Cause("FieldValueForbidden", f"Forbidden: {detail}", field)


def duplicate_value(field: str, value: object) -> Cause:
    """Return the cause for a value that a list holds twice."""
    return Cause("FieldValueDuplicate", f"Duplicate value: {_quoted(value)}", field)


def not_found_value(field: str, value: object) -> Cause:
    """Return the cause for a reference to something that is not there."""
    return Cause("FieldValueNotFound", f"Not found: {_quoted(value)}", field)


class StatusError(Exception):
    """A failure that the client receives as a `Status` object.

    Args:
        code: HTTP status.
        message: the sentence that kubectl prints.
        reason: machine-readable reason; the usual one of the HTTP status by default.
        details: `details` of the Status.
    """

    def __init__(
        self, code: int, message: str, *, reason: str | None = None, details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason if reason is not None else _REASONS.get(code, "")
        self.details = None if details is None else dict(details)

    def body(self) -> dict[str, Any]:
        """Return the Status object."""
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if self.details is not None:
            status["details"] = self.details
        status["code"] = self.code
        return status


def qualified(group: str, plural: str) -> str:
    """Return `deployments.apps`, or `pods` for the core group."""
    return f"{plural}.{group}" if group else plural


def _details(name: str, group: str, kind: str, causes: Sequence[Cause] = ()) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if name:
        details["name"] = name
    if group:
        details["group"] = group
    details["kind"] = kind
    if causes:
        details["causes"] = [cause.as_json() for cause in causes]
    return details


def not_found(group: str, plural: str, name: str) -> StatusError:
    """Return 404 for an object that is not there."""
    return StatusError(404, f'{qualified(group, plural)} "{name}" not found', details=_details(name, group, plural))


def no_such_resource() -> StatusError:
    """Return 404 for a path that this server does not serve."""
    return StatusError(404, "the server could not find the requested resource", details={})


def already_exists(group: str, plural: str, name: str) -> StatusError:
    """Return 409 for a name that is taken."""
    return StatusError(
        409,
        f'{qualified(group, plural)} "{name}" already exists',
        reason="AlreadyExists",
        details=_details(name, group, plural),
    )


def conflict(group: str, plural: str, name: str, detail: str) -> StatusError:
    """Return 409 for an operation that does not fit the object's present state."""
    return StatusError(
        409,
        f'Operation cannot be fulfilled on {qualified(group, plural)} "{name}": {detail}',
        details=_details(name, group, plural),
    )


def modified_meanwhile(group: str, plural: str, name: str) -> StatusError:
    """Return 409 for an update that carries an old resourceVersion."""
    return conflict(
        group,
        plural,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
    )


def apply_conflict(message: str, causes: Sequence[Cause]) -> StatusError:
    """Return 409 for a server-side apply that touches other managers' fields."""
    return StatusError(409, message, details={"causes": [cause.as_json() for cause in causes]})


def invalid(group: str, kind: str, name: str, causes: Sequence[Cause]) -> StatusError:
    """Return 422 with every cause."""
    told = str(causes[0]) if len(causes) == 1 else f"[{', '.join(str(cause) for cause in causes)}]"
    return StatusError(
        422,
        f'{qualified(group, kind)} "{name}" is invalid: {told}',
        details=_details(name, group, kind, causes),
    )


def forbidden(group: str, plural: str, name: str, detail: str) -> StatusError:
    """Return 403 with the authorizer's or an admission controller's sentence."""
    what = qualified(group, plural)
    subject = f'{what} "{name}"' if name else what
    if not plural:
        return StatusError(403, f"forbidden: {detail}", details={})
    return StatusError(403, f"{subject} is forbidden: {detail}", details=_details(name, group, plural))


def with_cause(error: StatusError, cause: Cause) -> StatusError:
    """Return the same failure with one more cause in its details."""
    details = dict(error.details or {})
    details["causes"] = [*details.get("causes", ()), cause.as_json()]
    return StatusError(error.code, error.message, reason=error.reason, details=details)


def bad_request(message: str) -> StatusError:
    """Return 400."""
    return StatusError(400, message)


def unauthorized() -> StatusError:
    """Return 401 for a token that nobody issued or that has expired."""
    return StatusError(401, "Unauthorized")


def method_not_allowed() -> StatusError:
    """Return 405 for a verb that the resource does not have."""
    return StatusError(405, "the server does not allow this method on the requested resource", details={})


def expired(message: str) -> StatusError:
    """Return 410 for a resourceVersion or a continue token older than what is remembered."""
    return StatusError(410, message, reason="Expired")


def deleted(group: str, plural: str, name: str, uid: str) -> dict[str, Any]:
    """Return the Status that answers a finished delete."""
    details = _details(name, group, plural)
    details["uid"] = uid
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
