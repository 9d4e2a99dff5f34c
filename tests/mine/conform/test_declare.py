"""Declare and log skeletons: counts by the kernel are those of the regular expressions of the literature."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform import declare
from hoshin.mine.conform.declare import TEMPLATES, Constraint, check_declare, discover_declare
from hoshin.mine.conform.skeleton import check_skeleton, discover_skeleton
from tests import naive_declare
from tests.strategies import traces


def concerned(template: str, a: str, b: str, trace: str) -> bool:
    whom = TEMPLATES[template][0]
    return {"every": True, "a": a in trace, "b": b in trace, "either": a in trace or b in trace}[whom]


@given(traces)
def test_counts_are_those_of_the_regular_expressions(traces: list[str]) -> None:
    for c in declare._all(EventLog.from_traces(traces)):
        of = [t for t in traces if concerned(c.template, c.a, c.b, t)]
        assert c.concerned == len(of), c
        assert c.holds == sum(naive_declare.holds(c.template, c.a, c.b or "?", t) for t in of), c


@given(traces)
def test_checking_says_which_cases_break_a_constraint(traces: list[str]) -> None:
    pairs = [(a, b) for a, b in product("ab", "bc") if a != b]
    wanted = [Constraint(t, a, "" if TEMPLATES[t][0] == "every" else b) for t in TEMPLATES for a, b in pairs]
    for c, broken in check_declare(EventLog.from_traces(traces), wanted):
        slow = [
            concerned(c.template, c.a, c.b, t) and not naive_declare.holds(c.template, c.a, c.b or "?", t)
            for t in traces
        ]
        assert broken.tolist() == slow
        assert c.concerned - c.holds == sum(slow)


@given(traces)
def test_what_is_found_is_kept_by_the_log(traces: list[str]) -> None:
    log = EventLog.from_traces(traces)
    for _, broken in check_declare(log, discover_declare(log, support=0, weaker=True)):
        assert not broken.any()
    assert not any(check_skeleton(log, discover_skeleton(log)))


def test_by_hand() -> None:
    log = EventLog.from_traces(["abab", "ab", "ba", "c"])
    held = {(c.template, c.a, c.b): (c.concerned, c.holds) for c in declare._all(log)}

    assert held["response", "a", "b"] == (3, 2)
    assert held["precedence", "a", "b"] == (3, 2)
    assert held["alternate succession", "a", "b"] == (3, 2)
    assert held["chain succession", "a", "b"] == (3, 2)
    assert held["not coexistence", "a", "c"] == (4, 4)
    assert held["init", "a", ""] == (4, 2)
    assert held["absence2", "a", ""] == (4, 3)


@given(traces, st.floats(0, 1), st.floats(0, 1))
def test_what_is_found_holds_as_often_as_asked(traces: list[str], support: float, confidence: float) -> None:
    log = EventLog.from_traces(traces)
    for found in discover_declare(log, support=support, confidence=confidence, weaker=True):
        assert found.confidence >= confidence
        assert found.concerned >= support * log.n_cases


def test_the_strongest_constraint_stands_for_the_weaker() -> None:
    found = {str(c) for c in discover_declare(EventLog.from_traces(["abc", "abc", "bac"]), confidence=1.0)}

    assert "'a' happens exactly once" in found
    assert "'a' happens" not in found
    assert "'a' and 'c' take turns" in found
    assert "'a' is followed by 'c'" not in found
    assert "cases end with 'c'" in found


def test_skeleton_tells_what_is_unusual() -> None:
    usual = discover_skeleton(EventLog.from_traces(["abcd", "acbd"]))
    odd = EventLog.from_traces(["abcd", "abbd", "adbc", "abcdx"])

    told = check_skeleton(odd, usual)
    assert told[0] == []
    assert "'b' happens 2 times, usual: 1" in told[1]
    assert "'b' has no 'd' after it" in told[2]
    assert told[3] == ["'x' is unknown"]


def test_skeleton_forgives_a_share_of_noise() -> None:
    log = EventLog.from_traces(["ab"] * 95 + ["ba"] * 5)

    assert ("a", "b") not in discover_skeleton(log).always_after
    assert ("a", "b") in discover_skeleton(log, noise=0.1).always_after


def test_wrong_input() -> None:
    log = EventLog.from_traces(["a"])
    with pytest.raises(InvalidInput, match="Did you mean 'response'"):
        check_declare(log, [Constraint("respons", "a", "b")])
    with pytest.raises(InvalidInput, match="support must be in"):
        discover_declare(log, support=2)
    with pytest.raises(InvalidInput, match="noise must be in"):
        discover_skeleton(log, noise=1)
