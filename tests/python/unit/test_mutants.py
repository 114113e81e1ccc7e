"""What is given to mutmut in place of the code must do what the code does."""

from __future__ import annotations

from typing import Any

from tools.mutants import part_caught, table, with_bare_functions

SOURCE = '''
from contextlib import contextmanager
from functools import cache

calls = []


@cache
def squared(number: int) -> int:
    """Twice in a row, and reckoned once."""
    calls.append(number)
    return number * number


@contextmanager
def opened(name: str, *, times: int = 1):
    yield name * times


class Shape:
    def __init__(self, side):
        self.side = side

    @property
    def area(self) -> int:
        """Over several
        lines."""
        return squared(self.side)

    @classmethod
    def of(cls, side):
        return cls(side)

    @staticmethod
    def name():
        return "square"
'''


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(source, names)
    return names


def test_the_code_does_what_it_did() -> None:
    for names in (run(SOURCE), run(with_bare_functions(SOURCE))):
        shape = names["Shape"].of(3)
        assert shape.area == 9
        assert shape.name() == "square"
        with names["opened"]("a", times=2) as opened:
            assert opened == "aa"


def test_the_body_of_a_decorated_function_is_a_function_without_decorators() -> None:
    assert "    def area__body(self) -> int:" in with_bare_functions(SOURCE)
    assert run(with_bare_functions(SOURCE))["Shape"](4).area__body() == 16


def test_nothing_is_remembered_from_one_test_to_the_next() -> None:
    names = run(with_bare_functions(SOURCE))
    assert [names["squared"](2) for _ in range(2)] == [4, 4]
    assert names["calls"] == [2, 2]


def test_what_needs_no_change_is_left_as_it_is() -> None:
    untouched = SOURCE[SOURCE.index("    @classmethod") :]
    assert with_bare_functions(SOURCE).endswith(untouched)


def test_counts_the_mutants_of_each_file() -> None:
    statuses = {
        "gke_clusters.settings.rules.x_a__mutmut_1": "killed",
        "gke_clusters.settings.rules.x_a__mutmut_2": "survived",
        "gke_clusters.lifecycle.start.x_b__mutmut_1": "too slow",
    }
    assert "| settings/rules.py | 2 | 1 | 1 survived | 50.0% |" in table(statuses)
    assert "| lifecycle/start.py | 1 | 1 | 0 | 100.0% |" in table(statuses)
    assert part_caught(statuses.values()) == 2 / 3
