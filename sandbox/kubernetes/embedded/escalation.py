"""Nobody gives what they do not have: roles and bindings may not grant more than their author holds.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
"""

from sandbox.kubernetes.embedded.authentication import User
from sandbox.kubernetes.embedded.authorization import RBAC, Authorizer, Rule
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.paths import Attributes
from sandbox.kubernetes.embedded.statuses import forbidden
from sandbox.kubernetes.embedded.store import Object

_ROLES = {"roles", "clusterroles"}
_BINDINGS = {"rolebindings", "clusterrolebindings"}


def refuse_escalation(authorizer: Authorizer, user: User, resource: ResourceType, namespace: str, body: Object) -> None:
    """Refuse a role or binding by which the user would grant rights that the user does not hold.

    Raises:
        StatusError: 403.
    """
    if resource.group != RBAC:
        return
    name = (body.get("metadata") or {}).get("name", "")
    if resource.plural in _ROLES:
        rules, verb, target = list(body.get("rules") or []), "escalate", (resource.plural, name)
    elif resource.plural in _BINDINGS and body.get("roleRef"):
        reference = body["roleRef"]
        rules = authorizer.rules_of_role(reference, namespace)
        plural = "clusterroles" if reference.get("kind") == "ClusterRole" else "roles"
        verb, target = "bind", (plural, reference.get("name", ""))
    else:
        return
    asked = Attributes(verb, "", RBAC, "v1", target[0], "", namespace, target[1])
    if authorizer.decide(user, asked).allowed:
        return
    missing = authorizer.may_grant(user, namespace, rules)
    if missing:
        told = "\n".join(_told(rule) for rule in missing)
        groups = " ".join(f'"{group}"' for group in user.groups)
        who = f'user "{user.name}" (groups=[{groups}])'
        detail = f"{who} is attempting to grant RBAC permissions not currently held:\n{told}"
        raise forbidden(resource.group, resource.plural, name, detail)


def _told(rule: Rule) -> str:
    parts = []
    for field, label in (
        ("apiGroups", "APIGroups"),
        ("resources", "Resources"),
        ("resourceNames", "ResourceNames"),
        ("nonResourceURLs", "NonResourceURLs"),
        ("verbs", "Verbs"),
    ):
        if rule.get(field):
            values = " ".join(f'"{value}"' for value in rule[field])
            parts.append(f"{label}:[{values}]")
    return "{" + ", ".join(parts) + "}"
