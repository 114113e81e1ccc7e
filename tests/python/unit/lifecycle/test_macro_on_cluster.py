from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from gke_clusters.dss.clusters import DssCluster
from gke_clusters.errors import SettingsError, UnexpectedFailure
from gke_clusters.lifecycle import macro_on_cluster
from gke_clusters.lifecycle.macro_on_cluster import run_on_cluster

CLUSTER = DssCluster("my-cluster", "type", "RUNNING", {}, {"connectionInfo": {}}, {})


@pytest.fixture
def asked(monkeypatch):
    """What was asked of DSS and of Google, without either."""
    seen = []
    monkeypatch.setattr(macro_on_cluster.DssInstance, "here", lambda: "dss")
    monkeypatch.setattr(macro_on_cluster, "read_cluster", lambda *wanted: (seen.append(wanted), CLUSTER)[1])
    monkeypatch.setattr(macro_on_cluster, "connect", lambda credentials: (seen.append(credentials.mode), "google")[1])
    before = logging.getLogger().level
    yield seen
    logging.getLogger().setLevel(before)


def parse(config):
    return SimpleNamespace(cluster_id=config["clusterId"])


def test_tells_the_story_of_the_cluster_that_the_dialog_names(asked):
    percents = []

    def story(settings, cluster, connect, progress):
        progress.step(100, "Done")
        return f"{settings.cluster_id} {cluster.id} {connect()}"

    page = run_on_cluster({"clusterId": "c", "logLevel": "ERROR"}, percents.append, "try", parse, story)

    assert page == "c my-cluster google"
    assert asked == [("dss", "c"), "application-default"]
    assert percents == [100]
    assert logging.getLogger().level == logging.ERROR


def test_asks_nothing_where_the_dialog_is_wrong(asked):
    def refuse(_):
        raise SettingsError([])

    with pytest.raises(SettingsError):
        run_on_cluster({}, None, "try", refuse, lambda *_: "")

    assert asked == []


def test_what_was_not_foreseen_is_said_to_be_so(asked):
    def break_down(*_):
        raise ZeroDivisionError

    with pytest.raises(UnexpectedFailure, match="Something unexpected kept the plugin from being able to try"):
        run_on_cluster({"clusterId": "c"}, None, "try", parse, break_down)
