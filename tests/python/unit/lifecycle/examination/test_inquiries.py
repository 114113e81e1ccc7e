from __future__ import annotations

import threading

import pytest

from gke_clusters.errors import ClusterNotFound, OperationTimeout, UnexpectedFailure
from gke_clusters.lifecycle.examination.inquiries import Inquiries, NotAskedError
from gke_clusters.reports.diagnosis import Part, Tone


def fail():
    raise ClusterNotFound("It is gone.")


@pytest.fixture
def inquiries():
    return Inquiries(20)


def test_questions_are_asked_at_the_same_time(inquiries):
    meeting = threading.Barrier(2, timeout=10)

    first, second = (inquiries.ask(name, meeting.wait) for name in ("one", "two"))

    assert {first.answer(), second.answer()} == {0, 1}


def test_one_that_fails_leaves_the_others_alone(inquiries):
    failing, other = inquiries.ask("a", fail), inquiries.ask("b", lambda: 5)

    assert other.answer() == 5
    assert failing.answer_or_none() is None
    with pytest.raises(ClusterNotFound):
        failing.answer()


def test_a_failure_that_nobody_foresaw_is_a_failure_of_its_own(inquiries):
    inquiry = inquiries.ask("the nodes", lambda: 1 // 0)

    with pytest.raises(UnexpectedFailure, match=r"learn about the nodes"):
        inquiry.answer()


def test_what_takes_another_answer_waits_for_it(inquiries):
    first = inquiries.ask("the first", lambda: 5)

    assert inquiries.ask("the second", lambda: first.answer() + 1, after=first).answer() == 6


def test_what_takes_an_answer_that_failed_is_not_asked_and_names_the_first(inquiries):
    first = inquiries.ask("the first", fail)
    second = inquiries.ask("the second", fail, after=first)
    third = inquiries.ask("the third", fail, after=second)

    for inquiry in (second, third):
        with pytest.raises(NotAskedError, match=r"^the first$"):
            inquiry.answer()


def test_what_takes_too_long_is_given_up():
    held = threading.Event()
    inquiry = Inquiries(0.05).ask("the nodes", held.wait)

    with pytest.raises(OperationTimeout, match=r"no answer about the nodes within 0 s"):
        inquiry.answer()
    held.set()


def test_an_answer_becomes_a_part(inquiries):
    part = inquiries.ask("a", lambda: 5).part("A", lambda found: Part("A", Tone.GOOD, str(found)))

    assert part == Part("A", Tone.GOOD, "5")


def test_a_failure_becomes_a_part_that_explains_it(inquiries):
    part = inquiries.ask("a", fail).part("A", lambda _: None, Tone.BAD)

    assert (part.title, part.tone, part.failure.cause) == ("A", Tone.BAD, "It is gone.")


def test_what_was_not_asked_becomes_a_part_that_says_why(inquiries):
    asked = inquiries.ask("b", fail, after=inquiries.ask("the API", fail))

    part = asked.part("B", lambda _: None, Tone.BAD)

    assert (part.tone, part.failure) == (Tone.UNKNOWN, None)
    assert "no answer about the API" in part.summary
