"""How a GKE cluster stands to this DSS: known, forgotten, in doubt, or none of its business. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from gke_clusters.google.clusters import Cluster
from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.deletion import delete_command
from gke_clusters.lifecycle.known_clusters import DssClusters, KnownCluster
from gke_clusters.specs.ownership import label_value, owner_of


class Standing(Enum):
    """How a GKE cluster stands to this installation of DSS."""

    KNOWN = "known"
    """A started cluster of DSS is this one."""
    FORGOTTEN = "forgotten"
    """This DSS created it, and no cluster of DSS knows it."""
    IN_DOUBT = "in doubt"
    """This DSS created it, and a cluster of DSS may still use it or come back to it."""
    OTHER_DSS = "of another DSS"
    """Another installation of DSS created it."""
    UNMARKED = "unmarked"
    """It has no label of this plugin: whoever made it, it is left alone."""


@dataclass(frozen=True)
class Judgement:
    """What is known of a GKE cluster.

    Attributes:
        cluster: The cluster.
        standing: How it stands to this DSS.
        owner: Id of the DSS cluster that it was created for, as its label has it; empty without one.
        reason: Why it is judged so, a sentence.
    """

    cluster: Cluster
    standing: Standing
    owner: str = ""
    reason: str = ""


def judge(cluster: Cluster, install: str, dss: DssClusters) -> Judgement:
    """Judge a GKE cluster. It is forgotten only if nothing speaks against it.

    Args:
        cluster: The cluster, with its labels.
        install: Id of this installation of DSS.
        dss: The clusters of DSS.
    """
    known = dss.own
    owner = owner_of(cluster.labels)
    holders = [each for each in known if each.saved and _is_saved(each, cluster)]
    started = next((each for each in holders if each.is_started), None)
    if started:
        return Judgement(cluster, Standing.KNOWN, owner.cluster if owner else "", f"It is {started.id} of DSS.")
    if owner is None:
        creator = next((each for each in holders if not each.attaches), None)
        if creator is None:
            return Judgement(cluster, Standing.UNMARKED)
        return Judgement(cluster, Standing.IN_DOUBT, reason=_unmarked(creator, cluster))
    if owner.install != label_value(install):
        return Judgement(cluster, Standing.OTHER_DSS, owner.cluster)
    doubt = next(chain(_uses(cluster, dss), _doubts(cluster, owner.cluster, known, holders)), None)
    if doubt:
        return Judgement(cluster, Standing.IN_DOUBT, owner.cluster, doubt)
    return Judgement(cluster, Standing.FORGOTTEN, owner.cluster, _why_forgotten(owner.cluster, known))


def _uses(cluster: Cluster, dss: DssClusters) -> Iterator[str]:
    """Yield what of DSS leads to a cluster beside the clusters of this plugin, or may do so."""
    for user in dss.others:
        if user.uses(cluster):
            yield f"{user.id} of DSS, of another type, has a kubeconfig for it."
    for user in dss.configurations:
        if user.uses(cluster):
            yield f"The {user.id} of DSS leads to it. Remove that from DSS; then this is a forgotten one."
    for user in (*dss.others, *dss.configurations):
        if user.is_unclear:
            yield (
                f"Where {user.id} of DSS leads cannot be read here: it may be this one. Correct its kubeconfig in DSS,"
                " or remove it there."
            )
    if dss.failure:
        yield f"Whether a configuration of DSS leads to it could not be read. {dss.failure.cause}"


def _why_forgotten(owner: str, known: Collection[KnownCluster]) -> str:
    namesake = _namesake(owner, known)
    if namesake is None:
        return f"DSS has no cluster {owner}."
    if namesake.saved:
        return f"{namesake.id} of DSS was started as {namesake.saved.name} since."
    return f"{namesake.id} of DSS attaches clusters; the one of that name that created this is gone."


def _unmarked(creator: KnownCluster, cluster: Cluster) -> str:
    return (
        f"{creator.id} is stopped in DSS, and the cluster of its last start is still there. It has no label of this"
        f" plugin, as those of version 1.5.1, so the next start refuses it. {delete_command(cluster.name)}"
    )


def _is_saved(known: KnownCluster, cluster: Cluster) -> bool:
    return known.saved is not None and _same_place(known.saved.name, cluster.name) and known.saved.is_same(cluster)


def _same_place(one: ClusterName, other: ClusterName) -> bool:
    # A project has an id and a number, and nothing here knows which two belong together.
    return (one.location, one.name) == (other.location, other.name)


def _namesake(owner: str, known: Collection[KnownCluster]) -> KnownCluster | None:
    """The cluster of DSS that a GKE cluster was created for, by its id."""
    return next((each for each in known if label_value(each.id) == owner), None)


def _doubts(
    cluster: Cluster, owner: str, known: Collection[KnownCluster], holders: Collection[KnownCluster]
) -> Iterator[str]:
    """Yield what speaks against a cluster's being forgotten, the most telling first."""
    namesake = _namesake(owner, known)
    if namesake and namesake.state in ("STARTING", "STOPPING"):
        yield f"DSS is {namesake.state.lower()} {namesake.id} right now."
    for each in holders:
        if each.attaches:
            yield (
                f"{each.id}, which is stopped, was attached to it. Delete {each.id} in DSS, or attach it to another"
                " cluster; then this is a forgotten one."
            )
        else:
            yield (
                f"{each.id} is stopped in DSS, and the cluster of its last start is still there and billed. Start"
                f" {each.id} in DSS, which takes it over, then stop it."
            )
    if namesake and not namesake.failure and not namesake.is_started and not namesake.attaches:
        yield (
            f"{namesake.id} is not started in DSS; its next start takes this cluster over, or deletes it first if it"
            f" cannot be used. Start {namesake.id}, then stop it; or delete {namesake.id} in DSS, which makes this a"
            " forgotten one."
        )
    if namesake and not namesake.failure and namesake.is_started and not namesake.saved:
        yield f"{namesake.id} of DSS is started, and DSS does not say as which GKE cluster."
    if namesake and namesake.saved and _same_place(namesake.saved.name, cluster.name):
        yield (
            f"{namesake.id} of DSS was started as another cluster of that name, which is gone. Mark {namesake.id} as"
            " stopped (force stop); its next start takes this one over."
        )
    for each in known:
        if each.journal and _same_place(each.journal, cluster.name):
            yield f"The journal of {each.id} names it: a start of {each.id} was interrupted, and the next clears up."
        if each.failure:
            yield f"Which GKE cluster {each.id} of DSS is could not be read: it may be this one."
