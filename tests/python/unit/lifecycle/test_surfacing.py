from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gke_clusters.errors import NameTaken, UnexpectedFailure
from gke_clusters.lifecycle.surfacing import set_log_level, surfaced


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    names = ["", "urllib3", "urllib3.connectionpool", "google.auth", "google.api_core", "google.cloud"]
    names.append("kubernetes.client.rest")
    before = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"logLevel": "DEBUG"}, logging.DEBUG),
        ({"logLevel": "CRITICAL"}, logging.CRITICAL),
        ({"logLevel": "NOTSET"}, logging.NOTSET),
        ({"logLevel": "info"}, logging.INFO),
        ({"logLevel": "LOUD"}, logging.INFO),
        ({"logLevel": 7}, logging.INFO),
        ({}, logging.INFO),
    ],
)
def test_logs_at_the_level_of_the_dialog(config: dict[str, Any], expected: int) -> None:
    set_log_level(config)
    assert logging.getLogger().level == expected


def test_never_lets_libraries_log_the_headers_of_requests() -> None:
    set_log_level({"logLevel": "DEBUG"})
    assert not logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("google.auth.transport.requests").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("kubernetes.client.rest").isEnabledFor(logging.DEBUG)


def test_the_log_does_not_tell_of_retries_of_single_requests() -> None:
    set_log_level({})
    assert not logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.WARNING)
    assert logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.ERROR)


def test_writes_level_and_words_where_dss_has_no_handler(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    set_log_level({})
    logging.getLogger("anything").info("It goes on")
    assert re.fullmatch(r"[0-9: ,-]+ INFO It goes on\n", capsys.readouterr().err)


def test_the_history_of_an_error_of_ours_is_in_the_log_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(NameTaken), surfaced("start the cluster"):
        raise NameTaken("It exists.") from ValueError("behind it")
    assert "ValueError: behind it" in caplog.text
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}


def test_an_error_of_ours_leaves_as_it_is_and_without_its_history() -> None:
    with pytest.raises(NameTaken) as caught, surfaced("start the cluster"):
        raise NameTaken("It exists.") from ValueError("behind it")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_anything_else_is_said_to_be_unexpected(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UnexpectedFailure) as caught, surfaced("start the cluster"):
        raise KeyError("zone")
    assert caught.value.verbatim == "KeyError: 'zone'"
    assert "able to start the cluster" in caught.value.cause
    assert "log of the cluster" in caught.value.remedy
    assert "Traceback" not in str(caught.value)
    assert "Traceback" in caplog.text
    assert "to start the cluster" in caplog.text


def test_a_kill_is_no_failure_of_ours() -> None:
    with pytest.raises(KeyboardInterrupt), surfaced("start the cluster"):
        raise KeyboardInterrupt


def test_nothing_happens_where_nothing_fails() -> None:
    with surfaced("start the cluster"):
        pass
