"""Imputation difference-in-differences for rollouts in waves, with randomisation inference and a unit jackknife.

Untreated cells give unit and period effects; these impute what treated cells would have been (Borusyak,
Jaravel and Spiess 2024; Gardner 2021). Unbiased when effects grow after go-live, where two-way fixed
effects are not. If the order of the waves was randomised, say so: p-value and interval then come from
the assignments that could have happened, and hold at any number of units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.value.estimate import Effect, Estimate, check_alpha
from hoshin.value.finding import Check, Finding, merged, warning
from hoshin.value.panel import Mask, Matrix, Panel, some
from hoshin.value.shuffle import Order, Vector, interval, n_assignments, orders, p_value
from hoshin.value.spread import t_interval, t_p_value
from hoshin.value.weights import Cells, fixed_effects, identified, imputation_weights, usable

Inference = Literal["auto", "randomisation", "jackknife"]


def estimate(
    panel: Panel,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    draws: int = 1999,
    randomised: bool = False,
    blocks: Sequence[int] | None = None,
    inference: Inference = "auto",
    weighted: bool = False,
) -> Estimate:
    """Average effect over all treated cells that have an untreated comparison.

    `randomised`: who started when was drawn by lot, within `blocks` (int per unit) if given. `inference`
    auto = randomisation if randomised, else jackknife. `weighted`: cells count by the panel's weight.
    """
    check_alpha(alpha)
    _staggered(panel)
    cells = usable(panel)
    share = panel.weight if weighted else None
    if weighted and share is None:
        raise InvalidInput("value.weight", "weighted needs a weight column.", hint="Name it with --weight.")
    target = cells.target
    weights = imputation_weights(target, cells.free, share)
    fit = fixed_effects(panel.outcome, cells.free)
    _varies(panel, cells, fit)
    effect = float(np.sum(weights * np.nan_to_num(panel.outcome)))
    aim = _aim(target, share)
    held = leave_one_out(panel, share)
    how = "randomisation" if randomised else "jackknife"
    if inference != "auto":
        how = inference
    said = merged(panel.findings, cells.findings, _sizes(panel, cells))
    labels = panel.first().tolist()
    low = high = p = None
    text = "unit jackknife, t with n_units - 1 degrees of freedom"
    se = held.se(effect)
    if how == "randomisation":
        if not randomised:
            raise InvalidInput(
                "value.not_randomised",
                "Randomisation inference needs waves that were drawn by lot.",
                hint="State it with randomised, or use the jackknife.",
            )
        text, low, high, p, more = _by_lot(panel, share, alpha, seed, draws, blocks, labels)
        said = merged(said, more)
    elif se is not None:
        low, high = t_interval(effect, se, panel.n_units - 1, alpha)
        p = t_p_value(effect, se, panel.n_units - 1)
    else:
        text = "none: one treated unit or one comparison unit cannot be left out"
        says = "No valid interval: leaving out one unit leaves no effect. Use synthetic control for one treated unit."
        said = merged(said, [warning("one_treated", says)])
    return Estimate(
        estimator="imputation",
        estimand="mean difference between treated cells and their imputed untreated outcome",
        effect=effect,
        low=low,
        high=high,
        se=se,
        p_value=p,
        alpha=alpha,
        inference=text,
        grade="A" if how == "randomisation" and p is not None else "B" if p is not None else "C",
        n_units=panel.n_units,
        n_treated=int(target.any(axis=1).sum()),
        n_controls=int((~panel.ever()).sum()),
        n_cells=int(target.sum()),
        baseline=float(np.sum(aim * np.nan_to_num(fit))),
        log=panel.log,
        by_event=_events(panel, target, fit, held, alpha),
        by_unit=_units(panel, target, fit),
        counterfactual=np.where(np.isnan(fit), np.nan, fit),
        checks=lead_checks(panel, cells, randomised=randomised, blocks=blocks, seed=seed),
        findings=said,
        details={"n_assignments": float(n_assignments(labels))} if randomised else {},
    )


def _aim(target: Mask, share: Matrix | None) -> Matrix:
    aim = target.astype(np.float64) if share is None else np.where(target, share, 0.0)
    return np.asarray(aim / aim.sum())


def _staggered(panel: Panel) -> None:
    if not panel.staggered():
        raise InvalidInput(
            "value.switches",
            "A unit goes back from treated to untreated.",
            hint="Use the switchback estimator, or cut the panel before the treatment was withdrawn.",
        )


def _varies(panel: Panel, cells: Cells, fit: Matrix) -> None:
    rest = (panel.outcome - fit)[cells.free]
    scale = float(np.nanmax(np.abs(panel.outcome))) or 1.0
    if float(np.abs(rest).max()) <= 1e-10 * scale:
        raise InvalidInput(
            "value.constant",
            "Untreated outcomes have no noise at all after unit and period effects: no uncertainty can be estimated.",
            hint="Check the outcome column: it is constant, copied or computed.",
        )


def _sizes(panel: Panel, cells: Cells) -> list[Finding]:
    said = []
    n_treated = int(cells.target.any(axis=1).sum())
    if panel.n_units < 6:
        said.append(warning("few_units", f"Only {panel.n_units} units: expect a wide interval."))
    if n_treated == 1:
        said.append(warning("one_treated", "One treated unit: its own luck cannot be told from the effect."))
    if panel.ever().all():
        said.append(
            warning("no_hold_out", "Every unit is treated in the end: nothing is certified after the last start.")
        )
    return said


# --- randomisation --------------------------------------------------------------------------------


def reshuffled(
    panel: Panel, treated: Mask, share: Matrix | None, order: Order, leads: int = 0
) -> tuple[Vector, Vector]:
    """Estimates (k,) and their slopes (k,) in the hypothetical effect, under each row of `order`."""
    seen = panel.seen()
    y = np.nan_to_num(panel.outcome)
    real, _ = _cells(treated, seen, leads)
    if seen.all() and share is None:
        target, free = _cells(treated, seen, leads)
        weights = imputation_weights(target, free)
        here = np.arange(panel.n_units)
        return _summed(weights @ y.T, order, here), _summed(weights @ real.astype(float).T, order, here)
    at_zero, slope = np.empty(len(order)), np.empty(len(order))
    for k, row in enumerate(order):
        target, free = _cells(treated[row], seen, leads)
        try:
            weights = imputation_weights(target, free, share)
        except InvalidInput:
            # An assignment that gives no estimate counts as extreme: the safe side.
            at_zero[k], slope[k] = np.inf, 0.0
            continue
        at_zero[k], slope[k] = np.sum(weights * y), np.sum(weights * real)
    return at_zero, slope


def _summed(product: Matrix, order: Order, here: Order) -> Vector:
    return np.asarray(product[order, here].sum(axis=1))


def _cells(treated: Mask, seen: Mask, leads: int) -> tuple[Mask, Mask]:
    """Target and free cells of an assignment; with `leads`, the periods just before go-live are the target."""
    if leads == 0:
        target, free, _, _ = identified(treated & seen, seen)
        return target, free
    first = np.where(treated.any(axis=1), treated.argmax(axis=1), treated.shape[1])
    column = np.arange(treated.shape[1])
    lead = (column >= first[:, None] - leads) & (column < first[:, None]) & some(treated, 1)[:, None]
    past = seen & ~treated
    target, free, _, _ = identified(lead & past, past)
    return target, free


def _by_lot(
    panel: Panel,
    share: Matrix | None,
    alpha: float,
    seed: int,
    draws: int,
    blocks: Sequence[int] | None,
    labels: list[int],
) -> tuple[str, float | None, float | None, float | None, list[Finding]]:
    order, exact = orders(labels, draws, seed, blocks)
    if 1 / len(order) > alpha:
        raise InvalidInput(
            "value.few_assignments",
            f"Only {len(order)} assignments were possible: no result could be significant at {alpha:g}.",
            hint="Randomise more units or more waves, or use the jackknife and say that it is not exact.",
        )
    said = []
    if exact and len(order) < 200:
        says = f"Only {len(order)} assignments were possible: p-values move in steps of {1 / len(order):.3f}."
        said.append(warning("few_assignments", says))
    at_zero, slope = reshuffled(panel, panel.treated, share, order)
    level, unit = reshuffled(levelled(panel), panel.treated, share, order)
    bounds = interval(level, unit, alpha)
    kind = "all" if exact else "random"
    text = f"randomisation over {len(order)} {kind} wave assignments, interval by test inversion"
    low, high = bounds if bounds else (None, None)
    return text, low, high, p_value(at_zero, slope), said


def levelled(panel: Panel) -> Panel:
    """The panel with the growth of the effect after go-live taken out, its mean left in.

    Test inversion supposes one effect for all treated cells; a learning curve would count as noise and
    make the interval too wide. The growth is fitted as a straight rise over the first periods, then flat.
    The estimate itself does not move; the p-value of "no effect at all" is computed without this.
    """
    target, free = _cells(panel.treated, panel.seen(), 0)
    gap = (panel.outcome - fixed_effects(panel.outcome, free))[target]
    event = np.arange(panel.n_periods)[None, :] - panel.first()[:, None]
    rise = max(2, min(12, int(event[target].max()) // 2 + 1))
    shape = np.minimum(event + 1, rise) / rise
    centred = shape[target] - shape[target].mean()
    size = float(centred @ centred)
    if size < 1e-12:
        return panel
    growth = float(centred @ gap) / size
    away = np.where(panel.treated, growth * (shape - shape[target].mean()), 0.0)
    return replace(panel, outcome=panel.outcome - away)


# --- jackknife -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """Estimates with one unit left out: `overall` float64 (n_units,), `event` (n_units, n_events); NaN = none."""

    overall: Vector
    event: Matrix
    events: NDArray[np.int64]

    def se(self, effect: float) -> float | None:
        """Jackknife standard error; None if some unit cannot be left out or nothing varies."""
        if not np.isfinite(self.overall).all() or self.overall.size < 3:
            return None
        n = self.overall.size
        value = math.sqrt((n - 1) / n * float(np.sum((self.overall - self.overall.mean()) ** 2)))
        return value if value > 1e-14 * max(abs(effect), 1e-300) else None


def leave_one_out_fast(outcome: Matrix, treated: Mask) -> Vector:
    """`leave_one_out(...).overall` for a complete panel, one solve per wave instead of one per unit.

    Units of one wave have the same weights, so leaving out another one only swaps two rows.
    """
    n, t = outcome.shape
    first = np.where(treated.any(axis=1), treated.argmax(axis=1), t)
    overall = np.full(n, np.nan)
    for wave in np.unique(first):
        members = np.flatnonzero(first == wave)
        lead = int(members[0])
        keep = np.arange(n) != lead
        target, free = _cells(treated[keep], np.ones((n - 1, t), dtype=bool), 0)
        if not target.any():
            continue
        weights = np.zeros((n, t))
        weights[keep] = imputation_weights(target, free)
        own = weights[members]
        moved = np.sum(own * (outcome[lead] - outcome[members]), axis=1)
        overall[members] = float(np.sum(weights * outcome)) + moved
    return overall


def leave_one_out(panel: Panel, share: Matrix | None = None, leads: int = 0) -> Held:
    """Re-estimate without each unit in turn."""
    seen = panel.seen()
    first = panel.first()
    column = np.arange(panel.n_periods)
    event = column[None, :] - first[:, None]
    target, _ = _cells(panel.treated, seen, leads)
    events = np.unique(event[target])
    overall = np.full(panel.n_units, np.nan)
    by_event = np.full((panel.n_units, events.size), np.nan)
    for i in range(panel.n_units):
        keep = np.arange(panel.n_units) != i
        goal, free = _cells(panel.treated[keep], seen[keep], leads)
        if not goal.any():
            continue
        gap = panel.outcome[keep] - fixed_effects(panel.outcome[keep], free)
        weight = _aim(goal, None if share is None else share[keep])
        overall[i] = np.sum(np.where(goal, gap, 0.0) * weight)
        place = np.searchsorted(events, event[keep][goal])
        counts = np.bincount(place, minlength=events.size)
        sums = np.bincount(place, weights=gap[goal], minlength=events.size)
        with np.errstate(invalid="ignore"):
            by_event[i] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return Held(overall, by_event, events)


def _events(panel: Panel, target: Mask, fit: Matrix, held: Held, alpha: float) -> tuple[Effect, ...]:
    event = np.arange(panel.n_periods)[None, :] - panel.first()[:, None]
    gap = panel.outcome - fit
    result = []
    for k, number in enumerate(held.events):
        here = target & (event == number)
        value = float(gap[here].mean())
        column = held.event[:, k]
        low = high = math.nan
        n = column.size
        units = int(here.any(axis=1).sum())
        if np.isfinite(column).all() and units > 1:
            se = math.sqrt((n - 1) / n * float(np.sum((column - column.mean()) ** 2)))
            low, high = t_interval(value, se, n - 1, alpha)
        result.append(Effect(str(int(number)), value, low, high, int(here.sum())))
    return tuple(result)


def _units(panel: Panel, target: Mask, fit: Matrix) -> tuple[Effect, ...]:
    """Effect per unit, without intervals: one unit's noise is not estimable from itself here."""
    gap = panel.outcome - fit
    return tuple(
        Effect(name, float(gap[i][target[i]].mean()), n_cells=int(target[i].sum()))
        for i, name in enumerate(panel.units)
        if target[i].any()
    )


