from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from gke_clusters.specs.ownership import Ownership, label_value, owner_of


def test_keeps_a_text_that_is_a_label_value():
    assert label_value("gke-cluster_1") == "gke-cluster_1"


def test_keeps_a_hash_where_the_text_had_to_change():
    assert re.fullmatch(r"my-cluster-[0-9a-f]{8}", label_value("My Cluster"))
    assert re.fullmatch(r"a{54}-[0-9a-f]{8}", label_value("a" * 100))


@given(st.text())
def test_every_text_becomes_a_label_value(text):
    assert re.fullmatch(r"[a-z0-9_-]{0,63}", label_value(text))


@given(st.text(), st.text())
def test_different_texts_become_different_label_values(one, other):
    assert (label_value(one) == label_value(other)) == (one == other)


def test_recognises_the_labels_it_puts_on_a_cluster():
    ownership = Ownership.of("AbCdEf", "Prod_Cluster")

    assert owner_of({"team": "ds", **ownership.labels}) == ownership


def test_another_cluster_of_the_same_installation_is_another_owner():
    assert Ownership.of("abc", "one") != Ownership.of("abc", "two")
    assert Ownership.of("abc", "one") != Ownership.of("abd", "one")


def test_labels_of_others_name_no_owner():
    assert owner_of({}) is None
    assert owner_of({"goog-partner-solution": "isol_psn_0014m00001h39q5qai_dataiku"}) is None
    assert owner_of({"dss-install-id": "abc", "dss-cluster-id": ""}) is None
    assert owner_of({"dss-cluster-id": "abc"}) is None
