from __future__ import annotations

import copy

import pytest

from gke_clusters.dss.stored_documents import DraftDocument, NotKept, change_document, preview_change
from gke_clusters.errors import DssRefused


class Store:
    """A document that other administrators edit, and of which some fields are dropped."""

    name = "general settings"

    def __init__(self, document, dropped=(), edits=()):
        self.document = document
        self.dropped = dropped
        self.edits = dict(edits)
        self.calls = []

    def read(self):
        self._call("read")
        return copy.deepcopy(self.document)

    def write(self, document):
        self._call("write")
        self.document = {key: value for key, value in document.items() if key not in self.dropped}

    def _call(self, name):
        self.calls.append(name)
        edit = self.edits.get(len(self.calls))
        if edit:
            edit(self)


def setting(**values):
    return lambda document: document.update(values)


def others(**values):
    return lambda store: store.document.update(values)


def stale(**document):
    """Somebody saves a document that was read before ours was written."""
    return lambda store: setattr(store, "document", document)


def test_changes_what_is_asked_and_nothing_else():
    store = Store({"mine": 1, "unknown": {"x": [1, 2]}})

    change = change_document(store, setting(mine=2))

    assert store.document == {"mine": 2, "unknown": {"x": [1, 2]}}
    assert [str(each) for each in change.made] == ["mine: 1 → 2"]
    assert change.dropped == ()


def test_writes_nothing_where_nothing_is_to_change():
    store = Store({"mine": 2})

    change = change_document(store, setting(mine=2))

    assert store.calls == ["read"]
    assert change.made == ()


def test_a_preview_writes_nothing():
    store = Store({"mine": 1})

    change = preview_change(store, setting(mine=2))

    assert store.calls == ["read"]
    assert [str(each) for each in change.made] == ["mine: 1 → 2"]


def test_a_preview_says_what_may_not_stay_of_what_would_change():
    store = Store({"kept": 1, "same": {"mine": 2}})
    wanted = {"kept": 5, "same": {"mine": 2}, "new": {"mine": {"x": 1}, "other": 1}}

    change = preview_change(store, setting(**wanted), optional=lambda _document, place: "mine" in place)

    assert change.dropped == ("new.mine.x",)


def test_a_preview_names_nothing_that_may_not_stay_unless_it_is_told():
    assert preview_change(Store({}), setting(mine=2)).dropped == ()


def test_writes_at_once_what_it_has_read():
    store = Store({})

    change_document(store, setting(mine=2))

    assert store.calls == ["read", "write", "read"]


def test_an_edit_made_just_before_the_read_survives():
    store = Store({"mine": 1, "theirs": 1}, edits={1: others(theirs=5)})

    change_document(store, setting(mine=2))

    assert store.document == {"mine": 2, "theirs": 5}


def test_makes_the_change_again_when_somebody_saves_an_older_document_over_it():
    store = Store({"mine": 1, "theirs": 1}, edits={3: stale(mine=1, theirs=7)})

    change = change_document(store, setting(mine=2))

    assert store.document == {"mine": 2, "theirs": 7}
    assert [str(each) for each in change.made] == ["mine: 1 → 2"]


def test_an_edit_made_after_the_write_survives():
    store = Store({"mine": 1, "theirs": 1}, edits={3: others(theirs=9)})

    change_document(store, setting(mine=2))

    assert store.document == {"mine": 2, "theirs": 9}
    assert store.calls == ["read", "write", "read"]


def test_puts_back_what_was_there_when_dss_drops_a_field_that_is_needed():
    store = Store({"kept": 1}, dropped={"mine"})

    with pytest.raises(NotKept, match="did not keep mine; everything is as it was"):
        change_document(store, setting(mine=2, kept=5))

    assert store.document == {"kept": 1}


def test_what_somebody_else_saves_at_the_same_place_is_left_and_named():
    store = Store({"mine": "A", "kept": 1}, edits={3: others(mine="C")})

    with pytest.raises(
        DssRefused, match="somebody else has changed mine meanwhile, which is left so; the rest"
    ) as told:
        change_document(store, setting(mine="B", kept=5))

    assert store.document == {"mine": "C", "kept": 1}
    assert not isinstance(told.value, NotKept)


