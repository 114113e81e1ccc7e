from __future__ import annotations

from types import SimpleNamespace

import pytest

from gke_clusters.google import deadlines
from gke_clusters.google.deadlines import Deadline


def test_counts_down_to_zero_and_not_below(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(deadlines, "time", SimpleNamespace(monotonic=lambda: now[0]))
    deadline = Deadline(10)
    assert (deadline.elapsed_seconds, deadline.remaining_seconds, deadline.expired) == (0, 10, False)
    now[0] = 104.0
    assert (deadline.elapsed_seconds, deadline.remaining_seconds, deadline.expired) == (4, 6, False)
    now[0] = 200.0
    assert (deadline.remaining_seconds, deadline.expired) == (0, True)
