"""The images of pods: pulled in no time unless a fault says otherwise, then tried again with a growing pause.

https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff
"""

import zlib
from dataclasses import dataclass, field
from typing import Literal

from sandbox.clock import Clock
from sandbox.faults import FaultPlan
from sandbox.kubernetes.client import Object
from sandbox.kubernetes.controllers.events import Series, record
from sandbox.kubernetes.controllers.image_errors import pull_error
from sandbox.kubernetes.controllers.kinds import PODS
from sandbox.kubernetes.controllers.pod_status import not_pulled
from sandbox.kubernetes.controllers.state import ClusterState, Key

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 10.0, 300.0
# Until the kubelet looks at the pod again and sees that it must wait; a guess.
_SEEN_SECONDS = 2.0
# An answer comes at once; Go's dialler gives up after half a minute, which is what containerd leaves it.
_ATTEMPT_SECONDS = {"denied": 0.5, "missing": 0.5, "unreachable": 30.0}
_COMPONENT = "kubelet"


@dataclass
class _Pull:
    """A pull that fails.

    Attributes:
        uid: the pod's.
        container: whose image it is.
        kind: why it fails.
        events: what the kubelet says on the pod.
        stage: whether it goes on, has failed, or rests.
        failures: how often it has failed.
        pulled: images of the pod that are there.
    """

    uid: str
    events: Series
    container: Object = field(default_factory=dict)
    kind: str = ""
    stage: Literal["begun", "failed", "resting"] = "resting"
    failures: int = 0
    pulled: set[str] = field(default_factory=set)

    @property
    def image(self) -> str:
        """The image that cannot be pulled."""
        return str(self.container.get("image", ""))

    @property
    def pause_seconds(self) -> float:
        """How long it rests before the next attempt."""
        return min(_FIRST_PAUSE_SECONDS * 2.0 ** (self.failures - 1), _LONGEST_PAUSE_SECONDS)


class ImagePulls:
    """Pulls the images of all pods of a cluster.

    Args:
        state: the cluster.
        faults: which images cannot be pulled.
        clock: how fast simulated time passes.
    """

    def __init__(self, state: ClusterState, faults: FaultPlan, clock: Clock) -> None:
        self._state = state
        self._faults = faults
        self._clock = clock
        self._failing: dict[Key, _Pull] = {}

    def forget(self, key: Key) -> None:
        """Leave out a pod that is gone."""
        self._failing.pop(key, None)

    async def advance(self, key: Key, pod: Object) -> float | None:
        """Take the pulls of a pod one step further.

        Returns:
            Real seconds until the next step, or None when all images are there.
        """
        pull = self._failing.get(key)
        if pull is not None and pull.uid != pod["metadata"]["uid"]:
            pull = None
        if pull is None or pull.stage == "resting":
            seconds = await self._attempt(key, pod, pull)
        elif pull.stage == "begun":
            seconds = await self._fail(key, pod, pull)
        else:
            seconds = await self._rest(key, pod, pull)
        return None if seconds is None else self._clock.real_seconds(seconds)

    async def _attempt(self, key: Key, pod: Object, pull: _Pull | None) -> float | None:
        spec, there = pod["spec"], pull.pulled if pull else set[str]()
        for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
            image = container.get("image", "")
            if image in there:
                continue
            if kind := self._faults.take_pull(image):
                pull = pull or _Pull(pod["metadata"]["uid"], Series(self._state, _COMPONENT), pulled=there)
                pull.container, pull.kind, pull.stage = container, kind, "begun"
                self._failing[key] = pull
                await pull.events.record(pod, "Pulling", f'Pulling image "{image}"')
                return _ATTEMPT_SECONDS[kind]
            there.add(image)
            await self._tell_pulled(pod, image, pull)
        self.forget(key)
        return None

    async def _tell_pulled(self, pod: Object, image: str, pull: _Pull | None) -> None:
        if pull is None:
            message = f'Container image "{image}" already present on machine'
            await record(self._state, pod, "Pulled", message, component=_COMPONENT)
            return
        size = 10**8 + zlib.crc32(image.encode()) % 10**8
        message = f'Successfully pulled image "{image}" in 1.204s (1.204s including waiting). Image size: {size} bytes.'
        await pull.events.record(pod, "Pulled", message)

    async def _fail(self, key: Key, pod: Object, pull: _Pull) -> float:
        error = pull_error(pull.kind, pull.image)
        await self._show(key, pod, pull, "ErrImagePull", error)
        pull.failures += 1
        pull.stage = "failed"
        await pull.events.record(pod, "Failed", f'Failed to pull image "{pull.image}": {error}', "Warning")
        await pull.events.record(pod, "Failed", "Error: ErrImagePull", "Warning")
        return _SEEN_SECONDS

    async def _rest(self, key: Key, pod: Object, pull: _Pull) -> float:
        said = f'Back-off pulling image "{pull.image}"'
        error = pull_error(pull.kind, pull.image)
        await self._show(key, pod, pull, "ImagePullBackOff", f"{said}: ErrImagePull: {error}")
        pull.stage = "resting"
        await pull.events.record(pod, "BackOff", said)
        await pull.events.record(pod, "Failed", "Error: ImagePullBackOff", "Warning")
        return pull.pause_seconds

    async def _show(self, key: Key, pod: Object, pull: _Pull, reason: str, message: str) -> None:
        status = not_pulled(pod, pull.container["name"], reason, message)
        await self._state.patch(PODS, key, {"status": status}, "status")
