"""Daily figures of a process and what its twin predicts of them: throughput, work in progress, cycle time."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.twin.evidence import Evidence
from hoshin.twin.model import Twin
from hoshin.twin.simulate import Settings, simulate_twin
from hoshin.twin.stats import CYCLE, DAY_S, ENTRY, Cell, Stats, seconds_of

Floats = NDArray[np.float64]
FIGURES = ("throughput", "work in progress", "cycle time")


def daily(stats: Stats, first: int, end: int) -> Floats:
    """The figures of the days [first, end), float64 (end - first, 3); see `figures_of`."""
    rows = []
    under_way = 0
    for day in range(min([first, *stats.days]), end):
        cells = stats.days.get(day, Counter[Cell]())
        under_way += cells[ENTRY,] - sum(n for c, n in cells.items() if c[0] == CYCLE)
        if day >= first:
            rows.append(figures_of(cells, under_way))
    return np.array(rows).reshape(-1, 3)


def figures_of(cells: Counter[Cell], under_way: int) -> Floats:
    """Of a day: root of the cases done, root of those under way at its end, and mean logarithm of the cycle time of
    those done (NaN without any): scales on which a day's noise is about normal."""
    done = [(n, seconds_of(c[1])) for c, n in cells.items() if c[0] == CYCLE]
    total = sum(n for n, _ in done)
    mean = sum(n * math.log1p(s) for n, s in done) / total if total else math.nan
    return np.array([math.sqrt(total), math.sqrt(max(under_way, 0)), mean])


def simulated(twin: Twin, days: int, seed: int, replication: int, since_s: float) -> Floats:
    """The same figures of one replication of `twin`, after a third again of the time to warm up."""
    warm = days // 3 + 7
    since = np.floor(since_s / DAY_S) * DAY_S
    per_day = DAY_S / twin.arrival.mean_gap_s * twin.arrival.demand
    n = int(per_day * (days + warm) + 4 * np.sqrt(per_day * (days + warm)) + 10)
    run, _ = simulate_twin(twin, Settings(n, since_s=since, seed=seed, horizon_s=(days + warm) * DAY_S), replication)
    arrive = ((run.arrive_s - since) // DAY_S).astype(np.int64)
    done = ~np.isnan(run.end_s)
    end = ((run.end_s[done] - since) // DAY_S).astype(np.int64)
    size = days + warm
    came, left = (np.bincount(x[x < size], minlength=size) for x in (arrive, end))
    total = np.bincount(end[end < size], np.log1p(run.end_s[done] - run.arrive_s[done])[end < size], size)
    mean = np.divide(total, left, out=np.full(size, np.nan), where=left > 0)
    rows = np.stack([np.sqrt(left), np.sqrt(np.maximum(np.cumsum(came - left), 0.0)), mean], axis=1)
    return rows[warm:]


@dataclass(slots=True)
class Residuals:
    """What of each day's figures the twin does not predict, as independent standard residuals under no change.

    Expected: the twin's mean of that day of the week, plus how far off it was while it was learned. Scale: the
    larger of the twin's and the past's. What a day carries over to the next (first-order autoregression) is taken out.
    """

    mean: Floats
    scale: Floats
    carry: Floats
    last: Floats
    evidence: Evidence

    def add(self, day: int, figures: Floats) -> float:
        """Take the figures of `day`; returns the evidence of a shift so far."""
        r = (figures - self.mean[day % 7]) / self.scale
        fresh = (r - self.carry * np.where(np.isnan(self.last), 0.0, self.last)) / np.sqrt(1 - self.carry**2)
        self.last = r
        return self.evidence.add(fresh)


def residuals(twin: Twin, past: Floats, first: int, *, seed: int = 0, replications: int = 6) -> Residuals:
    """Residuals for the days after `past`, the figures (see `daily`) of the days from `first` that `twin` learned."""
    days = max(min(past.shape[0], 84), 28)
    since = twin.window_s[0] if twin.window_s[1] > twin.window_s[0] else 0.0
    runs = np.stack([simulated(twin, days, seed, k, since) for k in range(replications)])
    start = int(since // DAY_S) + days // 3 + 7
    weekday, past_day = (start + np.arange(days)) % 7, (first + np.arange(past.shape[0])) % 7
    mean = _by_day(runs.reshape(-1, 3), np.tile(weekday, replications))
    off = runs - mean[weekday]
    own = past - mean[past_day]
    bias = np.nan_to_num(np.nanmean(own, axis=0))
    scale = np.maximum(np.nanstd(off.reshape(-1, 3), axis=0), np.nanstd(own, axis=0))
    scale = np.where(scale > 0, scale, 1.0)
    carry = np.clip(np.maximum(np.mean([_carry(r) for r in off], axis=0), _carry(own - bias)), 0.0, 0.95)
    known = np.maximum((~np.isnan(own)).sum(0).min(), 4)
    evidence = Evidence(3, slack=float(2 / np.sqrt(known)))
    return Residuals(mean + bias, scale, carry, np.full(3, np.nan), evidence)


def _by_day(rows: Floats, weekday: NDArray[np.int64]) -> Floats:
    """Means per day of the week, float64 (7, 3); of all days where one has none."""
    whole = np.nan_to_num(np.nanmean(rows, axis=0))
    found = np.tile(whole, (7, 1))
    for d in range(7):
        part = rows[weekday == d]
        held = (~np.isnan(part)).any(axis=0)
        found[d, held] = np.nanmean(part[:, held], axis=0)
    return found


def _carry(r: Floats) -> Floats:
    """First-order autocorrelation of each column."""
    a, b = r[:-1], r[1:]
    both = ~np.isnan(a) & ~np.isnan(b)
    top = np.where(both, a * b, 0.0).sum(0)
    bottom = np.where(both, a * a, 0.0).sum(0)
    found: Floats = np.divide(top, bottom, out=np.zeros(3), where=bottom > 0)
    return found
