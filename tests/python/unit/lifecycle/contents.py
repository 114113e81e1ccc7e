"""The billed objects of a cluster in memory, as a stop meets them."""

from __future__ import annotations

from dataclasses import replace

from gke_clusters.errors import GkeClustersError
from gke_clusters.kube.billed_objects import KubernetesObject, LoadBalancer, Volume


def made(kind: str, name: str) -> KubernetesObject:
    """Make an object of the namespace default."""
    return KubernetesObject(kind, "default", name, f"uid-{name}", f"/{kind}/{name}")


def service(name: str, *addresses: str) -> LoadBalancer:
    """Make a service of the type LoadBalancer."""
    return LoadBalancer(made("Service", name), addresses)


def volume(claim: str, *, retained: bool = False, driver: str = "pd.csi.storage.gke.io") -> Volume:
    """Make the volume of a claim; its disk has its name."""
    handle = f"projects/acme/zones/europe-west1-b/disks/pvc-{claim}"
    return Volume(f"pvc-{claim}", f"default/{claim}", "5Gi", retained, driver, handle)


class FakeContents:
    """Deletes at once what it is told to, but for what is stuck; a claim goes with its volume, once nothing uses it."""

    def __init__(self) -> None:
        self.balancers: list[LoadBalancer] = []
        self.claimed: list[KubernetesObject] = []
        self.provided: list[Volume] = []
        self.makers: list[KubernetesObject] = []
        self.users: list[KubernetesObject] = []
        self.stuck: set[str] = set()
        self.faults: dict[str, GkeClustersError] = {}
        self.deleted: list[str] = []

    def claim(self, name: str, *, retained: bool = False) -> None:
        """Add a claim with its volume."""
        self.claimed.append(made("PersistentVolumeClaim", name))
        self.provided.append(volume(name, retained=retained))

    def load_balancers(self) -> tuple[LoadBalancer, ...]:
        self._fail("load_balancers")
        return tuple(self.balancers)

    def claims(self) -> tuple[KubernetesObject, ...]:
        self._fail("claims")
        if not self.users:
            for claim in [each for each in self.claimed if each.going and str(each) not in self.stuck]:
                self.claimed.remove(claim)
                self.provided = [each for each in self.provided if each.claim != claim.full_name or each.retained]
        return tuple(self.claimed)

    def volumes(self) -> tuple[Volume, ...]:
        self._fail("volumes")
        return tuple(self.provided)

    def makers_of_claims(self) -> tuple[KubernetesObject, ...]:
        self._fail("makers_of_claims")
        return tuple(self.makers)

    def users_of_claims(self) -> tuple[KubernetesObject, ...]:
        self._fail("users_of_claims")
        return tuple(self.users)

    def delete(self, target: KubernetesObject) -> None:
        self._fail("delete")
        self.deleted.append(str(target))
        going = replace(target, going=True)
        self.claimed = [going if each == target else each for each in self.claimed]
        if str(target) in self.stuck:
            self.balancers = [replace(each, object=going) if each.object == target else each for each in self.balancers]
            return
        self.balancers = [each for each in self.balancers if each.object != target]
        self.makers = [each for each in self.makers if each != target]
        self.users = [each for each in self.users if each != target]

    def _fail(self, call: str) -> None:
        if call in self.faults:
            raise self.faults[call]
