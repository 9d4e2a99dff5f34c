"""Before and after, adjusted: baseline under reporting-period conditions, plus and minus documented events.

Savings = baseline - reporting period +/- adjustments, after IPMVP practice (inspired by, not compliant):
routine adjustments are drivers expected to vary (volume, mix, season), in the model; non-routine ones are
events with a reason, evidence and an approver, sign-neutral. Fit limits as ASHRAE Guideline 14 uses them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.value.adjustment import Adjustment, adjustments_of
from hoshin.value.baseline import Forecast, Series, fitness, forecast, series_of
from hoshin.value.estimate import Estimate, check_alpha
from hoshin.value.estimators.interrupted import gap_estimate, placebo_dates
from hoshin.value.finding import Check, warning
from hoshin.value.panel import Panel

# CV(RMSE) and |NMBE| a baseline may have, by step: calibrated-simulation limits, monthly and hourly data.
LIMITS = {"month": (0.15, 0.05), "quarter": (0.15, 0.05), "week": (0.20, 0.05), "day": (0.30, 0.10)}


def estimate(
    panel: Panel,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    drivers: Sequence[str] = (),
    adjustments: Sequence[Mapping[str, Any] | Adjustment] = (),
    season: bool | None = None,
    cycle: int = 0,
    limits: Sequence[float] = (),
) -> Estimate:
    """Mean difference between the reporting period and the adjusted baseline.

    `drivers`: routine adjustments. `adjustments`: non-routine ones. `limits`: own (CV(RMSE), NMBE) limits.
    `seed` is unused.
    """
    check_alpha(alpha)
    series = series_of(panel, trend=False, season=season, cycle=cycle, drivers=drivers)
    events = adjustments_of(adjustments)
    shift, extra = _shift(panel, series, events)
    moved = replace(series, y=series.y - shift)
    found = forecast(moved)
    if extra:
        found = replace(found, se=np.sqrt(found.se**2 + extra**2))
    found = replace(found, path=found.path + shift)
    cv, nmbe = limits if len(limits) == 2 else LIMITS.get(panel.grid.step, (0.20, 0.05))
    checks = (*placebo_dates(series), *_fits(series, found, cv, nmbe))
    more = [] if drivers else [warning("no_drivers", "No routine driver: volume and mix are assumed not to matter.")]
    result = gap_estimate(panel, series, found, alpha, "before_after", "adjusted baseline", checks, more)
    said = {"adjustments": [{"first": e.first, "last": e.last, "amount": e.amount, "reason": e.reason} for e in events]}
    return replace(
        result, details={**result.details, **said, "adjustment_per_period": float(shift[series.start :].mean())}
    )


def _shift(panel: Panel, series: Series, events: tuple[Adjustment, ...]) -> tuple[np.ndarray, float]:
    """What the events add to each period (T,), and the standard error of their mean after go-live."""
    shift = np.zeros(series.y.size)
    where = {int(o): t for t, o in enumerate(series.ordinal)}
    variance = 0.0
    after = series.y.size - series.start
    for event in events:
        first, last = panel.at(event.first), panel.at(event.last)
        if first > last:
            raise InvalidInput("value.window", f"The adjustment {event.first} to {event.last} ends before it starts.")
        span = [where[int(o)] for o in panel.grid.ordinal[first : last + 1] if int(o) in where]
        shift[span] += event.amount
        variance += (event.amount_se * sum(t >= series.start for t in span) / after) ** 2
    return shift, math.sqrt(variance)


def _fits(series: Series, found: Forecast, cv: float, nmbe: float) -> list[Check]:
    fit = fitness(series, found)
    good = fit.cv_rmse_share <= cv and abs(fit.nmbe_share) <= nmbe
    sure = fit.fsu_share < 0.5
    bias = f"NMBE {fit.nmbe_share:+.1%} (limit {nmbe:.0%})"
    says = f"baseline fit: CV(RMSE) {fit.cv_rmse_share:.1%} (limit {cv:.0%}), {bias}."
    width = f"uncertainty: {fit.fsu_share:.0%} of the saving at 68 % confidence (limit 50 %)."
    return [
        Check("baseline fit", good, says, fit.cv_rmse_share),
        Check("uncertainty", sure, width, fit.fsu_share),
    ]
