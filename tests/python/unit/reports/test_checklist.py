from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gke_clusters.errors import DssRefused, QuotaExceeded, Shortage
from gke_clusters.reports.checklist import Outcome, Step, render_checklist
from gke_clusters.reports.pages import render

# What XML, and so a parser that forgives nothing, can hold: https://www.w3.org/TR/xml/#charsets
TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="￾￿"))
OUR_ELEMENTS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "h1",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "span",
    "p",
    "strong",
    "pre",
    "h2",
    "ul",
    "li",
}
HOSTILE = "<script>alert('x')</script> & \"quoted\" {{ 7 * 7 }}"


def parsed(page):
    return ET.fromstring(page.removeprefix("<!DOCTYPE html>\n"))


def words(page):
    return [text for text in (each.strip() for each in parsed(page).find("body").itertext()) if text]


def test_shows_each_step_with_its_outcome_and_its_reason():
    page = render_checklist(
        "Register the cluster",
        [
            Step("Registry", Outcome.DONE, ("it exists",)),
            Step("Spark", Outcome.SKIPPED, ("not asked for",)),
        ],
        notes=("Restart nothing.",),
    )

    assert words(page)[0] == "Register the cluster"
    for shown in ("Registry", "done", "it exists", "Spark", "skipped", "not asked for", "Restart nothing."):
        assert shown in words(page)


def test_shows_what_failed_with_the_answer_and_what_to_do():
    failure = DssRefused("DSS refused to save.", resource="general settings", verbatim="no rights", remedy="Ask Ann.")

    page = render_checklist("Register", [Step.failed("Save", failure, ["the registry was created"])])

    assert words(page)[-5:] == [
        "the registry was created",
        "DSS refused to save.",
        "Resource: general settings",
        "no rights",
        "What to do: Ask Ann.",
    ]


@given(TEXTS | st.just(HOSTILE))
def test_escapes_whatever_comes_from_outside(text):
    failure = DssRefused(text, resource=text, verbatim=text, remedy=text)

    page = render_checklist(text, [Step(text, Outcome.CHANGED, (text,)), Step.failed(text, failure)], notes=(text,))

    assert "<script" not in page
    root = parsed(page)
    assert (root.find("head/title").text or "") == text
    assert {element.tag for element in root.iter()} <= OUR_ELEMENTS


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(Exception, match="is undefined"):
        render("checklist.html", title="x")


def test_names_what_a_failure_is_made_of():
    failure = QuotaExceeded("A quota is too small.")
    failure.shortages, failure.reckoning = (Shortage("CPUS", limit=8.0),), ("node pool a: 3 nodes = 12",)

    page = render_checklist("T", [Step.failed("Add", failure)])

    assert "<p>– CPUS: the quota is 8</p>" in page
    assert "<p>– node pool a: 3 nodes = 12</p>" in page
