"""The controller of token secrets: a secret that asks for a service account's token is given one.

https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
"""

import base64
from collections.abc import Iterable

from sandbox.kubernetes.client import ApiError, EventType, Object, Resource
from sandbox.kubernetes.controllers.engine import Controller
from sandbox.kubernetes.controllers.kinds import SECRETS, SERVICE_ACCOUNTS
from sandbox.kubernetes.controllers.state import ClusterState, Key, key_of

_TYPE = "kubernetes.io/service-account-token"
_ACCOUNT = "kubernetes.io/service-account.name"
_UID = "kubernetes.io/service-account.uid"
# Such a token does not expire; a token that is requested must.
_LIFETIME_SECONDS = 10 * 365 * 24 * 3600


class ServiceAccountTokens(Controller):
    """Fills the token secrets of service accounts, and deletes those of accounts that are gone.

    Args:
        state: the cluster.
        ca_certificate: the cluster's CA, PEM.
    """

    watches = (SECRETS, SERVICE_ACCOUNTS)

    def __init__(self, state: ClusterState, ca_certificate: bytes) -> None:
        super().__init__(state)
        self._ca_certificate = ca_certificate

    def keys(self, resource: Resource, event: EventType, item: Object) -> Iterable[Key]:
        """Return a token secret, or those of an account that came or went."""
        if resource is SECRETS:
            return [key_of(item)] if event != "DELETED" and item.get("type") == _TYPE else []
        namespace, account = key_of(item)
        return [key_of(one) for one in self.state.all(SECRETS, namespace) if _account_of(one) == account]

    async def reconcile(self, key: Key) -> None:
        """Give the secret its token, or delete it."""
        secret = self.state.get(SECRETS, key)
        if secret is None or not (name := _account_of(secret)):
            return
        namespace = key[0]
        uid = await self._uid_of(namespace, name)
        if not uid or (secret["metadata"].get("annotations") or {}).get(_UID, uid) != uid:
            await self.state.delete(SECRETS, secret)
        elif "token" not in (secret.get("data") or {}):
            data = {
                "ca.crt": self._ca_certificate,
                "namespace": namespace.encode(),
                "token": await self._issue(namespace, name),
            }
            patch = {
                "metadata": {"annotations": {_UID: uid}},
                "data": {field: base64.b64encode(value).decode() for field, value in data.items()},
            }
            await self.state.patch(SECRETS, key, patch)

    async def _uid_of(self, namespace: str, name: str) -> str:
        """Ask for the account: the cache of accounts may be behind the one of secrets, and a deletion is no guess."""
        try:
            account = await self.state.client.get(SERVICE_ACCOUNTS, name, namespace)
        except ApiError as error:
            if error.code == 404:
                return ""
            raise
        return str(account["metadata"]["uid"])

    async def _issue(self, namespace: str, name: str) -> bytes:
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": [], "expirationSeconds": _LIFETIME_SECONDS},
        }
        answer = await self.state.client.create(SERVICE_ACCOUNTS, request, namespace, name=name, subresource="token")
        return str(answer["status"]["token"]).encode()


def _account_of(secret: Object) -> str:
    """Return the service account whose token a secret holds; empty for another secret."""
    if secret.get("type") != _TYPE:
        return ""
    return str((secret["metadata"].get("annotations") or {}).get(_ACCOUNT, ""))
