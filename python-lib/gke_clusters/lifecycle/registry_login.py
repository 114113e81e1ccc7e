"""The script that logs Docker in before DSS pushes to a repository, put where updates of plugin and DSS leave it alone.

It is `resource/registry_login/login`, copied into ``DIP_HOME/gke-clusters/registry-login/HOST+PROJECT+REPOSITORY`` with
the credential helper that kubectl has, too. Docker keeps one login for a host, which all projects of a region share:
https://docs.docker.com/reference/cli/docker/login/. So each repository has a script with credentials of its own, and
the one of the repository logs in right before each push.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from gke_clusters.errors import DockerUnusable
from gke_clusters.google.credentials import CredentialsChoice
from gke_clusters.kube.credential_helper import HelperCredentials, install_helper, remove_helper
from gke_clusters.kube.private_files import make_private_folder, write_private_file

_SCRIPT: Final = "login"
_HOST: Final = "host"
_RESOURCE: Final = Path(__file__).resolve().parents[3] / "resource" / "registry_login" / _SCRIPT


def login_script(repository_url: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the script for a repository is, or would be.

    Args:
        repository_url: host, project and repository, without a scheme.
        environment: where ``DIP_HOME``, the data directory of DSS, is looked up.

    Raises:
        DockerUnusable: the data directory is not known.
    """
    home = environment.get("DIP_HOME")
    if not home:
        raise DockerUnusable(
            "There is no lasting place for the script that logs Docker in: DIP_HOME is not set.",
            remedy="Untick the login before each push.",
        )
    # The parts of an image's name have no plus, and a host has no underscore, so no two repositories share a folder:
    # https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
    folder = repository_url.replace("/", "+").replace(":", "_")
    return Path(home).resolve() / "gke-clusters" / "registry-login" / folder / _SCRIPT


def install_login_script(script: Path, host: str, credentials: CredentialsChoice) -> None:
    """Put the script and its credential helper there, over those of before.

    Args:
        script: where :func:`login_script` says.
        host: the registry that it logs in to.
        credentials: whose tokens it logs in with.

    Raises:
        CredentialsError: the credentials cannot be used by the helper.
        DockerUnusable: the files cannot be written.
    """
    try:
        make_private_folder(script.parent)
        install_helper(script.parent, HelperCredentials(credentials.key, credentials.impersonate))
        write_private_file(script.parent / _HOST, f"{host}\n")
        write_private_file(script, _RESOURCE.read_text(encoding="utf-8"), mode=0o700)
    except OSError as error:
        raise DockerUnusable(
            "The script that logs Docker in cannot be written.",
            resource=str(script),
            verbatim=str(error),
            remedy="Let the user that runs DSS write that folder, or untick the login before each push.",
        ) from error


def remove_login_script(script: Path) -> None:
    """Delete the script and what was put beside it, tokens and keys included; what else is there stays."""
    remove_helper(script.parent)
    for path in (script, script.parent / _HOST):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        script.parent.rmdir()
