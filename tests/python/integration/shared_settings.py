"""A DSS whose general settings others have a hand in, and the stories that change them, told in this process."""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import dataikuapi

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.dss.instance import DssInstance
from gke_clusters.google.storage import Bucket
from gke_clusters.lifecycle import compute_setup
from gke_clusters.lifecycle.bucket_access import BucketAccess
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.registration import register_cluster
from gke_clusters.settings.register import parse_register
from gke_clusters.settings.set_up_compute import parse_set_up_compute
from tests.python.integration.conftest import Sandbox
from tests.python.unit.lifecycle import registries

PATH = "/admin/general-settings"
NAME = "ours"
AREAS = [f"area{number:02}" for number in range(60)]
KNOWN = [
    *AREAS,
    "containerSettings.mystery",
    "containerSettings.executionConfigs[].mystery",
    "sparkSettings.mystery",
    "sparkSettings.executionConfigs[].mystery",
]
# Of each shape, and of each of two beginnings: a hundred of a registration, some of the longer story.
RUNNING: dict[str, Any] = {
    "state": "RUNNING",
    "data": {"project": "p", "schema_version": 2, "cluster": {"id": "1", "name": "c", "location": "us-central1-a"}},
}


class Watched(dataikuapi.DSSClient):
    """A client that remembers how often it has read and written the general settings, in their order."""

    def __init__(self, *where: str) -> None:
        super().__init__(*where)
        self.seen: list[str] = []

    def _perform_http(self, method: str, path: str, **how: Any) -> Any:
        if path == PATH:
            self.seen.append(method)
        return super()._perform_http(method, path, **how)


class Instance(DssInstance):
    """The running DSS, with a cluster that runs and base images that are pushed within this process."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.images = registries.Images()
        self.push: Any = registries.Instance(self.images, {})
        self.docker = registries.Docker()

    @property
    def base_image_push(self) -> Any:
        return self.push

    def read_cluster_settings(self, cluster_id: str) -> dict[str, Any]:
        return RUNNING


class Storage:
    """A Cloud Storage in which everything is as it should be."""

    identity = registries.PUSHER

    def find_bucket(self, name: str) -> Bucket:
        return Bucket(name, "US-CENTRAL1", "region")

    def require_access(self, bucket: str) -> None:
        pass

    def try_out(self, bucket: str, folder: str) -> None:
        pass


Story = Callable[[Instance], str]


def no_google() -> Any:
    raise AssertionError("no node pool was chosen")


def register(instance: Instance) -> str:
    fields = {"clusterId": NAME, "registryUrl": registries.URL, "makeDefault": True, "makeDefaultCluster": True}
    cluster = DssCluster(NAME, "type", "RUNNING", {}, {}, RUNNING["data"])

    return register_cluster(parse_register(fields), cluster, instance.general_settings, no_google, Progress())


def set_up(instance: Instance, **more: Any) -> str:
    access = registries.access(registries.Registries(), instance.images, registries.Host())
    fields = {"clusterId": NAME, "connectionInfo": {"projectId": "p"}, "registryUrl": registries.URL, **more}
    storage = BucketAccess(Storage(), lambda _choice: Storage())
    around: Any = None
    # What there is to look at on a host and in a project is none of the settings.
    with mock.patch.object(compute_setup, "prerequisite_steps", return_value=[]):
        return compute_setup.set_up_compute(
            parse_set_up_compute(fields, {}), instance, access, storage, instance.docker, around, Progress()
        )


@dataclass
class Disturbed:
    """A DSS with settings that others have made."""

    sandbox: Sandbox
    client: Watched
    instance: Instance
    before: dict[str, Any]

    def text(self) -> str:
        """The general settings, byte for byte."""
        return str(self.client._perform_http("GET", PATH).text)

    def put(self, document: Any) -> None:
        self.client._perform_empty("PUT", PATH, body=document)

    def tell(self, story: Story) -> str:
        """Tell a story, and return its page."""
        self.client.seen.clear()
        return html.unescape(story(self.instance))


def filled(document: dict[str, Any]) -> dict[str, Any]:
    """The settings of an instance that has been in use for years."""
    for number, area in enumerate(AREAS):
        document[area] = {
            "enabled": bool(number % 2),
            "limit": number / 7,
            "text": f"Übergröße {number} \u2028 <&>",
            "nested": {"list": [number, None, {"x": 1.0, "y": 1e-9}], "empty": {}},
        }
    containers, spark = document["containerSettings"], document["sparkSettings"]
    containers["mystery"], spark["mystery"] = {"x": [1]}, 2**60
    names = ["a", "b", "c"]
    if "buildConfigs" in containers:
        pushes = {"dockerTLSVerify": False, "pushConfigs": [{"repositoryURL": "elsewhere/x"}]}
        containers["buildConfigs"] = [{"name": f"build-{name}", "dockerBuilderConfig": pushes} for name in names]
    containers["executionConfigs"] = [{"name": f"exec-{name}", "mystery": {"of": name}} for name in names]
    spark["executionConfigs"] = [{"name": f"spark-{name}", "mystery": [name]} for name in names]
    return document


def text_of(document: Any) -> str:
    """A document as DSS shows it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def outcomes(page: str) -> list[str]:
    return re.findall(r'class="outcome [^"]+">([^<]+)<', page)


