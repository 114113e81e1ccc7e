"""The errors that faults ask for, as Google words them."""

import re
from typing import Any

from sandbox.gcp.errors import GoogleError, permission_denied

_BAD_REQUEST = 400
_PRECONDITION_FAILED = 412


def planned(effect: dict[str, Any], path: str, service: str) -> GoogleError:
    """Return the error that an effect with a `status` asks for.

    Args:
        effect: the effect of a fault; `permission`, `quota`, `org_policy` or `service_account` in it say why the
            request is refused.
        path: what the struck request asks for.
        service: the service struck, such as `compute`.
    """
    status = int(effect["status"])
    if "permission" in effect:
        return permission_denied(str(effect["permission"]), _resource(path), f"{service}.googleapis.com")
    if "quota" in effect:
        return _beyond_quota(status, effect["quota"], _project(path))
    if "org_policy" in effect:
        return _against_policy(status, str(effect["org_policy"]), path)
    if "service_account" in effect:
        return _without_account(status, str(effect["service_account"]))
    wording = {
        401: "Request had invalid authentication credentials.",
        403: "The caller does not have permission",
        429: "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'.",
        500: "Internal error encountered.",
        503: "The service is currently unavailable.",
    }
    return GoogleError(status, wording.get(status, "An error was asked for."))


def _beyond_quota(status: int, quota: str | list[str], project: str) -> GoogleError:
    """Return the refusal for one resource, or for several, which GKE counts.

    One: https://github.com/google/caliban/issues/66
    Several: https://github.com/googlecodelabs/feedback/issues/950
    """
    names = [quota] if isinstance(quota, str) else quota
    reasons = [
        f"insufficient regional quota to satisfy request: resource \"{name}\": request requires '300.0' and is short "
        "'50.0'. project has a quota of '250.0' with '250.0' available. View and manage quotas at "
        f"https://console.cloud.google.com/iam-admin/quotas?usage=USED&project={project}"
        for name in names
    ]
    if len(reasons) == 1:
        return GoogleError(status, f"I{reasons[0][1:]}.")
    return GoogleError(status, "".join(f"\n\t({number}) {reason}" for number, reason in enumerate(reasons, 1)) + ".")


def _without_account(status: int, account: str) -> GoogleError:
    """Return the refusal for want of the nodes' service account, which GKE words by the status.

    404: https://github.com/terraform-google-modules/terraform-google-kubernetes-engine/issues/1418
    400: https://github.com/gruntwork-io/terraform-google-gke/pull/56
    """
    if status == _BAD_REQUEST:
        return GoogleError(status, f'Service account "{account}" does not exist.')
    return GoogleError(status, f"Generic::not_found: Not found; Gaia id not found for email {account}.")


def _against_policy(status: int, constraint: str, path: str) -> GoogleError:
    """Return the refusal of an organisation policy, of which places have a wording of their own.

    https://github.com/googlecodelabs/feedback/issues/351 (places) and
    https://github.com/gardener/gardener-extension-provider-gcp/issues/415 (412). That GKE itself refuses a request
    with 400 FAILED_PRECONDITION is a guess.
    """
    project = f"projects/{_project(path)}"
    message = f"Constraint {constraint} violated for {project}."
    place = re.search(r"/(?:locations|zones)/([^/:]+)", path)
    if constraint.endswith("gcp.resourceLocations") and place:
        kind = "ZONE" if place[1].count("-") > 1 else "REGION"
        message = f"Location {kind}:{place[1]} violates constraint {constraint} on the resource {project}."
    reason = "conditionNotMet" if status == _PRECONDITION_FAILED else "failedPrecondition"
    return GoogleError(status, message, status="FAILED_PRECONDITION", reason=reason)


def _project(path: str) -> str:
    return path.partition("projects/")[2].partition("/")[0]


def _resource(path: str) -> str:
    """Return the resource that a path is about: `projects/P` for what would be made in a location of it."""
    if "projects/" not in path:
        return path.strip("/")
    words = path.partition("projects/")[2].partition(":")[0].strip("/").split("/")
    pairs = [f"{kind}/{name}" for kind, name in zip(["projects", *words[1::2]], words[0::2], strict=False)]
    about_a_place_alone = len(pairs) == len(("project", "location"))
    return pairs[0] if about_a_place_alone else "/".join(pairs)
