from __future__ import annotations

import pytest

from gke_clusters.errors import AccessDenied, ControlPlaneUnreachable
from gke_clusters.kube.access import AccessReview
from gke_clusters.kube.endpoint_trial import EndpointTrial
from gke_clusters.kube.helper_trial import HelperTrial
from gke_clusters.kube.kubeconfig import HelperCommand
from gke_clusters.lifecycle.access_needs import ACCESS_NEEDS
from gke_clusters.lifecycle.examination.access_side import access_part, api_part, endpoints_part, helper_part
from gke_clusters.reports.diagnosis import Cell, Tone

HELPER = HelperCommand("/bin/sh", ("/data/helper",))
SILENT = ControlPlaneUnreachable("It is silent.", verbatim="timeout")


class TestHelper:
    def test_one_that_gives_a_token_is_well(self):
        part = helper_part(HelperTrial(HELPER, "s", 0.2, "the metadata server"), "a@b.c")

        assert (part.tone, part.advice) == (Tone.GOOD, ())
        assert dict(part.facts) == {
            "Command": "/bin/sh /data/helper",
            "Credentials": "the metadata server",
            "Identity of the connection": "a@b.c",
            "Time": "0.20 s",
        }

    def test_what_is_not_known_of_it_is_said_to_be_so(self):
        facts = dict(helper_part(HelperTrial(HELPER, "s", 0.2), "").facts)

        assert (facts["Credentials"], facts["Identity of the connection"]) == ("not said", "not known")

    def test_a_slow_one_is_to_be_looked_at(self):
        part = helper_part(HelperTrial(HELPER, "s", 4.0), "")

        assert part.tone is Tone.WARNING
        assert part.advice[0].what.startswith("The credential helper took 4.0 s")

    def test_a_kubeconfig_may_have_none(self):
        assert helper_part(HelperTrial(None, "s"), "").tone is Tone.INFO


def test_an_api_that_answers_is_shown_with_its_version():
    part = api_part("v1.33", "https://1.2.3.4")

    assert part.tone is Tone.GOOD
    assert [value for _, value in part.facts] == ["https://1.2.3.4", "v1.33"]


class TestEndpoints:
    def test_each_is_shown_with_what_became_of_it(self):
        refused = AccessDenied("It refuses.", verbatim="HTTP 403")
        trials = [
            EndpointTrial("public", "https://1", answers=True, seconds=0.05),
            EndpointTrial("private", "https://2", seconds=5.0, failure=SILENT),
            EndpointTrial("dns", "https://3", answers=True, seconds=0.1, failure=refused),
        ]
        part = endpoints_part(trials, "https://1")

        assert (part.tone, part.advice) == (Tone.GOOD, ())
        assert part.summary == "Answering from the DSS host: public, DNS."
        assert part.table.rows == (
            ("public", "https://1", Cell("answers", Tone.GOOD), "50\N{NO-BREAK SPACE}ms", "yes", ""),
            (
                "private",
                "https://2",
                Cell("no answer", Tone.WARNING),
                "5000\N{NO-BREAK SPACE}ms",
                "",
                "It is silent. timeout",
            ),
            ("DNS", "https://3", Cell("refuses", Tone.WARNING), "100\N{NO-BREAK SPACE}ms", "", "It refuses. HTTP 403"),
        )

    def test_one_that_is_off_is_no_fault(self):
        trials = [EndpointTrial("public", "https://1", answers=True), EndpointTrial("dns", failure=SILENT)]
        part = endpoints_part(trials, "https://1")

        assert part.tone is Tone.GOOD
        assert part.table.rows[1] == ("DNS", "", Cell("off", Tone.INFO), "", "", "It is silent.")

    @pytest.mark.parametrize(("kind", "name"), [("dns", "DNS"), ("private", "private")])
    def test_another_one_that_answers_is_recommended_where_that_of_dss_does_not(self, kind, name):
        trials = [EndpointTrial("public", "https://1", failure=SILENT), EndpointTrial(kind, "https://2", answers=True)]
        part = endpoints_part(trials, "https://1")

        assert part.tone is Tone.BAD
        assert part.advice[0].what == f"The {name} endpoint answers from here, and the one that DSS uses does not."

    def test_none_that_answers_is_a_problem(self):
        part = endpoints_part([EndpointTrial("public", "https://1", failure=SILENT)], "https://1")

        assert (part.tone, part.advice) == (Tone.BAD, ())
        assert part.summary == "Answering from the DSS host: none."

    def test_an_endpoint_that_is_off_and_needs_no_route_is_named_where_none_answers(self):
        off = EndpointTrial("dns", failure=ControlPlaneUnreachable("It is off.", remedy="gcloud … --enable-dns-access"))
        part = endpoints_part([EndpointTrial("public", "https://1", failure=SILENT), off], "https://1")

        [advice] = part.advice
        assert (advice.tone, advice.remedy) == (Tone.INFO, "gcloud … --enable-dns-access")

    def test_an_address_that_is_none_of_them_is_to_be_renewed(self):
        part = endpoints_part([EndpointTrial("public", "https://1", answers=True)], "https://old")

        assert part.tone is Tone.WARNING
        assert part.advice[0].what.startswith("DSS uses https://old, which is not an endpoint")

    @pytest.mark.parametrize("trial", [{"failure": SILENT}, {"answers": True}])
    def test_without_an_address_of_dss_none_is_compared(self, trial):
        part = endpoints_part([EndpointTrial("public", "https://1", **trial)], "")

        assert part.advice == ()


class TestAccess:
    def test_all_of_it_is_well(self):
        assert access_part(AccessReview(())).tone is Tone.GOOD

    @pytest.mark.parametrize(("essential", "tone"), [(True, Tone.BAD), (False, Tone.WARNING)])
    def test_what_is_missing_is_listed_with_its_permission(self, essential, tone):
        need = next(each for each in ACCESS_NEEDS if each.essential is essential)
        part = access_part(AccessReview((need,)))

        assert part.tone is tone
        assert part.table.rows == ((need.purpose, Cell(str(need.attributes), tone), need.permission),)
        assert part.advice[0].remedy.startswith("Grant roles/container.")
