"""The story of a GCS connection: the bucket and the rights on it are looked at first, then DSS is told and asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from gke_clusters.dss.connections import GCS, KEY_PLACE, GcsConnection
from gke_clusters.dss.documents import value_at
from gke_clusters.dss.stored_documents import Document
from gke_clusters.errors import DssRefused, Problem, SettingsError
from gke_clusters.google.bucket_locations import is_near
from gke_clusters.google.credentials import CredentialsChoice
from gke_clusters.lifecycle.bucket_access import BucketAccess, Storage
from gke_clusters.lifecycle.connection_change import Connection, ConnectionChange
from gke_clusters.lifecycle.progress import Progress
from gke_clusters.lifecycle.saved_cluster import read_saved_cluster
from gke_clusters.lifecycle.steps import Result, StepsTaken
from gke_clusters.reports.checklist import Outcome, Step, render_checklist
from gke_clusters.settings.descriptors import macro_descriptor
from gke_clusters.settings.gcs_connection import COMPONENT, GcsConnectionSettings
from gke_clusters.settings.location import region_of
from gke_clusters.settings.register import REMEDY

_SLOW: Final = "what is read from there is slow and billed"
_NODES: Final = (
    "Spark's pods have no key: unless the cluster gives them another identity, they reach the bucket as the service"
    " account of the nodes, which needs roles/storage.objectAdmin on gs://{bucket} too."
)
_METASTORE: Final = (
    "The metastore catalog of the instance should be that of DSS: Administration › Settings › Metastore catalogs."
)


class Instance(Protocol):
    """What the story asks of DSS."""

    def connection(self, name: str) -> Connection:
        """A connection."""

    def read_cluster_settings(self, cluster_id: str) -> Document:
        """Read what DSS keeps of a cluster."""


def create_gcs_connection(
    settings: GcsConnectionSettings, google: BucketAccess, instance: Instance, progress: Progress
) -> str:
    """Make a bucket a connection of DSS.

    Args:
        settings: The dialog.
        google: Cloud Storage.
        instance: DSS.
        progress: Where to report.

    Returns:
        A page that says of each step what became of it, and what to do next.

    Raises:
        SettingsError: The bucket or the cluster is not there, the two are in different regions, the connection is of
            another type, or there is no key; nothing was changed.
        GkeClustersError: DSS cannot be asked what there is; nothing was changed.
    """
    steps = gcs_connection_steps(settings, google, instance, progress)
    notes = connection_notes(settings, steps)
    if notes and settings.metastore_database:
        notes.append(_METASTORE)
    return render_checklist(f"GCS connection {settings.name}", steps, notes)


def connection_notes(settings: GcsConnectionSettings, steps: Sequence[Step]) -> list[str]:
    """Return what is left to do when a connection was made or changed."""
    changed = any(step.outcome is Outcome.CHANGED for step in steps)
    return [_NODES.format(bucket=settings.bucket)] if changed and settings.uses_environment else []


def gcs_connection_steps(
    settings: GcsConnectionSettings,
    google: BucketAccess,
    instance: Instance,
    progress: Progress,
    *,
    keep_what_is_there: bool = False,
) -> list[Step]:
    """Take the steps of :func:`create_gcs_connection`, which raises the same, and return them.

    Args:
        settings: The dialog.
        google: Cloud Storage.
        instance: DSS.
        progress: Where to report.
        keep_what_is_there: Leave a connection that exists as it is; one to another bucket is refused then.
    """
    progress.step(5, f"Looking at gs://{settings.bucket}")
    connection = instance.connection(settings.name)
    found = connection.find()
    keep = found is not None and keep_what_is_there
    if found and keep:
        settings = _as_it_is(settings, found)
    # To be put back where DSS cannot use what the connection becomes; not read where it stays out of it.
    has_key = isinstance(value_at(found or {}, KEY_PLACE), str)
    old_key = connection.key() if found and (has_key or not settings.uses_environment) else None
    _require_type_and_key(settings, found)
    region = _region_of_the_cluster(settings.cluster_id, instance) if settings.cluster_id else None
    change = ConnectionChange(settings.name, connection, found, _wanted(settings, old_key), old_key)

    taken = StepsTaken()
    taken.take(f"Bucket {settings.bucket}", lambda: _look(settings, google.look, region))
    progress.step(30, "Asking for the rights on the bucket")
    taken.take("Rights on the bucket", lambda: _rights(settings, google, old_key))
    progress.step(60, f"Connection {settings.name}")
    if keep:
        taken.take(f"Connection {settings.name}", lambda: change.keep(preview=settings.preview))
    else:
        taken.take(f"Connection {settings.name}", change.preview if settings.preview else change.make)
    progress.step(100, "The connection is not as it should be" if taken.obstacle else "Connection finished")
    return taken.steps


def _refused(field: str, message: str) -> SettingsError:
    return SettingsError([Problem(macro_descriptor(COMPONENT).label_of(field), message)], remedy=REMEDY)


def _as_it_is(settings: GcsConnectionSettings, found: Mapping[str, Any]) -> GcsConnectionSettings:
    """The dialog, with the credentials that a connection has.

    Raises:
        SettingsError: It reaches another bucket than the dialog names.
    """
    params = found.get("params") or {}
    reached = params.get("chbucket")
    if found.get("type") == GCS and reached != settings.bucket:
        where = f"gs://{reached}" if reached else "no bucket in particular"
        raise _refused(
            "connectionName",
            f"{settings.name} exists and reaches {where}; give another name, or change it by the macro “Create GCS"
            " connection”",
        )
    mode = "KEYPAIR" if params.get("credentialsMode") == "KEYPAIR" else "ENVIRONMENT"
    return settings.model_copy(update={"authentication": mode})


def _require_type_and_key(settings: GcsConnectionSettings, found: Mapping[str, Any] | None) -> None:
    if found and found.get("type") != GCS:
        raise _refused("connectionName", f"{settings.name} exists and is of type {found.get('type')}")
    key = value_at(found or {}, KEY_PLACE)
    if not settings.uses_environment and not settings.key and not (isinstance(key, str) and key):
        raise _refused("bucketKey", f"is required: {settings.name} has none yet")


def _region_of_the_cluster(cluster_id: str, instance: Instance) -> str | None:
    """The region; None where the cluster is not started."""
    try:
        data = instance.read_cluster_settings(cluster_id).get("data")
    except DssRefused as refused:
        raise _refused("clusterId", f"{cluster_id} cannot be read: {refused.verbatim}") from refused
    saved = read_saved_cluster(data)
    return region_of(saved.name.location) if saved else None


def _wanted(settings: GcsConnectionSettings, old_key: str | None) -> GcsConnection:
    key = settings.key.get_secret_value() if settings.key else None
    return GcsConnection(
        bucket=settings.bucket,
        path=settings.path,
        credentials_mode=settings.authentication,
        managed_datasets=settings.managed_datasets,
        managed_folders=settings.managed_folders,
        usable_by=settings.usable_by,
        details_readable_by=settings.details_readable_by,
        groups=settings.groups,
        metastore_database=settings.metastore_database,
        project=settings.connection.project_id,
        key=key if key != old_key else None,
    )


def _look(settings: GcsConnectionSettings, storage: Storage, region: str | None) -> Result:
    bucket = storage.find_bucket(settings.bucket)
    if bucket is None:
        raise _refused("bucket", f"there is no bucket of the name {settings.bucket}")
    where = f"in {bucket.location} ({bucket.location_type})"
    if region is None:
        why = f"{settings.cluster_id} is not started" if settings.cluster_id else "no cluster was chosen"
        return Outcome.DONE, [f"It is {where}. That was not compared with a cluster: {why}."]
    if is_near(bucket.location, bucket.chosen_regions, region):
        return Outcome.DONE, [f"It is {where}, where the cluster is: {region}."]
    if settings.allow_other_region:
        return Outcome.DONE, [f"It is {where}, the cluster in {region}: {_SLOW}. This was allowed."]
    tick = macro_descriptor(COMPONENT).label_of("allowOtherRegion")
    raise _refused(
        "bucket",
        f"{settings.bucket} is {where}, the cluster in {region}: {_SLOW}; choose a bucket there, or tick {tick}",
    )


def _rights(settings: GcsConnectionSettings, google: BucketAccess, old_key: str | None) -> Result:
    key = settings.key.get_secret_value() if settings.key else old_key
    if not settings.uses_environment and not key:
        return Outcome.SKIPPED, ["DSS does not give the key of the connection back: the test of DSS decides."]
    # As whom the connection will act, which need not be whoever looked at the bucket.
    choice = CredentialsChoice() if settings.uses_environment else CredentialsChoice("service-account-key", key)
    storage = google.connect(choice)
    storage.require_access(settings.bucket)
    rights = f"{storage.identity} may list, read, write and delete objects."
    if settings.preview:
        return Outcome.DONE, [rights, "No object was written to try it."]
    storage.try_out(settings.bucket, settings.path.strip("/"))
    return Outcome.DONE, [rights, "An object was written, read and deleted to try it."]
