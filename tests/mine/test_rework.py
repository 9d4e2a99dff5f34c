"""Rework counts."""

from __future__ import annotations

from hypothesis import given

from hoshin.log.eventlog import EventLog
from hoshin.mine.rework import find_rework
from tests import naive
from tests.strategies import traces


@given(traces)
def test_rework_adds_up_to_the_flags(traces: list[str]) -> None:
    found = find_rework(EventLog.from_traces(traces))
    flags = naive.flag_repeats(traces)

    assert sum(r.self_loops for r in found) == flags.count(1)
    assert sum(r.returns for r in found) == flags.count(2)
    assert {r.activity: r.cases for r in found} == {
        a: n for a in "abcde" if (n := sum(1 for t in traces if t.count(a) > 1))
    }


def test_medians_compare_cases_with_and_without_a_return() -> None:
    (row, _) = find_rework(EventLog.from_traces(["abab", "ab", "b"], step_s=10))

    assert (row.activity, row.with_median_s, row.without_median_s) == ("a", 30.0, 10.0)
