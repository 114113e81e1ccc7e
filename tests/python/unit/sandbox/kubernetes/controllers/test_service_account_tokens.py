"""Secrets that ask for a service account's token, seen from outside."""

import base64

from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.kinds import CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS
from tests.python.unit.sandbox.kubernetes.controllers.clusters import Cluster, in_cluster


def _secret(account: str, **annotations: str) -> Object:
    metadata = {"name": "t", "annotations": {"kubernetes.io/service-account.name": account, **annotations}}
    return {"metadata": metadata, "type": "kubernetes.io/service-account-token"}


def _has_token(secret: Object) -> bool:
    return "token" in (secret.get("data") or {})


def test_a_token_secret_is_given_a_token_that_stands_for_its_account() -> None:
    async def story(cluster: Cluster) -> None:
        account = await cluster.create(SERVICE_ACCOUNTS, {"metadata": {"name": "spark"}})
        await cluster.create(SECRETS, _secret("spark"))

        secret = await cluster.one(SECRETS, "t", _has_token)

        data = {field: base64.b64decode(value).decode() for field, value in secret["data"].items()}
        user = cluster.authenticator.review(data["token"])
        authority = await cluster.one(CONFIG_MAPS, "kube-root-ca.crt", lambda _: True)
        assert user is not None
        assert user.name == "system:serviceaccount:default:spark"
        assert data["namespace"] == "default"
        assert data["ca.crt"] == authority["data"]["ca.crt"]
        uid = secret["metadata"]["annotations"]["kubernetes.io/service-account.uid"]
        assert uid == account["metadata"]["uid"]

    in_cluster(story, nodes=0)


def test_a_token_secret_goes_with_its_account() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(SERVICE_ACCOUNTS, {"metadata": {"name": "spark"}})
        await cluster.create(SECRETS, _secret("spark"))
        await cluster.one(SECRETS, "t", _has_token)

        await cluster.client.delete(SERVICE_ACCOUNTS, "spark", "default")

        await cluster.until(SECRETS, lambda items: not items, "default")

    in_cluster(story, nodes=0)


def test_a_token_secret_of_an_earlier_account_of_that_name_is_deleted() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(SERVICE_ACCOUNTS, {"metadata": {"name": "spark"}})
        await cluster.create(SECRETS, _secret("spark", **{"kubernetes.io/service-account.uid": "of-an-earlier-one"}))

        await cluster.until(SECRETS, lambda items: not items, "default")

    in_cluster(story, nodes=0)


def test_another_secret_is_left_as_it_is() -> None:
    async def story(cluster: Cluster) -> None:
        await cluster.create(SERVICE_ACCOUNTS, {"metadata": {"name": "spark"}})
        opaque = await cluster.create(SECRETS, {**_secret("spark"), "type": "Opaque", "metadata": {"name": "opaque"}})
        await cluster.create(SECRETS, _secret("spark"))
        await cluster.one(SECRETS, "t", _has_token)

        await cluster.client.delete(SERVICE_ACCOUNTS, "spark", "default")

        left = await cluster.until(SECRETS, lambda items: len(items) == 1, "default")
        assert left == [opaque]

    in_cluster(story, nodes=0)
