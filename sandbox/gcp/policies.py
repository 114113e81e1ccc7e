"""IAM policies of single resources: who was granted which role on one.

https://cloud.google.com/iam/docs/reference/rest/v1/Policy
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.gcp.errors import invalid_argument
from sandbox.gcp.principals import Principal

Binding = dict[str, Any]
"""`{"role", "members"}`."""

Roles = Mapping[str, frozenset[str]]
"""The permissions of each role that can be granted."""

EVERYBODY = ("allUsers", "allAuthenticatedUsers")
"""The members that are not one somebody."""


def read_bindings(policy: Mapping[str, Any], roles: Roles) -> list[Binding]:
    """Return the bindings of a policy that somebody wants, without those that grant nothing to anybody.

    Raises:
        GoogleError: 400, it grants a role that there is not, or to somebody that cannot be read.
    """
    bindings = [
        {"role": item.get("role"), "members": item.get("members") or []} for item in policy.get("bindings") or []
    ]
    for binding in bindings:
        if binding["role"] not in roles:
            raise invalid_argument(f"Role {binding['role']} is not supported for this resource.")
        for member in binding["members"]:
            if member not in EVERYBODY and ":" not in member:
                raise invalid_argument(f"Invalid member: '{member}'")
    return [binding for binding in bindings if binding["members"]]


def is_granted(bindings: Iterable[Binding], roles: Roles, principal: Principal | None, permission: str) -> bool:
    """Tell whether bindings grant a permission to somebody; None is somebody without credentials."""
    names = {"allUsers"}
    if principal is not None:
        names |= {"allAuthenticatedUsers", f"user:{principal.email}", f"serviceAccount:{principal.email}"}
    return any(permission in roles[binding["role"]] and names & set(binding["members"]) for binding in bindings)
