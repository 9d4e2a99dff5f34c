"""The imputation estimator as weights on outcomes: effect = sum(weights * outcome).

Borusyak, Jaravel and Spiess (2024), "Revisiting event-study designs", Review of Economic Studies:
fit unit and period effects on untreated cells only, impute the untreated outcome of treated cells,
average the differences. Linear in the outcome, so permutation and test inversion cost one product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.value.finding import Finding, listed, warning
from hoshin.value.panel import Mask, Matrix, Panel, some


@dataclass(frozen=True, slots=True)
class Cells:
    """Which cells take part: `target` bool are averaged over, `free` bool are untreated and seen."""

    target: Mask
    free: Mask
    findings: tuple[Finding, ...]


def usable(panel: Panel) -> Cells:
    """Target and untreated cells of `panel`, leaving out, and saying so, what nothing identifies.

    Left out: units without an untreated cell; periods in which no other unit is untreated. Raises
    InvalidInput(value.no_treated, value.no_controls) if nothing is left.
    """
    seen = panel.seen()
    treated = panel.treated & seen
    if not treated.any():
        raise InvalidInput("value.no_treated", "No unit is treated in a period that has a value.")
    target, free, unit_lost, period_lost = identified(treated, seen)
    said = []
    if unit_lost.any():
        names = listed(u for u, lost in zip(panel.units, unit_lost) if lost)
        said.append(warning("no_baseline", f"Left out, no untreated period to compare with: {names}."))
    if period_lost.any() and target.any():
        first = panel.periods[int(np.flatnonzero(period_lost)[0])]
        says = (
            f"From {first} on, {int(period_lost.sum())} periods have no untreated unit left: "
            "nothing is certified there; a hold-out would have identified it."
        )
        said.append(warning("no_controls_left", says))
    if not target.any():
        raise InvalidInput(
            "value.no_controls",
            "No treated cell can be compared: every unit is treated in every period where one is, or none has a "
            "period before its treatment.",
            hint="Keep a hold-out, or use a method without controls: interrupted, before-after.",
        )
    return Cells(target, free, tuple(said))


def identified(treated: Mask, seen: Mask) -> tuple[Mask, Mask, Mask, Mask]:
    """(target, free, units lost, periods lost) by repeated elimination of what has no untreated cell."""
    free = seen & ~treated
    target = treated.copy()
    unit_lost = some(target, 1) & ~some(free, 1)
    target[unit_lost] = False
    period_lost = some(target, 0) & ~some(free, 0)
    target[:, period_lost] = False
    return target, free, unit_lost, period_lost


def imputation_weights(target: Mask, free: Mask, share: Matrix | None = None) -> Matrix:
    """Weights W (n_units, n_periods) with sum(W * y) = average effect over `target`.

    `share` weighs the target cells (default equal); it is normalised here. O(n_units * n_periods +
    n_periods^3). Raises InvalidInput(value.not_connected) when untreated cells do not link a target.
    Slow twin: tests/naive_value.py::imputation_effect.
    """
    aim = target.astype(np.float64) if share is None else np.where(target, share, 0.0)
    total = aim.sum()
    if not total > 0:
        raise InvalidInput("value.weight", "The treated cells have no weight.", hint="Give volumes above zero.")
    aim = aim / total
    open_ = free.astype(np.float64)
    per_unit = open_.sum(axis=1)
    per_period = open_.sum(axis=0)
    inverse = np.divide(1.0, per_unit, out=np.zeros_like(per_unit), where=per_unit > 0)
    # Normal equations with the unit effects eliminated; one period is redundant, hence the pseudo-inverse.
    left = np.diag(per_period) - open_.T @ (open_ * inverse[:, None])
    right = aim.sum(axis=0) - open_.T @ (aim.sum(axis=1) * inverse)
    time = _solve(left, right)
    unit = (aim.sum(axis=1) - open_ @ time) * inverse
    weights = aim - open_ * (unit[:, None] + time[None, :])
    loose = np.abs(weights.sum(axis=0)).max() + np.abs(weights.sum(axis=1)).max()
    if loose > 1e-6:
        raise InvalidInput(
            "value.not_connected",
            "Untreated cells do not link the treated cells to a baseline: some units and periods never meet.",
            hint="Drop the units that have no value in the periods of the others.",
        )
    return np.asarray(weights)


def _solve(left: Matrix, right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve the singular but consistent period equations."""
    used = np.diag(left) > 1e-12
    result = np.zeros_like(right)
    if used.any():
        inner = left[np.ix_(used, used)]
        # The null space is the constant: pin it, keep the matrix symmetric and well scaled.
        pinned = inner + np.ones_like(inner) * (np.trace(inner) / inner.shape[0] ** 2)
        try:
            found = np.linalg.solve(pinned, right[used])
            if np.abs(inner @ found - right[used]).max() > 1e-9:
                raise np.linalg.LinAlgError
        except np.linalg.LinAlgError:
            found = np.linalg.lstsq(inner, right[used], rcond=None)[0]
        result[used] = found
    return result


def fixed_effects(outcome: Matrix, free: Mask) -> Matrix:
    """Counterfactual (n_units, n_periods): unit plus period effects fitted on `free`; NaN where unknown."""
    open_ = free.astype(np.float64)
    y = np.where(free, outcome, 0.0)
    per_unit, per_period = open_.sum(axis=1), open_.sum(axis=0)
    inverse = np.divide(1.0, per_unit, out=np.zeros_like(per_unit), where=per_unit > 0)
    left = np.diag(per_period) - open_.T @ (open_ * inverse[:, None])
    right = y.sum(axis=0) - open_.T @ (y.sum(axis=1) * inverse)
    time = _solve(left, right)
    unit = (y.sum(axis=1) - open_ @ time) * inverse
    fit = unit[:, None] + time[None, :]
    fit[per_unit == 0, :] = np.nan
    fit[:, per_period == 0] = np.nan
    return np.asarray(fit)
