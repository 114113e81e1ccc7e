"""The machine that DSS runs on: a Compute Engine VM with a service account that has the plugin's permissions."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from sandbox.gcp.locations import region_of
from sandbox.gcp.projects import Project

_PERMISSIONS_FILE = Path(__file__).resolve().parents[2] / "python-lib" / "gke_clusters" / "google" / "permissions.py"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


@dataclass(frozen=True)
class Host:
    """The VM `dss-host`, on the auto-mode network `default`."""

    project: Project
    name: str = "dss-host"
    zone: str = "us-central1-a"
    network: str = "default"
    subnetwork: str = "default"
    internal_ip: str = "10.128.0.2"
    instance_id: str = "4815162342108151623"
    machine_type: str = "n2-standard-8"

    @property
    def region(self) -> str:
        """The region of its zone."""
        return region_of(self.zone)

    @property
    def hostname(self) -> str:
        """Its internal DNS name."""
        return f"{self.name}.{self.zone}.c.{self.project.id}.internal"

    @property
    def service_account(self) -> str:
        """The email of its service account."""
        return f"{self.name}@{self.project.id}.iam.gserviceaccount.com"


def documented_permissions() -> tuple[str, ...]:
    """Return the IAM permissions that the plugin documents, read from its one list of them."""
    # Loaded by path: the rest of the plugin stays out of this process, and need not be importable.
    spec = importlib.util.spec_from_file_location("_documented_permissions", _PERMISSIONS_FILE)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{_PERMISSIONS_FILE} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return tuple(module.PERMISSIONS)
