"""What has to be known about the world before a request can be written."""

from __future__ import annotations

from dataclasses import dataclass

from gke_clusters.settings.location import region_of


@dataclass(frozen=True)
class HostFacts:
    """The machine that hosts DSS, as far as it is known; ``None`` where it is not, as everywhere outside Google Cloud.

    Attributes:
        project_id: ID of the project of the VM.
        zone: zone of the VM.
        network: network of its first interface: a name, or a path if that network is shared by another project.
        subnetwork: subnetwork of its first interface, likewise.
        service_account_email: service account attached to the VM.
    """

    project_id: str | None = None
    zone: str | None = None
    network: str | None = None
    subnetwork: str | None = None
    service_account_email: str | None = None

    @property
    def region(self) -> str | None:
        """Region of the VM."""
        return region_of(self.zone) if self.zone else None
