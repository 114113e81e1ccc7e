"""The kubeconfig of a cluster, made from what GKE answers about it: which endpoint to use, and the file's text."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import yaml

from gke_clusters.errors import ControlPlaneUnreachable

EndpointKind = Literal["public", "private", "dns"]
EndpointChoice = Literal["automatic", "public", "private", "dns"]

# The name that the plugin 1.5.1 gave the file in the working directory of the cluster.
FILE_NAME = "kube_config"

# With `v1`, kubectl 1.27 and later insist on `interactiveMode`, and the answer's version must equal this one:
# https://kubernetes.io/docs/reference/config-api/client-authentication.v1beta1/
EXEC_API_VERSION = "client.authentication.k8s.io/v1beta1"

_PROJECT = re.compile(r"/projects/(?P<project>[^/]+)/")


_HOSTS: Final = (
    ("endpoint",),
    ("privateClusterConfig", "publicEndpoint"),
    ("privateClusterConfig", "privateEndpoint"),
    ("controlPlaneEndpointsConfig", "dnsEndpointConfig", "endpoint"),
    ("controlPlaneEndpointsConfig", "ipEndpointsConfig", "publicEndpoint"),
    ("controlPlaneEndpointsConfig", "ipEndpointsConfig", "privateEndpoint"),
)


def context_name(project: str, location: str, name: str) -> str:
    """The name that gcloud gives to a cluster in kubeconfigs: `gke_PROJECT_LOCATION_NAME`."""
    return f"gke_{project}_{location}_{name}"


@dataclass(frozen=True)
class Endpoint:
    """One of the addresses at which a cluster's control plane answers.

    Attributes:
        kind: `public` or `private` IP address, or `dns` name.
        host: the address as GKE gives it, with a port if it names one, without a scheme.
    """

    kind: EndpointKind
    host: str

    @property
    def server(self) -> str:
        """The URL for a kubeconfig."""
        return f"https://{self.host}"

    def __str__(self) -> str:
        name = "DNS endpoint" if self.kind == "dns" else f"{self.kind} endpoint"
        return f"{name} {self.server}"


@dataclass(frozen=True)
class HelperCommand:
    """The command that a Kubernetes client runs to get a token; nothing in it is secret."""

    command: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClusterAccess:
    """What a kubeconfig says about a cluster.

    Attributes:
        project: project id.
        location: zone or region.
        name: the cluster's name.
        endpoint: the address to use.
        ca_certificate: base64 of the PEM of the cluster's CA; None for the DNS endpoint, whose certificate is signed by
            a public one.
    """

    project: str
    location: str
    name: str
    endpoint: Endpoint
    ca_certificate: str | None

    @property
    def context_name(self) -> str:
        """The name that gcloud gives to context, cluster and user alike."""
        return context_name(self.project, self.location, self.name)

    @classmethod
    def of(cls, project: str, cluster: Mapping[str, Any], choice: EndpointChoice = "automatic") -> "ClusterAccess":
        """Read it from GKE's JSON of the cluster.

        Raises:
            ControlPlaneUnreachable: the cluster has no such endpoint, or none yet.
        """
        endpoint = choose_endpoint(cluster, choice)
        ca_certificate = None
        if endpoint.kind != "dns":
            ca_certificate = _text(cluster, "masterAuth", "clusterCaCertificate")
            if not ca_certificate:
                raise _not_ready(cluster, "has no CA certificate yet")
        return cls(project, _location(cluster), str(cluster.get("name", "")), endpoint, ca_certificate)


def choose_endpoint(cluster: Mapping[str, Any], choice: EndpointChoice = "automatic") -> Endpoint:
    """The endpoint of the control plane for a choice in the dialog.

    *automatic* does as `gcloud container clusters get-credentials` without options: GKE's own `endpoint` (the public IP
    address, or the private one where the public is off), or the DNS name where the IP endpoints are off. The DNS
    endpoint, although it needs no route to the control plane, is not preferred: external traffic to it is off by
    default, and it asks for the permission `container.clusters.connect`.
    Fields: https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters

    Args:
        cluster: GKE's JSON of the cluster, camel case.
        choice: what the administrator chose.

    Raises:
        ControlPlaneUnreachable: that endpoint is off, absent or not there yet; names the option or command that
            turns it on.
    """
    if choice == "dns":
        return _dns(cluster)
    if not _ip_endpoints_enabled(cluster):
        if choice == "automatic":
            return _dns(cluster)
        raise ControlPlaneUnreachable(
            cause=f"The {choice} endpoint cannot be used: the cluster's IP endpoints are turned off.",
            resource=_resource(cluster),
            remedy="Choose the DNS endpoint, or turn the IP endpoints on: "
            f"{_update_command(cluster, '--enable-ip-access')}",
        )
    if choice == "private":
        return _private(cluster)
    if choice == "public":
        return _public(cluster)
    host = _text(cluster, "endpoint")
    if not host:
        raise _not_ready(cluster, "has no endpoint yet")
    return Endpoint("private" if host == _private_host(cluster) else "public", host)


def control_plane_hosts(cluster: Mapping[str, Any]) -> frozenset[str]:
    """Every address that the control plane has, used or not.

    Args:
        cluster: GKE's JSON of the cluster, camel case.
    """
    return frozenset(filter(None, (_text(cluster, *place) for place in _HOSTS)))


def render_kubeconfig(access: ClusterAccess, helper: HelperCommand, user_name: str | None = None) -> str:
    """The kubeconfig as YAML; it holds no secret.

    Args:
        access: the cluster.
        helper: the credential helper, with absolute paths: clients run it from anywhere.
        user_name: another name for the user entry, the context's if empty.
    """
    name = access.context_name
    user = user_name or name
    cluster = {"server": access.endpoint.server}
    if access.ca_certificate:
        cluster["certificate-authority-data"] = access.ca_certificate
    credentials = {
        "apiVersion": EXEC_API_VERSION,
        "command": helper.command,
        "args": list(helper.args),
        "installHint": "The credential helper beside this file is gone. Start or attach the cluster again in DSS.",
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "current-context": name,
        "clusters": [{"name": name, "cluster": cluster}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "users": [{"name": user, "user": {"exec": credentials}}],
    }
    return yaml.safe_dump(document, sort_keys=False, width=10_000)


def _dns(cluster: Mapping[str, Any]) -> Endpoint:
    host = _text(cluster, "controlPlaneEndpointsConfig", "dnsEndpointConfig", "endpoint")
    if not host:
        raise _not_ready(cluster, "has no DNS endpoint yet")
    if _value(cluster, "controlPlaneEndpointsConfig", "dnsEndpointConfig", "allowExternalTraffic") is not True:
        raise ControlPlaneUnreachable(
            cause="The DNS endpoint refuses traffic from outside Google's own services.",
            resource=_resource(cluster),
            remedy=f"Choose another endpoint, or allow it: {_update_command(cluster, '--enable-dns-access')}",
        )
    return Endpoint("dns", host)


def _private(cluster: Mapping[str, Any]) -> Endpoint:
    host = _private_host(cluster)
    if not host:
        raise _not_ready(cluster, "has no private endpoint")
    return Endpoint("private", host)


def _public(cluster: Mapping[str, Any]) -> Endpoint:
    turned_off = (
        _value(cluster, "controlPlaneEndpointsConfig", "ipEndpointsConfig", "enablePublicEndpoint") is False
        or _value(cluster, "privateClusterConfig", "enablePrivateEndpoint") is True
    )
    if turned_off:
        raise ControlPlaneUnreachable(
            cause="The cluster's public endpoint is turned off.",
            resource=_resource(cluster),
            remedy="Choose the private or the DNS endpoint, or turn it on: "
            f"{_update_command(cluster, '--no-enable-private-endpoint')}",
        )
    host = (
        _text(cluster, "controlPlaneEndpointsConfig", "ipEndpointsConfig", "publicEndpoint")
        or _text(cluster, "privateClusterConfig", "publicEndpoint")
        or _text(cluster, "endpoint")
    )
    if not host:
        raise _not_ready(cluster, "has no public endpoint yet")
    return Endpoint("public", host)


def _private_host(cluster: Mapping[str, Any]) -> str:
    return _text(cluster, "controlPlaneEndpointsConfig", "ipEndpointsConfig", "privateEndpoint") or _text(
        cluster, "privateClusterConfig", "privateEndpoint"
    )


def _ip_endpoints_enabled(cluster: Mapping[str, Any]) -> bool:
    return _value(cluster, "controlPlaneEndpointsConfig", "ipEndpointsConfig", "enabled") is not False


def _not_ready(cluster: Mapping[str, Any], problem: str) -> ControlPlaneUnreachable:
    status = _text(cluster, "status") or "unknown"
    return ControlPlaneUnreachable(
        cause=f"The cluster {problem}; its status is {status}.",
        resource=_resource(cluster),
        remedy="If it is still being created, wait until it is RUNNING and try again; else choose another endpoint.",
    )


def _update_command(cluster: Mapping[str, Any], flag: str) -> str:
    found = _PROJECT.search(_text(cluster, "selfLink"))
    project = f" --project {found['project']}" if found else ""
    return f"gcloud container clusters update {cluster.get('name')} --location {_location(cluster)}{project} {flag}"


def _resource(cluster: Mapping[str, Any]) -> str:
    return f"cluster {cluster.get('name')} in {_location(cluster)}"


def _location(cluster: Mapping[str, Any]) -> str:
    return _text(cluster, "location") or _text(cluster, "zone")


def _value(document: Mapping[str, Any], *path: str) -> Any:
    value: Any = document
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _text(document: Mapping[str, Any], *path: str) -> str:
    value = _value(document, *path)
    return value if isinstance(value, str) else ""


def kind_of_host(host: str) -> EndpointKind:
    """The kind of endpoint that an address of a kubeconfig looks like, with or without a port."""
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host.strip("[]")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return "dns"
    return "private" if address.is_private and not address.is_loopback else "public"
