"""The errors that faults ask for, as Google words them."""

from typing import Any

from sandbox.gcp.errors import GoogleError, permission_denied


def planned(effect: dict[str, Any], path: str, service: str) -> GoogleError:
    """Return the error that an effect with a `status` asks for.

    Args:
        effect: the effect of a fault; `permission` or `quota` in it say why the request is refused.
        path: what the struck request asks for.
        service: the service struck, such as `compute`.
    """
    status = int(effect["status"])
    if "permission" in effect:
        return permission_denied(str(effect["permission"]), _resource(path), f"{service}.googleapis.com")
    if "quota" in effect:
        return GoogleError(
            status,
            f"Insufficient regional quota to satisfy request: resource \"{effect['quota']}\": request requires '300.0' "
            "and is short '50.0'. project has a quota of '250.0' with '250.0' available. View and manage quotas at "
            "https://console.cloud.google.com/iam-admin/quotas?usage=USED.",
        )
    wording = {
        401: "Request had invalid authentication credentials.",
        403: "The caller does not have permission",
        429: "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'.",
        500: "Internal error encountered.",
        503: "The service is currently unavailable.",
    }
    return GoogleError(status, wording.get(status, "An error was asked for."))


def _resource(path: str) -> str:
    """Return the resource that a path is about: `projects/P` for what would be made in a location of it."""
    if "projects/" not in path:
        return path.strip("/")
    words = path.partition("projects/")[2].partition(":")[0].strip("/").split("/")
    pairs = [f"{kind}/{name}" for kind, name in zip(["projects", *words[1::2]], words[0::2], strict=False)]
    about_a_place_alone = len(pairs) == len(("project", "location"))
    return pairs[0] if about_a_place_alone else "/".join(pairs)
