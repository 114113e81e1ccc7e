from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gke_clusters.google.names import ClusterName
from gke_clusters.lifecycle.journal import FILE_NAME, Entry, Journal, Phase

NAME = ClusterName("p", "z", "c")


def test_reads_what_was_written_last(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(NAME, Phase.CREATING)
    journal.write(NAME, Phase.RUNNING)
    assert journal.read() == Entry("p", "z", "c", Phase.RUNNING)
    assert journal.read() is not None
    assert Journal(tmp_path).read().cluster == NAME  # type: ignore[union-attr]  # asserted above


def test_is_empty_at_first_and_after_it_is_cleared(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.read() is None
    journal.clear()
    journal.write(NAME, Phase.RUNNING)
    journal.clear()
    assert journal.read() is None


def test_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    Journal(tmp_path).write(NAME, Phase.RUNNING)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE_NAME).mkdir()
    journal = Journal(tmp_path)
    journal.write(NAME, Phase.RUNNING)
    assert "cannot be written" in caplog.text
    journal.clear()
    assert "cannot be removed" in caplog.text


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"project": "p"}', '{"project":1,"location":2,"name":3,"phase":"x"}']
)
def test_leaves_out_a_journal_that_makes_no_sense(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert Journal(tmp_path).read() is None
    assert "cannot be read" in caplog.text
