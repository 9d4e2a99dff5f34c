"""Hours of the week: when people are on duty, and clocks that run fast when things happen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.roster import WEEK_S

Floats = NDArray[np.float64]
QUARTER_S = 900.0


def clock_of(moments: Floats) -> list[float]:
    """A weekly clock that runs in proportion to how often `moments` fall in a quarter of an hour.

    Counts are shrunk towards their hour, hours towards day x time of day, and those towards even, each as far as
    chance explains the distance; events at exact quarters are taken as they are. Returns 673 values rising 0 .. WEEK_S.
    """
    week = moments % WEEK_S
    quarter = np.bincount((week // QUARTER_S).astype(np.int64), minlength=672)[:672].astype(float)
    quarter *= _rarity(moments)
    exact = float((week % QUARTER_S < 1.0).mean()) if week.size else 0.0
    if exact < 0.9:
        hours = quarter.reshape(7, 24, 4).sum(2)
        model = np.concatenate([_product(hours[:5]), _product(hours[5:])])
        cells = _shrink(hours, model)
        quarter = _shrink(quarter.reshape(7, 24, 4), np.repeat(cells[:, :, None] / 4, 4, axis=2)).ravel()
    total = quarter.sum()
    rise = quarter / total if total > 0 else np.full(672, 1 / 672)
    return [float(x) for x in np.concatenate([[0.0], np.cumsum(rise)]) / np.cumsum(rise)[-1] * WEEK_S]


def _rarity(moments: Floats) -> Floats:
    """How much less than the average quarter of the week each was under watch, as a factor: float64 (672,)."""
    if moments.size == 0:
        return np.ones(672)
    seen = np.arange(np.floor(moments.min() / QUARTER_S), np.floor(moments.max() / QUARTER_S) + 1).astype(np.int64)
    times = np.bincount(seen % 672, minlength=672)
    rarity: Floats = np.where(times > 0, times[times > 0].mean() / np.maximum(times, 1), 1.0)
    return rarity


def _product(days: Floats) -> Floats:
    """Day totals times the common profile of the day, each shrunk to even."""
    total = days.sum()
    if total <= 0:
        return days
    per_day, profile = days.sum(1), days.sum(0)
    even_day, even_profile = np.full(per_day.size, per_day.mean()), np.full(profile.size, profile.mean())
    found: Floats = np.outer(_shrink(per_day, even_day), _shrink(profile, even_profile)) / total
    return found


def _shrink(counts: Floats, towards: Floats) -> Floats:
    """Counts pulled `towards` a model as far as Poisson noise alone explains their distance (James & Stein 1961),
    and all the way unless the distance is beyond chance (4 standard errors of chi-square)."""
    held = towards > 0
    noise = float(held.sum())
    distance = float((np.square(counts - towards)[held] / towards[held]).sum())
    trust = 1 - noise / distance if distance > noise + 4 * np.sqrt(2 * noise) else 0.0
    shrunk: Floats = towards + trust * (counts - towards)
    return shrunk


def on_clock(clock: list[float], moments: Floats) -> Floats:
    """Moments as read off a weekly clock."""
    edges = np.linspace(0.0, WEEK_S, len(clock))
    week = np.floor(moments / WEEK_S)
    return week * WEEK_S + np.interp(moments - week * WEEK_S, edges, clock)


def roster_of(moments: Floats, *, rare: float = 0.01) -> list[tuple[float, float]]:
    """Intervals of the week in which somebody seen at `moments` is on duty; [] when there is no rest to be seen,
    or when less than three weeks were.

    A silence counts as rest when chance would leave it in one week pattern of 10,000, and, if shorter than 6 hours,
    when two other days have it at the same time of day; the rarest `rare` share of quarters' events are taken as
    exceptions. Edges go to the quarter of an hour outside.
    """
    n = moments.size
    if n < 20 or np.unique(moments // WEEK_S).size < 3:
        return []
    week = np.sort(moments % WEEK_S)
    counts = np.bincount((week // QUARTER_S).astype(np.int64), minlength=672)[:672]
    alive = _alive(counts, rare)
    week = week[alive[np.minimum((week // QUARTER_S).astype(np.int64), 671)]]
    if week.size < 2:
        return []
    gap = max(9.2 * WEEK_S / week.size, 1800.0)
    after = np.diff(np.append(week, week[0] + WEEK_S))
    breaks = np.flatnonzero(after > gap)
    breaks = breaks[_usual(week[breaks], after[breaks])]
    if breaks.size == 0 or after[breaks].sum() < 0.05 * WEEK_S:
        return []
    pieces = []
    for k in range(breaks.size):
        lo = week[(breaks[k - 1] + 1) % week.size] if breaks.size > 1 else week[(breaks[0] + 1) % week.size]
        hi = week[breaks[k]]
        lo, hi = np.floor(lo / QUARTER_S) * QUARTER_S, np.ceil(hi / QUARTER_S + 1e-9) * QUARTER_S
        pieces += [(lo, hi)] if lo < hi else [(lo, WEEK_S), (0.0, hi)]
    return _merge(_alike([(float(a), float(min(b, WEEK_S))) for a, b in pieces if a < b]))


def _alike(intervals: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Edges less than an hour apart on different days are one edge, the outermost: on most days the first task comes
    a little after the shift has begun, and the last ends a little before."""
    if not intervals:
        return []
    day, hour = 86_400.0, 3600.0
    lo, hi = (np.array(edge) for edge in zip(*intervals))
    start, stop = lo % day, hi % day
    near = (np.abs(start[:, None] - start) < hour) & (lo // day != (lo // day)[:, None])
    lo = lo - start + np.minimum(start, np.where(near, start, np.inf).min(1))
    near = (np.abs(stop[:, None] - stop) < hour) & (hi // day != (hi // day)[:, None])
    hi = hi - stop + np.maximum(stop, np.where(near, stop, -np.inf).max(1))
    return list(zip(lo.tolist(), np.minimum(hi, WEEK_S).tolist()))


def _usual(begin: Floats, length: Floats) -> NDArray[np.bool_]:
    """Which silences are long, or share half their time with silences of two other days: bool (n,)."""
    day = 86_400.0
    long = length >= 6 * 3600.0
    shared = np.zeros((begin.size, 7))
    for shift in range(7):
        for week in (-WEEK_S, 0.0, WEEK_S):
            at = begin + shift * day + week
            overlap = np.minimum((at + length)[:, None], (begin + length)[None]) - np.maximum(at[:, None], begin[None])
            shared[:, shift] += np.maximum(overlap, 0.0).sum(1)
    days = (shared[:, 1:] >= 0.5 * length[:, None]).sum(1)
    found: NDArray[np.bool_] = long | (days >= 2)
    return found


def _alive(counts: NDArray[np.int64], rare: float) -> NDArray[np.bool_]:
    """Quarters to keep: all but the emptiest ones that hold together less than `rare` of the events, and only
    those far below the typical quarter."""
    order = np.argsort(counts, kind="stable")
    carried = np.cumsum(counts[order])
    drop = np.zeros(counts.size, dtype=np.bool_)
    drop[order[carried <= rare * counts.sum()]] = True
    typical = np.median(counts[counts > 0]) if (counts > 0).any() else 0.0
    return (counts > 0) & ~(drop & (counts < 0.1 * typical))


def _merge(intervals: list[tuple[float, float]]) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for a, b in sorted(intervals):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
        else:
            merged.append((a, b))
    return merged


def within(roster: list[tuple[float, float]], moments: Floats) -> NDArray[np.bool_]:
    """Which moments fall in `roster`; all, when it is empty."""
    if not roster:
        return np.ones(moments.size, dtype=np.bool_)
    week = moments % WEEK_S
    inside = np.zeros(moments.size, dtype=np.bool_)
    for a, b in roster:
        inside |= (week >= a) & (week <= b)
    return inside
