"""Switchback: a treatment that goes on and off by period; compared within units and, if possible, within periods.

Bojinov, Simchi-Levi and Zhao (2023), "Design and analysis of switchback experiments", Management Science.
Periods just after a switch carry over from the one before and are left out (`burn_in`). Inference by
randomisation over the runs of on and off that were drawn by lot.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.value.estimate import Effect, Estimate, check_alpha
from hoshin.value.finding import merged, warning
from hoshin.value.panel import Mask, Matrix, Panel
from hoshin.value.shuffle import Vector, interval, n_assignments, p_value


def estimate(
    panel: Panel,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    draws: int = 1999,
    burn_in: int = 1,
    run: int = 0,
    cycle: int = 0,
    randomised: bool = True,
) -> Estimate:
    """Mean difference between on and off periods.

    `run`: periods per drawn stretch (default: the shortest stretch seen). `burn_in`: periods left out
    after each switch. `cycle`: remove a repeating pattern of that many periods (weekdays: 7).
    """
    check_alpha(alpha)
    on = panel.treated
    n_on, n_off = int((on & panel.seen()).sum()), int((~on & panel.seen()).sum())
    if not n_on or not n_off:
        raise InvalidInput("value.no_controls", f"{n_on} periods on, {n_off} off: both are needed to compare.")
    if burn_in < 0:
        raise InvalidInput("value.burn_in", f"burn_in is {burn_in}; it cannot be negative.")
    length = run or _shortest(on)
    if length <= burn_in:
        raise InvalidInput(
            "value.burn_in",
            f"A stretch lasts {length} periods and burn_in takes {burn_in}: nothing is left.",
            hint="Switch less often, or shorten the burn-in if carry-over is known to be short.",
        )
    blocks = _blocks(on, length)
    phase = panel.grid.ordinal % cycle if cycle else np.zeros(panel.n_periods, dtype=np.int64)
    seen = panel.seen()
    effect, keep = _difference(panel.outcome, on, on, seen, phase, burn_in)
    if effect is None:
        raise InvalidInput("value.no_controls", "After the burn-in no unit has both on and off periods left.")
    kept = panel.outcome[keep]
    if float(np.ptp(kept)) == 0:
        raise InvalidInput("value.constant", "The outcome does not vary: nothing can be estimated.")
    said = []
    if burn_in == 0:
        said.append(warning("carry_over", "No burn-in: carry-over from the period before is part of the effect."))
    if panel.n_units == 1 and not cycle and panel.grid.step == "day":
        said.append(
            warning("seasonality_not_covered", "Daily data without a cycle: weekdays may differ by themselves.")
        )
    low = high = p = None
    text = "none: on and off periods were not drawn by lot"
    total = 1
    for i in range(panel.n_units):
        total *= n_assignments(blocks[i, ::length].tolist())
    if randomised:
        if 1 / min(total, draws + 1) > alpha:
            raise InvalidInput(
                "value.few_assignments",
                f"Only {total} assignments were possible: no result could be significant at {alpha:g}.",
                hint="Switch more often, or over more units.",
            )
        at_zero, slope = _reshuffled(panel, blocks, length, phase, burn_in, draws, seed)
        bounds = interval(at_zero, slope, alpha)
        low, high = bounds if bounds else (None, None)
        p = p_value(at_zero, slope)
        text = f"randomisation over {at_zero.size} draws of the on and off stretches, interval by test inversion"
        if total < 200:
            said.append(warning("few_assignments", f"Only {total} assignments were possible: p-values move in steps."))
    off = keep & ~on
    return Estimate(
        estimator="switchback",
        estimand="mean difference between on and off periods, after burn-in",
        effect=effect,
        low=low,
        high=high,
        se=None,
        p_value=p,
        alpha=alpha,
        inference=text,
        grade="A" if randomised else "C",
        n_units=panel.n_units,
        n_treated=int(on.any(axis=1).sum()),
        n_controls=int((~on.any(axis=1)).sum()),
        n_cells=int((keep & on).sum()),
        baseline=float(panel.outcome[off].mean()),
        log=panel.log,
        by_unit=_per_unit(panel, keep),
        findings=merged(panel.findings, said),
        details={"n_assignments": float(min(total, 10**15)), "run": length, "burn_in": burn_in},
    )


def _shortest(on: Mask) -> int:
    best = on.shape[1]
    for row in on:
        edges = np.flatnonzero(np.diff(row.astype(np.int8)))
        if edges.size:
            cuts = np.concatenate([[-1], edges, [row.size - 1]])
            inner = np.diff(cuts)
            best = min(best, int(inner[:-1].min()))
    return int(best)


def _blocks(on: Mask, length: int) -> NDArray[np.int8]:
    """On/off of each unit, checked to be constant within stretches of `length`."""
    starts = np.arange(on.shape[1]) // length * length
    if not np.array_equal(on, on[:, starts]):
        raise InvalidInput(
            "value.run",
            f"On and off do not come in stretches of {length} periods counted from the first.",
            hint="State the length of a drawn stretch with run; drop an incomplete first stretch.",
        )
    return np.asarray(on.astype(np.int8))


def _keep(on: Mask, burn_in: int) -> Mask:
    keep = np.ones_like(on)
    switch = np.diff(on.astype(np.int8), axis=1) != 0
    for lag in range(burn_in):
        keep[:, 1 + lag :] &= ~switch[:, : switch.shape[1] - lag]
    return keep


def _difference(
    y: Matrix, on: Mask, real: Mask, seen: Mask, phase: NDArray[np.int64], burn_in: int
) -> tuple[float | None, Mask]:
    """Difference of means after taking out each unit's level and each phase's level."""
    keep = seen & _keep(on, burn_in)
    value, _ = _coefficient(y, real, on, keep, phase)
    return value, keep


def _coefficient(y: Matrix, real: Mask, on: Mask, keep: Mask, phase: NDArray[np.int64]) -> tuple[float | None, float]:
    """(coefficient of `on` in `y`, in `real`): regression with unit and phase effects on the kept cells."""
    unit, period = np.nonzero(keep)
    d = on[keep].astype(np.float64)
    rest = d.copy()
    for _ in range(60):
        before = rest.copy()
        rest -= (np.bincount(unit, rest) / np.maximum(np.bincount(unit), 1))[unit]
        if phase.any():
            place = phase[period]
            rest -= (np.bincount(place, rest) / np.maximum(np.bincount(place), 1))[place]
        if np.abs(rest - before).max() < 1e-12:
            break
    size = float(rest @ d)
    if size < 1e-9:
        return None, 0.0
    return float(rest @ y[keep]) / size, float(rest @ real[keep].astype(np.float64)) / size


def _reshuffled(
    panel: Panel, blocks: NDArray[np.int8], length: int, phase: NDArray[np.int64], burn_in: int, draws: int, seed: int
) -> tuple[Vector, Vector]:
    """Estimates and slopes under redrawn stretches, the observed one first. A unit keeps its number of on stretches."""
    rng = np.random.default_rng(seed)
    stretch = blocks[:, ::length]
    at_zero, slope = [], []
    seen = panel.seen()
    for k in range(draws + 1):
        drawn = stretch if k == 0 else rng.permuted(stretch, axis=1)
        on = np.repeat(drawn, length, axis=1)[:, : panel.n_periods].astype(bool)
        value, unit = _coefficient(panel.outcome, panel.treated, on, seen & _keep(on, burn_in), phase)
        at_zero.append(np.inf if value is None else value)
        slope.append(unit)
    return np.array(at_zero), np.array(slope)


def _per_unit(panel: Panel, keep: Mask) -> tuple[Effect, ...]:
    result = []
    for i, name in enumerate(panel.units):
        on, off = keep[i] & panel.treated[i], keep[i] & ~panel.treated[i]
        if on.any() and off.any():
            gap = float(panel.outcome[i][on].mean() - panel.outcome[i][off].mean())
            result.append(Effect(name, gap, n_cells=int(on.sum())))
    return tuple(result)
