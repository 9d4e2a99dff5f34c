"""A baseline model: level, trend, season and routine drivers with autocorrelated noise, and its forecast.

Generalised least squares with AR(1) noise on the calendar (gaps count as the time they are). The
autocorrelation is not fixed at an estimate but averaged over its restricted likelihood, so the interval
also knows that autocorrelation is poorly known in short series. Harville (1977) for the likelihood;
ASHRAE Guideline 14 and IPMVP practice for the fit statistics (inspired by, not compliant).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.value.finding import Finding, listed, note, warning
from hoshin.value.panel import Matrix, Panel, every
from hoshin.value.spread import mixture_p_value, mixture_quantile, t_quantile

Vector = NDArray[np.float64]
RHO = np.concatenate([np.linspace(-0.4, 0.85, 26), np.array([0.88, 0.91, 0.94, 0.96, 0.98, 0.99])])


@dataclass(frozen=True, slots=True)
class Series:
    """The outcome of the treated units together: `y` (T,), columns `x` (T, k) named `names`, start of treatment."""

    y: Vector
    x: Matrix
    names: tuple[str, ...]
    ordinal: NDArray[np.int64]
    start: int
    seasonal: bool
    covered: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the baseline says of the periods after: `path` (T,), and the mean effect with its uncertainty.

    `at`, `se`, `share` (n_rho,): the effect under each autocorrelation, and how likely that one is.
    `band` (T,) is the standard error of one period's forecast.
    """

    path: Vector
    band: Vector
    at: Vector
    se: Vector
    share: Vector
    df: int
    rho: float
    sigma: float

    @property
    def effect(self) -> float:
        return float(self.share @ self.at)

    @property
    def spread(self) -> float:
        """Standard error over the mixture."""
        return math.sqrt(float(self.share @ (self.se**2 + (self.at - self.effect) ** 2)))

    def interval(self, alpha: float) -> tuple[float, float]:
        low = mixture_quantile(alpha / 2, self.at, self.se, self.share, self.df)
        return low, mixture_quantile(1 - alpha / 2, self.at, self.se, self.share, self.df)

    def p_value(self) -> float:
        return mixture_p_value(self.at, self.se, self.share, self.df)


def series_of(
    panel: Panel, *, trend: bool, season: bool | None, cycle: int, drivers: Sequence[str], start: int | None = None
) -> Series:
    """The treated units as one series, weighted by volume if there is one, and its regressors.

    `season` None: yes if the calendar is known and the baseline covers a year. `cycle`: a repeating
    pattern of that many periods (7 for daily data with weekdays), 0 for none.
    """
    chosen = panel.ever() if panel.ever().any() else np.ones(panel.n_units, dtype=bool)
    starts = sorted({int(f) for f in panel.first()[chosen]})
    if start is None:
        if not panel.ever().any():
            raise InvalidInput("value.no_treated", "No unit is treated.")
        if len(starts) > 1:
            when = listed(panel.periods[s] for s in starts)
            raise InvalidInput(
                "value.not_a_block",
                f"Units start in {when}; a forecast needs one common start.",
                hint="Use imputation for waves, or estimate one wave at a time.",
            )
        start = starts[0]
    weight = np.ones_like(panel.outcome) if panel.weight is None else panel.weight
    seen = panel.seen()[chosen] & (weight[chosen] > 0)
    share = np.where(seen, weight[chosen], 0.0)
    whole = every(seen, 0)
    if not whole[:start].any() or not whole[start:].any():
        raise InvalidInput("value.empty", "No period before, or none after go-live has a value for every treated unit.")
    y = (np.nan_to_num(panel.outcome[chosen]) * share).sum(axis=0)[whole] / share.sum(axis=0)[whole]
    said: list[Finding] = []
    if not whole.all():
        gone = listed(p for p, k in zip(panel.periods, whole) if not k)
        said.append(warning("periods_dropped", f"Left out, a treated unit has no value: {gone}."))
    begin = int(whole[:start].sum())
    ordinal = panel.grid.ordinal[whole]
    columns, names = _regressors(panel, ordinal, begin, trend, season, cycle, said)
    for name in drivers:
        if name not in panel.drivers:
            raise InvalidInput.unknown("value.driver", "driver", name, panel.drivers)
        values = (np.nan_to_num(panel.drivers[name][chosen]) * share).sum(axis=0)[whole] / share.sum(axis=0)[whole]
        columns.append(values - values[:begin].mean())
        names.append(name)
    seasonal = any(n.startswith("year") for n in names)
    year = panel.grid.per_year()
    span = int(ordinal[begin - 1] - ordinal[0] + 1)
    covered = year is None or span >= 0.95 * year
    return Series(y, np.stack(columns, axis=1), tuple(names), ordinal, begin, seasonal, covered, tuple(said))


