"""Questions to the server about access and identity: reviews are answered, never kept.

https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from typing import Any

from sandbox.kubernetes.embedded import names
from sandbox.kubernetes.embedded.authentication import Authenticator, User
from sandbox.kubernetes.embedded.authorization import Authorizer
from sandbox.kubernetes.embedded.kinds import ResourceType
from sandbox.kubernetes.embedded.paths import Attributes
from sandbox.kubernetes.embedded.statuses import Cause, bad_request, invalid, required
from sandbox.kubernetes.embedded.store import Object

REVIEWS = frozenset(
    {
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
        "subjectaccessreviews",
        "localsubjectaccessreviews",
        "tokenreviews",
        "selfsubjectreviews",
    }
)


class Reviews:
    """Answers the reviews of one cluster."""

    def __init__(self, authenticator: Authenticator, authorizer: Authorizer) -> None:
        self._authenticator = authenticator
        self._authorizer = authorizer

    def answer(self, resource: ResourceType, namespace: str, body: Object, user: User) -> Object:
        """Return the review with its status.

        Raises:
            StatusError: the review asks nothing, or about the wrong namespace.
        """
        spec = _without_empty(body.get("spec") or {})
        metadata = {**(body.get("metadata") or {}), "creationTimestamp": None}
        review: Object = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        if resource.plural == "selfsubjectreviews":
            metadata["creationTimestamp"] = names.now()
            return {**review, "status": {"userInfo": user.as_json()}}
        if resource.plural == "selfsubjectrulesreviews":
            return {**review, "spec": {}, "status": self._rules(user, spec.get("namespace", ""))}
        if resource.plural == "tokenreviews":
            return {**review, "spec": spec, "status": self._token(resource, spec)}
        if resource.plural == "localsubjectaccessreviews":
            metadata["namespace"] = namespace
            if (spec.get("resourceAttributes") or {}).get("namespace") != namespace:
                raise bad_request("spec.resourceAttributes.namespace must match namespace")
        who = user
        if resource.plural != "selfsubjectaccessreviews":
            if not spec.get("user") and not spec.get("groups"):
                causes = [required("spec.user", "at least one of user or group must be specified")]
                raise invalid(resource.group, resource.kind, "", causes)
            who = User(spec.get("user", ""), tuple(spec.get("groups") or ()))
        decision = self._authorizer.decide(who, self._attributes(resource, spec))
        status: Object = {"allowed": decision.allowed}
        if decision.reason:
            status["reason"] = decision.reason
        return {**review, "spec": spec, "status": status}

    @staticmethod
    def _attributes(resource: ResourceType, spec: Object) -> Attributes:
        asked: dict[str, Any] | None = spec.get("resourceAttributes")
        path: dict[str, Any] | None = spec.get("nonResourceAttributes")
        if (asked is None) == (path is None):
            detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
            cause = Cause("FieldValueInvalid", f"Invalid value: null: {detail}", "spec.resourceAttributes")
            raise invalid(resource.group, resource.kind, "", [cause])
        if path is not None:
            return Attributes(path.get("verb", ""), path=path.get("path", ""))
        asked = asked or {}
        return Attributes(
            verb=asked.get("verb", ""),
            group=asked.get("group", ""),
            version=asked.get("version", ""),
            resource=asked.get("resource", "") or "*",
            subresource=asked.get("subresource", ""),
            namespace=asked.get("namespace", ""),
            name=asked.get("name", ""),
        )

    def _rules(self, user: User, namespace: str) -> Object:
        resources, paths = [], []
        for rule, _ in self._authorizer.rules(user, namespace):
            if rule.get("nonResourceURLs"):
                paths.append({"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]})
            else:
                kept = ("verbs", "apiGroups", "resources", "resourceNames")
                resources.append({name: rule[name] for name in kept if rule.get(name)})
        status: Object = {"resourceRules": resources, "nonResourceRules": paths, "incomplete": True}
        # What IAM grants cannot be listed through the authorization webhook that GKE's control plane asks.
        status["evaluationError"] = "webhook authorizer does not support user rule resolution"
        return status

    def _token(self, resource: ResourceType, spec: Object) -> Object:
        token = spec.get("token")
        if not token:
            raise bad_request(f"token is required for {resource.kind} in authentication")
        user = self._authenticator.review(token)
        if user is None:
            return {"user": {}, "error": "[invalid bearer token, Unauthorized]"}
        return {"authenticated": True, "user": user.as_json(), "audiences": spec.get("audiences") or []}


def _without_empty(spec: Object) -> Object:
    """Return a spec without empty texts, which the API never tells."""
    found = {}
    for name, value in spec.items():
        if isinstance(value, dict):
            found[name] = _without_empty(value)
        elif value not in ("", None):
            found[name] = value
    return found
