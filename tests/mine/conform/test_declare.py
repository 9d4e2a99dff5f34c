"""Declare constraints: counted by the kernel as the definition, trace by trace, says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.declare import TEMPLATES, Constraint, _all, check_declare, discover_declare

traces = st.lists(st.text("abc", max_size=6), max_size=8)


@given(traces)
def test_the_kernel_counts_what_the_definition_says(traces: list[str]) -> None:
    """Every template over every pair: `check_declare` goes through each trace by the definition."""
    log = EventLog.from_traces(traces)
    counted = list(_all(log))

    assert counted == [c for c, _ in check_declare(log, counted)]


@given(traces, st.floats(0, 1), st.floats(0, 1))
def test_what_is_found_holds_as_often_as_asked(traces: list[str], support: float, confidence: float) -> None:
    log = EventLog.from_traces(traces)
    for found in discover_declare(log, support=support, confidence=confidence, weaker=True):
        ((again, broken),) = check_declare(log, [found])
        assert again == found
        assert broken.sum() == found.concerned - found.holds
        assert found.confidence >= confidence
        assert found.concerned >= support * log.n_cases


def test_by_hand() -> None:
    log = EventLog.from_traces(["abab", "ab", "ba", "c"])
    held = {(c.template, c.a, c.b): (c.concerned, c.holds) for c in _all(log)}

    assert held["response", "a", "b"] == (3, 2)
    assert held["precedence", "a", "b"] == (3, 2)
    assert held["alternate succession", "a", "b"] == (3, 2)
    assert held["chain succession", "a", "b"] == (3, 2)
    assert held["not coexistence", "a", "c"] == (4, 4)
    assert held["init", "a", ""] == (4, 2)
    assert held["absence2", "a", ""] == (4, 3)


def test_every_template_is_checked_and_an_unknown_one_refused() -> None:
    log = EventLog.from_traces(["ab"])

    assert len(check_declare(log, [Constraint(t, "a", "b") for t in TEMPLATES])) == len(TEMPLATES)
    with pytest.raises(InvalidInput, match="Did you mean 'response'"):
        check_declare(log, [Constraint("respons", "a", "b")])
    with pytest.raises(InvalidInput, match="must be in"):
        discover_declare(log, support=2)
