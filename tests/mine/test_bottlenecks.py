"""Where time passes, reconciled to the hour with a log computed by hand."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from hypothesis import given

from hoshin.errors import InvalidInput
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.mine.bottlenecks import rank_bottlenecks
from tests.strategies import traces

# case 1: a 8-9, b 11-12, c 11:30-13 (overlaps b); case 2: a 8-10, b 10-10:30
HAND = pl.DataFrame(
    {
        "case_id": ["1", "1", "1", "2", "2"],
        "activity": ["a", "b", "c", "a", "b"],
        "start_timestamp": [datetime(2026, 1, 5, h, m) for h, m in [(8, 0), (11, 0), (11, 30), (8, 0), (10, 0)]],
        "timestamp": [datetime(2026, 1, 5, h, m) for h, m in [(9, 0), (12, 0), (13, 0), (10, 0), (10, 30)]],
    }
)


def test_the_hand_computed_log_reconciles() -> None:
    ranked = rank_bottlenecks(build_log(HAND).log, price_per_hour=10)
    found = {(b.kind, b.place): (b.times, b.cases, b.total_h, b.cost) for b in ranked}

    assert found == {
        ("work", "a"): (2, 2, 3.0, 30.0),
        ("wait", "a > b"): (2, 2, 2.0, 20.0),
        ("work", "b"): (2, 2, 1.5, 15.0),
        ("work", "c"): (1, 1, 1.5, 15.0),
        ("wait", "b > c"): (1, 1, 0.0, 0.0),
    }
    assert sum(b.time_share for b in ranked) == pytest.approx(1)


@given(traces)
def test_without_starts_the_gaps_are_all_of_the_cycle_time(traces: list[str]) -> None:
    log = EventLog.from_traces(traces)

    ranked = rank_bottlenecks(log)

    assert sum(b.total_h for b in ranked) == pytest.approx(log.cycle_time_s().sum() / 3600)
    assert all(b.kind == "wait" and b.cases <= b.times for b in ranked)


def test_a_regular_gap_is_a_timer() -> None:
    assert rank_bottlenecks(EventLog.from_traces(["ab"] * 40))[0].is_timer
    assert not rank_bottlenecks(EventLog.from_traces(["ab"] * 5))[0].is_timer


def test_a_negative_price_is_refused() -> None:
    with pytest.raises(InvalidInput, match="negative"):
        rank_bottlenecks(EventLog.from_traces(["ab"]), price_per_hour=-1)
