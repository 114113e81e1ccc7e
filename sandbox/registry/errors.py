"""The registry's JSON errors, in the shape that every registry answers and in Artifact Registry's words.

Shape and codes: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
"""

from starlette.requests import Request
from starlette.responses import JSONResponse

API_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}
"""The header by which Docker knows a registry: https://distribution.github.io/distribution/spec/api/#api-version-check"""


class RegistryError(Exception):
    """A failure that the client receives as an HTTP status and a list of errors.

    Args:
        status: HTTP status.
        code: the registry's word for it, such as `DENIED`.
        message: the sentence that Docker prints after the word.
        challenge: the `WWW-Authenticate` header that says where a token is to be had.
    """

    def __init__(self, status: int, code: str, message: str, *, challenge: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.challenge = challenge

    def response(self) -> JSONResponse:
        """Return the HTTP response."""
        headers = API_VERSION | ({"WWW-Authenticate": self.challenge} if self.challenge else {})
        body = {"errors": [{"code": self.code, "message": self.message}]}
        return JSONResponse(body, status_code=self.status, headers=headers)


async def registry_error_response(_request: Request, error: Exception) -> JSONResponse:
    """Answer a `RegistryError` (Starlette exception handler)."""
    assert isinstance(error, RegistryError)  # noqa: S101 - registered for this class only
    return error.response()


def authentication_failed(challenge: str | None = None) -> RegistryError:
    """Return 401 for credentials that stand for nobody."""
    return RegistryError(401, "UNAUTHORIZED", "authentication failed", challenge=challenge)


def denied(permission: str, resource: str) -> RegistryError:
    """Return 403 for a missing permission, as in https://github.com/GoogleContainerTools/kaniko/issues/1256."""
    return RegistryError(
        403, "DENIED", f'Permission "{permission}" denied on resource "{resource}" (or it may not exist)'
    )


def unauthenticated(permission: str, resource: str) -> RegistryError:
    """Return 403 for no credentials, as in https://github.com/GoogleCloudPlatform/generative-ai/issues/693."""
    return RegistryError(
        403,
        "DENIED",
        f'Unauthenticated request. Unauthenticated requests do not have permission "{permission}" on resource '
        f'"{resource}" (or it may not exist)',
    )


def missing_image_name() -> RegistryError:
    """Return 400 for a name of two parts, as in https://github.com/docker/build-push-action/issues/171."""
    return RegistryError(
        400,
        "NAME_INVALID",
        "Missing image name. Pushes should be of the form docker push HOST-NAME/PROJECT-ID/REPOSITORY/IMAGE",
    )


def repository_not_found(repository: str) -> RegistryError:
    """Return 404, as in https://github.com/GoogleCloudPlatform/cloud-builders-community/issues/588."""
    return RegistryError(404, "NAME_UNKNOWN", f'Repository "{repository}" not found')


def other_media_type(reference: str, media_type: str, accepted: list[str]) -> RegistryError:
    """Return 404 for a manifest in no accepted form, as in https://github.com/appc/docker2aci/pull/255."""
    kind = "digest" if reference.startswith("sha256:") else "tag"
    return RegistryError(
        404,
        "MANIFEST_UNKNOWN",
        f"Manifest with {kind} '{reference}' has media type '{media_type}', but client accepts '{','.join(accepted)}'.",
    )
