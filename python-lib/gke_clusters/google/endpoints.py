"""Where each Google service is reached: its own address, or the one that gcloud's override variable gives.

https://cloud.google.com/sdk/gcloud/reference/config/set describes the property ``api_endpoint_overrides``; each
property is also read from ``CLOUDSDK_API_ENDPOINT_OVERRIDES_<SERVICE>``. Sites behind Private Service Connect or a
restricted virtual IP set them already.
"""

from __future__ import annotations

import os
from typing import Final, Literal

Service = Literal["artifactregistry", "cloudresourcemanager", "container", "compute", "iamcredentials", "storage"]

_OVERRIDE_PREFIX: Final = "CLOUDSDK_API_ENDPOINT_OVERRIDES_"

# gcloud's overrides for these end with the API's path; the paths asked for here begin with it.
_PATHS: Final = {"compute": "/compute/v1", "storage": "/storage/v1"}


def endpoint(service: Service) -> str:
    """Return the address of a service, without a final ``/``.

    A final ``/`` would make ``//v1/...`` of the paths that the typed client appends.

    Args:
        service: The service as gcloud's variables name it, in lower case.

    Returns:
        Scheme, host and, if the override has one, port and path prefix.
    """
    override = os.environ.get(_OVERRIDE_PREFIX + service.upper(), "").strip().rstrip("/")
    if not override:
        return f"https://{service}.googleapis.com"
    return override.removesuffix(_PATHS.get(service, ""))