# --- checks ----------------------------------------------------------------------------------------


def lead_checks(
    panel: Panel, cells: Cells, *, randomised: bool, blocks: Sequence[int] | None, seed: int
) -> tuple[Check, ...]:
    """Pretend go-live was earlier, on untreated cells only: an effect there is a trend, or anticipation.

    Where waves were drawn by lot a check may fail by luck, so it takes p < 0.01 to fail; else p < 0.05.
    """
    before = panel.first()[cells.target.any(axis=1)]
    pre = int(before.min())
    level = 0.01 if randomised else 0.05
    checks = []
    for name, leads, least, meaning in (
        ("pre-trend", max(1, pre // 3), 3, "treated units moved apart before go-live"),
        ("anticipation", 1 if pre < 8 else 2, 4, "the outcome moved just before go-live"),
    ):
        if pre < least:
            says = f"{name}: not run, only {pre} periods before the first go-live."
            checks.append(Check(name, None, says))
            continue
        value, p = lead_effect(panel, leads, randomised=randomised, blocks=blocks, seed=seed)
        if p is None:
            checks.append(Check(name, None, f"{name}: not run, too few units.", value))
            continue
        span = f"{leads} period{'s' if leads > 1 else ''} before go-live: {value:+.4g}, p = {p:.3f}"
        says = f"{name}: {meaning} ({span})." if p < level else f"{name}: nothing before go-live ({span})."
        checks.append(Check(name, p >= level, says, value, p))
    return tuple(checks)


def lead_effect(
    panel: Panel, leads: int, *, randomised: bool, blocks: Sequence[int] | None, seed: int
) -> tuple[float | None, float | None]:
    """(effect, p) of the `leads` periods before go-live, from untreated cells only."""
    target, free = _cells(panel.treated, panel.seen(), leads)
    if not target.any():
        return None, None
    try:
        weights = imputation_weights(target, free)
    except InvalidInput:
        return None, None
    value = float(np.sum(weights * np.nan_to_num(panel.outcome)))
    if randomised:
        order, _ = orders(panel.first().tolist(), 999, seed, blocks)
        at_zero, slope = reshuffled(panel, panel.treated, None, order, leads)
        return value, p_value(at_zero, np.zeros_like(slope))
    se = leave_one_out(panel, leads=leads).se(value)
    return value, None if se is None else t_p_value(value, se, panel.n_units - 1)
