from __future__ import annotations

import base64
import re
from typing import Any

from gke_clusters.errors import ControlPlaneUnreachable
from gke_clusters.reports.diagnosis import Advice, Cell, Diagnosis, Part, Table, Tone, render_diagnosis


def diagnosis(*parts: Part, **fields: Any) -> Diagnosis:
    known = {"cluster": "my-cluster", "verdict": Tone.GOOD, "words": "Healthy.", "taken": "now", "seconds": 1.23}
    return Diagnosis(parts=parts, **{**known, **fields})


def bundle(page: str) -> str:
    [encoded] = re.findall(r'href="data:text/plain;charset=utf-8;base64,([^"]*)"', page)
    return base64.b64decode(encoded).decode()


FAILURE = ControlPlaneUnreachable(
    "It is silent.", resource="https://1.2.3.4", verbatim="timeout", remedy="Wait.\nOr ask."
)


def test_what_to_do_is_said_once_and_the_worst_first():
    twice = Advice(Tone.INFO, "Small.", "Leave it.")
    made = diagnosis(
        Part("A", Tone.INFO, "a", advice=(twice,)),
        Part("B", Tone.WARNING, "b", advice=(twice, Advice(Tone.WARNING, "Middle."))),
        Part("C", Tone.BAD, "c", failure=FAILURE),
        Part("D", Tone.UNKNOWN, "d", failure=FAILURE),
    )

    assert [each.what for each in made.advice] == ["C: It is silent.", "Middle.", "D: It is silent.", "Small."]
    assert made.advice[0].remedy == "Wait.\nOr ask."


def test_the_page_shows_verdict_advice_parts_and_the_text():
    table = Table(("Pod", "State"), (("p", Cell("stuck", Tone.WARNING)),), left_out=7)
    page = render_diagnosis(
        diagnosis(
            Part(
                "Pods", Tone.WARNING, "One waits.", (("Number", "8"),), table, (Advice(Tone.WARNING, "Look.", "Do."),)
            ),
            Part("API", Tone.BAD, "No answer.", failure=FAILURE),
            identity="a@b.c",
        )
    )

    for shown in (
        '<p><span class="outcome good">good</span> <strong>Healthy.</strong></p>',
        "Taken now in 1.2 s, as a@b.c. Nothing was changed.",
        '<h2>Pods <span class="outcome warning">look at it</span></h2>',
        '<tr><th scope="row">Number</th><td>8</td></tr>',
        '<td>p</td><td><span class="badge warning">stuck</span></td>',
        "and 7 more",
        '<p class="muted">Or ask.</p>',
        "Resource: https://1.2.3.4",
        'download="diagnosis-my-cluster.txt"',
    ):
        assert shown in page


def test_the_text_says_all_that_the_page_says():
    table = Table(("Pod", "State"), (("p\nq", Cell("stuck", Tone.WARNING)),), left_out=7)
    whole = diagnosis(
        Part(
            "Pods", Tone.WARNING, "One waits.", (("Number", "8"),), table, (Advice(Tone.WARNING, "Look.", "Do.\nSo."),)
        ),
        Part("API", Tone.BAD, "No answer.", failure=FAILURE),
        Part("None", Tone.GOOD, "Well.", table=Table(("A",), ())),
    )

    assert bundle(render_diagnosis(whole)).splitlines() == [
        "Diagnosis of the DSS cluster my-cluster",
        "Taken now in 1.2 s, as an unknown identity",
        "",
        "Verdict: Healthy.",
        "1. [problem] API: It is silent.",
        "   Wait.",
        "   Or ask.",
        "2. [look at it] Look.",
        "   Do.",
        "   So.",
        "",
        "== Pods [look at it]",
        "One waits.",
        "Number: 8",
        "Pod | State",
        "p q | stuck",
        "and 7 more",
        "",
        "== API [problem]",
        "No answer.",
        "It is silent.",
        "Resource: https://1.2.3.4",
        "Answer received: timeout",
        "What to do: Wait.",
        "Or ask.",
        "",
        "== None [good]",
        "Well.",
        "A",
    ]


def test_no_secret_that_somebody_wrote_gets_into_page_or_text():
    secrets = ("ya29.a0AfH6SMBxxxxxxxx", "password=hunter2", "-----BEGIN PRIVATE KEY-----\nMIIEvQ\nhunter2")
    parts = [
        Part(secret, Tone.BAD, secret, ((secret, secret),), Table((secret,), ((secret, Cell(secret, Tone.BAD)),)))
        for secret in secrets
    ]
    page = render_diagnosis(
        diagnosis(*parts, Part("x", Tone.BAD, "x", advice=(Advice(Tone.BAD, secrets[2], secrets[1]),)))
    )

    for text in (page, bundle(page)):
        assert [secret for secret in ("ya29.", "hunter2", "PRIVATE KEY", "MIIEvQ") if secret in text] == []


def test_is_valid_and_escapes_whatever_comes_from_outside(require_valid, hostile):
    failure = ControlPlaneUnreachable(hostile, resource=hostile, verbatim=hostile, remedy=hostile)
    table = Table((hostile, hostile), ((hostile, Cell(hostile, Tone.BAD)),), 1)
    part = Part(
        hostile, Tone.BAD, hostile, ((hostile, hostile),), table, (Advice(Tone.BAD, hostile, hostile),), failure
    )

    page = render_diagnosis(
        diagnosis(part, Part("x", Tone.GOOD, "x"), cluster=hostile, words=hostile, identity=hostile, taken=hostile)
    )

    require_valid(page)
    assert hostile in bundle(page)
    assert 'download="diagnosis-' in page


def test_a_healthy_cluster_leaves_nothing_to_do(require_valid):
    page = render_diagnosis(diagnosis(Part("x", Tone.GOOD, "x")))

    require_valid(page)
    assert "What to do next" not in page
