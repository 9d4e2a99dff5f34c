"""Interrupted time series: the baseline's level, trend, season and drivers, forecast past go-live.

Bernal, Cummins and Gasparrini (2017), International Journal of Epidemiology. Nothing but time separates
effect from coincidence, so it is the lowest grade and never certifies when season is not covered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.value.baseline import Forecast, Series, fitness, forecast, series_of
from hoshin.value.estimate import Effect, Estimate, check_alpha
from hoshin.value.finding import Check, Finding, merged, warning
from hoshin.value.panel import Panel, every


def estimate(
    panel: Panel,
    *,
    alpha: float = 0.05,
    seed: int = 0,
    trend: bool = True,
    season: bool | None = None,
    cycle: int = 0,
    drivers: Sequence[str] = (),
) -> Estimate:
    """Mean gap after go-live between the treated units together and the forecast of their baseline.

    `season`: yearly pattern; default if a year is covered. `cycle`: a repeating pattern of that many
    periods. `drivers`: columns that explain the outcome and that the project cannot move. `seed` is unused.
    """
    check_alpha(alpha)
    series = series_of(panel, trend=trend, season=season, cycle=cycle, drivers=drivers)
    found = forecast(series)
    return gap_estimate(panel, series, found, alpha, "interrupted", "forecast of the baseline", placebo_dates(series))


def gap_estimate(
    panel: Panel,
    series: Series,
    found: Forecast,
    alpha: float,
    name: str,
    against: str,
    checks: tuple[Check, ...],
    more: Sequence[Finding] = (),
) -> Estimate:
    low, high = found.interval(alpha)
    fit = fitness(series, found)
    chosen = panel.ever()
    whole = every(panel.seen()[chosen], 0)
    path = np.full(panel.outcome.shape, np.nan)
    if int(whole.sum()) == found.path.size:
        path[np.ix_(np.flatnonzero(chosen), np.flatnonzero(whole))] = found.path
    labels = [p for p, k in zip(panel.periods, whole) if k] if int(whole.sum()) == found.path.size else []
    return Estimate(
        estimator=name,
        estimand=f"mean gap after go-live between the treated units together and the {against}",
        effect=found.effect,
        low=low,
        high=high,
        se=found.spread,
        p_value=found.p_value(),
        alpha=alpha,
        inference="generalised least squares, AR(1) noise averaged over its likelihood",
        grade="D",
        n_units=panel.n_units,
        n_treated=int(chosen.sum()),
        n_controls=0,
        n_cells=int((series.y.size - series.start) * chosen.sum()),
        baseline=float(found.path[series.start :].mean()),
        log=panel.log,
        by_period=tuple(
            Effect(labels[t], float(series.y[t] - found.path[t])) for t in range(series.start, len(labels))
        ),
        counterfactual=path,
        checks=checks,
        findings=merged(panel.findings, series.findings, _said(panel, series, found), more),
        details={
            "terms": list(series.names),
            "rho": fit.rho,
            "cv_rmse_share": fit.cv_rmse_share,
            "nmbe_share": fit.nmbe_share,
            "n_effective": fit.n_effective,
            "uncertainty_of_saving_share_at_68": fit.fsu_share,
        },
    )


def _said(panel: Panel, series: Series, found: Forecast) -> list[Finding]:
    said = [
        warning("no_controls", "No untreated unit is compared: anything else that changed at go-live is in the effect.")
    ]
    if (~panel.ever()).any():
        says = f"{int((~panel.ever()).sum())} untreated units are ignored: imputation or synthetic would use them."
        said.append(warning("controls_ignored", says))
    if panel.grid.absent:
        says = "The grid has gaps; their length is respected, their values are unknown."
        said.append(warning("periods_missing", says))
    if not panel.log and (panel.outcome[panel.seen()] >= 0).all() and (found.path < 0).any():
        says = "The forecast falls below zero for an outcome that never does: estimate on the log scale."
        said.append(warning("below_zero", says))
    if found.rho > 0.8:
        says = f"Strong autocorrelation ({found.rho:.2f}): the series says little about what would have been."
        said.append(warning("autocorrelated", says))
    return said


def placebo_dates(series: Series) -> tuple[Check, ...]:
    """Season covered; and a pretended go-live inside the baseline finds nothing."""
    says = "the baseline covers a full year or has no calendar" if series.covered else "less than a year of baseline"
    checks = [Check("seasonality", series.covered, f"seasonality: {says}.")]
    n = series.start
    early = n - max(2, n // 3)
    part = Series(
        series.y[:n], series.x[:n], series.names, series.ordinal[:n], early, series.seasonal, series.covered, ()
    )
    try:
        found = forecast(part)
    except InvalidInput:
        checks.append(Check("placebo date", None, "placebo date: not run, the baseline is too short."))
        return tuple(checks)
    p = found.p_value()
    passed = p >= 0.05
    says = "nothing found" if passed else "an effect is found"
    checks.append(
        Check("placebo date", passed, f"placebo date: {says} {n - early} periods early (p = {p:.3f}).", found.effect, p)
    )
    return tuple(checks)
