from __future__ import annotations

import copy

import pytest

from gke_clusters.errors import DssRefused
from gke_clusters.lifecycle.metastore import set_metastore
from gke_clusters.reports.checklist import Outcome


class Store:
    name = "general settings"

    def __init__(self):
        self.document = {"metastoreCatalogsSettings": {"synchronizeTo": {"flavor": "HIVESERVER2", "more": 1}}}
        self.keeps = True

    def read(self):
        return copy.deepcopy(self.document)

    def write(self, document):
        if self.keeps:
            self.document = document


@pytest.fixture
def store():
    return Store()


def test_sets_the_catalog_of_dss_and_nothing_else(store):
    [step] = set_metastore(store, preview=False)

    assert step.outcome is Outcome.CHANGED
    [detail] = step.details
    assert "metastoreCatalogsSettings.synchronizeTo.flavor" in detail
    assert "DSS_INTERNAL" in detail
    assert store.document == {"metastoreCatalogsSettings": {"synchronizeTo": {"flavor": "DSS_INTERNAL", "more": 1}}}


def test_the_second_time_it_is_so_already(store):
    set_metastore(store, preview=False)

    [step] = set_metastore(store, preview=False)

    assert step.outcome is Outcome.DONE


def test_a_preview_changes_nothing(store):
    before = store.read()

    [step] = set_metastore(store, preview=True)

    assert step.outcome is Outcome.WOULD_CHANGE
    assert store.document == before


def test_what_dss_does_not_keep_is_a_failed_step(store):
    store.keeps = False

    [step] = set_metastore(store, preview=False)

    assert step.outcome is Outcome.FAILED
    assert isinstance(step.failure, DssRefused)


def test_the_step_bears_a_name_and_says_what_is_so_already(store):
    set_metastore(store, preview=False)

    [step] = set_metastore(store, preview=True)

    assert (step.title, step.outcome) == ("Metastore catalog of DSS itself", Outcome.DONE)
    assert step.details == ("It is so already.",)
