"""How good forecasts would have been: error, coverage and calibration on later cases, against simple baselines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hoshin.log.eventlog import EventLog
from hoshin.mine.censoring import weighted_quantile
from hoshin.mine.forecast import (
    Method,
    Split,
    TimeForecaster,
    calibrate_widths,
    choose_times,
    fit_chance,
    fit_models,
    known_at,
    methods_of,
    split_by_time,
)
from hoshin.mine.prefix import prefixes
from hoshin.mine.states import StateModel

Floats = NDArray[np.float64]


def backtest_times(
    log: EventLog, *, use: Sequence[str] = (), level: float = 0.9, methods: Sequence[Method] = ("auto",)
) -> list[dict[str, Any]]:
    """Remaining time forecast on later cases: mean absolute error, bias and coverage, baselines first.

    Models are learned once. Intervals are calibrated again in each of 20 slices of the test period, with what was known
    by its begin, as in use; `fixed_coverage_share` is without that. Every method that "auto" chose among has its row.
    """
    split = split_by_time(log, prefixes(log, use=use))
    y = split.test.left_s
    rows = []
    for name, model in (
        ("mean of all", StateModel(None, least=1 << 60)),
        ("mean by last activity", StateModel(None, depth=1)),
    ):
        guess = model.fit(split.train.rows, split.train.rows.left_s, split.train.weight).predict(split.test)[:, 0]
        rows.append(_row(name, guess, y))
    asked = dict.fromkeys(m for method in methods for m in methods_of(method))
    models = fit_models(split.train, list(asked), level=level)
    ended_ns = log.case_end_ns()
    for method in asked:
        fitted = choose_times({method: models[method]}, split.calibrate, level)
        fixed, bounds = _rolling(fitted, split, ended_ns)
        rows.append(
            _row(method, bounds[:, 1], y)
            | {
                "coverage_share": _inside(bounds, y),
                "fixed_coverage_share": _inside(fixed, y),
                "median_width_s": float(np.median(bounds[:, 2] - bounds[:, 0])),
                "why": fitted.why,
            }
        )
    if "auto" in methods:
        chosen = choose_times(models, split.calibrate, level)
        own = next(row for row in rows if row["method"] == chosen.method)
        rows.append(own | {"method": f"auto: {chosen.method}", "why": chosen.why})
    base = rows[1]["mae_s"]
    for row in rows:
        row["mae_vs_last_activity"] = row["mae_s"] / base if base else None
        row["tested_on"] = int(y.size)
    return rows


def _rolling(
    fitted: TimeForecaster, split: Split, ended_ns: NDArray[np.int64], *, slices: int = 20
) -> tuple[Floats, Floats]:
    """Bounds on the test moments by the first calibration, and by one that is renewed in every slice.

    A slice is calibrated on cases not learned from, with what was known of them at its begin, as far back as twice
    the longest usual remaining time: far enough that most of it could be seen.
    """
    q = fitted.model.predict(split.test)
    fixed = fitted.bounds(q, split.test)
    renewed = fixed.copy()
    known = split.calibrate
    back_ns = int(2e9 * float(weighted_quantile(known.rows.left_s, known.weight, 0.95)))
    both = known.rows.join(split.test)
    guess = np.concatenate([fitted.model.predict(known.rows), q])
    edges = np.quantile(split.test.t_ns, np.linspace(0, 1, slices + 1))
    for lo, hi in pairwise(edges):
        here = np.flatnonzero((split.test.t_ns >= lo) & (split.test.t_ns <= hi))
        keep = (both.t_ns <= lo) & (both.t_ns > lo - back_ns)
        now = known_at(both, keep, int(lo), ended_ns <= lo)
        if here.size and now.weight.size >= 200:
            past = guess[keep][ended_ns[both.case[keep]] <= lo]
            widen = calibrate_widths(past, now, fitted.level)
            renewed[here] = TimeForecaster(fitted.method, fitted.model, fitted.level, widen).bounds(
                q[here], split.test.rows(here)
            )
    return fixed, renewed


def _inside(bounds: Floats, y: Floats) -> float:
    return float(((y >= bounds[:, 0] - 1e-6) & (y <= bounds[:, 2] + 1e-6)).mean())


def _row(name: str, guess: Floats, y: Floats) -> dict[str, Any]:
    error = guess - y
    nothing = {"coverage_share": None, "fixed_coverage_share": None, "median_width_s": None}
    return {"method": name, "mae_s": float(np.abs(error).mean()), "bias_s": float(error.mean()), **nothing}


def backtest_chance(
    log: EventLog, hit: NDArray[np.bool_], *, use: Sequence[str] = (), methods: Sequence[Method] = ("auto",)
) -> list[dict[str, Any]]:
    """Outcome forecast on later cases: area under the ROC curve, Brier score, calibration error, baseline first."""
    split = split_by_time(log, prefixes(log, use=use))
    y = hit[split.test.case].astype(np.float64)
    share = float(np.average(hit[split.train.rows.case], weights=split.train.weight))
    rows = [{"method": "share of all", **_scores(np.full(y.size, share), y)}]
    asked = dict.fromkeys(m for method in methods for m in ((*methods_of(method), method)))
    for method in asked:
        fitted = fit_chance(split.train, split.calibrate, hit, method=method)
        name = f"auto: {fitted.method}" if method == "auto" else method
        rows.append({"method": name, **_scores(fitted.predict(split.test), y), "why": fitted.why})
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
