"""What a twin does not know because its log was finite: other twins that the same process could have given.

A draw replaces every estimate by one that a log of the same size might have led to: work and delays are drawn again
from what was seen, gaps between cases in blocks, routing shares from the counts behind them, people's speeds by
their standard errors. Source: input uncertainty by the bootstrap, Barton, Nelson & Xie (2014).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hoshin.twin.model import Arrival, Delay, Duration, Skill, Twin, Way, empirical
from hoshin.twin.visits import state_visits

Floats = NDArray[np.float64]
Rows = list[dict[str, Any]]
DRAWS = 12


def resample(twin: Twin, draw: int, *, seed: int = 0) -> Twin:
    """Draw `draw` of the twins that a log as long as that of `twin` might have given; `twin` itself when it was not
    fitted to a log.

    Each part has its own random numbers by its name, so that a twin and a changed copy of it are drawn alike.
    Rosters, capacities and who can do what are taken as known.
    """
    n_cases = int(twin.source.get("cases", 0))
    if n_cases < 2:
        return twin
    visits = state_visits(twin) * n_cases
    tasks: dict[str, float] = defaultdict(float)
    waits: dict[str, float] = defaultdict(float)
    total = _totals(twin)
    for w in twin.ways:
        n = visits[w.state] * w.share / total[w.state]
        tasks[w.activity] += n
        waits[w.delay] += n
    doers = {s.activity for s in twin.skills}
    luck = _Luck(seed, draw)
    return msgspec.structs.replace(
        twin,
        activities=[
            msgspec.structs.replace(a, duration=_again(
                a.duration, tasks.get(a.name, 0.0), luck.of("work", a.name), keep_mean=a.name in doers))
            for a in twin.activities
        ],
        delays={k: _delay(d, waits.get(k, 0.0), luck.of("delay", k)) for k, d in twin.delays.items()},
        skills=[_skill(twin, s, luck.of("skill", s.resource, s.activity)) for s in twin.skills],
        ways=_ways(twin, visits, total, luck), arrival=_arrival(twin.arrival, n_cases, luck.of("arrival")),
    )  # fmt: skip


class _Luck:
    """Random numbers by purpose and name."""

    def __init__(self, seed: int, draw: int) -> None:
        self.root = (seed, draw)

    def of(self, *names: str) -> np.random.Generator:
        return np.random.default_rng([*self.root, crc32("\0".join(names).encode())])


def _totals(twin: Twin) -> dict[int, float]:
    total: dict[int, float] = defaultdict(float)
    for w in twin.ways:
        total[w.state] += w.share
    return total


def _again(duration: Duration, n: float, rng: np.random.Generator, *, keep_mean: bool = False) -> Duration:
    """`n` values drawn again from an empirical distribution; other kinds scaled by the standard error of the mean."""
    if n < 1:
        return duration
    mean = duration.mean_s()
    if duration.kind != "empirical" or not duration.values:
        return (
            duration if keep_mean else _stretched(duration, float(np.exp(rng.normal() * np.sqrt(duration.scv() / n))))
        )
    drawn = rng.choice(np.asarray(duration.values), max(round(n), 2))
    return empirical(drawn * (mean / drawn.mean()) if keep_mean and drawn.mean() > 0 else drawn)


def _stretched(duration: Duration, factor: float) -> Duration:
    """`duration` times `factor`."""
    if duration.kind == "lognormal":
        return msgspec.structs.replace(duration, a=duration.a + float(np.log(factor)))
    b = duration.b * factor if duration.kind == "uniform" else duration.b
    return msgspec.structs.replace(duration, a=duration.a * factor, b=b)


def _delay(delay: Delay, n: float, rng: np.random.Generator) -> Delay:
    return msgspec.structs.replace(delay, duration=_again(delay.duration, n, rng))


def _skill(twin: Twin, skill: Skill, rng: np.random.Generator) -> Skill:
    """Its speed moved by the standard error of a mean of `weight` tasks."""
    duration = skill.duration or twin.activity(skill.activity).duration
    error = np.sqrt(duration.scv() / max(skill.weight, 1.0))
    return msgspec.structs.replace(skill, scale=skill.scale * float(np.exp(error * rng.normal() - error**2 / 2)))


def _ways(twin: Twin, visits: Floats, total: dict[int, float], luck: _Luck) -> list[Way]:
    """Shares from a Dirichlet distribution with the counts behind them (the Bayesian bootstrap)."""
    u = np.array([luck.of("way", str(w.state), w.activity, str(w.next), str(w.beside)).random() for w in twin.ways])
    shape = np.array([visits[w.state] * w.share / total[w.state] for w in twin.ways])
    drawn = np.where(shape > 0, stats.gamma.ppf(u, np.maximum(shape, 1e-3)), 0.0)
    single = {s for s, n in _ways_on(twin).items() if n == 1}
    sums: dict[int, float] = defaultdict(float)
    for w, g in zip(twin.ways, drawn):
        sums[w.state] += g
    return [
        w if w.state in single or not sums[w.state] > 0
        else msgspec.structs.replace(w, share=float(g / sums[w.state]))
        for w, g in zip(twin.ways, drawn)
    ]  # fmt: skip


def _ways_on(twin: Twin) -> dict[int, int]:
    count: dict[int, int] = defaultdict(int)
    for w in twin.ways:
        count[w.state] += 1
    return count


def _arrival(arrival: Arrival, n_cases: int, rng: np.random.Generator) -> Arrival:
    """Gaps in blocks of the square root of their number, so that slow waves of cases count; the mean of exponential
    gaps by its standard error."""
    gaps = np.asarray(arrival.gaps_s)
    if gaps.size < 2:
        scale = float(rng.gamma(n_cases) / n_cases)
        return msgspec.structs.replace(arrival, mean_gap_s=arrival.mean_gap_s * scale)
    size = max(int(np.sqrt(gaps.size)), 1)
    starts = rng.integers(0, gaps.size, -(-gaps.size // size))
    drawn = np.concatenate([np.take(gaps, np.arange(s, s + size), mode="wrap") for s in starts])[: gaps.size]
    return msgspec.structs.replace(arrival, mean_gap_s=float(drawn.mean()), gaps_s=drawn.tolist())


def allow_for_fit(
    rows: Rows, run: Callable[[Twin, Twin], Rows], base: Twin, other: Twin, *, draws: int, level: float = 0.95
) -> Rows:
    """`rows`, one per measure with `low` and `high` of `level`, with intervals that know that the log was finite.

    `run` makes such rows from a twin and its changed copy; it is asked for `draws` pairs, drawn alike. To the error
    by chance comes the standard deviation between them; `fit_share` is its share of the variance. Twins that were not
    fitted, or fewer than 2 draws, leave `rows` as they are. Source: two-level simulation of input uncertainty,
    Barton, Nelson & Xie (2014).
    """
    if draws < 2 or int(base.source.get("cases", 0)) < 2:
        return rows
    value = "difference" if rows and "difference" in rows[0] else "mean"
    table: dict[str, list[float]] = defaultdict(list)
    for k in range(draws):
        for row in run(resample(base, k), resample(other, k)):
            table[row["measure"]].append(row[value])
    return [_widened(row, row[value], np.array(table[row["measure"]]), level) for row in rows]


def _widened(row: dict[str, Any], centre: float, drawn: Floats, level: float) -> dict[str, Any]:
    chance = (row["high"] - row["low"]) / 2
    between = float(drawn.std(ddof=1)) if drawn.size > 1 else 0.0
    quantile = float(stats.t.ppf(0.5 + level / 2, max(drawn.size - 1, 1)))
    half = float(np.hypot(chance, quantile * between))
    share = (quantile * between / half) ** 2 if half > 0 else 0.0
    return row | {"low": centre - half, "high": centre + half, "fit_share": share}
