from __future__ import annotations

from typing import Any

import pytest

from gke_clusters.errors import PermissionDenied
from gke_clusters.google.clusters import Cluster
from gke_clusters.google.compute import NetworkInterface
from gke_clusters.lifecycle.pod_firewall import DssHost, firewall_rule, host_of, pod_ranges
from gke_clusters.reports.network_test import FirewallRule
from tests.python.unit.lifecycle.conftest import NAME, FakeHost, World, make_cluster

NETWORK = "projects/host-project/global/networks/vpc"
HOST = DssHost(NETWORK, "host@acme.iam.gserviceaccount.com")
OWN_RANGE = {"name": "b", "networkConfig": {"podIpv4CidrBlock": "10.99.0.0/16"}}
POOLS = [{"name": "a"}, OWN_RANGE, {"name": "c"}]


def cluster(**fields: Any) -> Cluster:
    made = make_cluster()
    made.resource.update(  # type: ignore[attr-defined]  # a dict, as the fakes make it
        {"clusterIpv4Cidr": "10.8.0.0/14", "networkConfig": {"network": NETWORK}} | fields
    )
    return made


def test_ranges_are_those_of_the_pools_each_once() -> None:
    resource = {"clusterIpv4Cidr": "10.8.0.0/14", "nodePools": POOLS}

    assert pod_ranges(resource) == ("10.8.0.0/14", "10.99.0.0/16")
    assert pod_ranges(resource, "b") == ("10.99.0.0/16",)
    assert pod_ranges({"clusterIpv4Cidr": "10.8.0.0/14"}) == ("10.8.0.0/14",)
    assert pod_ranges({}) == ()


def test_what_is_known_of_the_host_is_told(world: World) -> None:
    world.compute.interface = NetworkInterface(NETWORK, None, "10.0.0.2")
    assert host_of(world.google) == DssHost(NETWORK, HOST.account, "10.0.0.2")


def test_what_is_not_known_of_the_host_is_a_doubt_and_not_a_guess(world: World) -> None:
    world.host = FakeHost(on_google_cloud=False)
    assert host_of(world.google) == DssHost()

    rule = firewall_rule(cluster(networkConfig={}), DssHost(), 1)
    assert rule is not None
    assert (rule.network, rule.project, rule.target) == ("default", NAME.project, "")
    assert len(rule.doubts) == 2
    assert ("Targets", "All instances in the network") in rule.fields
    assert "target-service-accounts" not in rule.command


def test_a_host_without_an_interface_that_is_known_is_one_without_a_network(world: World) -> None:
    world.compute.interface = None
    assert host_of(world.google) == DssHost("", HOST.account)


def test_a_machine_that_may_not_be_read_keeps_its_service_account(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: str) -> None:
        raise PermissionDenied("compute.instances.get")

    monkeypatch.setattr(world.compute, "instance_interface", refuse)
    assert host_of(world.google) == DssHost("", HOST.account)


def test_another_network_than_the_clusters_needs_more_than_a_rule() -> None:
    rule = firewall_rule(cluster(), DssHost("projects/other/global/networks/lan", "a@b"), 1)
    assert rule is not None
    assert (rule.network, rule.project) == ("lan", "other")
    assert "peering" in rule.doubts[0]


def test_another_machine_than_this_has_another_service_account_and_perhaps_another_network() -> None:
    rule = firewall_rule(cluster(), HOST, 1, elsewhere="dss-2.internal")
    assert rule is not None
    assert (rule.network, rule.target) == ("vpc", "")
    [doubt] = rule.doubts
    assert "dss-2.internal is not known to be this machine" in doubt


def test_a_pool_with_a_range_of_its_own_has_a_rule_of_its_own() -> None:
    whole = firewall_rule(cluster(nodePools=POOLS), HOST, 1)
    own = firewall_rule(cluster(nodePools=POOLS), HOST, 1, pool_name="b")
    only = firewall_rule(cluster(nodePools=[OWN_RANGE]), HOST, 1, pool_name="b")

    assert whole is not None
    assert own is not None
    assert only is not None
    assert (whole.name, len(whole.ranges)) == ("allow-my-cluster-pods-to-dss", 2)
    assert (own.name, own.ranges) == ("allow-my-cluster-b-pods-to-dss", ("10.99.0.0/16",))
    assert (only.name, only.ranges) == ("allow-my-cluster-pods-to-dss", ("10.99.0.0/16",))


def test_the_name_of_a_rule_is_no_longer_than_compute_engine_takes() -> None:
    rule = firewall_rule(cluster(nodePools=[*POOLS, {**OWN_RANGE, "name": "p" * 40}]), HOST, 1, pool_name="p" * 40)
    assert rule is not None
    assert len(rule.name) == 63


def test_a_rule_names_all_that_compute_engine_needs() -> None:
    assert firewall_rule(cluster(), HOST, 10001) == FirewallRule(
        name="allow-my-cluster-pods-to-dss",
        project="host-project",
        network="vpc",
        ranges=("10.8.0.0/14",),
        port=10001,
        target=HOST.account,
    )


@pytest.mark.parametrize(
    ("host", "elsewhere", "doubts"),
    [
        (
            DssHost(),
            "",
            (
                "The network of the DSS host is not known here: it is taken to be that of the cluster. The service"
                " account of the DSS host is not known: the rule opens the port on every machine."
            ),
        ),
        (
            DssHost("projects/other/global/networks/lan", "a@b"),
            "",
            (
                f"The cluster is in {NETWORK} and DSS in projects/other/global/networks/lan: they need a peering, a VPN"
                " or the like as well, which carries the ranges of the pods."
            ),
        ),
        (
            HOST,
            "dss-2",
            (
                "dss-2 is not known to be this machine: look whether its network is vpc, and add its service account as"
                " the target, or the rule opens the port on every machine."
            ),
        ),
    ],
)
def test_what_is_not_sure_about_a_rule_is_said_beside_it(host: DssHost, elsewhere: str, doubts: str) -> None:
    rule = firewall_rule(cluster(), host, 1, elsewhere=elsewhere)
    assert rule is not None
    assert " ".join(rule.doubts) == doubts


def test_the_machine_of_dss_is_looked_up_where_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(world.compute, "instance_interface", lambda *names: asked.append(names))
    host_of(world.google)

    assert asked == [(world.host.project_id(), world.host.zone(), world.host.instance_name())]


def test_a_name_is_made_of_what_compute_engine_takes() -> None:
    rule = firewall_rule(cluster(nodePools=[*POOLS, {**OWN_RANGE, "name": "Big_1"}]), HOST, 1, pool_name="Big_1")
    assert rule is not None
    assert rule.name == "allow-my-cluster-big-1-pods-to-dss"


def test_without_a_range_there_is_no_rule() -> None:
    assert firewall_rule(make_cluster(), DssHost(), 1) is None
