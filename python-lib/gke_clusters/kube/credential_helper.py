"""Puts the credential helper beside a cluster's kubeconfig.

The helper itself is `resource/credential_helper`: copied, so that neither an update of the plugin nor a rebuilt code
environment breaks the kubectl of a running cluster.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gke_clusters.errors import CredentialsError
from gke_clusters.kube.kubeconfig import HelperCommand
from gke_clusters.kube.private_files import make_private_folder, write_private_file

FOLDER_NAME = "credential-helper"

_log = logging.getLogger(__name__)

# Between two runs of a helper that gave no token.
_PAUSE_SECONDS = 2.0

_SCRIPT = "credential-helper"
_PROGRAM = "refresh.py"
_KEY = "key.json"
_RESOURCES = Path(__file__).resolve().parents[3] / "resource" / "credential_helper"

# `sh SCRIPT` and not SCRIPT: data folders are sometimes mounted noexec.
_SHELL = "/bin/sh"
# Tried in this order when a token must be asked for; the last is the one that RHEL 8 and its kin always have.
_OTHER_PYTHONS = ("python3", "/usr/bin/python3", "/usr/libexec/platform-python")

# The fields without which Google gives no token, by the `type` of a credentials file:
# https://google.aip.dev/auth/4112 (service account key), https://google.aip.dev/auth/4113 (user).
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "service_account": ("client_email", "private_key", "token_uri"),
    "authorized_user": ("client_id", "client_secret", "refresh_token"),
    "impersonated_service_account": ("service_account_impersonation_url", "source_credentials"),
}


@dataclass(frozen=True)
class HelperCredentials:
    """The identity for kubectl, which is the one of every other call.

    Attributes:
        key: the path of a credentials file or its content as JSON; empty or None for the Application Default
            Credentials of this process.
        impersonate: e-mail of a service account to act as; empty or None for none.
    """

    key: str | None = field(default=None, repr=False)
    impersonate: str | None = None


def install_helper(directory: Path, credentials: HelperCredentials) -> HelperCommand:
    """Put the helper into `directory`/credential-helper, replacing an earlier one, and forget its token.

    It needs nothing of the cluster: call it before the cluster is created, so that unusable credentials are found then.
    Application Default Credentials are resolved here, once, so that a kubectl that is run from another environment acts
    as the same identity.

    Args:
        directory: the cluster's working directory.
        credentials: whose tokens it gives.

    Raises:
        CredentialsError: the credentials cannot be read or are of a kind that the helper does not know. The text of
            a key is never in the message.
        OSError: the files cannot be written.
    """
    key_is_text = bool(credentials.key) and str(credentials.key).lstrip().startswith("{")
    key_text = str(credentials.key) if key_is_text else None
    folder = directory.resolve() / FOLDER_NAME
    source: dict[str, str] = {"kind": "metadata"}
    if key_text is not None:
        _check(key_text, "the service account key")
        source = {"kind": "file", "path": str(folder / _KEY)}
    else:
        path = Path(credentials.key).expanduser().resolve() if credentials.key else application_default_file()
        if path is not None:
            _check_file(path, given=bool(credentials.key))
            source = {"kind": "file", "path": str(path)}
    config = {"impersonate": credentials.impersonate or None, "source": source, "version": 1}

    make_private_folder(folder)
    if key_text is None:
        (folder / _KEY).unlink(missing_ok=True)
    else:
        write_private_file(folder / _KEY, key_text)
    write_private_file(folder / "config.json", json.dumps(config, sort_keys=True) + "\n")
    # Only now: a helper that is just running compares the configuration before it keeps a token.
    (folder / "token").unlink(missing_ok=True)
    write_private_file(folder / "interpreters", "".join(f"{python}\n" for python in (sys.executable, *_OTHER_PYTHONS)))
    write_private_file(folder / _PROGRAM, (_RESOURCES / _PROGRAM).read_text(encoding="utf-8"))
    write_private_file(folder / _SCRIPT, (_RESOURCES / _SCRIPT).read_text(encoding="utf-8"), mode=0o700)
    return HelperCommand(_SHELL, (str(folder / _SCRIPT),))


def remove_helper(directory: Path) -> None:
    """Delete the helper of a working directory with its token and key; nothing happens where there is none."""
    shutil.rmtree(directory / FOLDER_NAME, ignore_errors=True)


def check_helper(helper: HelperCommand, timeout_seconds: float = 60.0, patience_seconds: float = 0.0) -> None:
    """Run the helper, so that its own words reach the administrator and the next client finds a token.

    Args:
        helper: the command of a kubeconfig.
        timeout_seconds: the longest that one run may take.
        patience_seconds: for how long it is run again: a metadata server that blinks is no reason to give up.

    Raises:
        CredentialsError: it gives no token.
    """
    started = time.monotonic()
    while True:
        try:
            return _run(helper, timeout_seconds)
        except CredentialsError as error:
            if time.monotonic() - started + _PAUSE_SECONDS > patience_seconds:
                raise
            _log.info("%s It is asked again", error.cause)
        time.sleep(_PAUSE_SECONDS)


def _run(helper: HelperCommand, timeout_seconds: float) -> None:
    try:
        result = subprocess.run(  # noqa: S603 - the command is ours
            [helper.command, *helper.args],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CredentialsError(
            cause="The credential helper of the cluster cannot be run.",
            resource=" ".join((helper.command, *helper.args)),
            # The text of TimeoutExpired holds the command and no output.
            verbatim=str(error),
            remedy="Check the working directory of the cluster, then start or attach the cluster again.",
        ) from None
    if result.returncode:
        raise CredentialsError(
            cause="Google gives no token for the cluster.",
            resource=" ".join((helper.command, *helper.args)),
            verbatim=result.stderr.strip() or f"exit status {result.returncode}",
            remedy="Correct the credentials of the GKE connection, or what the message names, and try again.",
        )


def application_default_file(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The file of the Application Default Credentials, or None where they are those of the VM.

    The order is google-auth's: https://google.aip.dev/auth/4110.
    """
    named = environment.get("GOOGLE_APPLICATION_CREDENTIALS")
    if named:
        return Path(named).expanduser().resolve()
    folder = environment.get("CLOUDSDK_CONFIG")
    well_known = (
        Path(folder) if folder else Path("~/.config/gcloud").expanduser()
    ) / "application_default_credentials.json"
    return well_known.resolve() if well_known.is_file() else None


