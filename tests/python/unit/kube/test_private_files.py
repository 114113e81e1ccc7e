import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gke_clusters.kube.private_files import make_private_folder, write_private_file


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture(autouse=True)
def generous_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    write_private_file(tmp_path / "token", "secret")
    assert mode_of(tmp_path / "token") == 0o600
    assert (tmp_path / "token").read_text() == "secret"


def test_a_program_may_be_run_by_its_owner_alone(tmp_path: Path) -> None:
    write_private_file(tmp_path / "program", "", mode=0o700)
    assert mode_of(tmp_path / "program") == 0o700


def test_a_file_that_was_open_to_all_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    path.chmod(0o666)
    write_private_file(path, "new")
    assert mode_of(path) == 0o600


def test_every_missing_folder_is_private(tmp_path: Path) -> None:
    write_private_file(tmp_path / "a" / "b" / "token", "")
    assert mode_of(tmp_path / "a") == 0o700
    assert mode_of(tmp_path / "a" / "b") == 0o700


def test_the_mode_of_a_folder_of_somebody_else_stays(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    write_private_file(tmp_path / "token", "")
    assert mode_of(tmp_path) == 0o755


def test_a_reader_of_the_old_file_is_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    with path.open() as reader:
        write_private_file(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_a_symbolic_link_is_replaced_and_its_target_untouched(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("untouched")
    (tmp_path / "link").symlink_to(target)
    write_private_file(tmp_path / "link", "secret")
    assert target.read_text() == "untouched"
    assert not (tmp_path / "link").is_symlink()


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_private_file(path, "\udc80")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_folder_is_made_private_when_it_is_ours(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o777)
    make_private_folder(folder)
    assert mode_of(folder) == 0o700