def test_what_somebody_else_saves_while_it_is_put_back_is_left():
    store = Store({"mine": "A"}, dropped={"lost"}, edits={4: others(mine="C")})

    with pytest.raises(DssRefused, match="did not keep lost; somebody else has changed mine"):
        change_document(store, setting(mine="B", lost=1))

    assert store.document == {"mine": "C"}
    assert store.calls == ["read", "write", "read", "read"]


def test_goes_back_to_what_somebody_else_saved_between_two_attempts():
    store = Store({"mine": "A", "theirs": 1}, dropped={"lost"}, edits={3: others(mine="C", theirs=2)})

    with pytest.raises(NotKept, match="did not keep lost"):
        change_document(store, setting(mine="B", lost=1))

    assert store.document == {"mine": "C", "theirs": 2}


@pytest.mark.parametrize(
    ("before", "written", "left"),
    [
        pytest.param({"x": 1}, {"x": 1, "y": 2}, {"x": 1}, id="a field that is dropped"),
        pytest.param([{"x": 0}], [{"x": 1, "y": [2]}], [{"x": 1, "y": []}], id="a part of an item that is dropped"),
        pytest.param("A", "B", None, id="a value that is dropped"),
        pytest.param(None, {"x": {"y": 1}}, {"x": {"y": 1}, "z": 0}, id="a default that is added"),
    ],
)
def test_puts_back_what_dss_made_of_what_was_written(before, written, left):
    store = Store({"mine": before}, edits={3: others(mine=left)}, dropped={"lost"})

    with pytest.raises(NotKept):
        change_document(store, setting(mine=written, lost=1))

    assert store.document == {"mine": before}


def test_an_item_that_somebody_else_added_to_a_list_is_not_taken_away():
    store = Store({"mine": [1]}, edits={3: others(mine=[1, 2, 3])}, dropped={"lost"})

    with pytest.raises(DssRefused, match="somebody else has changed mine"):
        change_document(store, setting(mine=[1, 2], lost=1))

    assert store.document == {"mine": [1, 2, 3]}


def test_does_not_write_again_what_is_as_it_was():
    store = Store({"kept": 1}, dropped={"lost"})

    with pytest.raises(NotKept):
        change_document(store, setting(lost=2))

    assert store.calls.count("write") == 1


def test_says_which_optional_fields_dss_dropped():
    store = Store({"kept": 1}, dropped={"mine"})

    change = change_document(store, setting(mine=2, kept=5), optional=lambda _document, place: place == ("mine",))

    assert store.document == {"kept": 5}
    assert change.dropped == ("mine",)
    assert [str(each) for each in change.made] == ["kept: 1 → 5"]


def test_gives_up_when_somebody_saves_over_it_every_time():
    store = Store({"mine": 1, "n": 0})
    store.edits = {at: stale(mine=1, n=at) for at in range(3, 30, 3)}

    with pytest.raises(DssRefused, match="did not keep mine; everything is as it was") as told:
        change_document(store, setting(mine=2))

    assert store.document["mine"] == 1
    assert not isinstance(told.value, NotKept)


def test_a_refused_document_leaves_the_settings_as_they_were():
    class Refusing(Store):
        def write(self, document):
            raise DssRefused("no")

    store = Refusing({"mine": 1})

    with pytest.raises(DssRefused, match="no"):
        change_document(store, setting(mine=2))

    assert store.document == {"mine": 1}


def test_a_draft_is_changed_and_what_dss_keeps_is_not():
    stored = Store({"a": {"b": 1}})
    draft = DraftDocument(stored)

    change_document(draft, lambda document: document["a"].update(b=2))

    assert draft.name == stored.name
    assert draft.read() == {"a": {"b": 2}}
    assert stored.read() == {"a": {"b": 1}}
