from __future__ import annotations

from typing import Any

import pytest

from gke_clusters.lifecycle.network_verdict import Verdict, advised, parts_of, place_of, verdict_of
from gke_clusters.reports.diagnosis import Tone

RESOLVED = {"check": "resolve", "outcome": "ok", "addresses": ["10.0.0.2"]}
NO_IPV6 = {"check": "tcp", "family": "IPv6", "outcome": "none"}
NO_IPV4 = {**NO_IPV6, "family": "IPv4"}


def tcp(outcome: str, family: str = "IPv4") -> dict[str, Any]:
    return {"check": "tcp", "family": family, "outcome": outcome, "address": "10.0.0.2", "seconds": 0.004}


def http(**fields: Any) -> dict[str, Any]:
    return {"check": "http", "outcome": "ok", "status": 401, "dss": True, **fields}


GOOD = [RESOLVED, tcp("ok"), NO_IPV6, http()]


def test_a_way_without_trouble_is_good_and_needs_no_ipv6() -> None:
    assert verdict_of(GOOD, "dss", 1).tone is Tone.GOOD
    assert [part.tone for part in parts_of(GOOD)] == [Tone.GOOD, Tone.GOOD, Tone.INFO, Tone.GOOD]


@pytest.mark.parametrize(
    ("checks", "words", "firewall"),
    [
        ([{"check": "resolve", "outcome": "failed", "error": "unknown"}, NO_IPV6], "cannot resolve dss", False),
        ([RESOLVED, tcp("timeout"), NO_IPV6], "a firewall drops them", True),
        ([RESOLVED, tcp("refused"), tcp("timeout", "IPv6")], "refuses connections to dss:1", False),
        ([RESOLVED, tcp("reset"), NO_IPV6], "are cut off", False),
        ([RESOLVED, tcp("unreachable"), NO_IPV6], "no route", True),
        ([RESOLVED, tcp("rejected"), NO_IPV6], "forbids connections to dss:1", False),
        ([RESOLVED, {**tcp("rejected"), "address": "34.1.2.3"}, NO_IPV6], "forbids connections to dss:1", False),
        ([RESOLVED, tcp("timeout"), tcp("refused", "IPv6")], "a firewall drops them", True),
        ([RESOLVED, NO_IPV4, tcp("unreachable", "IPv6")], "dss has an IPv6 address only", False),
        ([RESOLVED, NO_IPV4, tcp("refused", "IPv6")], "refuses connections to dss:1", False),
        ([RESOLVED, {**tcp("timeout"), "address": "34.1.2.3"}, NO_IPV6], "dss:1, a public address, get no", False),
        ([RESOLVED, {**tcp("timeout"), "address": "odd"}, NO_IPV6], "a firewall drops them", True),
        ([RESOLVED, tcp("ok"), http(outcome="odd")], "does not speak HTTP", False),
        ([RESOLVED, tcp("ok"), http(outcome="timeout")], "gives no answer over HTTP", False),
        ([RESOLVED, tcp("ok"), http(dss=False)], "does not look like DSS", False),
    ],
)
def test_the_first_step_that_fails_decides(checks: list[Any], words: str, firewall: bool) -> None:
    verdict = verdict_of(checks, "dss", 1)

    assert words in verdict.words
    assert verdict.firewall is firewall
    assert verdict.remedy or firewall
    assert verdict.tone in (Tone.BAD, Tone.WARNING)


def test_a_host_that_forbids_is_asked_first_for_its_own_firewall_and_then_for_what_stands_before_it() -> None:
    first, second = verdict_of(
        [RESOLVED, {**tcp("rejected"), "error": "[Errno 113] No route to host"}], "dss", 10001
    ).remedy.splitlines()

    assert "sudo firewall-cmd --permanent --add-port=10001/tcp" in first
    assert "peering" in second
    assert "VPC" not in first


@pytest.mark.parametrize("outcome", ["timeout", "unreachable"])
def test_the_remedy_speaks_of_a_rule_only_where_the_page_has_one(outcome: str) -> None:
    verdict = verdict_of([RESOLVED, tcp(outcome)], "dss", 10001)
    assert "rule below" not in verdict.remedy + verdict.otherwise

    assert "with the rule below" in advised(verdict, "10001", has_rule=True).remedy
    without = advised(verdict, "10001", has_rule=False).remedy
    assert "rule below" not in without
    assert "tcp:10001" in without
    assert "podIpv4CidrBlock" in without


def test_what_to_do_first_is_said_first() -> None:
    dropped = advised(verdict_of([RESOLVED, tcp("timeout")], "dss", 1), "1", has_rule=True).remedy.splitlines()
    assert "rule below" in dropped[0]
    assert "already" in dropped[1]
    apart = advised(verdict_of([RESOLVED, tcp("unreachable")], "dss", 1), "1", has_rule=True).remedy.splitlines()
    assert "peering" in apart[0]
    assert "rule below" in apart[1]


def test_where_no_rule_is_missing_the_remedy_stays() -> None:
    verdict = Verdict(Tone.BAD, "words", "remedy")
    assert advised(verdict, "1", has_rule=False) == verdict


def test_one_family_that_fails_beside_one_that_works_is_only_looked_at() -> None:
    checks = [RESOLVED, tcp("ok"), tcp("timeout", "IPv6"), http()]

    assert [part.tone for part in parts_of(checks)][1:3] == [Tone.GOOD, Tone.WARNING]
    assert verdict_of(checks, "dss", 1).tone is Tone.GOOD


def test_each_part_says_what_was_met() -> None:
    checks = [
        RESOLVED,
        tcp("refused"),
        http(outcome="reset", error="cut"),
        http(dss=False, server="nginx"),
    ]
    parts = parts_of(checks)

    assert [part.tone for part in parts] == [Tone.GOOD, Tone.BAD, Tone.BAD, Tone.WARNING]
    assert "10.0.0.2" in parts[0].summary
    assert ("Time", "4 ms") in parts[1].facts
    assert "cut" in parts[2].summary
    assert ("Server", "nginx") in parts[3].facts
    assert ("Time", "not measured") in parts[3].facts


def test_how_long_nothing_came_is_not_shown() -> None:
    part = parts_of([RESOLVED, tcp("timeout")])[1]
    assert part.facts == (("Address", "10.0.0.2"), ("Result", "no answer"))


@pytest.mark.parametrize(
    ("host", "port", "place"), [("dss", "1", "dss:1"), ("fd00::1", "1", "[fd00::1]:1"), ("fd00::1", "", "fd00::1")]
)
def test_a_host_and_its_port_are_written_as_in_addresses_of_the_web(host: str, port: str, place: str) -> None:
    assert place_of(host, port) == place


def test_without_an_address_nothing_is_said_of_connections() -> None:
    [part] = parts_of([{"check": "resolve", "outcome": "failed", "error": "not known"}, NO_IPV4, NO_IPV6])
    assert (part.tone, part.summary) == (Tone.BAD, "It gives no address: not known.")
