"""Flagging repeated work."""

from __future__ import annotations

from hypothesis import given

from hoshin.kernels import rework as kernel
from hoshin.log.eventlog import EventLog
from tests import naive
from tests.strategies import traces


@given(traces)
def test_flag_repeats_matches_the_slow_flags(traces: list[str]) -> None:
    log = EventLog.from_traces(traces)

    assert kernel.flag_repeats(log.activity, log.case_start, 5).tolist() == naive.flag_repeats(traces)


@given(traces)
def test_distinct_per_case_counts_the_set(traces: list[str]) -> None:
    log = EventLog.from_traces(traces)

    assert kernel.distinct_per_case(log.activity, log.case_start, 5).tolist() == [len(set(t)) for t in traces]
