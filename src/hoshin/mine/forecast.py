"""Forecasts of running cases with calibrated uncertainty, and the backtest that says how good they are.

Everything is split by time: models learn from cases that had ended by a date, are calibrated on the
later of those, and are judged on cases that began after it. Nothing learns from its own future.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.boosted import BoostedChance, BoostedTimes
from hoshin.mine.prefix import Prefixes, prefixes
from hoshin.mine.states import StateModel

Floats = NDArray[np.float64]
Method = Literal["states", "boosted"]
LEAST_CASES = 50


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Prefixes to learn from, to calibrate on and to judge by. `at_ns` is the date that divides them."""

    train: Prefixes
    calibrate: Prefixes
    test: Prefixes
    at_ns: int


def split_by_time(log: EventLog, data: Prefixes, *, test_share: float = 0.25, calibrate_share: float = 0.25) -> Split:
    """Cases that ended before the date at which the last `test_share` begin, the later ones to calibrate on; then
    the cases that began after it. Those across the date are left out.

    Raises InvalidInput(predict.few) if a part has fewer than 50 cases.
    """
    begin, end = log.case_begin_ns(), log.case_end_ns()
    held = log.events_per_case() > 0
    if int(held.sum()) < 4 * LEAST_CASES:
        raise InvalidInput("predict.few", f"{int(held.sum())} cases are too few to learn from; 200 are needed.")
    at = int(np.quantile(begin[held], 1 - test_share))
    past = np.flatnonzero(held & (end <= at))
    test = held & (begin > at)
    later = np.sort(end[past])[int((1 - calibrate_share) * past.size)] if past.size else at
    train, calibrate = held & (end < later) & (end <= at), held & (end >= later) & (end <= at)
    for name, part in (("learn from", train), ("calibrate on", calibrate), ("judge by", test)):
        if part.sum() < LEAST_CASES:
            raise InvalidInput(
                "predict.few",
                f"Only {int(part.sum())} cases are left to {name} after splitting by time; {LEAST_CASES} are needed.",
                hint="Cases run too long for the period of the log: take a longer log.",
            )
    # At the last event nothing remains: there is nothing to forecast.
    running = np.ones(data.case.size, dtype=np.bool_)
    running[log.case_start[1:][held] - 1] = False
    learn, tune, judge = (data.rows(part[data.case] & running) for part in (train, calibrate, test))
    return Split(learn, tune, judge, at)


@dataclass(frozen=True, slots=True, eq=False)
class TimeForecaster:
    """A model of the remaining time with conformal intervals at `level`.

    `widen` float64 (n_groups + 1,) widens the model's interval on a logarithmic scale, per last activity where
    the calibration has 200 moments of it, the last entry for all others. Source: conformalized quantile
    regression, Romano, Patterson and Candès (2019); groups as in Mondrian conformal prediction.
    """

    model: Any
    level: float
    widen: Floats

    def predict(self, data: Prefixes) -> Floats:
        """float64 (n, 3): lower bound, median, upper bound in seconds."""
        return self.bounds(self.model.predict(data), data)

    def bounds(self, q: Floats, data: Prefixes) -> Floats:
        """The calibrated interval around the model's own quantiles `q`, float64 (n, 3)."""
        by = self.widen[np.minimum(data.states[:, 2], self.widen.size - 1)]
        by = np.where(np.isnan(by), self.widen[-1], by)
        low, high = np.expm1(np.maximum(np.log1p(q[:, 0]) - by, 0)), np.expm1(np.log1p(q[:, 2]) + by)
        return np.stack([np.minimum(low, q[:, 1]), q[:, 1], np.maximum(high, q[:, 1])], axis=1)


def fit_times(
    train: Prefixes, calibrate: Prefixes, *, method: Method = "boosted", level: float = 0.9, seed: int = 0
) -> TimeForecaster:
    """Learn the remaining time from `train` and its intervals from `calibrate`."""
    tails = ((1 - level) / 2, 0.5, (1 + level) / 2)
    model = StateModel(tails) if method == "states" else BoostedTimes(tails, seed)
    model.fit(train, train.left_s)
    return TimeForecaster(model, level, calibrate_widths(model.predict(calibrate), calibrate, level))


