from __future__ import annotations

from typing import Any

import pytest

from gke_clusters.lifecycle.network_verdict import EXT_HOST, Verdict, advised, parts_of, place_of, verdict_of
from gke_clusters.reports.diagnosis import Part, Tone

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
        ([RESOLVED, NO_IPV4, tcp("rejected", "IPv6")], "dss has an IPv6 address only", False),
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


def test_the_parts_of_a_way_without_trouble_say_what_answered_and_how_fast() -> None:
    checks: list[Any] = [
        {**RESOLVED, "addresses": ["10.0.0.2", "fd00::2"]},
        tcp("ok"),
        NO_IPV6,
        http(server="DSS", seconds=0.1234),
    ]

    assert parts_of(checks) == [
        Part("Name resolution", Tone.GOOD, "It gives 10.0.0.2, fd00::2."),
        Part(
            "TCP over IPv4",
            Tone.GOOD,
            "The port is open.",
            (("Address", "10.0.0.2"), ("Result", "connected"), ("Time", "4 ms")),
        ),
        Part("TCP over IPv6", Tone.INFO, "DSS has no address of that kind for pods, which is no problem by itself."),
        Part("HTTP", Tone.GOOD, "DSS answers.", (("Status", "401"), ("Server", "DSS"), ("Time", "123 ms"))),
    ]


def test_the_parts_of_a_way_with_trouble_say_what_was_met_instead() -> None:
    checks: list[Any] = [
        {"check": "resolve", "outcome": "failed", "error": "not known"},
        RESOLVED,
        {**tcp("refused"), "error": "[Errno 111] Connection refused"},
        tcp("odd", "IPv6"),
        http(outcome="reset", error="cut"),
        http(outcome="timeout"),
        {"check": "http", "outcome": "ok", "seconds": 1.5},
    ]
    no_http = (("Status", "none"), ("Server", "does not say"), ("Time", "1500 ms"))

    assert parts_of(checks) == [
        Part("Name resolution", Tone.BAD, "It gives no address: not known."),
        Part("Name resolution", Tone.GOOD, "It gives 10.0.0.2."),
        Part(
            "TCP over IPv4",
            Tone.BAD,
            "The port is not open: [Errno 111] Connection refused.",
            (("Address", "10.0.0.2"), ("Result", "refused"), ("Time", "4 ms")),
        ),
        Part(
            "TCP over IPv6",
            Tone.BAD,
            "The port is not open: odd.",
            (("Address", "10.0.0.2"), ("Result", "odd"), ("Time", "4 ms")),
        ),
        Part("HTTP", Tone.BAD, "There is no answer: cut."),
        Part("HTTP", Tone.BAD, "There is no answer: timeout."),
        Part("HTTP", Tone.WARNING, "Something answers that does not look like DSS.", no_http),
    ]


def test_a_long_answer_is_shown_to_the_millisecond() -> None:
    assert ("Time", "2500 ms") in parts_of([RESOLVED, {**tcp("ok"), "seconds": 2.5}])[1].facts


def test_a_report_that_ends_before_http_is_no_http() -> None:
    assert "does not speak HTTP" in verdict_of([RESOLVED, tcp("ok")], "dss", 1).words


def test_a_report_without_connections_has_found_no_route() -> None:
    assert verdict_of([RESOLVED], "dss", 1).words == "There is no route from pods to dss:1."


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        (
            [{"check": "resolve", "outcome": "failed"}],
            Verdict(
                Tone.BAD,
                "Pods cannot resolve dss.",
                f"{EXT_HOST}\nOr let the DNS of the cluster know the name: a private zone of Cloud DNS for its"
                " network.",
            ),
        ),
        (
            [RESOLVED, tcp("refused")],
            Verdict(
                Tone.BAD,
                "The host refuses connections to dss:1: the packets arrive, and nothing listens there.",
                "If the address is the pod's own (127.0.0.1), or another machine's, correct it. "
                f"{EXT_HOST}\nElse check that DSS runs and listens on that port, and a firewall on the host itself.",
            ),
        ),
        (
            [RESOLVED, NO_IPV4, tcp("timeout", "IPv6")],
            Verdict(
                Tone.BAD,
                "dss has an IPv6 address only, and pods do not reach it.",
                f"Pods have IPv6 in dual-stack clusters only. {EXT_HOST}",
            ),
        ),
        (
            [RESOLVED, {**tcp("timeout"), "address": "34.1.2.3"}],
            Verdict(
                Tone.BAD,
                "Packets to dss:1, a public address, get no answer.",
                "On their way to public addresses pods take that of their node or of Cloud NAT, so that a firewall rule"
                f" for their own does not help. {EXT_HOST}",
            ),
        ),
        (
            [RESOLVED, tcp("unreachable")],
            Verdict(
                Tone.BAD,
                "There is no route from pods to dss:1.",
                "The networks of the cluster and of DSS need a peering, a VPN or the like, which carries the ranges of"
                " the pods.",
                firewall=True,
            ),
        ),
        ([RESOLVED, tcp("ok"), http()], Verdict(Tone.GOOD, "Pods of the cluster reach DSS.")),
    ],
)
def test_a_verdict_says_what_is_wrong_and_what_to_do_about_it(checks: list[Any], expected: Verdict) -> None:
    assert verdict_of(checks, "dss", 1) == expected


@pytest.mark.parametrize(
    ("checks", "words", "remedy"),
    [
        ([RESOLVED, tcp("reset")], "Connections to dss:1 are cut off.", "Something else listens there"),
        (
            [RESOLVED, tcp("rejected")],
            "A firewall forbids connections to dss:1: that of the DSS host itself, or one before it.",
            "If firewalld runs on the DSS host",
        ),
        (
            [RESOLVED, tcp("ok"), http(outcome="timeout")],
            "dss:1 takes connections and gives no answer over HTTP.",
            "Look whether DSS answers elsewhere",
        ),
        (
            [RESOLVED, tcp("ok"), http(outcome="odd")],
            "dss:1 takes connections and does not speak HTTP.",
            "Something else listens there",
        ),
    ],
)
def test_a_problem_of_the_host_is_no_lack_of_a_rule(checks: list[Any], words: str, remedy: str) -> None:
    verdict = verdict_of(checks, "dss", 1)

    assert (verdict.tone, verdict.words, verdict.firewall) == (Tone.BAD, words, False)
    assert verdict.remedy.startswith(remedy)


def test_an_answer_of_another_program_is_only_a_warning() -> None:
    verdict = verdict_of([RESOLVED, tcp("ok"), http(dss=False)], "dss", 1)

    assert (verdict.tone, verdict.words) == (Tone.WARNING, "What answers at dss:1 does not look like DSS.")
