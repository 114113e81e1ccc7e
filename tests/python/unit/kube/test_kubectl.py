from __future__ import annotations

from pathlib import Path

import pytest

from gke_clusters.kube.kubectl import kubectl_version


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def kubectl(folder: Path, script: str) -> None:
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)


def test_reads_the_version_of_the_client(bin_folder: Path) -> None:
    kubectl(
        bin_folder, '[ "$*" = "version --client --output json" ] && echo \'{"clientVersion":{"gitVersion":"v1.33.5"}}\''
    )
    assert kubectl_version() == "v1.33.5"


@pytest.mark.parametrize("script", ["exit 1", "echo nonsense", "echo '{}'"])
def test_one_that_does_not_work_is_none(bin_folder: Path, script: str) -> None:
    kubectl(bin_folder, script)
    assert kubectl_version() is None


def test_where_there_is_none_none_is_said(bin_folder: Path) -> None:
    assert kubectl_version() is None
