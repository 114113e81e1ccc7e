"""GCS connections: the document of one, what it should say, and DSS's own test of it.

https://doc.dataiku.com/dss/latest/connecting/gcs.html and
https://developer.dataiku.com/latest/api-reference/python/connections.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gke_clusters.dss.calls import calling, failure_in
from gke_clusters.dss.documents import ABSENT, Difference, Place
from gke_clusters.errors import NOT_SHOWN, DssRefused

Document = dict[str, Any]

GCS: Final = "GCS"
_KEY_FIELD: Final = "appSecretContent"
KEY_PLACE: Final[Place] = ("params", _KEY_FIELD)
"""Where the key of a connection is. DSS shows it encrypted or not at all."""


@dataclass(frozen=True)
class GcsConnection:
    """What a GCS connection should say.

    Attributes:
        bucket: name of the only bucket that it reaches.
        path: in the bucket, above which it reaches nothing; begins with a slash.
        credentials_mode: ``ENVIRONMENT`` or ``KEYPAIR``.
        key: path or JSON of a key; None leaves the one that is there.
        project: id of a project, for a connection that names none; None for none.
        usable_by: ``ALL`` or ``ALLOWED``.
        details_readable_by: ``ALL``, ``ALLOWED`` or ``NONE``.
        groups: groups of DSS, wherever ``ALLOWED`` is said.
        metastore_database: database that is kept in step; None for none.
    """

    bucket: str
    path: str
    credentials_mode: str
    managed_datasets: bool
    managed_folders: bool
    usable_by: str
    details_readable_by: str
    groups: tuple[str, ...]
    metastore_database: str | None
    project: str | None = None
    key: str | None = field(default=None, repr=False)


class StoredConnection:
    """A connection where DSS keeps it. Each call raises :class:`gke_clusters.errors.DssRefused`."""

    def __init__(self, client: Any, name: str) -> None:
        """Keep where it is.

        Args:
            client: a ``dataikuapi.DSSClient``.
            name: name of the connection.
        """
        self._client = client
        self._name = name
        self.name = f"connection {name}"

    def find(self) -> Document | None:
        """Read it; None if there is no connection of that name."""
        # The list tells absence without a guess at the words of a refusal.
        with calling("list its connections", self.name):
            found = self._client.list_connections().get(self._name)
        return None if found is None else dict(found)

    def read(self) -> Document:
        """Read the whole document, its key encrypted or left out."""
        with calling("read the connection", self.name):
            document: Document = self._client.get_connection(self._name).get_settings().get_raw()
        return document

    def write(self, document: Document) -> None:
        """Replace the whole document."""
        # The client's own way reads the answer, which versions of DSS leave empty.
        with calling("save the connection", self.name):
            self._client._perform_empty("PUT", f"/admin/connections/{self._name}", body=document)  # noqa: SLF001

    def create(self, document: Document) -> None:
        """Create it. DSS takes parameters and who may use it; what else there is to say is to be saved afterwards."""
        taken = ("type", "params", "usableBy", "allowedGroups")
        body = {"name": self._name, **{key: document[key] for key in taken if key in document}}
        with calling("create the connection", self.name):
            text = self._client._perform_text("POST", "/admin/connections/", body=body)  # noqa: SLF001
        try:
            answer = json.loads(text)
        except ValueError:
            # The answer is a text, of which only a failure has a known form.
            return
        said = failure_in(answer)
        if said is not None:
            raise DssRefused("DSS refused to create the connection.", resource=self.name, verbatim=said)

    def delete(self) -> None:
        """Delete it; what is in its bucket stays."""
        with calling("delete the connection", self.name):
            self._client.get_connection(self._name).delete()

    def key(self) -> str | None:
        """Return the key as it was entered; None where there is none, or where DSS does not give it to this user."""
        try:
            with calling("tell the details of the connection", self.name):
                info = self._client.get_connection(self._name).get_info()
        except DssRefused:
            return None
        key = (info.get("resolvedParams") or info.get("params") or {}).get(_KEY_FIELD)
        # Encrypted texts of DSS begin so; no path and no JSON does.
        return str(key) if key and not str(key).startswith("e:") else None

    def test(self) -> None:
        """Let DSS use it.

        Raises:
            DssRefused: DSS cannot; with what it says of the reason.
        """
        with calling("test the connection", self.name):
            answer = self._client.get_connection(self._name).test()
        if answer.get("connectionOK"):
            return
        # How the reason is called is not documented.
        said = answer.get("connectionErrorMsg") or failure_in(answer) or json.dumps(answer)
        raise DssRefused(
            "DSS cannot use the connection.",
            resource=self.name,
            verbatim=str(said),
            remedy="Correct what the answer names, then run the macro again.",
        )


def new_gcs_connection(name: str) -> Document:
    """The document of a connection before anything is said of it."""
    return {"name": name, "type": GCS, "params": {}}


def put_gcs_connection(document: Document, wanted: GcsConnection) -> None:
    """Make the document of a GCS connection say what is wanted; whatever else it says stays."""
    params: Document = document.setdefault("params", {})
    params |= {
        "credentialsMode": wanted.credentials_mode,
        "chbucket": wanted.bucket,
        "chroot": wanted.path,
        # The file system of Spark on Kubernetes: https://doc.dataiku.com/dss/latest/spark/datasets.html
        "hdfsInterface": "GS",
        "metastoreSynchronizationMode": "KEEP_IN_SYNC" if wanted.metastore_database else "NO_SYNC",
    }
    if wanted.metastore_database:
        params["defaultMetastoreDatabase"] = wanted.metastore_database
    if wanted.project and not params.get("projectId"):
        params["projectId"] = wanted.project
    if wanted.key:
        params[_KEY_FIELD] = wanted.key
    if wanted.credentials_mode == "ENVIRONMENT":
        # Whoever may read the details of the connection would read a key that is not used any more.
        params.pop(_KEY_FIELD, None)
    document |= {
        "usableBy": wanted.usable_by,
        "allowWrite": True,
        "allowManagedDatasets": wanted.managed_datasets,
        "allowManagedFolders": wanted.managed_folders,
    }
    readability: Document = document.setdefault("detailsReadability", {})
    readability["readableBy"] = wanted.details_readable_by
    for holder, audience in ((document, wanted.usable_by), (readability, wanted.details_readable_by)):
        if audience == "ALLOWED":
            holder["allowedGroups"] = list(wanted.groups)


def without_key(difference: Difference) -> Difference:
    """A difference of two connections, fit to be shown."""
    hidden = difference.place[-1:] == (_KEY_FIELD,)
    return replace(
        difference,
        before=_shown(difference.before, hidden=hidden),
        after=_shown(difference.after, hidden=hidden),
    )


def _shown(value: Any, *, hidden: bool) -> Any:
    if hidden and value is not ABSENT:
        return NOT_SHOWN
    if isinstance(value, Mapping):
        return {key: _shown(each, hidden=key == _KEY_FIELD) for key, each in value.items()}
    return value
