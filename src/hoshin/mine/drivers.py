"""What drives an outcome: attributes with effect, interval and error control, crude and adjusted for the others.

An adjusted effect is still no proof: it holds only as far as what is recorded covers what matters, and
only where both kinds of cases occur (common support). Both are said beside each figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special, stats

from hoshin.mine.design import Design, Feature, design, features
from hoshin.mine.significance import benjamini_hochberg, difference_interval, share_test

Floats = NDArray[np.float64]
MAX_ADJUSTED = 40
MAX_COVARIATES = 30
MAX_ROWS = 10_000
# With two folds each model sees half the cases, and its error, which the interval does not count, is felt.
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Effect of a feature on the share of hits with the other attributes held equal, and how far to trust it.

    `support_share` is the part of the cases with the feature that have a counterpart without it
    (propensity up to 0.9; 0 if the counterparts weigh as much as fewer than 20 cases); `twin` names the
    covariate closest to the feature when that is too little.
    """

    effect: float
    low: float
    high: float
    p: float
    support_share: float
    twin: str


def find_drivers(
    table: pl.DataFrame,
    hit: NDArray[np.bool_],
    *,
    extra: list[Feature] | None = None,
    at_least: int = 30,
    level: float = 0.05,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Features of `table` (one row per case) that go with `hit`, bool (n_cases,), the surest first.

    Crude: difference in the share of hits with Newcombe's interval, risk ratio, Fisher or chi-squared.
    Adjusted: the MAX_ADJUSTED surest, given all other attributes (see `adjust`). `extra` features
    happen during the case; they are tested but neither adjusted nor adjusted for, because what happens
    on the way may be a result. q-values are Benjamini-Hochberg over all features. Features with neither
    q <= `level` are left out. Sources: Robins, Rotnitzky and Zhao (1994); Chernozhukov et al. (2018).
    """
    found = features(table, at_least=at_least)
    known = len(found)
    found = found + (extra or [])
    if not found:
        return []
    y = hit.astype(np.float64)
    rows = [_crude(f, y) for f in found]
    q = benjamini_hochberg(np.array([row["p"] for row in rows]))
    order = [k for k in np.argsort(q, kind="stable").tolist() if k < known][:MAX_ADJUSTED]
    covariates = design(table, at_least=at_least)
    adjusted = {k: adjust(found[k], y, covariates.without(found[k].column), seed=seed) for k in order}
    # Those that were not adjusted count as p = 1, so that choosing the surest does not flatter them.
    p_adjusted = np.array([adjusted[k].p if k in adjusted else 1.0 for k in range(len(found))])
    q_adjusted = benjamini_hochberg(p_adjusted)
    result = []
    for k, (feature, row) in enumerate(zip(found, rows)):
        own = adjusted.get(k)
        if min(q[k], q_adjusted[k] if own else 1.0) > level:
            continue
        result.append(
            {
                "driver": feature.name,
                "known": "at start" if k < known else "during the case",
                **{name: value for name, value in row.items() if name != "p"},
                "q": float(q[k]),
                "adjusted_effect": own.effect if own else None,
                "adjusted_low": own.low if own else None,
                "adjusted_high": own.high if own else None,
                "adjusted_q": float(q_adjusted[k]) if own else None,
                "support_share": own.support_share if own else None,
                "warning": _warning(row, own, float(q_adjusted[k]), level),
            }
        )
    return sorted(result, key=lambda row: (row["adjusted_q"] is None, row["adjusted_q"] or 0.0, -abs(row["effect"])))


def _crude(feature: Feature, y: Floats) -> dict[str, Any]:
    on = feature.on
    n_on, n_off = float(on.sum()), float((~on).sum())
    k_on, k_off = float(y[on].sum()), float(y[~on].sum())
    low, high = difference_interval(k_off, n_off, k_on, n_on)
    share_on, share_off = k_on / n_on, k_off / n_off
    return {
        "cases": int(n_on),
        "hit_with_share": share_on,
        "hit_without_share": share_off,
        "effect": share_on - share_off,
        "low": low,
        "high": high,
        "risk_ratio": share_on / share_off if share_off else None,
        "p": share_test(k_off, n_off, k_on, n_on),
    }


def _warning(row: dict[str, Any], own: Adjusted | None, q: float, level: float) -> str:
    if own is None:
        return "happens on the way: may be a result rather than a cause"
    if own.support_share < 0.5:
        return "cannot be told apart" + (f" from {own.twin}" if own.twin else "") + ": too little common support"
    notes = []
    if own.support_share < 0.8:
        notes.append("little common support")
    crude, fair = row["effect"], own.effect
    if q > level:
        notes.append("disappears once other attributes are held equal")
    elif crude * fair < 0:
        notes.append("changes sign once other attributes are held equal")
    elif abs(crude - fair) > 0.5 * abs(crude):
        notes.append("confounded: other attributes make up much of the crude effect")
    return "; ".join(notes)


def adjust(feature: Feature, y: Floats, covariates: Design, *, seed: int = 0) -> Adjusted:
    """Effect of `feature` on the share of hits among the cases that have it, with the covariates held equal.

    Doubly robust for the treated, cross-fitted in FOLDS folds, interval from the influence function. The
    covariates are the MAX_COVARIATES that go most with the outcome or the feature. Logs beyond MAX_ROWS
    cases are sampled, those with the feature first.
    """
    rng = np.random.default_rng(seed)
    on, off = np.flatnonzero(feature.on), np.flatnonzero(~feature.on)
    if y.size > MAX_ROWS:
        on = rng.permutation(on)[: MAX_ROWS // 2]
        off = rng.permutation(off)[: MAX_ROWS - on.size]
    rows = np.sort(np.concatenate([on, off]))
    t, y = feature.on[rows].astype(np.float64), y[rows]
    matrix = covariates.matrix[rows]
    with_y, with_t = _closeness(matrix, y), _closeness(matrix, t)
    chosen = np.argsort(-np.maximum(with_y, with_t), kind="stable")[:MAX_COVARIATES]
    x = np.column_stack([np.ones(rows.size), matrix[:, chosen]])
    fold = rng.permutation(np.arange(rows.size) % FOLDS)
    odds, residual = np.zeros(rows.size), np.zeros(rows.size)
    propensity = np.zeros(rows.size)
    for k in range(FOLDS):
        fit, use = fold != k, fold == k
        e = special.expit(x[use] @ logistic(x[fit], t[fit]))
        control = fit & (t == 0)
        propensity[use] = e
        odds[use] = np.clip(e, 0, 0.98) / (1 - np.clip(e, 0, 0.98))
        residual[use] = y[use] - special.expit(x[use] @ logistic(x[control], y[control]))
    weight = t - (1 - t) * odds
    effect = float((weight * residual).sum() / t.sum())
    influence = (weight * residual - t * effect) / t.mean()
    error = float(influence.std(ddof=1) / np.sqrt(y.size))
    half = float(stats.norm.ppf(0.975)) * error
    controls = odds[t == 0]
    effective = float(controls.sum() ** 2 / max((controls**2).sum(), 1e-300))
    support = float(np.mean(propensity[t == 1] <= 0.9)) if effective >= 20 else 0.0
    twin = covariates.names[int(np.argmax(with_t))] if support < 0.5 and with_t.size and with_t.max() > 0.3 else ""
    p = 2 * float(stats.norm.sf(abs(effect) / error)) if error > 0 else 1.0
    return Adjusted(effect, effect - half, effect + half, p, support, twin)


def _closeness(matrix: Floats, target: Floats) -> Floats:
    """Absolute correlation of each column with `target`: float64 (p,)."""
    spread = np.maximum(matrix.std(axis=0) * target.std(), 1e-12)
    return np.asarray(np.abs((matrix * (target - target.mean())[:, None]).mean(axis=0)) / spread)


def logistic(x: Floats, y: Floats, *, ridge: float = 1.0, rounds: int = 12) -> Floats:
    """Coefficients of a logistic regression by Newton's method; all but the first column are penalised.

    >>> beta = logistic(np.column_stack([np.ones(4), [0, 0, 1, 1.0]]), np.array([0, 1, 0, 1.0]))
    >>> beta.round(6).tolist()
    [0.0, 0.0]
    """
    beta = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], ridge)
    penalty[0] = 1e-6
    for _ in range(rounds):
        mu = special.expit(x @ beta)
        weight = np.maximum(mu * (1 - mu), 1e-9)
        hessian = (x * weight[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(hessian, x.T @ (y - mu) - penalty * beta)
        size = float(np.abs(step).max())
        beta = beta + (step if size <= 5 else step * (5 / size))
        if size < 1e-4:
            break
    return beta
