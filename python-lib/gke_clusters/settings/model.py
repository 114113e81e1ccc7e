"""What all settings models share: the aliases are the parameter names, and no value ever shows in an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict


class Settings(BaseModel):
    """Immutable settings; parameters that a model does not know are ignored, as an older plugin must do."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, hide_input_in_errors=True, extra="ignore")


OptionalText = Annotated[str | None, BeforeValidator(lambda text: text or None)]
"""The text of a field that may be left empty."""


def unless_empty(check: Callable[[str], str]) -> AfterValidator:
    """Apply a check of texts to a field that may be left empty."""
    return AfterValidator(lambda text: None if text is None else check(text))
