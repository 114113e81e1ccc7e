"""Pods whose images cannot be pulled."""

from typing import Any

from sandbox.clock import Clock
from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.image_errors import pull_error
from sandbox.kubernetes.controllers.kinds import EVENTS, PODS
from tests.python.unit.sandbox.kubernetes.controllers.clusters import Cluster, in_cluster

IMAGE = "us-central1-docker.pkg.dev/p/dss/base:1"
DENIED = pull_error("denied", IMAGE)
# A pause of ten seconds takes ten milliseconds.
FAST = Clock(1000)


def _pod(**spec: Any) -> Object:
    return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": IMAGE}], **spec}}


def _plan(cluster: Cluster, kind: str, **fault: Any) -> None:
    cluster.request.faults.add(
        {"service": "kubernetes", "effect": {"pull": kind}, "path": IMAGE, "times": 1000, **fault}
    )


def _waiting(pod: Object, statuses: str = "containerStatuses") -> Object:
    found: Object = (pod["status"].get(statuses) or [{}])[0].get("state", {}).get("waiting", {})
    return found


def _runs(pod: Object) -> bool:
    return bool(pod["status"].get("phase") == "Running")


def test_a_pod_whose_image_is_refused_waits_and_says_why() -> None:
    async def story(cluster: Cluster) -> None:
        _plan(cluster, "denied")
        await cluster.create(PODS, _pod())
        failed = await cluster.one(PODS, "p", lambda pod: _waiting(pod).get("reason") == "ErrImagePull")
        resting = await cluster.one(PODS, "p", lambda pod: _waiting(pod).get("reason") == "ImagePullBackOff")

        assert _waiting(failed)["message"] == DENIED
        assert _waiting(resting)["message"] == f'Back-off pulling image "{IMAGE}": ErrImagePull: {DENIED}'
        assert resting["status"]["phase"] == "Pending"

    # Slow enough for each state to be seen.
    in_cluster(story, clock=Clock(20))


def test_what_happens_again_is_one_event_with_a_count() -> None:
    async def story(cluster: Cluster) -> None:
        _plan(cluster, "denied")
        await cluster.create(PODS, _pod())
        events = await cluster.until(
            EVENTS,
            lambda items: any(item["reason"] == "BackOff" and item["count"] > 1 for item in items),
            "default",
        )

        said = {(item["type"], item["reason"], item["message"]) for item in events if item["reason"] != "Scheduled"}
        assert said == {
            ("Normal", "Pulling", f'Pulling image "{IMAGE}"'),
            ("Warning", "Failed", f'Failed to pull image "{IMAGE}": {DENIED}'),
            ("Warning", "Failed", "Error: ErrImagePull"),
            ("Normal", "BackOff", f'Back-off pulling image "{IMAGE}"'),
            ("Warning", "Failed", "Error: ImagePullBackOff"),
        }
        assert len([item for item in events if item["reason"] == "Failed"]) == 3

    in_cluster(story, clock=FAST)


def test_a_pod_runs_once_its_image_can_be_pulled() -> None:
    async def story(cluster: Cluster) -> None:
        _plan(cluster, "missing")
        await cluster.create(PODS, _pod())
        await cluster.one(PODS, "p", lambda pod: _waiting(pod).get("reason") == "ImagePullBackOff")
        cluster.request.faults.clear()
        await cluster.one(PODS, "p", _runs)
        [told] = [
            item["message"]
            for item in (await cluster.client.list(EVENTS, "default")).items
            if item["reason"] == "Pulled" and IMAGE in item["message"]
        ]
        assert told.startswith(f'Successfully pulled image "{IMAGE}" in ')

    in_cluster(story, clock=FAST)


def test_a_failure_that_strikes_twice_is_followed_by_a_pull() -> None:
    async def story(cluster: Cluster) -> None:
        _plan(cluster, "unreachable", times=2)
        await cluster.create(PODS, _pod())
        await cluster.one(PODS, "p", _runs)
        events = (await cluster.client.list(EVENTS, "default")).items
        assert [item["count"] for item in events if "i/o timeout" in item["message"]] == [2]

    in_cluster(story, clock=FAST)


def test_an_image_that_is_there_is_not_pulled_again_with_another_one() -> None:
    async def story(cluster: Cluster) -> None:
        _plan(cluster, "denied", times=1)
        containers = [{"name": "sidecar", "image": "other"}, {"name": "c", "image": IMAGE}]
        await cluster.create(PODS, _pod(containers=containers))
        await cluster.one(PODS, "p", _runs)
        events = (await cluster.client.list(EVENTS, "default")).items
        assert sorted(item["message"].partition(" in ")[0] for item in events if item["reason"] == "Pulled") == [
            'Container image "other" already present on machine',
            f'Successfully pulled image "{IMAGE}"',
        ]

    in_cluster(story, clock=FAST)


def test_other_images_are_pulled() -> None:
    async def story(cluster: Cluster) -> None:
        _plan(cluster, "denied", path="docker.io/*")
        await cluster.create(PODS, _pod())
        await cluster.one(PODS, "p", _runs)

    in_cluster(story)


def test_an_init_container_without_its_image_keeps_the_others_back() -> None:
    async def story(cluster: Cluster) -> None:
        _plan(cluster, "missing", path="init:*")
        await cluster.create(PODS, _pod(initContainers=[{"name": "i", "image": "init:1"}]))
        pod = await cluster.one(
            PODS, "p", lambda pod: _waiting(pod, "initContainerStatuses").get("reason") == "ImagePullBackOff"
        )
        assert _waiting(pod) == {"reason": "PodInitializing"}
        [condition] = [one for one in pod["status"]["conditions"] if one["type"] == "Initialized"]
        assert condition["message"] == "containers with incomplete status: [i]"
        cluster.request.faults.clear()
        await cluster.one(PODS, "p", _runs)

    in_cluster(story, clock=FAST)


def test_a_pod_that_is_deleted_meanwhile_goes() -> None:
    async def story(cluster: Cluster) -> None:
        _plan(cluster, "denied")
        await cluster.create(PODS, _pod())
        await cluster.one(PODS, "p", lambda pod: _waiting(pod).get("reason") == "ImagePullBackOff")
        await cluster.client.delete(PODS, "p", "default")
        await cluster.until(PODS, lambda items: all(item["metadata"]["name"] != "p" for item in items), "default")

    in_cluster(story, clock=FAST)
