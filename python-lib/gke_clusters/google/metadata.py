"""Facts about the machine that DSS runs on, from Compute Engine's metadata server.

Each fact is asked for only when a story needs it, so that everything works outside Google Cloud once the connection
names its project, its zone and its credentials. https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys
"""

from __future__ import annotations

import os
from typing import Final

import requests

from gke_clusters.errors import MetadataServerError
from gke_clusters.google.names import last_segment

_DEFAULT_HOST: Final = "metadata.google.internal"
_FLAVOR: Final = {"Metadata-Flavor": "Google"}
_TIMEOUT_SECONDS: Final = 3.0
_ATTEMPTS: Final = 3
# It limits the rate of requests: https://cloud.google.com/compute/docs/metadata/querying-metadata
_PASSING: Final = (requests.codes.too_many_requests,)


class HostMetadata:
    """The metadata server of the DSS host, read lazily and once per fact.

    ``GCE_METADATA_HOST`` (or the older ``GCE_METADATA_ROOT``) names another server, as for Google's own libraries.
    Every method raises :class:`MetadataServerError` where the server cannot be reached or does not know the fact.
    """

    def __init__(self) -> None:
        host = os.environ.get("GCE_METADATA_HOST") or os.environ.get("GCE_METADATA_ROOT") or _DEFAULT_HOST
        self._root = f"http://{host}/computeMetadata/v1/"
        self._facts: dict[str, str] = {}
        self._session = requests.Session()
        # The server is link-local: a corporate proxy must never be asked for it.
        self._session.trust_env = False

    def project_id(self) -> str:
        """Return the id of the project of the DSS host."""
        return self._fact("project/project-id", "the project")

    def zone(self) -> str:
        """Return the zone of the DSS host, such as ``europe-west1-b``."""
        return last_segment(self._fact("instance/zone", "the zone"))

    def instance_name(self) -> str:
        """Return the name of the virtual machine of the DSS host."""
        return self._fact("instance/name", "the machine's name")

    def network(self) -> str:
        """Return the name of the network of the DSS host's first interface."""
        return last_segment(self._fact("instance/network-interfaces/0/network", "the network"))

    def service_account_email(self) -> str:
        """Return the e-mail address of the service account of the DSS host."""
        return self._fact("instance/service-accounts/default/email", "the service account")

    def scopes(self) -> tuple[str, ...]:
        """Return the access scopes of the service account of the DSS host, as addresses."""
        return tuple(self._fact("instance/service-accounts/default/scopes", "the access scopes").split())

    def _fact(self, path: str, what: str) -> str:
        if path not in self._facts:
            self._facts[path] = self._get(path, what)
        return self._facts[path]

    def _get(self, path: str, what: str) -> str:
        failure = ""
        for _ in range(_ATTEMPTS):
            try:
                answer = self._session.get(self._root + path, headers=_FLAVOR, timeout=_TIMEOUT_SECONDS)
            except (requests.RequestException, ValueError) as error:
                # urllib3 raises a ValueError of its own for an address that GCE_METADATA_HOST makes no name of a host.
                failure = str(error)
                continue
            # Without this header something else answers at that address: a proxy's page is not a project id.
            if answer.headers.get("Metadata-Flavor") != "Google":
                failure = f"HTTP {answer.status_code} from something that is not a metadata server"
            elif answer.status_code == requests.codes.ok and answer.text.strip():
                return answer.text.strip()
            else:
                failure = f"HTTP {answer.status_code} {answer.text.strip()[:200]}".strip()
                if answer.status_code < requests.codes.server_error and answer.status_code not in _PASSING:
                    break
        raise MetadataServerError(
            f"The metadata server did not give {what} of the DSS host.",
            resource=self._root + path,
            verbatim=failure,
            remedy=(
                "Where DSS does not run on Compute Engine, say it in the dialog instead: project and zone in the GKE"
                " connection, network and subnetwork in the cluster, service account in the node pool. On Compute"
                " Engine, check that the machine has a service account and that metadata.google.internal is reachable"
                " from the DSS host."
            ),
        )
