"""The part of a story that is about Docker on the DSS host: that it may push now, and before later pushes of DSS."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from gke_clusters.dss.base_images import Document, ImagePush, is_below, is_free_for, set_pre_push_script
from gke_clusters.dss.build_configurations import has_build_configurations
from gke_clusters.dss.compute_configurations import may_be_dropped
from gke_clusters.dss.docker import LoginKind
from gke_clusters.dss.stored_documents import NotKept, StoredDocument, change_document, preview_change
from gke_clusters.errors import DssRefused
from gke_clusters.google.registry_images import LOGIN_USER
from gke_clusters.lifecycle.registry_access import RegistryAccess
from gke_clusters.lifecycle.registry_login import install_login_script, login_script, remove_login_script
from gke_clusters.lifecycle.steps import Result
from gke_clusters.reports.checklist import Outcome

logger = logging.getLogger(__name__)

_SO_ALREADY: Final = "It is so already."
_NO_SCRIPT: Final = "This version of DSS runs no script before its pushes, and its settings are as they were."
_ONE_HOUR: Final = (
    "Docker's login to {hosts} ends after about an hour. Run this macro again before images of code environments are"
    " pushed later, or set a credential helper up in Docker."
)
_LEFT: Final = "DSS may run {scripts} before its pushes, so what was put there stays. Run this macro again."


class DockerHost(Protocol):
    """Docker on the DSS host, as :class:`gke_clusters.dss.docker.Docker` offers it."""

    def check(self) -> str:
        """Return the version of the daemon."""

    def login_of(self, host: str) -> LoginKind:
        """How Docker logs in to a registry."""

    def log_in(self, host: str, user: str, password: str) -> None:
        """Log Docker in to a registry."""

    def has_image(self, name: str) -> bool:
        """Whether Docker has an image under a name."""


def hosts_of(pushes: Sequence[ImagePush]) -> list[str]:
    """Return the registries that images go to, each once."""
    return list(dict.fromkeys(_host(push.repository_url) for push in pushes))


def log_docker_in(docker: DockerHost, google: RegistryAccess, hosts: Sequence[str], *, preview: bool) -> Result:
    """Log Docker in to registries with fresh tokens, except where a program was set up that does it by itself.

    Raises:
        DockerUnusable: Docker is not there, or could not log in.
        GkeClustersError: Google gives no token.
    """
    details, changed = [f"Docker {docker.check()} answers."], False
    for host in hosts:
        kind = docker.login_of(host)
        if kind == "helper":
            details.append(f"A credential helper is set up in Docker for {host}; it is left as it is.")
            continue
        changed = changed or kind == "none"
        if not preview:
            docker.log_in(host, LOGIN_USER, google.images.fresh_token())
        details.append(f"{'Would be logged' if preview else 'Logged'} in to {host} with a fresh token.")
    outcome = Outcome.WOULD_CHANGE if preview else Outcome.CHANGED
    return outcome if changed else Outcome.DONE, details


class LaterPushes:
    """Lets DSS log Docker in before every push that it makes to a repository.

    Args:
        stored: the general settings of DSS.
        google: whose credentials the script uses.
        environment: where the data directory of DSS is looked up.
    """

    def __init__(self, stored: StoredDocument, google: RegistryAccess, environment: Mapping[str, str]) -> None:
        self._stored = stored
        self._google = google
        self._environment = environment

    def arrange(
        self, pushes: Sequence[ImagePush], addresses: Collection[str], docker: DockerHost, *, preview: bool
    ) -> Result:
        """Put the script in its place, and name it in the configurations.

        Args:
            pushes: what DSS pushes to the repository.
            addresses: all addresses of the repository, without a scheme.
            docker: tells for which registries no script is needed.
            preview: change nothing.

        Returns:
            How it ended: ``SKIPPED`` where this version of DSS does not keep such a script.

        Raises:
            NotKept: a DSS of before 15 does not keep it; its settings are as they were, and the script is removed.
            DssRefused: DSS refuses the change, or how it ended is not known; the script stays, since DSS may run it.
            GkeClustersError: the script cannot be written.
        """
        scripts = {
            address: login_script(address, self._environment)
            for address in sorted(addresses)
            if any(is_below(push.repository_url, address) for push in pushes)
            and docker.login_of(_host(address)) != "helper"
        }
        if not scripts:
            return Outcome.DONE, ("Docker's own credential helper logs in at each push.",)

        def edit(document: Document) -> None:
            for address, script in scripts.items():
                set_pre_push_script(document, {address}, str(script))

        left = [
            f"{push.configuration} does something else before it pushes, and is left so."
            for push in pushes
            for address, script in scripts.items()
            if is_below(push.repository_url, address) and not is_free_for(push, str(script))
        ]
        if preview:
            change = preview_change(self._stored, edit, optional=may_be_dropped)
            if change.dropped:
                left.append("Not every version of DSS keeps this: it is put back where it does not stay.")
            outcome = Outcome.WOULD_CHANGE if change.made else Outcome.DONE
            return outcome, [*map(str, change.made), *left] or [_SO_ALREADY]
        for address, script in scripts.items():
            install_login_script(script, _host(address), self._google.credentials)
        try:
            made = change_document(self._stored, edit).made
        except NotKept as dropped:
            document = self._stored.read()
            _remove_unnamed(document, scripts.values())
            if not has_build_configurations(document):
                raise
            logger.info("%s", dropped.cause)
            return Outcome.SKIPPED, [_NO_SCRIPT, _ONE_HOUR.format(hosts=", ".join(dict.fromkeys(map(_host, scripts))))]
        except DssRefused as refused:
            # An answer that was lost is no proof that DSS runs none of them.
            refused.advise(_LEFT.format(scripts=", ".join(map(str, scripts.values()))))
            raise
        return (Outcome.CHANGED if made else Outcome.DONE), [*map(str, made), *left] or [_SO_ALREADY]


def _remove_unnamed(document: Document, scripts: Iterable[Path]) -> None:
    """Delete the scripts that nothing names: another repository may have one of them, too."""
    named = set(_texts(document))
    for script in scripts:
        if str(script) not in named:
            remove_login_script(script)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def _host(address: str) -> str:
    return address.partition("/")[0]
