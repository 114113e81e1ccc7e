"""Before a cluster is deleted: what Google bills outside of it is remembered and, where that is asked for, removed.

A stop must come to its end, so nothing here fails: what cannot be looked at or removed is said, and the stop goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from gke_clusters.errors import GkeClustersError
from gke_clusters.google.deadlines import Deadline
from gke_clusters.google.leftovers import name_by_id
from gke_clusters.google.waiting import pause_seconds
from gke_clusters.kube.billed_objects import KubernetesObject, LoadBalancer, Volume

logger = logging.getLogger(__name__)

CLEAR_DEADLINE_SECONDS: Final = 10 * 60.0
"""A load balancer goes within a minute or two, a volume once its pods have ended and its disk is detached."""


class BilledContents(Protocol):
    """A cluster's billed objects, as :class:`gke_clusters.kube.billed_objects.BilledObjects` offers them."""

    def load_balancers(self) -> tuple[LoadBalancer, ...]:
        """The services of the type LoadBalancer, the ingresses and the gateways."""

    def claims(self) -> tuple[KubernetesObject, ...]:
        """The persistent volume claims."""

    def volumes(self) -> tuple[Volume, ...]:
        """The persistent volumes."""

    def makers_of_claims(self) -> tuple[KubernetesObject, ...]:
        """The stateful sets that would make claims again."""

    def users_of_claims(self) -> tuple[KubernetesObject, ...]:
        """The pods that mount a claim."""

    def delete(self, target: KubernetesObject) -> None:
        """Ask for the deletion of an object."""


@dataclass(frozen=True)
class Remembered:
    """What a cluster held before anything of it was deleted.

    Attributes:
        load_balancers: its load balancers; None if they could not be looked at.
        volumes: its volumes; None if they could not be looked at.
    """

    load_balancers: tuple[LoadBalancer, ...] | None = None
    volumes: tuple[Volume, ...] | None = None

    def without_cleared_volumes(self) -> Remembered:
        """The same after the volumes were cleared away: those that are kept whatever becomes of their claim."""
        return replace(self, volumes=tuple(each for each in self.volumes or () if each.retained))

    @property
    def addresses(self) -> frozenset[str]:
        """The IP addresses of its load balancers."""
        return frozenset(address for each in self.load_balancers or () for address in each.addresses)

    @property
    def rules(self) -> frozenset[str]:
        """The names of the forwarding rules of its services."""
        return frozenset(name_by_id(each.object.uid) for each in self.load_balancers or ())

    @property
    def disks(self) -> frozenset[str]:
        """The disks of its volumes, each as its volume names it."""
        return frozenset(each.disk for each in self.volumes or () if each.disk)


def remember(contents: BilledContents) -> Remembered:
    """Look at what Google bills outside of the cluster."""
    load_balancers: tuple[LoadBalancer, ...] | None = None
    volumes: tuple[Volume, ...] | None = None
    try:
        load_balancers = contents.load_balancers()
    except GkeClustersError as error:
        logger.warning("Which load balancers the cluster has could not be looked up: %s", _words(error))
    try:
        volumes = contents.volumes()
    except GkeClustersError as error:
        logger.warning("Which volumes the cluster has could not be looked up: %s", _words(error))
    return Remembered(load_balancers, volumes)


def clear(
    contents: BilledContents,
    deadline: Deadline,
    sleep: Callable[[float], None],
    *,
    load_balancers: bool,
    volumes: bool,
) -> bool:
    """Delete load balancers, volumes or both, and wait until they are gone.

    Args:
        contents: of the cluster.
        deadline: when to go on with what is still there.
        sleep: waits for a number of seconds.
        load_balancers: whether services of the type LoadBalancer, ingresses and gateways are deleted.
        volumes: whether persistent volume claims are deleted, with the stateful sets that make them and the pods that
            mount them. A volume whose reclaim policy is not Delete is kept.

    Returns:
        Whether all of it is gone.
    """
    waiting = Deadline(deadline.remaining_seconds)
    parts: list[_Part] = []
    if load_balancers:
        parts.append(_LoadBalancers(contents, waiting))
    if volumes:
        parts.append(_Volumes(contents, waiting))
    left = parts
    while left := [part for part in left if part.advance()]:
        if waiting.expired:
            for part in left:
                part.give_up()
            return False
        sleep(min(pause_seconds(waiting.elapsed_seconds, None), waiting.remaining_seconds))
    return not any(part.failed for part in parts)


@dataclass
class _Part:
    """What is cleared away in one go, step by step."""

    contents: BilledContents
    waiting: Deadline
    words: str = ""
    left: list[str] = field(default_factory=list)
    failed: bool = False
    _asked: set[str] = field(default_factory=set)

    def advance(self) -> bool:
        """Take a step; tells whether to come back."""
        try:
            self.left = list(self.step())
        except GkeClustersError as error:
            self.failed = True
            logger.warning("The %s could not be cleared away: %s. The stop goes on", self.words, _words(error))
            return False
        if not self.left and self._asked:
            logger.info("The %s are gone", self.words)
        return bool(self.left)

    def give_up(self) -> None:
        """Say what is still there."""
        logger.warning(
            "The %s are not gone after %.3g minutes: %s. The stop goes on",
            self.words,
            self.waiting.seconds / 60,
            ", ".join(self.left),
        )

    def step(self) -> Iterator[str]:
        """Ask for deletions that are still to be asked for, and yield what is still there."""
        raise NotImplementedError

    def delete(self, objects: Iterable[KubernetesObject]) -> None:
        """Ask for deletions, each said in the log once, though a controller may make an object again."""
        for each in objects:
            if self.waiting.expired:
                # Thousands of them, or an API server that takes long for each: the cluster goes all the same.
                return
            if each.going:
                continue
            if str(each) not in self._asked:
                logger.info("Deleting %s before the cluster", each)
                self._asked.add(str(each))
            self.contents.delete(each)


@dataclass
class _LoadBalancers(_Part):
    words: str = "load balancers"

    def step(self) -> Iterator[str]:
        objects = [each.object for each in self.contents.load_balancers()]
        self.delete(objects)
        yield from map(str, objects)


@dataclass
class _Volumes(_Part):
    words: str = "persistent volumes"
    _claims: set[str] = field(default_factory=set)
    _kept: set[str] = field(default_factory=set)

    def step(self) -> Iterator[str]:
        claims = self.contents.claims()
        self._claims.update(claim.full_name for claim in claims)
        if claims:
            # In this order, or the claims are made again, and pods that are made again get them.
            self.delete(self.contents.makers_of_claims())
            self.delete(claims)
            self.delete(self.contents.users_of_claims())
        yield from map(str, claims)
        for volume in self.contents.volumes():
            if volume.claim not in self._claims:
                continue
            if not volume.retained:
                yield str(volume)
            elif volume.name not in self._kept:
                logger.info("%s is kept: its reclaim policy is not Delete", volume)
                self._kept.add(volume.name)


def _words(error: GkeClustersError) -> str:
    """A failure that stops nothing, in one line."""
    answer = f" Answer received: {error.verbatim}" if error.verbatim else ""
    return f"{error.cause}{answer}".rstrip(".")
