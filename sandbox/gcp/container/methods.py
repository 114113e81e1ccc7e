"""What every method of the API is made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.gcp.container.documents import Json
from sandbox.gcp.container.engine import Engine
from sandbox.gcp.container.links import Target
from sandbox.gcp.errors import permission_denied
from sandbox.gcp.principals import Principal
from sandbox.gcp.projects import Project

_ACT_AS = "iam.serviceAccounts.actAs"


@dataclass(frozen=True)
class Caller:
    """Who calls, about what, and what a fault makes of it.

    Attributes:
        principal: who.
        project: of the target.
        target: what the path addresses.
        effect: the effect of a fault that the service must act out itself.
        query: the parameters after the path.
    """

    principal: Principal
    project: Project
    target: Target
    effect: Json
    query: Mapping[str, str]

    def require_act_as(self, config: Json) -> None:
        """Refuse a caller who may not give nodes their service account.

        Raises:
            GoogleError: 403.
        """
        if not self.principal.may(_ACT_AS):
            account = config.get("serviceAccount", "default")
            if account == "default":
                account = f"{self.project.number}-compute@developer.gserviceaccount.com"
            resource = f"projects/{self.project.id}/serviceAccounts/{account}"
            raise permission_denied(_ACT_AS, resource, "iam.googleapis.com")


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes:
        permission: what IAM must grant.
        run: answers a call; its body is checked and canonical.
        request: the message that the body is, or empty for none.
        response: the message that the answer is.
    """

    permission: str
    run: Callable[[Engine, Caller, Json], Json]
    request: str = ""
    response: str = "Operation"
