"""The table of what the sandbox knows of connections; what else is saved is dropped without a word.

Fields of GCS connections: https://doc.dataiku.com/dss/latest/connecting/gcs.html. That DSS drops others is known of its
general settings and taken to be so here (UNCONFIRMED), as are the defaults of the permissions.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.dss.instance.schema import Choice, Fields, Schema, Value

_TEXT = Value()

_GCS: Mapping[str, Schema] = {
    # KEYPAIR and ENVIRONMENT; how OAuth2 is spelled is UNCONFIRMED, so that any word is kept.
    "credentialsMode": _TEXT,
    "appSecretContent": _TEXT,
    "serviceAccountEmail": _TEXT,
    "projectId": _TEXT,
    "snowflakeStorageIntegration": _TEXT,
    "chbucket": _TEXT,
    "chroot": _TEXT,
    "defaultManagedBucket": _TEXT,
    "defaultManagedPath": Value(initial="/dataiku"),
    "hdfsInterface": Choice(("GS", "NONE"), optional=True),
    "metastoreSynchronizationMode": Choice(("KEEP_IN_SYNC", "NO_SYNC"), optional=True),
    "defaultMetastoreDatabase": _TEXT,
    "dkuProperties": Value(initial=[]),
}
# Of other types nothing is known: they are kept as they are.
_PARAMS: Mapping[str, Schema] = {"GCS": Fields(_GCS)}


def conform(connection: dict[str, Any]) -> dict[str, Any]:
    """Return a connection as it is kept: with its known fields only, and the defaults of those that are missing.

    Raises:
        DssError: a field is of another kind than what belongs there.
    """
    yes, no = Value(initial=True), Value(initial=False)
    known = Fields(
        {
            "name": _TEXT,
            "type": _TEXT,
            "description": _TEXT,
            "params": _PARAMS.get(connection["type"], Value(initial={})),
            "usableBy": Choice(("ALL", "ALLOWED")),
            "allowedGroups": Value(initial=[]),
            "allowWrite": yes,
            "allowManagedDatasets": yes,
            "allowManagedFolders": no,
            "allowKnowledgeBanks": no,
            "detailsReadability": Fields(
                {"readableBy": Choice(("NONE", "ALL", "ALLOWED")), "allowedGroups": Value(initial=[])}
            ),
        }
    )
    return known.conform(connection, "")
