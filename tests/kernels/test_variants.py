"""Grouping equal traces."""

from __future__ import annotations

from hypothesis import given

from hoshin.kernels import variants as kernel
from hoshin.log.eventlog import EventLog
from tests import naive
from tests.strategies import traces


@given(traces)
def test_group_traces_matches_the_slow_grouping(traces: list[str]) -> None:
    log = EventLog.from_traces(traces)

    variant, first_case = kernel.group_traces(log.activity, log.case_start)

    assert variant.tolist() == naive.group_traces(traces)
    assert [traces[c] for c in first_case] == list(dict.fromkeys(traces))