def _regressors(
    panel: Panel, ordinal: NDArray[np.int64], start: int, trend: bool, season: bool | None, cycle: int,
    said: list[Finding],
) -> tuple[list[Vector], list[str]]:  # fmt: skip
    time = (ordinal - ordinal[0]).astype(np.float64)
    columns: list[Vector] = [np.ones_like(time)]
    names = ["level"]
    if trend:
        columns.append((time - time[:start].mean()) / max(1.0, float(np.ptp(time[:start]))))
        names.append("trend")
    year = panel.grid.per_year()
    span = int(ordinal[start - 1] - ordinal[0] + 1)
    if season and year is None:
        raise InvalidInput(
            "value.season", "Plain numbers have no season.", hint="Use dates, weeks or months, or a cycle."
        )
    if year is not None and span < 0.95 * year:
        says = f"The baseline covers {span / year:.0%} of a year: season cannot be told from an effect."
        said.append(warning("seasonality_not_covered", says))
        if season:
            raise InvalidInput("value.season", says, hint="Give at least one full year before go-live, better two.")
    elif year is not None and season is not False:
        if span < 1.9 * year:
            said.append(note("one_season", "The baseline covers one year only: its season may have been unusual."))
        for k in (1, 2):
            if 2 * k < year:
                columns += [np.cos(2 * np.pi * k * time / year), np.sin(2 * np.pi * k * time / year)]
                names += [f"year cos {k}", f"year sin {k}"]
    if cycle:
        if cycle < 2 or start < 2 * cycle:
            raise InvalidInput("value.cycle", f"A cycle of {cycle} needs at least {2 * max(cycle, 2)} periods before.")
        place = (ordinal - ordinal[0]) % cycle
        for k in range(1, cycle):
            columns.append((place == k).astype(np.float64))
            names.append(f"cycle {k}")
    return columns, names


def forecast(series: Series, end: int | None = None) -> Forecast:
    """Fit on the periods before `series.start`, predict those after. InvalidInput(value.constant, value.short...)."""
    stop = series.y.size if end is None else end
    n = series.start
    x, y = series.x[:n], series.y[:n]
    used = _independent(x)
    x, xs = x[:, used], series.x[:stop][:, used]
    k = x.shape[1]
    if n - k < 3:
        raise InvalidInput(
            "value.short_baseline",
            f"{n} periods before go-live for {k} terms ({listed(series.names)}): too few to judge the noise.",
            hint="Lengthen the baseline, or drop trend, season or drivers.",
        )
    if float(np.ptp(y)) <= 1e-12 * max(1.0, float(np.abs(y).max())):
        raise InvalidInput(
            "value.constant",
            f"The outcome is {y[0]:g} in every period before go-live: no uncertainty can be estimated.",
            hint="Check the outcome column.",
        )
    rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    if float(np.abs(rest).max()) <= 1e-10 * max(1e-300, float(np.abs(y).max())):
        raise InvalidInput(
            "value.perfect_fit",
            "The drivers reproduce the outcome exactly before go-live: one of them is the outcome itself.",
            hint="Remove the driver that is computed from the outcome.",
        )
    lag = np.abs(series.ordinal[:stop, None] - series.ordinal[None, :stop]).astype(np.float64)
    parts = [_one(rho, lag, x, y, xs, series.y[n:stop], n) for rho in RHO]
    loglik = np.array([p[0] for p in parts])
    share = np.exp(loglik - loglik.max()) * np.gradient(RHO)
    share /= share.sum()
    at, se = np.array([p[1] for p in parts]), np.array([p[2] for p in parts])
    path = np.tensordot(share, np.array([p[3] for p in parts]), axes=1)
    band = np.sqrt(np.tensordot(share, np.array([p[4] for p in parts]), axes=1))
    rho = float(share @ RHO)
    return Forecast(path, band, at, se, share, n - k, rho, float(np.sqrt(rest @ rest / (n - k))))


