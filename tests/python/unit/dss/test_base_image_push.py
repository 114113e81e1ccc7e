from __future__ import annotations

import dataikuapi
import pytest
import responses

from gke_clusters.dss.base_image_push import BOUND_SECONDS, BaseImagePush
from gke_clusters.dss.instance import DssInstance
from gke_clusters.errors import DssRefused

URL = "http://dss.example:11200/dip/publicapi"
ACTION = f"{URL}/admin/container-exec/actions/push-base-images"
FUTURE = f"{URL}/futures/1"
RUNNING = {"jobId": "1", "hasResult": False, "alive": True}
FAILED = {
    "messages": {
        "error": True,
        "messages": [
            {"severity": "ERROR", "title": "Failed to push", "message": "Failed to push, caused by: denied"},
            {"severity": "WARNING", "message": "slow"},
            {"severity": "ERROR", "title": "Also", "details": "this"},
        ],
    }
}


class Clock:
    """A clock that only waiting moves."""

    now = 0.0

    def sleep(self, seconds):
        self.now += seconds

    def read(self):
        return self.now


@pytest.fixture
def push():
    clock = Clock()
    return BaseImagePush(dataikuapi.DSSClient("http://dss.example:11200", "key"), clock.sleep, clock.read)


def run(push):
    parts = []
    push.run(parts.append)
    return parts


def answers(*states):
    responses.post(ACTION, json=RUNNING)
    return [responses.get(FUTURE, **({"json": state} if isinstance(state, dict) else state[0])) for state in states]


@responses.activate
def test_follows_the_task_to_its_end(push):
    answers(
        RUNNING,
        {**RUNNING, "progress": {"states": [{"name": "no size"}, {"cur": 1, "target": 4}]}},
        {"jobId": "1", "hasResult": True, "result": {"messages": {"error": False}}},
    )

    assert run(push) == [0.0, 0.25, 1.0]


@responses.activate
@pytest.mark.parametrize(
    "answer", [{"hasResult": True, "result": None}, {"messages": {"error": False}}, {"jobId": "1", "hasResult": True}]
)
def test_takes_an_answer_that_comes_at_once(push, answer):
    responses.post(ACTION, json=answer)

    assert run(push) == [1.0]


@responses.activate
def test_an_empty_answer_is_no_failure(push):
    responses.post(ACTION, body="null")

    assert run(push) == [1.0]


@responses.activate
@pytest.mark.parametrize("answer", [FAILED, {"hasResult": True, "result": FAILED}])
def test_what_failed_in_an_ordinary_answer_is_told(push, answer):
    responses.post(ACTION, json=answer)

    with pytest.raises(DssRefused, match="could not push") as refused:
        run(push)

    assert refused.value.verbatim == "Failed to push, caused by: denied\nAlso: this"


@responses.activate
@pytest.mark.parametrize("messages", [{"error": True}, {"error": True, "messages": "x"}])
def test_a_failure_without_words_shows_what_there_is(push, messages):
    responses.post(ACTION, json={"messages": messages})

    with pytest.raises(DssRefused) as refused:
        run(push)

    assert "'error': True" in refused.value.verbatim


@responses.activate
def test_what_failed_in_the_task_is_told(push):
    answers({"jobId": "1", "hasResult": True, "result": FAILED})

    with pytest.raises(DssRefused, match="could not push"):
        run(push)


@responses.activate
@pytest.mark.parametrize("end", [{"unknown": True}, {"aborted": True, "alive": False}, {"alive": False}])
def test_a_task_that_is_gone_is_told(push, end):
    answers({**RUNNING, **end})

    with pytest.raises(DssRefused, match="lost track"):
        run(push)


GONE = ({"status": 404, "json": {"errorType": "x", "message": "no such future"}},)


@responses.activate
def test_a_dss_that_does_not_answer_for_a_while_is_asked_again(push):
    answers(GONE, GONE, RUNNING, {"jobId": "1", "hasResult": True})

    assert run(push) == [0.0, 1.0]


@responses.activate
def test_a_dss_that_no_longer_knows_the_task_is_believed(push):
    [asked] = answers(GONE)

    with pytest.raises(DssRefused, match="lost track") as refused:
        run(push)

    assert "no such future" in refused.value.verbatim
    assert asked.call_count == 5


@responses.activate
def test_a_task_without_end_is_given_up(push):
    answers(RUNNING)

    with pytest.raises(DssRefused, match="still pushing"):
        run(push)
    assert push._clock() > BOUND_SECONDS


@responses.activate
def test_a_refusal_leaves_with_the_words_of_dss(push):
    responses.post(ACTION, status=403, json={"errorType": "x", "message": "admins only"})

    with pytest.raises(DssRefused) as refused:
        run(push)

    assert "admins only" in refused.value.verbatim


@responses.activate
def test_tells_the_version_of_dss():
    instance = DssInstance(dataikuapi.DSSClient("http://dss.example:11200", "key"))
    responses.get(f"{URL}/instance-info", json={"dssVersion": "14.2.0"})

    assert instance.base_image_push.version() == "14.2.0"
