"""The Kubernetes versions that the simulated GKE offers, and how a requested version is resolved.

Aliases: https://cloud.google.com/kubernetes-engine/versioning#specifying_cluster_version
"""

import re
from typing import Any

from sandbox.gcp.errors import invalid_argument

# Newest first. The patch releases are invented in the form of real ones; nothing depends on which they are.
_VALID = (
    "1.36.1-gke.1106000",
    "1.35.5-gke.1241004",
    "1.35.4-gke.1067000",
    "1.34.8-gke.1014001",
    "1.34.7-gke.1203000",
    "1.33.11-gke.1092000",
    "1.33.9-gke.1045001",
    "1.32.13-gke.1059000",
    "1.31.14-gke.1187000",
    "1.30.14-gke.1243000",
)
_CHANNELS = {
    "RAPID": ("1.35.5-gke.1241004", _VALID[:4]),
    "REGULAR": ("1.34.8-gke.1014001", _VALID[3:7]),
    "STABLE": ("1.33.11-gke.1092000", _VALID[5:8]),
    "EXTENDED": ("1.34.8-gke.1014001", _VALID[3:]),
}
DEFAULT_CHANNEL = "REGULAR"
_IMAGE_TYPES = ("COS_CONTAINERD", "UBUNTU_CONTAINERD", "WINDOWS_LTSC_CONTAINERD")


def minor(version: str) -> tuple[int, int]:
    """Return `(1, 34)` for `1.34.8-gke.1014001`."""
    major, minor_number = version.split(".")[:2]
    return int(major), int(minor_number)


def default_version(channel: str = DEFAULT_CHANNEL) -> str:
    """Return the default version of a release channel."""
    return _CHANNELS.get(channel, _CHANNELS[DEFAULT_CHANNEL])[0]


def resolve(requested: str, *, channel: str = "", field: str = "Master version", current: str = "") -> str:
    """Return the full version that a request means.

    Args:
        requested: `latest`, `1.X`, `1.X.Y`, `1.X.Y-gke.N`, `-` or empty for the default.
        channel: release channel, which sets the default.
        field: how the error names what was asked for.
        current: the version that `-` means for nodes, the control plane's.

    Raises:
        GoogleError: 400, GKE offers no such version.
    """
    if requested in ("", "-"):
        return current or default_version(channel or DEFAULT_CHANNEL)
    if requested == "latest":
        return _VALID[0]
    # Only the newest patches are listed; a configuration that names an older one of the same minor still works.
    if re.fullmatch(r"1\.\d+\.\d+-gke\.\d+", requested) and minor(requested) in map(minor, _VALID):
        return requested
    for version in _VALID:
        if re.match(rf"{re.escape(requested)}(\.|-gke\.|$)", version):
            return version
    # https://github.com/hashicorp/terraform-provider-google/issues/22167
    if re.fullmatch(r"1\.\d+(\.\d+)?", requested):
        raise invalid_argument(f'No valid versions with the prefix "{requested}" found.')
    raise invalid_argument(f'{field} "{requested}" is unsupported.')


def after(version: str) -> str:
    """Return the version to which GKE upgrades a control plane of its own accord: the next newer one of the list."""
    newer = [one for one in _VALID if _numbers(one) > _numbers(version)]
    return newer[-1] if newer else version


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def channel_of(version: str) -> str:
    """Return the most mature channel that offers a version, in which GKE enrols a cluster that names only a version."""
    for channel in ("STABLE", "REGULAR", "RAPID", "EXTENDED"):
        if minor(version) in map(minor, _CHANNELS[channel][1]):
            return channel
    return DEFAULT_CHANNEL


def server_config() -> dict[str, Any]:
    """Return the answer of `serverConfig`."""
    return {
        "defaultClusterVersion": default_version(),
        "validNodeVersions": list(_VALID),
        "defaultImageType": _IMAGE_TYPES[0],
        "validImageTypes": list(_IMAGE_TYPES),
        "validMasterVersions": list(_VALID),
        "channels": [
            {
                "channel": channel,
                "defaultVersion": default,
                "validVersions": list(versions),
                "upgradeTargetVersion": versions[0],
            }
            for channel, (default, versions) in _CHANNELS.items()
        ],
    }
