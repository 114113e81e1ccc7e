from typing import Any

import pytest
import yaml

from gke_clusters.errors import ControlPlaneUnreachable
from gke_clusters.kube.kubeconfig import (
    ClusterAccess,
    Endpoint,
    HelperCommand,
    choose_endpoint,
    kind_of_host,
    render_kubeconfig,
)

DNS_NAME = "gke-12345-678.us-central1.gke.goog"


def cluster(**changes: Any) -> dict[str, Any]:
    """A zonal cluster as GKE answers it today."""
    return {
        "name": "dss",
        "location": "us-central1-a",
        "zone": "us-central1-a",
        "selfLink": "https://container.googleapis.com/v1/projects/p/zones/us-central1-a/clusters/dss",
        "status": "RUNNING",
        "endpoint": "203.0.113.7",
        "masterAuth": {"clusterCaCertificate": "Q0E="},
        "privateClusterConfig": {"privateEndpoint": "10.128.0.2", "publicEndpoint": "203.0.113.7"},
        "controlPlaneEndpointsConfig": {
            "dnsEndpointConfig": {"endpoint": DNS_NAME, "allowExternalTraffic": False},
            "ipEndpointsConfig": {
                "enabled": True,
                "enablePublicEndpoint": True,
                "publicEndpoint": "203.0.113.7",
                "privateEndpoint": "10.128.0.2",
            },
        },
    } | changes


def endpoints(*, ip: dict[str, Any] | None = None, dns: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"ipEndpointsConfig": ip or {}, "dnsEndpointConfig": dns or {}}


class TestChooseEndpoint:
    def test_automatic_is_the_public_address(self) -> None:
        assert choose_endpoint(cluster()) == Endpoint("public", "203.0.113.7")

    def test_automatic_is_the_private_address_where_gke_gives_no_other(self) -> None:
        assert choose_endpoint(cluster(endpoint="10.128.0.2")) == Endpoint("private", "10.128.0.2")

    def test_automatic_is_the_name_where_the_ip_endpoints_are_off(self) -> None:
        config = endpoints(ip={"enabled": False}, dns={"endpoint": DNS_NAME, "allowExternalTraffic": True})
        assert choose_endpoint(cluster(controlPlaneEndpointsConfig=config)) == Endpoint("dns", DNS_NAME)

    def test_automatic_works_on_a_cluster_that_tells_nothing_of_endpoints(self) -> None:
        bare = {"name": "old", "zone": "us-central1-a", "endpoint": "203.0.113.7"}
        assert choose_endpoint(bare) == Endpoint("public", "203.0.113.7")

    @pytest.mark.parametrize("choice", ["automatic", "public", "private", "dns"])
    def test_an_endpoint_that_is_not_there_yet_is_said_with_the_status(self, choice: Any) -> None:
        bare = {"name": "dss", "location": "us-central1", "status": "PROVISIONING"}
        with pytest.raises(ControlPlaneUnreachable) as raised:
            choose_endpoint(bare, choice)
        assert "PROVISIONING" in raised.value.cause
        assert raised.value.resource == "cluster dss in us-central1"

    def test_a_port_is_kept(self) -> None:
        assert choose_endpoint(cluster(endpoint="127.0.0.1:4443")).server == "https://127.0.0.1:4443"

    def test_private_is_the_private_address(self) -> None:
        assert choose_endpoint(cluster(), "private") == Endpoint("private", "10.128.0.2")

    def test_private_is_read_from_the_older_field_too(self) -> None:
        assert choose_endpoint(cluster(controlPlaneEndpointsConfig={}), "private").host == "10.128.0.2"

    def test_public_is_read_from_the_older_fields_too(self) -> None:
        older = cluster(controlPlaneEndpointsConfig={}, endpoint="10.128.0.2")
        assert choose_endpoint(older, "public").host == "203.0.113.7"
        assert choose_endpoint({"endpoint": "203.0.113.9"}, "public").host == "203.0.113.9"

    @pytest.mark.parametrize(
        "changes",
        [
            {"privateClusterConfig": {"enablePrivateEndpoint": True, "privateEndpoint": "10.128.0.2"}},
            {"controlPlaneEndpointsConfig": endpoints(ip={"enablePublicEndpoint": False})},
        ],
    )
    def test_a_public_endpoint_that_is_off_names_the_command_that_turns_it_on(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ControlPlaneUnreachable) as raised:
            choose_endpoint(cluster(**changes), "public")
        assert "update dss --location us-central1-a --project p --no-enable-private-endpoint" in raised.value.remedy

    @pytest.mark.parametrize("choice", ["public", "private"])
    def test_ip_endpoints_that_are_off_name_the_command_that_turns_them_on(self, choice: Any) -> None:
        config = endpoints(ip={"enabled": False}, dns={"endpoint": DNS_NAME, "allowExternalTraffic": True})
        with pytest.raises(ControlPlaneUnreachable) as raised:
            choose_endpoint(cluster(controlPlaneEndpointsConfig=config), choice)
        assert "--enable-ip-access" in raised.value.remedy

    def test_dns_is_the_name_when_outside_traffic_is_allowed(self) -> None:
        config = endpoints(dns={"endpoint": DNS_NAME, "allowExternalTraffic": True})
        assert choose_endpoint(cluster(controlPlaneEndpointsConfig=config), "dns") == Endpoint("dns", DNS_NAME)

    def test_a_dns_endpoint_that_is_off_names_the_command_that_turns_it_on(self) -> None:
        with pytest.raises(ControlPlaneUnreachable) as raised:
            choose_endpoint(cluster(), "dns")
        assert (
            "gcloud container clusters update dss --location us-central1-a --project p --enable-dns-access"
            in raised.value.remedy
        )


