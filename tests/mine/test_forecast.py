"""Forecasts: better than the baselines where there is something to learn, with the coverage they claim."""

from __future__ import annotations

import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.forecast import backtest_chance, backtest_times, split_by_time
from hoshin.mine.outcome import parse_outcome
from hoshin.mine.prefix import prefixes
from hoshin.service import predict
from hoshin.service._workspace import Workspace
from tests.mine.worklogs import Row, worklog


def process(seed: int, n: int = 900) -> EventLog:
    """register, then a quick or a slow check that decides how long payment takes; noise on top."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for c in range(n):
        t = c * 40
        slow = rng.random() < 0.4
        for name, wait in (
            ("register", 0),
            ("slow check" if slow else "quick check", 30),
            ("pay", 900 if slow else 60),
        ):
            t += int(wait * rng.uniform(0.7, 1.3))
            rows.append((str(c), name, "x", t, t))
    return worklog(rows)


def test_states_beat_the_mean_and_intervals_cover() -> None:
    rows = {row["method"]: row for row in backtest_times(process(0), methods=["states"])}

    assert rows["states"]["mae_s"] < 0.9 * rows["mean of all"]["mae_s"]
    assert rows["states"]["coverage_share"] == pytest.approx(0.9, abs=0.06)


def test_boosting_beats_the_mean_and_covers() -> None:
    pytest.importorskip("sklearn")

    rows = {row["method"]: row for row in backtest_times(process(1), methods=["boosted"])}

    assert rows["boosted"]["mae_s"] < 0.9 * rows["mean of all"]["mae_s"]
    assert rows["boosted"]["coverage_share"] == pytest.approx(0.9, abs=0.06)


def test_chances_are_calibrated() -> None:
    log = process(2)
    rows = {row["method"]: row for row in backtest_chance(log, parse_outcome(log, 'activity = "slow check"').hit,
                                                          methods=["states"])}  # fmt: skip

    assert rows["states"]["auc"] > 0.7
    assert rows["states"]["calibration_error_share"] < 0.08
    assert rows["states"]["brier"] < rows["share of all"]["brier"]


def test_nothing_learns_from_its_own_future() -> None:
    log = process(3)
    split = split_by_time(log, prefixes(log))

    assert log.case_end_ns()[split.train.case].max() < log.case_end_ns()[split.calibrate.case].min()
    assert log.case_end_ns()[split.calibrate.case].max() <= split.at_ns
    assert log.case_begin_ns()[split.test.case].min() > split.at_ns
    with pytest.raises(InvalidInput, match="too few"):
        split_by_time(EventLog.from_traces(["ab"]), prefixes(EventLog.from_traces(["ab"])))


def test_through_the_use_cases(ws: Workspace) -> None:
    log = process(4)
    last = log.case_of_event() == log.n_cases - 1
    keep = ~(last & (log.activity == log.activities.index("pay")))
    ws.logs.write(log.select_events(keep), "orders")

    (row,) = predict.remaining(ws, "orders", 'not ends with "pay"')
    (chance,) = predict.outcome(ws, "orders", 'not ends with "pay"', 'activity = "slow check"')

    assert row["low_s"] <= row["left_s"] <= row["high_s"]
    assert row["case_id"] == chance["case_id"] == "899"
    assert 0 <= chance["chance_share"] <= 1
    assert len(predict.backtest(ws, "orders")) == 3