def _check_file(path: Path, *, given: bool) -> None:
    what = "the service account key" if given else "the file of the Application Default Credentials"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsError(
            cause=f"{what[0].upper()}{what[1:]} cannot be read.",
            resource=str(path),
            verbatim=error.strerror if isinstance(error, OSError) else "it is not text",
            remedy="Give the path of a file that the user of DSS can read, or the key itself as JSON."
            if given
            else "Correct the variable GOOGLE_APPLICATION_CREDENTIALS of DSS, or give a service account key.",
        ) from None
    _check(text, what, str(path))


def _check(text: str, what: str, resource: str | None = None) -> None:
    """Raise unless the text is a credentials file that the helper can use; never repeats the text."""
    problem = _problem(text)
    if problem:
        raise CredentialsError(
            cause=f"{what[0].upper()}{what[1:]} cannot be used: {problem}.",
            resource=resource,
            remedy="Create a JSON key of a service account in the Google Cloud console and give it, or its path, in "
            "the GKE connection; or use the service account of the DSS host.",
        )


def _problem(text: str) -> str | None:
    try:
        document: Any = json.loads(text)
    except ValueError:
        return "it is not valid JSON"
    if not isinstance(document, dict):
        return "it is not a JSON object"
    kind = document.get("type")
    if not isinstance(kind, str) or kind not in _FIELDS:
        known = isinstance(kind, str) and kind.isidentifier()
        return f"kubectl gets no token from credentials of type {kind}" if known else "it has no known type"
    missing = [name for name in _FIELDS[kind] if not document.get(name)]
    return f"it lacks {', '.join(missing)}" if missing else None