class TestClusterAccess:
    def test_the_context_is_named_as_gcloud_names_it(self) -> None:
        assert ClusterAccess.of("p", cluster()).context_name == "gke_p_us-central1-a_dss"

    def test_an_ip_endpoint_is_trusted_by_the_ca_of_the_cluster(self) -> None:
        assert ClusterAccess.of("p", cluster()).ca_certificate == "Q0E="

    def test_the_dns_endpoint_is_trusted_by_public_authorities(self) -> None:
        config = endpoints(dns={"endpoint": DNS_NAME, "allowExternalTraffic": True})
        assert ClusterAccess.of("p", cluster(controlPlaneEndpointsConfig=config), "dns").ca_certificate is None

    def test_a_cluster_without_its_ca_is_not_ready(self) -> None:
        with pytest.raises(ControlPlaneUnreachable, match="CA certificate"):
            ClusterAccess.of("p", cluster(masterAuth={}))


class TestRenderKubeconfig:
    helper = HelperCommand("/bin/sh", ("/data dir/credential-helper",))

    def document(self, access: ClusterAccess, user_name: str | None = None) -> Any:
        return yaml.safe_load(render_kubeconfig(access, self.helper, user_name))

    def test_one_name_serves_context_cluster_and_user(self) -> None:
        document = self.document(ClusterAccess.of("p", cluster()))
        name = "gke_p_us-central1-a_dss"
        assert document["current-context"] == name
        assert document["contexts"] == [{"name": name, "context": {"cluster": name, "user": name}}]
        assert document["clusters"][0]["name"] == document["users"][0]["name"] == name

    def test_another_user_name_renames_the_user_alone(self) -> None:
        document = self.document(ClusterAccess.of("p", cluster()), "admin")
        assert document["users"][0]["name"] == "admin"
        assert document["contexts"][0]["context"]["user"] == "admin"
        assert document["current-context"] == "gke_p_us-central1-a_dss"

    def test_the_server_and_its_ca_are_those_of_the_endpoint(self) -> None:
        document = self.document(ClusterAccess.of("p", cluster()))
        assert document["clusters"][0]["cluster"] == {
            "server": "https://203.0.113.7",
            "certificate-authority-data": "Q0E=",
        }

    def test_no_ca_is_written_for_the_dns_endpoint(self) -> None:
        access = ClusterAccess("p", "us-central1-a", "dss", Endpoint("dns", DNS_NAME), None)
        assert self.document(access)["clusters"][0]["cluster"] == {"server": f"https://{DNS_NAME}"}

    def test_the_user_is_the_credential_helper_and_holds_no_secret(self) -> None:
        user = self.document(ClusterAccess.of("p", cluster()))["users"][0]["user"]
        assert list(user) == ["exec"]
        assert user["exec"]["command"] == "/bin/sh"
        assert user["exec"]["args"] == ["/data dir/credential-helper"]
        assert user["exec"]["apiVersion"] == "client.authentication.k8s.io/v1beta1"
        assert user["exec"]["interactiveMode"] == "Never"
        assert user["exec"]["provideClusterInfo"] is False


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("34.1.2.3", "public"),
        ("34.1.2.3:443", "public"),
        ("127.0.0.1:4443", "public"),
        ("10.128.0.2", "private"),
        ("[fd00::1]", "private"),
        (DNS_NAME, "dns"),
        ("localhost:4443", "dns"),
    ],
)
def test_an_address_tells_its_kind(host: str, kind: str) -> None:
    assert kind_of_host(host) == kind


def test_an_endpoint_is_named_with_its_kind() -> None:
    assert str(Endpoint("dns", "d")) == "DNS endpoint https://d"
    assert str(Endpoint("private", "10.0.0.1")) == "private endpoint https://10.0.0.1"
