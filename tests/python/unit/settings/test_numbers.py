from __future__ import annotations

import math

import pytest

from gke_clusters.settings.raw_values import WrongValue, number_of


@pytest.mark.parametrize(("raw", "number"), [(0.5, 0.5), (2, 2.0), ("1.5", 1.5), (" 3 ", 3.0)])
def test_takes_a_number_however_it_arrives(raw, number):
    assert number_of(raw) == number


@pytest.mark.parametrize("raw", [None, "", "  "])
def test_nothing_entered_is_no_number(raw):
    assert number_of(raw) is None


@pytest.mark.parametrize("raw", [True, [], {}, "many", math.nan, math.inf, "1e999", 10**400])
def test_refuses_what_is_no_finite_number(raw):
    with pytest.raises(WrongValue, match="must be a number"):
        number_of(raw)
