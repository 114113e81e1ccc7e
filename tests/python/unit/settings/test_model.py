from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import ValidationError

from gke_clusters.settings.model import OptionalText, Settings, unless_empty


def shouted(text: str) -> str:
    if not text.isupper():
        raise ValueError("must be shouted")
    return text + "!"


def read(text: str | None) -> str | None:
    class Form(Settings):
        word: Annotated[OptionalText, unless_empty(shouted)]

    return Form(word=text).word


@pytest.mark.parametrize("nothing", ["", None])
def test_a_field_left_empty_is_not_checked(nothing):
    assert read(nothing) is None


def test_a_field_that_is_filled_in_gets_what_its_check_makes_of_it():
    assert read("HO") == "HO!"


def test_a_field_that_is_filled_in_is_refused_by_its_check():
    with pytest.raises(ValidationError, match="must be shouted"):
        read("ho")
