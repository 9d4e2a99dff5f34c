"""What a rollout could show before it starts: power, and the smallest effect found four times in five."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.value.estimate import check_alpha
from hoshin.value.panel import Matrix, Panel
from hoshin.value.shuffle import orders
from hoshin.value.simulate import autocorrelated
from hoshin.value.weights import fixed_effects, identified, imputation_weights

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Noise:
    """What a unit's outcome does by itself: standard deviation per unit (n_units,), autocorrelation, mean level."""

    sd: Vector
    rho: float
    level: float


@dataclass(frozen=True, slots=True)
class Power:
    """Chance to find effects of given size; `effect_min` is found with chance `target`, inf if none is."""

    effects: tuple[float, ...]
    chance: tuple[float, ...]
    effect_min: float
    target: float
    n_assignments: int
    sims: int


def noise_of(history: Panel) -> Noise:
    """Noise in untreated cells, after unit and period effects; autocorrelation corrected for short series."""
    free = history.seen() & ~history.treated
    rest = np.where(free, history.outcome - fixed_effects(history.outcome, free), np.nan)
    n, t = rest.shape
    if n < 2 or int(free.sum()) < 2 * (n + t):
        raise InvalidInput(
            "value.short_baseline",
            f"{int(free.sum())} untreated values of {n} units in {t} periods: too few to learn the noise from.",
            hint="Give a longer history, or state noise and autocorrelation yourself.",
        )
    used = float(free.sum() - n - t + 1) / float(free.sum())
    sd = np.sqrt(np.nanmean(rest**2, axis=1) / used)
    pairs = free[:, 1:] & free[:, :-1]
    a, b = rest[:, 1:][pairs], rest[:, :-1][pairs]
    raw = float(a @ b / math.sqrt(float(a @ a) * float(b @ b)))
    per_unit = t * 1.0
    rho = min(0.98, max(-0.5, raw + (1 + 3 * raw) / per_unit))
    return Noise(sd, rho, float(np.nanmean(np.where(free, history.outcome, np.nan))))


def power_of(
    first: Sequence[int],
    n_periods: int,
    noise: Noise,
    *,
    blocks: Sequence[int] | None = None,
    effects: Sequence[float] = (),
    ramp: int = 0,
    alpha: float = 0.05,
    target: float = 0.8,
    sims: int = 500,
    seed: int = 0,
) -> Power:
    """Power of imputation with randomisation inference, by simulation.

    `first` (n_units,): index of the first treated period, n_periods = never. `ramp`: periods until the
    effect is full. `effects` are in outcome units (log points on the log scale), full size.
    """
    check_alpha(alpha)
    start = np.asarray(first)
    n = start.size
    if noise.sd.shape != (n,):
        raise InvalidInput("value.shape", f"Noise for {noise.sd.size} units, a plan for {n}.")
    since = np.arange(n_periods)[None, :] - start[:, None]
    treated = since >= 0
    seen = np.ones((n, n_periods), dtype=bool)
    target_cells, free, _, _ = identified(treated, seen)
    if not target_cells.any():
        raise InvalidInput("value.no_controls", "The plan leaves no treated cell with an untreated comparison.")
    weights = imputation_weights(target_cells, free)
    shape = np.where(treated, 1.0 if ramp == 0 else np.clip((since + 1) / ramp, 0, 1), 0.0)
    order, _ = orders(start.tolist(), 499, seed, blocks)
    here = np.arange(n)
    slope = (weights @ shape.T)[order, here].sum(axis=1)
    rng = np.random.default_rng(seed)
    at_zero = np.empty((sims, len(order)))
    for k in range(sims):
        y = noise.sd[:, None] * autocorrelated(rng, n, n_periods, noise.rho)
        at_zero[k] = (weights @ y.T)[order, here].sum(axis=1)
    chance = [_chance(at_zero, slope, e, alpha) for e in effects]
    return Power(
        tuple(effects),
        tuple(chance),
        _smallest(at_zero, slope, alpha, target, float(noise.sd.max())),
        target,
        len(order),
        sims,
    )


def _chance(at_zero: Matrix, slope: Vector, effect: float, alpha: float) -> float:
    statistic = np.abs(at_zero + effect * slope)
    p = np.mean(statistic >= statistic[:, :1] * (1 - 1e-10), axis=1)
    return float(np.mean(p <= alpha))


def _smallest(at_zero: Matrix, slope: Vector, alpha: float, target: float, scale: float) -> float:
    high = scale * 0.25
    for _ in range(12):
        if _chance(at_zero, slope, -high, alpha) >= target:
            break
        high *= 2
    else:
        return math.inf
    low = 0.0
    for _ in range(14):
        middle = (low + high) / 2
        if _chance(at_zero, slope, -middle, alpha) >= target:
            high = middle
        else:
            low = middle
    return high


def replay(
    history: Panel,
    estimator: str,
    treated: Sequence[str],
    *,
    n_after: int,
    effects: Sequence[float],
    alpha: float = 0.05,
    options: dict[str, object] | None = None,
    dates: int = 8,
) -> Power:
    """Power of any estimator, by planting effects into an untreated history at several pretended dates.

    For synthetic control, forecasts and group-time effects, whose noise no simple model describes.
    """
    from hoshin.value.method import run

    for name in treated:
        if name not in history.units:
            raise InvalidInput.unknown("value.unit", "unit", name, history.units)
    t = history.n_periods
    least = max(8, t // 2)
    if t - n_after < least:
        raise InvalidInput(
            "value.short_baseline",
            f"{t} periods of history for {n_after} after go-live: fewer than {least} would be left before.",
            hint="Give a longer history or a shorter reporting period.",
        )
    starts = np.unique(np.linspace(least, t - n_after, dates).astype(int))
    chosen = np.array([u in treated for u in history.units])
    chance = []
    for effect in effects:
        found = 0
        for start in starts:
            column = np.arange(start + n_after)
            on = chosen[:, None] & (column >= start)[None, :]
            part = history.columns(np.arange(t) < start + n_after)
            planted = part.with_treated(on)
            planted = _planted(planted, on, effect)
            result = run(planted, estimator, alpha=alpha, options=options or {})
            found += bool(result.p_value is not None and result.p_value <= alpha)
        chance.append(found / starts.size)
    good = [abs(e) for e, c in zip(effects, chance) if c >= 0.8]
    return Power(tuple(effects), tuple(chance), min(good, default=math.inf), 0.8, starts.size, starts.size)


def _planted(panel: Panel, on: NDArray[np.bool_], effect: float) -> Panel:
    from dataclasses import replace

    return replace(panel, outcome=panel.outcome + effect * on)
