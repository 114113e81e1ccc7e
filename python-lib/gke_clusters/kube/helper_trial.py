"""Does the credential helper of a kubeconfig give a token, how long does it take, and whose is it?"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gke_clusters.errors import StateError
from gke_clusters.kube.credential_helper import check_helper
from gke_clusters.kube.kubeconfig import HelperCommand
from gke_clusters.kube.kubeconfig_file import read_kubeconfig

TRIAL_TIMEOUT_SECONDS: Final = 12.0
"""A token of the metadata server takes milliseconds, one of Google's token service a second."""


@dataclass(frozen=True)
class HelperTrial:
    """A credential helper that gave a token.

    Attributes:
        helper: The command; None where the kubeconfig has credentials of another kind.
        server: The address of the API server in the kubeconfig.
        seconds: How long the helper took.
        source: Where its tokens come from, in words; empty if it does not say.
    """

    helper: HelperCommand | None
    server: str
    seconds: float = 0.0
    source: str = ""


def try_helper(kubeconfig: Path, timeout_seconds: float = TRIAL_TIMEOUT_SECONDS) -> HelperTrial:
    """Run the credential helper of a kubeconfig once, as kubectl does. The token is not looked at.

    Args:
        kubeconfig: The file.
        timeout_seconds: The longest that the helper may take.

    Raises:
        StateError: The kubeconfig is missing or damaged, or the helper is not there.
        CredentialsError: It gives no token; its own words are in the error.
    """
    context = read_kubeconfig(kubeconfig)
    helper = context.helper
    if helper is None:
        return HelperTrial(None, context.server)
    files = [Path(part) for part in (helper.command, *helper.args) if part.startswith("/")]
    for file in files:
        if not (file.is_file() and os.access(file, os.R_OK)):
            raise StateError(
                "The credential helper that the kubeconfig names is not there, so kubectl gets no token.",
                resource=str(file),
                remedy="Start or attach the cluster again in DSS: that puts the helper back.",
            )
    started = time.monotonic()
    check_helper(helper, timeout_seconds)
    return HelperTrial(helper, context.server, time.monotonic() - started, _source(files[-1].parent if files else None))


def _source(folder: Path | None) -> str:
    """Say where tokens come from, by the helper's configuration, in which there is no secret."""
    if folder is None:
        return ""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        source, impersonated = config["source"], config.get("impersonate")
        words = "the metadata server of the DSS host" if source["kind"] == "metadata" else f"the file {source['path']}"
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        # A helper of another kind, such as gke-gcloud-auth-plugin.
        return ""
    return f"{words}, acting as {impersonated}" if impersonated else words
