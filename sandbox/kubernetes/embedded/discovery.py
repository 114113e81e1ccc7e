"""What the server tells of itself: groups, versions and resources, in the old form and in the aggregated one.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

import base64
import hashlib
from typing import Any

from sandbox.kubernetes.embedded.kinds import Catalogue, ResourceType

# Kinds that a subresource answers with, where they are not the resource's own.
_SUBRESOURCE_KINDS: dict[tuple[str, str], tuple[str, str, str]] = {
    ("pods", "binding"): ("", "v1", "Binding"),
    ("pods", "eviction"): ("policy", "v1", "Eviction"),
    ("pods", "exec"): ("", "v1", "PodExecOptions"),
    ("pods", "attach"): ("", "v1", "PodAttachOptions"),
    ("pods", "portforward"): ("", "v1", "PodPortForwardOptions"),
    ("pods", "proxy"): ("", "v1", "PodProxyOptions"),
    ("services", "proxy"): ("", "v1", "ServiceProxyOptions"),
    ("nodes", "proxy"): ("", "v1", "NodeProxyOptions"),
    ("serviceaccounts", "token"): ("authentication.k8s.io", "v1", "TokenRequest"),
}


def version_info(version: str) -> dict[str, Any]:
    """Return what `/version` answers for a version such as `1.33.5-gke.1080000`."""
    major, minor = version.split(".")[:2]
    return {
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": f"v{version}",
        "gitCommit": hashlib.sha1(version.encode(), usedforsecurity=False).hexdigest(),
        "gitTreeState": "clean",
        "buildDate": "2025-09-01T00:00:00Z",
        "goVersion": "go1.24.6 X:boringcrypto",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def api_versions(address: str) -> dict[str, Any]:
    """Return what `/api` answers."""
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    }


def _group(name: str, versions: list[str]) -> dict[str, Any]:
    told = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": told, "preferredVersion": told[0]}


def group_list(catalogue: Catalogue) -> dict[str, Any]:
    """Return what `/apis` answers."""
    groups = [_group(name, versions) for name, versions in catalogue.groups().items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(catalogue: Catalogue, name: str) -> dict[str, Any] | None:
    """Return what `/apis/<group>` answers; None when there is no such group."""
    versions = catalogue.groups().get(name) if name else None
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name, versions)} if versions else None


def resource_list(catalogue: Catalogue, name: str, version: str) -> dict[str, Any] | None:
    """Return what `/api/v1` or `/apis/<group>/<version>` answers; None when there is no such version."""
    found = [one for one in catalogue if (one.group, one.version) == (name, version)]
    if not found:
        return None
    resources: list[dict[str, Any]] = []
    for one in found:
        resources.append(_resource(one))
        for subresource, verbs in sorted(one.subresources.items()):
            kind = _subresource_kind(one, subresource)
            told: dict[str, Any] = {
                "name": f"{one.plural}/{subresource}",
                "singularName": "",
                "namespaced": one.namespaced,
                "kind": kind[2],
                "verbs": list(verbs),
            }
            if kind[:2] != (one.group, one.version):
                told["group"], told["version"] = kind[:2]
            resources.append(told)
    api_version = f"{name}/{version}" if name else version
    answer: dict[str, Any] = {"kind": "APIResourceList", "groupVersion": api_version, "resources": resources}
    return {"apiVersion": "v1", **answer} if name else answer


def _subresource_kind(one: ResourceType, subresource: str) -> tuple[str, str, str]:
    if subresource == "scale":
        return ("autoscaling", "v1", "Scale")
    return _SUBRESOURCE_KINDS.get((one.plural, subresource), (one.group, one.version, one.kind))


def _resource(one: ResourceType) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": one.plural,
        "singularName": one.singular,
        "namespaced": one.namespaced,
        "kind": one.kind,
        "verbs": list(one.verbs),
    }
    if one.short_names:
        told["shortNames"] = list(one.short_names)
    if one.categories:
        told["categories"] = list(one.categories)
    if "get" in one.verbs:
        told["storageVersionHash"] = storage_version_hash(one)
    return told


def storage_version_hash(one: ResourceType) -> str:
    """Return the hash that tells clients whether the stored form changed."""
    digest = hashlib.sha256(f"{one.group}/{one.version}/{one.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def aggregated(catalogue: Catalogue, form: str, *, core: bool) -> dict[str, Any]:
    """Return every group with its resources in one answer; form is `v2` or `v2beta1`."""
    items = []
    for name, versions in catalogue.groups().items():
        if (name == "") is not core:
            continue
        told = [
            {"version": version, "resources": _aggregated_resources(catalogue, name, version), "freshness": "Current"}
            for version in versions
        ]
        metadata = {"name": name, "creationTimestamp": None} if name else {"creationTimestamp": None}
        items.append({"metadata": metadata, "versions": told})
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{form}",
        "metadata": {},
        "items": items,
    }


def _aggregated_resources(catalogue: Catalogue, name: str, version: str) -> list[dict[str, Any]]:
    resources = []
    for one in catalogue:
        if (one.group, one.version) != (name, version):
            continue
        told: dict[str, Any] = {
            "resource": one.plural,
            "responseKind": _kind(one.group, one.version, one.kind),
            "scope": "Namespaced" if one.namespaced else "Cluster",
            "singularResource": one.singular,
            "verbs": list(one.verbs),
        }
        if one.short_names:
            told["shortNames"] = list(one.short_names)
        if one.categories:
            told["categories"] = list(one.categories)
        if one.subresources:
            told["subresources"] = [
                {
                    "subresource": subresource,
                    "responseKind": _kind(*_subresource_kind(one, subresource)),
                    "verbs": list(verbs),
                }
                for subresource, verbs in sorted(one.subresources.items())
            ]
        resources.append(told)
    return resources


def _kind(name: str, version: str, kind: str) -> dict[str, str]:
    return {"group": name, "version": version, "kind": kind}
