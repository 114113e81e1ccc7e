from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

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
    assert f"{journal.path} cannot be written" in caplog.text
    assert "Is a directory" in caplog.text
    caplog.clear()
    journal.clear()
    assert f"{journal.path} cannot be removed" in caplog.text
    assert str(journal.path) in caplog.text.partition("cannot be removed")[2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"project": "p"}',
        '{"version":1,"project": "p"}',
        '{"version":1,"project":1,"location":2,"name":3,"phase":"x"}',
    ],
)
def test_leaves_out_a_journal_that_makes_no_sense(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert Journal(tmp_path).read() is None
    assert f"{tmp_path / FILE_NAME} cannot be read" in caplog.text


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_leaves_out_a_journal_of_another_version(tmp_path: Path, version: object, caplog: Any) -> None:
    journal = Journal(tmp_path)
    journal.write(NAME, Phase.RUNNING)
    entry = json.loads((tmp_path / FILE_NAME).read_text())
    (tmp_path / FILE_NAME).write_text(json.dumps(entry | {"version": version}))
    assert journal.read() is None
    assert f"it has the version {version}, and this plugin knows 1" in caplog.text


@pytest.mark.parametrize("cut", [1, 40])
def test_leaves_out_a_journal_that_was_cut_off(tmp_path: Path, cut: int, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(tmp_path)
    journal.write(NAME, Phase.RUNNING)
    whole = (tmp_path / FILE_NAME).read_text()
    (tmp_path / FILE_NAME).write_text(whole[:cut])
    assert journal.read() is None
    assert "GKE is asked instead" in caplog.text


def test_leaves_out_a_journal_that_is_no_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe\x00")
    assert Journal(tmp_path).read() is None
    assert "cannot be read" in caplog.text


def test_leaves_out_a_folder_in_the_place_of_a_journal(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE_NAME).mkdir()
    assert Journal(tmp_path).read() is None
    assert "IsADirectoryError" in caplog.text


def test_replaces_a_journal_that_makes_no_sense(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{")
    journal = Journal(tmp_path)
    journal.write(NAME, Phase.FAILED)
    assert journal.read() == Entry("p", "z", "c", Phase.FAILED)


def test_forgets_a_creation_where_it_cannot_note_that_the_cluster_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start would delete a cluster that is in use as one that was never handed over."""
    journal = Journal(tmp_path)
    journal.write(NAME, Phase.CREATING)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gke_clusters.lifecycle.journal.write_private_file", full)
    journal.write(NAME, Phase.RUNNING)
    assert journal.read() is None


def test_the_file_says_its_version_and_all_of_the_entry(tmp_path: Path) -> None:
    Journal(tmp_path).write(NAME, Phase.DELETING)
    assert json.loads((tmp_path / FILE_NAME).read_text()) == {
        "version": 1,
        "project": "p",
        "location": "z",
        "name": "c",
        "phase": "deleting",
    }


def test_the_file_ends_with_a_line_break_as_text_does(tmp_path: Path) -> None:
    Journal(tmp_path).write(NAME, Phase.DELETING)
    assert (tmp_path / FILE_NAME).read_text().endswith("}\n")


def test_a_creation_that_was_noted_stays_noted_where_the_next_step_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path)
    journal.write(NAME, Phase.CREATING)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gke_clusters.lifecycle.journal.write_private_file", full)
    journal.write(NAME, Phase.FAILED)
    assert journal.read() == Entry("p", "z", "c", Phase.CREATING)
    assert caplog.messages == [
        f"The journal {journal.path} cannot be written; the story goes on without: [Errno 28] No space left on device"
    ]


def test_says_why_it_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE_NAME).write_text('{"version": 1, "project": "p"}')
    Journal(tmp_path).read()
    assert caplog.messages == [
        f"The journal {tmp_path / FILE_NAME} cannot be read and is left out; GKE is asked instead: KeyError: 'location'"
    ]


def test_nothing_is_said_of_a_journal_that_is_not_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Journal(tmp_path).read()
    Journal(tmp_path).clear()
    assert caplog.messages == []


def test_names_of_numbers_are_read_as_text(tmp_path: Path) -> None:
    numbers = {"version": 1, "project": 1, "location": 2, "name": 3, "phase": "running"}
    (tmp_path / FILE_NAME).write_text(json.dumps(numbers))
    assert Journal(tmp_path).read() == Entry("1", "2", "3", Phase.RUNNING)
