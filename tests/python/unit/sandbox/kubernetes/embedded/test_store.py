"""Objects, versions and changes."""

import pytest

from sandbox.copies import copied
from sandbox.kubernetes.embedded.store import Store, TooOldError

PODS = ("", "pods")


def pod(name: str, **more: object) -> dict[str, object]:
    return {"metadata": {"name": name, "namespace": "a", **more}}


def test_gives_every_change_a_greater_version() -> None:
    store = Store()
    versions = [int(store.put(PODS, pod(name))["metadata"]["resourceVersion"]) for name in ("x", "y", "x")]
    assert versions == sorted(set(versions))


def test_tells_the_changes_after_a_version() -> None:
    store = Store()
    store.put(PODS, pod("x"))
    version = store.version
    store.put(PODS, pod("x"))
    store.put(("", "secrets"), pod("s"))
    store.remove(PODS, "a", "x")
    assert [change.type for change in store.since(PODS, version)] == ["MODIFIED", "DELETED"]


def test_refuses_to_tell_changes_that_it_has_forgotten() -> None:
    store = Store(remembered_changes=2)
    first = store.version
    for _ in range(4):
        store.put(PODS, pod("x"))
    with pytest.raises(TooOldError):
        store.since(PODS, first)


def test_lists_by_namespace_and_name() -> None:
    store = Store()
    for name in ("b", "c", "a"):
        store.put(PODS, pod(name))
    store.put(PODS, {"metadata": {"name": "z", "namespace": "other"}})
    assert [one["metadata"]["name"] for one in store.items(PODS, "a")] == ["a", "b", "c"]
    assert len(store.items(PODS)) == 4


def test_ends_every_subscription_when_it_closes() -> None:
    store = Store()
    before = store.subscribe(PODS)
    store.close()
    after = store.subscribe(PODS)
    assert before.queue.get_nowait() is None
    assert after.queue.get_nowait() is None


def test_copies_share_nothing() -> None:
    original = {"a": [{"b": 1}]}
    copy = copied(original)
    copy["a"][0]["b"] = 2
    assert original == {"a": [{"b": 1}]}
