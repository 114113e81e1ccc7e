from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gke_clusters.dss.installation import install_id


def test_reads_the_id_of_the_installation(tmp_path: Path) -> None:
    (tmp_path / "install.ini").write_text("[general]\ninstallid = Abc123 \nnodetype = design\nodd = 100%\n")
    assert install_id({"DIP_HOME": str(tmp_path)}) == "Abc123"


@pytest.mark.parametrize("text", [None, "", "[general]\n", "[general]\ninstallid =\n", "no section", "\x00\xff"])
def test_is_steady_and_its_own_without_that_file(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "install.ini").write_bytes(text.encode("latin-1"))
    first = install_id({"DIP_HOME": str(tmp_path)})
    assert first == install_id({"DIP_HOME": str(tmp_path)})
    assert first != install_id({"DIP_HOME": "/other"})
    assert len(first) == 16


def test_differs_between_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    here = install_id({})
    monkeypatch.setattr(socket, "gethostname", lambda: "another-host")
    assert install_id({}) != here
