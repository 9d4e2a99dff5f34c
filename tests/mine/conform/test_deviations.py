"""Deviations grouped and priced: no hour is counted twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.align import align
from hoshin.mine.conform.deviations import find_deviations
from hoshin.mine.model.tree import parse_tree

MODEL = parse_tree("->( 'a', 'b', 'c' )")


@given(st.lists(st.text("abc", min_size=1, max_size=5), min_size=1, max_size=8))
def test_the_shares_add_up_to_the_excess_of_the_deviating_cases(traces: list[str]) -> None:
    log = EventLog.from_traces(traces, step_s=3600)
    aligned = align(log, MODEL)
    found = find_deviations(log, aligned)

    cost, time_s = aligned.case_cost(), log.cycle_time_s()
    over = sum(t - found.stick.time_s for c, t in zip(cost, time_s) if c)
    assert sum(d.loss.excess_s for d in found.found) == pytest.approx(over, abs=1e-3)


def test_by_hand() -> None:
    log = EventLog.from_traces(["abc", "abc", "acb", "ab"], step_s=60)
    found = find_deviations(log, align(log, MODEL)).found

    assert {(d.kind, d.activity) for d in found} in (
        {("moved", "b"), ("skipped", "c")},
        {("moved", "c"), ("skipped", "c")},
    ), "which of two swapped activities moved is a matter of taste"
    assert {d.case_ids for d in found} == {("3",), ("4",)}