def calibrate_widths(q: Floats, data: Prefixes, level: float, *, most: int = 3000) -> Floats:
    """How much to widen intervals `q` so that `level` of `data` falls inside, in general and per last activity.

    Of the moments, the `most` whose cases ended last count, so that calibration follows the process.
    """
    if q.shape[0] > most:
        ends = data.t_ns + (data.left_s * 1e9).astype(np.int64)
        last = np.argsort(ends, kind="stable")[-most:]
        q, data = q[last], data.rows(last)
    low, high, y = np.log1p(q[:, 0]), np.log1p(q[:, 2]), np.log1p(data.left_s)
    score, group = np.maximum(low - y, y - high), data.states[:, 2]
    widen = np.full(int(group.max(initial=0)) + 2, np.nan)
    for g in np.unique(group):
        own = score[group == g]
        if own.size >= 200:
            widen[g] = _conformal(own, level)
    widen[-1] = _conformal(score, level)
    return widen


def _conformal(score: Floats, level: float) -> float:
    if score.size == 0:
        return 0.0
    return float(np.quantile(score, min(np.ceil((score.size + 1) * level) / score.size, 1.0), method="higher"))


@dataclass(frozen=True, slots=True, eq=False)
class ChanceForecaster:
    """A model of the chance of an outcome, calibrated by isotonic regression: `at` and `chance` float64 (k,)."""

    model: Any
    at: Floats
    chance: Floats

    def predict(self, data: Prefixes) -> Floats:
        """float64 (n,) in [0, 1]."""
        return np.asarray(np.interp(self.model.predict(data)[:, 0], self.at, self.chance))


def fit_chance(
    train: Prefixes, calibrate: Prefixes, hit: NDArray[np.bool_], *, method: Method = "boosted", seed: int = 0
) -> ChanceForecaster:
    """Learn the chance that a case is a `hit`, bool (n_cases,)."""
    model = StateModel(None) if method == "states" else BoostedChance(seed)
    model.fit(train, hit[train.case].astype(np.float64))
    raw = model.predict(calibrate)[:, 0]
    y = hit[calibrate.case].astype(np.float64)
    at, where = np.unique(raw, return_inverse=True)
    n = np.bincount(where).astype(np.float64)
    # One case of each kind at the mean keeps a small calibration set from claiming certainty.
    mean = (np.bincount(where, y) + y.mean()) / (n + 1)
    return ChanceForecaster(model, at, isotonic(mean, n))


