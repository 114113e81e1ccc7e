from __future__ import annotations

from collections.abc import Callable

from gke_clusters.errors import StateError
from gke_clusters.reports.diagnosis import Part, Tone
from gke_clusters.reports.network_test import FirewallRule, NetworkTest, render_network_test


def test_a_page_full_of_hostile_names_is_valid(hostile: str, require_valid: Callable[[str], None]) -> None:
    rule = FirewallRule(hostile, hostile, hostile, (hostile,), 1, hostile, (hostile,))
    failure = StateError(hostile, resource=hostile, verbatim=hostile, remedy=hostile)
    part = Part(hostile, Tone.BAD, hostile, ((hostile, hostile),), failure=failure)
    page = render_network_test(NetworkTest(hostile, hostile, Tone.BAD, hostile, (part, part), hostile, rule))

    require_valid(page)


def test_a_page_without_trouble_has_no_rule_and_nothing_to_do(require_valid: Callable[[str], None]) -> None:
    page = render_network_test(NetworkTest("c", "", Tone.GOOD, "All is well.", ()))

    require_valid(page)
    assert "What to do" not in page
    assert "firewall" not in page


def test_the_command_quotes_what_a_shell_would_take_for_its_own() -> None:
    rule = FirewallRule("r", "p; rm -rf /", "n", ("10.0.0.0/8", "10.9.0.0/16"), 10001, "a@b")

    assert "'--project=p; rm -rf /'" in rule.command
    assert "--source-ranges=10.0.0.0/8,10.9.0.0/16" in rule.command
    assert dict(rule.fields)["Source IPv4 ranges"] == "10.0.0.0/8, 10.9.0.0/16"


def test_no_secret_that_somebody_wrote_gets_into_the_page() -> None:
    secrets = ("ya29.a0AfH6SMBxxxxxxxx", "password=hunter2", "Authorization: Bearer hunter2", "https://u:hunter2@host/")
    for secret in secrets:
        part = Part(secret, Tone.BAD, secret, ((secret, secret),))
        rule = FirewallRule("r", "p", "n", ("10.0.0.0/8",), 1, "", (secret,))
        page = render_network_test(NetworkTest(secret, secret, Tone.BAD, secret, (part,), secret, rule))
        assert [each for each in ("ya29.", "hunter2") if each in page] == []
