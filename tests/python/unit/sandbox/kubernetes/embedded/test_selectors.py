"""Label and field selectors."""

import pytest

from sandbox.kubernetes.embedded.selectors import Selection, parse_field_selector, parse_label_selector
from sandbox.kubernetes.embedded.statuses import StatusError

ITEM = {"metadata": {"name": "x", "labels": {"app": "web", "tier": "front"}}, "status": {"phase": "Running"}}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("app=web", True),
        ("app==web,tier!=back", True),
        ("app in (api, web)", True),
        ("app notin (web)", False),
        ("app", True),
        ("!app", False),
        ("!other", True),
        ("other!=1", True),
        ("app=web,other", False),
    ],
)
def test_selects_by_labels(text: str, matches: bool) -> None:
    assert Selection(tuple(parse_label_selector(text))).matches(ITEM) is matches


@pytest.mark.parametrize("text", ["a=b=c", "a in b", "=x"])
def test_refuses_what_is_no_label_selector(text: str) -> None:
    with pytest.raises(StatusError, match="found"):
        parse_label_selector(text)


def test_selects_by_fields() -> None:
    terms = parse_field_selector("status.phase=Running,metadata.name!=y", ("", "pods"))
    assert Selection(fields=tuple(terms)).matches(ITEM)


def test_refuses_a_field_that_cannot_be_selected_by() -> None:
    with pytest.raises(StatusError, match=r"field label not supported: spec\.color"):
        parse_field_selector("spec.color=red", ("", "pods"))
    with pytest.raises(StatusError, match="not a known field selector"):
        parse_field_selector("spec.color=red", ("", "configmaps"))