def _independent(x: Matrix) -> NDArray[np.int64]:
    """Columns that add something, in order."""
    kept: list[int] = []
    for j in range(x.shape[1]):
        if np.linalg.matrix_rank(x[:, [*kept, j]]) == len(kept) + 1:
            kept.append(j)
    return np.array(kept)


def _one(
    rho: float, lag: Matrix, x: Matrix, y: Vector, xs: Matrix, after: Vector, n: int
) -> tuple[float, float, float, Vector, Vector]:
    """(log likelihood, effect, its se, path (T,), variance of one period's forecast (T,)) under AR(1) `rho`."""
    spread = np.where(lag == np.round(lag), np.sign(rho) ** np.round(lag) * np.abs(rho) ** lag, 0.0)
    np.fill_diagonal(spread, 1.0)
    root = np.linalg.cholesky(spread[:n, :n] + 1e-10 * np.eye(n))
    white_x, white_y = np.linalg.solve(root, x), np.linalg.solve(root, y)
    q, r = np.linalg.qr(white_x)
    beta = np.linalg.solve(r, q.T @ white_y)
    rest = white_y - white_x @ beta
    df = n - x.shape[1]
    s2 = float(rest @ rest) / df
    loglik = -np.log(np.diag(root)).sum() - np.log(np.abs(np.diag(r))).sum() - 0.5 * df * math.log(s2)
    cross = np.linalg.solve(root, spread[:n, n:])  # (n, m)
    ahead = xs[n:] @ beta + cross.T @ rest
    d = xs[n:] - cross.T @ white_x
    z = np.linalg.solve(r.T, d.T)
    cover = spread[n:, n:] - cross.T @ cross + z.T @ z
    m = after.size
    one = np.full(m, 1 / m)
    effect = float(after.mean() - ahead.mean())
    se = math.sqrt(max(s2 * float(one @ cover @ one), 0.0))
    path = np.concatenate([xs[:n] @ beta, ahead])
    return float(loglik), effect, se, path, np.concatenate([np.full(n, s2), s2 * np.diag(cover)])


@dataclass(frozen=True, slots=True)
class Fitness:
    """How well the baseline fits: shares, and the smallest saving it could certify.

    `cv_rmse_share`: residual spread over mean. `nmbe_share`: mean bias over mean. `n_effective`: independent
    periods. `fsu_share`: half width of the saving's interval over the saving, at `level`.
    """

    cv_rmse_share: float
    nmbe_share: float
    rho: float
    n_effective: float
    fsu_share: float
    level: float


def fitness(series: Series, found: Forecast, level: float = 0.68) -> Fitness:
    """Fit statistics after ASHRAE Guideline 14 practice, from the model's own interval."""
    n = series.start
    y, path = series.y[:n], found.path[:n]
    mean = float(y.mean())
    rest = y - path
    low, high = found.interval(1 - level)
    effect = found.effect
    rho = min(max(found.rho, 0.0), 0.99)
    return Fitness(
        cv_rmse_share=found.sigma / abs(mean) if mean else math.inf,
        nmbe_share=float(rest.mean()) / mean if mean else math.inf,
        rho=found.rho,
        n_effective=n * (1 - rho) / (1 + rho),
        fsu_share=(high - low) / 2 / abs(effect) if effect else math.inf,
        level=level,
    )


def fractional_uncertainty(
    cv_rmse: float, saving_share: float, n_before: int, n_after: int, rho: float, level: float = 0.68
) -> float:
    """Half width of a saving over the saving itself, planned before the project: ASHRAE-14 approximation.

    `saving_share` is the expected saving over the baseline. With autocorrelation `rho` the `n_before`
    periods count as n(1 - rho)/(1 + rho).

    >>> [round(fractional_uncertainty(0.20, 0.10, 52, 52, rho), 2) for rho in (0.0, 0.3, 0.6)]
    [0.36, 0.5, 0.78]
    """
    independent = n_before * (1 - rho) / (1 + rho)
    if independent <= 2:
        return math.inf
    inner = n_before / independent * (1 + 2 / independent) / n_after
    return t_quantile(0.5 + level / 2, independent - 1) * 1.26 * cv_rmse / saving_share * math.sqrt(inner)