def without_ours(document: dict[str, Any]) -> str:
    """The settings without what the stories are about, byte for byte."""
    left = json.loads(json.dumps(document))
    containers, spark = left["containerSettings"], left["sparkSettings"]
    for items in (containers.get("buildConfigs", []), containers["executionConfigs"], spark["executionConfigs"]):
        items[:] = [each for each in items if each["name"] not in (NAME, f"{NAME}-spark")]
    for holder, fields in (
        (left, ["defaultK8sClusterId", "metastoreCatalogsSettings"]),
        (containers, ["defaultExecutionConfig", "defaultExecutionConfigForVisualRecipesWorkloads"]),
        (spark, ["configForInteractive", "configForJupyter", "sparkEnabled"]),
    ):
        for field in fields:
            holder.pop(field, None)
    return json.dumps(left)


def edit_of(rng: random.Random, document: dict[str, Any]) -> list[dict[str, Any]]:
    """What another administrator changes: anything but what the stories ask for."""
    containers, spark = document["containerSettings"], document["sparkSettings"]
    lists = {
        "/containerSettings/executionConfigs": containers["executionConfigs"],
        "/sparkSettings/executionConfigs": spark["executionConfigs"],
    }
    place = rng.choice([*lists])
    index = rng.randrange(3)
    area = f"/{rng.choice(AREAS)}"
    value = rng.choice([rng.random(), None, [1, {"x": "ü"}], {"deep": {"er": rng.randrange(9)}}, ""])
    newcomer = {**lists[place][index], "name": "newcomer", "mystery": rng.random()}
    moved = rng.choice([*lists, "/containerSettings/buildConfigs"] if "buildConfigs" in containers else [*lists])
    return rng.choice(
        [
            [{"op": "replace", "path": f"{area}/text", "value": value}],
            [{"op": "add", "path": f"{area}/new", "value": value}, {"op": "remove", "path": f"{area}/nested"}],
            # The last one is ours where ours is there already.
            [{"op": "replace", "path": f"{place}/{len(lists[place]) - 1}/mystery", "value": rng.random()}],
            [{"op": "replace", "path": f"{place}/{index}/mystery", "value": rng.random()}],
            [{"op": "add", "path": f"{place}/{index}", "value": newcomer}],
            [{"op": "remove", "path": f"{place}/{index}"}],
            [{"op": "move", "from": f"{moved}/0", "path": f"{moved}/2"}],
            [{"op": "replace", "path": "/impersonation/userRules", "value": [{"dssUser": f"u{rng.randrange(9)}"}]}],
        ]
    )


def safe_moments(seen: list[str]) -> Iterator[dict[str, Any]]:
    """The moments at which an edit must survive: all but those between a read and the write that follows it."""
    for number, method in enumerate(seen):
        following = seen[number + 1] if number + 1 < len(seen) else None
        at = seen[: number + 1].count(method)
        if method == "GET":
            yield {"before": f"GET {PATH}", "at": at}
        if following != "PUT":
            yield {"after": f"{method} {PATH}", "at": at}
