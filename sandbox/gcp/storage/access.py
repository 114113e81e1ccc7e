"""The check that each handler makes: a permission in the bucket's project, or granted on the bucket itself."""

import re
from dataclasses import dataclass

from starlette.requests import Request

from sandbox.gcp.access import Gate
from sandbox.gcp.errors import GoogleError
from sandbox.gcp.principals import EVERYTHING, Principal
from sandbox.gcp.projects import Project
from sandbox.gcp.storage.buckets import Bucket, Buckets
from sandbox.gcp.storage.errors import forbidden, invalid, invalid_credentials
from sandbox.traffic import bearer

_OF_A_PROJECT = re.compile(r".+@(?P<id>.+)\.iam\.gserviceaccount\.com|(?P<number>\d+)-compute@developer\..+")


@dataclass(frozen=True)
class Access:
    """Who may do what.

    Permissions of service accounts hold in their own project only: names of buckets do not say whose they are, so that
    a bucket of somebody else is met by mistake more often than other resources.

    Attributes:
        gate: the door of the service.
        buckets: where further permissions are granted.
    """

    gate: Gate
    buckets: Buckets

    def caller(self, request: Request) -> Principal | None:
        """Return who calls; None is somebody without credentials.

        Raises:
            GoogleError: 401, the token is no good.
        """
        if bearer(request.scope) is None:
            return None
        try:
            return self.gate.caller(request)
        except GoogleError as error:
            raise invalid_credentials() from error

    def project(self, request: Request, permission: str) -> Project:
        """Return the project that a query names, if the caller has the permission in it.

        Raises:
            GoogleError: 400 without such a project, 401 without a good token, 403 without the permission.
        """
        caller = self.caller(request)
        if caller is None:
            raise forbidden(None, permission)
        named = request.query_params.get("project")
        if not named:
            raise invalid("Required parameter: project")
        project = self.gate.projects.find(named)
        if project is None:
            raise invalid(f"Unknown project id: {named}")
        if not self._in_project(caller, permission, project):
            raise forbidden(caller.email, permission)
        return project

    def bucket(self, request: Request, *permissions: str) -> Bucket:
        """Return the bucket of a request, if the caller has the permissions on it.

        Raises:
            GoogleError: 401 without a good token, 403 without a permission, 404 without such a bucket.
        """
        return self.named(request, str(request.path_params["bucket"]), *permissions)

    def named(self, request: Request, name: str, *permissions: str) -> Bucket:
        """Return a bucket by name, if the caller has the permissions on it; errors as of `bucket`."""
        caller, bucket = self.caller(request), self.buckets.get(name)
        for permission in permissions:
            if not self.granted(caller, permission, bucket):
                raise forbidden(caller.email if caller else None, permission)
        return bucket

    def granted(self, caller: Principal | None, permission: str, bucket: Bucket) -> bool:
        """Tell whether somebody has a permission on a bucket."""
        by_project = caller is not None and self._in_project(caller, permission, bucket.project)
        return by_project or bucket.policy.grants(caller, permission)

    def _in_project(self, caller: Principal, permission: str, project: Project) -> bool:
        if not caller.may(permission):
            return False
        home = _OF_A_PROJECT.fullmatch(caller.email)
        return (
            EVERYTHING in caller.permissions or home is None or (home["id"] or home["number"]) in vars(project).values()
        )
