"""Forecasts: better than the baselines where there is something to learn, with the coverage they claim."""

from __future__ import annotations

import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.backtest import backtest_chance, backtest_times
from hoshin.mine.censoring import censor_weights, conformal_bound, weighted_quantile
from hoshin.mine.forecast import Known, choose, split_by_time
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

    for known in (split.train, split.calibrate):
        assert log.case_end_ns()[known.rows.case].max() <= split.at_ns
        assert known.rows.t_ns.max() <= split.at_ns
        assert (known.weight >= 1).all()
    assert not set(split.train.rows.case) & set(split.calibrate.rows.case)
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
    assert [row["method"] for row in predict.backtest(ws, "orders", method=["states"])][-1] == "states"


def growing(seed: int, n: int = 4000) -> EventLog:
    """Ever more cases, of exponential length: at any date most are open, and those that have ended are short ones."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for c, t in enumerate(np.sort(np.log1p(rng.uniform(0, np.e**3, n)) * 1000).astype(int).tolist()):
        kind = "ab"[rng.integers(2)]
        end = t + 1 + int(rng.exponential(400 if kind == "a" else 900))
        rows += [(str(c), kind, "x", t, t), (str(c), "end", "x", end, end)]
    return worklog(rows)


def test_cases_still_open_are_accounted_for() -> None:
    """Ended cases alone are too short, so that forecasts from them are; weighted, they are nearly right."""
    rows = {row["method"]: row for row in backtest_times(growing(0), methods=["last"])}
    split = split_by_time(growing(0), prefixes(growing(0)))
    known, truth = split.train, float(np.median(split.test.left_s))

    assert np.median(known.rows.left_s) < 0.75 * truth
    assert weighted_quantile(known.rows.left_s, known.weight, 0.5) == pytest.approx(truth, rel=0.15)
    assert rows["last"]["fixed_coverage_share"] == pytest.approx(0.9, abs=0.04)
    assert rows["last"]["coverage_share"] == pytest.approx(0.9, abs=0.04)


def test_weights_make_the_seen_stand_for_all() -> None:
    rng = np.random.default_rng(0)
    left, since = rng.exponential(1.0, 20_000), rng.uniform(0, 8, 20_000)
    seen = left <= since
    weight = censor_weights(since, left, seen)

    assert left[seen].mean() < 0.9
    assert np.average(left, weights=weight) == pytest.approx(1.0, abs=0.03)
    assert weight.mean() == pytest.approx(1.0, abs=0.02)
    assert weighted_quantile(left, weight, [0.5]) == pytest.approx(np.log(2), abs=0.03)
    assert conformal_bound(left, weight, 0.9) == pytest.approx(np.log(10), abs=0.15)


def test_weighted_quantiles_are_plain_ones_for_equal_weights() -> None:
    rng = np.random.default_rng(1)
    value = rng.normal(size=101)

    assert weighted_quantile(value, np.ones(101), 0.5) == np.median(value)
    assert weighted_quantile(np.repeat(value, 3), np.ones(303), 0.2) == weighted_quantile(value, np.full(101, 3.0), 0.2)


def test_the_simple_method_stays_unless_another_is_surely_better() -> None:
    rng = np.random.default_rng(0)
    log = process(6)
    rows = prefixes(log).rows(np.arange(600))
    known = Known(rows, np.ones(600), 1.0)
    plain, noise = np.full(600, 10.0), rng.normal(0, 3, 600)

    assert choose({"last": plain, "states": plain - 2 + noise}, known, "error")[0] == "states"
    assert choose({"last": plain, "states": plain + 2 + noise, "boosted": plain - 4}, known, "error")[0] == "boosted"
    assert choose({"last": plain, "states": plain - 0.15 + 10 * noise}, known, "error")[0] == "last"
    name, why = choose({"last": plain, "states": plain - 9}, Known(rows, np.ones(600), 0.3), "error")
    assert name == "last"
    assert "30%" in why


def test_auto_takes_what_is_better_and_says_why() -> None:
    rows = backtest_times(process(5))
    auto = rows[-1]
    others = [row["mae_s"] for row in rows[:-1] if row["coverage_share"] is not None]

    assert auto["method"].startswith("auto: ")
    assert auto["why"]
    assert auto["mae_s"] <= 1.1 * min(others)
    chances = backtest_chance(process(5), np.arange(900) % 2 == 0)
    assert chances[-1]["brier"] <= chances[0]["brier"] + 0.01
