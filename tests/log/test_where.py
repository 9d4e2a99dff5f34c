"""The filter language: errors point at their place."""

from __future__ import annotations

import pytest

from hoshin.errors import InvalidInput
from hoshin.log.where import parse


@pytest.mark.parametrize(
    ("where", "at", "says"),
    [
        ("duration > 5", 11, "unit"),
        ("duration > 5d an loops()", 14, "and, or, then"),
        ("durtion > 5d", 0, "duration"),
        ('follows("A" "B")', 12, "','"),
        ('follows("A", "B', 13, "not closed"),
        ("variant topp 3", 8, "top N"),
        ("variant top 0", 0, "1 or more"),
        ("variant covers 120%", 0, "100%"),
        ("started in 2024-13", 11, "month"),
        ("started in 2024-03..2024-01", 11, "before it starts"),
        ("loops() and trim 2024..2025", 12, "step of its own"),
        ("keep case_id = 5", 5, "event"),
        ("every duration > 5d", 6, "events"),
        ("(loops()", 8, "')'"),
        ("not", 3, "filter ends"),
        ("", 0, "filter ends"),
        ("duration > 5d ; loops()", 14, "';'"),
        ("repeats(2.5)", 8, "whole number"),
        ("case. = 5", 6, "name of an attribute"),
        ("case.region = ", 14, "value"),
        ("duration is missing", 0, "numbers"),
    ],
)
def test_an_error_points_at_its_place(where: str, at: int, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(where)

    assert caught.value.code == "filter.syntax"
    assert caught.value.context["at"] == at, caught.value.message
    assert says in str(caught.value)
    pointed = caught.value.message.splitlines()
    assert pointed[-1].index("^") - 4 == at


def test_long_filters_show_the_part_around_the_error() -> None:
    where = " and ".join(["loops()"] * 30) + " andd loops()"

    with pytest.raises(InvalidInput) as caught:
        parse(where)

    line, mark = caught.value.message.splitlines()[-2:]
    assert line[mark.index("^") :].startswith("andd")