def isotonic(value: Floats, weight: Floats) -> Floats:
    """The non-decreasing fit of `value`, by pooling adjacent violators.

    >>> isotonic(np.array([1.0, 3.0, 2.0]), np.ones(3)).tolist()
    [1.0, 2.5, 2.5]
    """
    blocks: list[list[float]] = []
    for v, w in zip(value.tolist(), weight.tolist()):
        blocks.append([v, w, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            v2, w2, n2 = blocks.pop()
            v1, w1, n1 = blocks.pop()
            blocks.append([(v1 * w1 + v2 * w2) / (w1 + w2), w1 + w2, n1 + n2])
    return np.repeat([b[0] for b in blocks], [int(b[2]) for b in blocks])


def backtest_times(
    log: EventLog, *, use: Sequence[str] = (), level: float = 0.9, methods: Sequence[Method] = ("states", "boosted")
) -> list[dict[str, Any]]:
    """Remaining time forecast on later cases: mean absolute error, bias and coverage, baselines first.

    Models are learned once. Intervals are calibrated again in each of 40 slices of the test period, with the
    cases that had ended by then, as in use; `fixed_coverage_share` is without that.
    """
    split = split_by_time(log, prefixes(log, use=use))
    y = split.test.left_s
    by_activity = StateModel(None, depth=1)
    everything = StateModel(None, least=1 << 60)
    rows = []
    for name, model in (("mean of all", everything), ("mean by last activity", by_activity)):
        guess = model.fit(split.train, split.train.left_s).predict(split.test)[:, 0]
        rows.append(
            _row(name, guess, y) | {"coverage_share": None, "fixed_coverage_share": None, "median_width_s": None}
        )
    for method in methods:
        fitted = fit_times(split.train, split.calibrate, method=method, level=level)
        fixed, bounds = _rolling(fitted, split)
        width = float(np.median(bounds[:, 2] - bounds[:, 0]))
        rows.append(
            _row(method, bounds[:, 1], y)
            | {"coverage_share": _inside(bounds, y), "fixed_coverage_share": _inside(fixed, y), "median_width_s": width}
        )
    base = rows[1]["mae_s"]
    for row in rows:
        row["mae_vs_last_activity"] = row["mae_s"] / base if base else None
        row["tested_on"] = int(y.size)
    return rows


def _rolling(fitted: TimeForecaster, split: Split, *, slices: int = 40) -> tuple[Floats, Floats]:
    """Bounds on the test moments by the first calibration, and by one that is renewed in every slice."""
    q = fitted.model.predict(split.test)
    fixed = fitted.bounds(q, split.test)
    renewed = fixed.copy()
    known = np.concatenate([fitted.model.predict(split.calibrate), q])
    both = split.calibrate.join(split.test)
    ends = both.t_ns + (both.left_s * 1e9).astype(np.int64)
    edges = np.quantile(split.test.t_ns, np.linspace(0, 1, slices + 1))
    for lo, hi in pairwise(edges):
        here = np.flatnonzero((split.test.t_ns >= lo) & (split.test.t_ns <= hi))
        past = np.flatnonzero(ends <= lo)
        if here.size and past.size:
            widen = calibrate_widths(known[past], both.rows(past), fitted.level)
            now = TimeForecaster(fitted.model, fitted.level, widen)
            renewed[here] = now.bounds(q[here], split.test.rows(here))
    return fixed, renewed


def _inside(bounds: Floats, y: Floats) -> float:
    return float(((y >= bounds[:, 0] - 1e-6) & (y <= bounds[:, 2] + 1e-6)).mean())


def _row(name: str, guess: Floats, y: Floats) -> dict[str, Any]:
    error = guess - y
    return {"method": name, "mae_s": float(np.abs(error).mean()), "bias_s": float(error.mean())}


def backtest_chance(
    log: EventLog,
    hit: NDArray[np.bool_],
    *,
    use: Sequence[str] = (),
    methods: Sequence[Method] = ("states", "boosted"),
) -> list[dict[str, Any]]:
    """Outcome forecast on later cases: area under the ROC curve, Brier score, calibration error, baseline first."""
    split = split_by_time(log, prefixes(log, use=use))
    y = hit[split.test.case].astype(np.float64)
    share = float(hit[split.train.case].mean())
    rows = [{"method": "share of all", **_scores(np.full(y.size, share), y)}]
    for method in methods:
        chance = fit_chance(split.train, split.calibrate, hit, method=method).predict(split.test)
        rows.append({"method": method, **_scores(chance, y)})
    return [row | {"tested_on": int(y.size)} for row in rows]


def _scores(chance: Floats, y: Floats) -> dict[str, Any]:
    ranks = stats.rankdata(chance)
    n1, n0 = y.sum(), (1 - y).sum()
    auc = float((ranks[y == 1].sum() - n1 * (n1 + 1) / 2) / (n1 * n0)) if n1 and n0 else None
    bins = np.minimum((chance * 10).astype(int), 9)
    n = np.bincount(bins, minlength=10)
    gap = np.abs(np.bincount(bins, chance, minlength=10) - np.bincount(bins, y, minlength=10))
    brier = float(((chance - y) ** 2).mean())
    return {"auc": auc, "brier": brier, "calibration_error_share": float(gap[n > 0].sum() / y.size)}
