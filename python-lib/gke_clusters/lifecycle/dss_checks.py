"""What DSS needs before it can use a cluster: a version, an address that pods reach, and base images."""

from __future__ import annotations

import ipaddress
import platform
import socket
from collections.abc import Callable, Mapping
from typing import Final

from gke_clusters.dss.base_images import BUILD_TYPES, ImagePush
from gke_clusters.dss.installation import install_id
from gke_clusters.lifecycle.host_checks import Daemon
from gke_clusters.lifecycle.steps import Result
from gke_clusters.reports.checklist import Outcome

_FIRST_TESTED: Final = 14
_NEEDED_IMAGES: Final = ("EXEC", "SPARK")
_SET_IT: Final = (
    "What to do: name the DSS host as pods see it, in bin/env-site.sh of the data directory of DSS: export"
    " DKU_BACKEND_EXT_HOST=HOST ; then restart DSS. https://doc.dataiku.com/dss/latest/containers/troubleshooting.html"
)

Resolve = Callable[[str], list[str]]


def addresses_of(host: str) -> list[str]:
    """Return the addresses of a host, each once; none where it has no address here, or is no name of a host."""
    try:
        return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, None)))
    except (OSError, UnicodeError):
        return []


def check_version(version: Callable[[], str]) -> Result:
    """See whether the plugin is tested with this version of DSS.

    Args:
        version: Tells it, such as ``14.2.0``.

    Raises:
        DssRefused: DSS does not tell.
    """
    found = version()
    details = [f"DSS {found}; the plugin runs on Python {platform.python_version()}."]
    major = found.partition(".")[0]
    if major.isdigit() and int(major) < _FIRST_TESTED:
        return Outcome.WARNING, [*details, f"The plugin is tested with DSS {_FIRST_TESTED} and later."]
    return Outcome.DONE, details


def check_address(environment: Mapping[str, str], resolve: Resolve = addresses_of) -> Result:
    """See whether the address that pods call DSS back at can be that of this host.

    https://doc.dataiku.com/dss/latest/containers/troubleshooting.html

    Args:
        environment: Of a process of DSS.
        resolve: Finds the addresses of a host.
    """
    chosen = environment.get("DKU_BACKEND_EXT_HOST", "").strip()
    host, port = chosen or socket.gethostname(), environment.get("DKU_BACKEND_PORT", "")
    origin = "DKU_BACKEND_EXT_HOST" if chosen else "the name of the machine, since DKU_BACKEND_EXT_HOST is not set"
    details = [f"Pods reach DSS at {host}{f':{port}' if port else ''} ({origin})."]
    found = resolve(host)
    if not found:
        return Outcome.WARNING, [*details, f"{host} has no address here, so it may have none in a pod.", _SET_IT]
    loopback = [address for address in found if ipaddress.ip_address(address.partition("%")[0]).is_loopback]
    if loopback:
        return Outcome.WARNING, [*details, f"{loopback[0]} is the pod itself, as seen from a pod.", _SET_IT]
    return Outcome.DONE, [*details, f"Its addresses: {', '.join(found)}."]


def check_base_images(docker: Daemon, version: Callable[[], str], environment: Mapping[str, str]) -> Result:
    """See whether the base images of this version of DSS are built.

    Args:
        docker: Docker on the DSS host.
        version: Tells the version of DSS.
        environment: Where the data directory of DSS is looked up.

    Raises:
        DockerUnusable: Docker does not answer.
        DssRefused: DSS does not tell its version.
    """
    docker.check()
    names = {kind: ImagePush("", kind, "").image(install_id(environment), version()) for kind in _NEEDED_IMAGES}
    missing = {kind: name for kind, name in names.items() if not docker.has_image(name)}
    details = [f"{name} is {'not built' if kind in missing else 'there'}." for kind, name in names.items()]
    if not missing:
        return Outcome.DONE, details
    commands = " ; ".join(f"./bin/dssadmin build-base-image --type {BUILD_TYPES[kind]}" for kind in missing)
    # A configuration may name an image of its own, and not everybody has Spark.
    return Outcome.WARNING, [
        *details,
        f"What to do: in the data directory of DSS, after each upgrade of DSS, too: {commands}",
    ]
