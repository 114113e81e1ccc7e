"""What a caller may do: IAM as GKE maps it, or the cluster's own RBAC; one of the two is enough.

https://cloud.google.com/kubernetes-engine/docs/how-to/role-based-access-control#iam-rbac-interaction
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.gcp.principals import EVERYTHING, Principals
from sandbox.kubernetes.embedded.authentication import MASTERS, User
from sandbox.kubernetes.embedded.paths import Attributes
from sandbox.kubernetes.embedded.statuses import StatusError, forbidden
from sandbox.kubernetes.embedded.store import Object, Store
from sandbox.kubernetes.iam import permission_for, refusal_reason

RBAC = "rbac.authorization.k8s.io"
Rule = Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """Whether a request is allowed, and the authorizer's reason."""

    allowed: bool
    reason: str = ""


class Authorizer:
    """Answers for one cluster."""

    def __init__(self, principals: Principals, store: Store) -> None:
        self._principals = principals
        self._store = store

    def decide(self, user: User, asked: Attributes) -> Decision:
        """Tell whether the user may do what is asked."""
        if MASTERS in user.groups:
            return Decision(allowed=True)
        for rule, why in self.rules(user, asked.namespace):
            if covers(rule, asked):
                return Decision(allowed=True, reason=why)
        principal = self._principals.get(user.name)
        if principal is None:
            # GKE tells the missing permission to Google's users only.
            return Decision(allowed=False)
        if not asked.resource:
            return Decision(allowed=EVERYTHING in principal.permissions)
        permission = permission_for(asked.group, asked.resource, asked.subresource, asked.verb)
        if principal.may(permission):
            return Decision(allowed=True)
        return Decision(allowed=False, reason=refusal_reason(permission))

    def require(self, user: User, asked: Attributes) -> None:
        """Refuse what the user may not do.

        Raises:
            StatusError: 403.
        """
        decision = self.decide(user, asked)
        if not decision.allowed:
            raise refusal(user, asked, decision.reason)

    def rules(self, user: User, namespace: str) -> Iterator[tuple[Rule, str]]:
        """Return the RBAC rules that hold for a user in a namespace (empty: cluster-wide), each with its origin."""
        for binding in self._store.items((RBAC, "clusterrolebindings")):
            if (subject := _subject_of(binding, user, "")) is not None:
                role = binding["roleRef"]
                name = binding["metadata"]["name"]
                why = f'RBAC: allowed by ClusterRoleBinding "{name}" of ClusterRole "{role["name"]}" to {subject}'
                yield from ((rule, why) for rule in self.rules_of_role(role, ""))
        if namespace:
            for binding in self._store.items((RBAC, "rolebindings"), namespace):
                if (subject := _subject_of(binding, user, namespace)) is not None:
                    role = binding["roleRef"]
                    name = f"{binding['metadata']['name']}/{namespace}"
                    why = f'RBAC: allowed by RoleBinding "{name}" of {role["kind"]} "{role["name"]}" to {subject}'
                    yield from ((rule, why) for rule in self.rules_of_role(role, namespace))

    def rules_of_role(self, reference: Mapping[str, Any], namespace: str) -> list[Rule]:
        """Return the rules of the role that a binding refers to; a role that is not there has none."""
        if reference.get("kind") == "ClusterRole":
            role = self._store.get((RBAC, "clusterroles"), "", reference["name"])
        else:
            role = self._store.get((RBAC, "roles"), namespace, reference["name"])
        return list((role or {}).get("rules") or [])

    def may_grant(self, user: User, namespace: str, rules: Iterable[Rule]) -> list[Rule]:
        """Return those of the rules that the user does not hold and so may not give to others."""
        if MASTERS in user.groups:
            return []
        held = [rule for rule, _ in self.rules(user, namespace)]
        return [rule for rule in rules if not all(self._holds(user, held, one) for one in _single(rule))]

    def _holds(self, user: User, held: list[Rule], asked: Attributes) -> bool:
        if any(covers(rule, asked) for rule in held):
            return True
        principal = self._principals.get(user.name)
        # GKE counts what IAM grants only for those who hold everything; others need `container.roles.escalate`.
        return principal is not None and EVERYTHING in principal.permissions


def refusal(user: User, asked: Attributes, reason: str) -> StatusError:
    """Return the 403 of the authorizer.

    https://github.com/kubernetes/apiserver/blob/master/pkg/endpoints/handlers/responsewriters/errors.go
    """
    who = f'User "{user.name}" cannot '
    if not asked.resource:
        told = f'{who}{asked.verb} path "{asked.path}"'
        return forbidden("", "", "", told + (f": {reason}" if reason else ""))
    what = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
    told = f'{who}{asked.verb} resource "{what}" in API group "{asked.group}"'
    told += f' in the namespace "{asked.namespace}"' if asked.namespace else " at the cluster scope"
    return forbidden(asked.group, asked.resource, asked.name, told + (f": {reason}" if reason else ""))


def covers(rule: Rule, asked: Attributes) -> bool:
    """Tell whether a rule allows what is asked."""
    if not _any(rule.get("verbs"), asked.verb):
        return False
    if not asked.resource:
        return any(_path_matches(one, asked.path) for one in rule.get("nonResourceURLs") or [])
    if not _any(rule.get("apiGroups"), asked.group):
        return False
    names = rule.get("resourceNames") or []
    if names and asked.name not in names:
        return False
    resources = rule.get("resources") or []
    full = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
    return "*" in resources or full in resources or (bool(asked.subresource) and f"*/{asked.subresource}" in resources)


def _any(values: Iterable[str] | None, wanted: str) -> bool:
    values = list(values or [])
    return "*" in values or wanted in values


def _path_matches(pattern: str, path: str) -> bool:
    if pattern == "*":
        return True
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _single(rule: Rule) -> Iterator[Attributes]:
    """Break a rule into single requests, wildcards kept as such."""
    for verb in rule.get("verbs") or []:
        for path in rule.get("nonResourceURLs") or []:
            yield Attributes(verb, path=path)
        for group in rule.get("apiGroups") or []:
            for resource in rule.get("resources") or []:
                plural, _, subresource = resource.partition("/")
                for name in rule.get("resourceNames") or [""]:
                    yield Attributes(verb, "", group, "", plural, subresource, "", name)


def _subject_of(binding: Object, user: User, namespace: str) -> str | None:
    for subject in binding.get("subjects") or []:
        kind, name = subject.get("kind"), subject.get("name")
        if kind == "User" and name == user.name:
            return f'User "{name}"'
        if kind == "Group" and name in user.groups:
            return f'Group "{name}"'
        if kind == "ServiceAccount":
            home = subject.get("namespace") or namespace
            if user.name == f"system:serviceaccount:{home}:{name}":
                return f'ServiceAccount "{name}/{home}"'
    return None
