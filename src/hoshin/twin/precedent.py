"""Precedents: the weeks to come as the last weeks were, moved by whole weeks; no model beyond that.

Arrivals are taken from several past windows laid over each other, one from each group of as many neighbours, so that
weekly rhythm, bursts and even spacing survive. Draws are even (stratified; Cochran, Sampling Techniques, 1977, ch. 5):
a simulated log then strays less from its expectation than independent draws would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.twin.observe import Tasks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DAY_S, WEEK_S = 86_400.0, 604_800.0
# A weekday with fewer past cases than this takes those of every day.
FEW = 5
# More windows than any log has.
ALL = 1000


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a forecast: cases that arrive from `since_s` on and end by `until_s`; or, with `n`, the first
    `n` that end, whenever that is."""

    since_s: float
    until_s: float = np.inf
    n: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Finished cases of a log up to a moment: when each arrived and left, sorted as in the log."""

    arrive: Floats
    leave: Floats
    until_s: float

    @property
    def span_s(self) -> float:
        return max(self.until_s - float(self.arrive.min()), DAY_S) if self.arrive.size else DAY_S


def seen_of(tasks: Tasks) -> Seen:
    """All cases of `tasks`, seen until the last of them ended."""
    return Seen(tasks.arrive(), tasks.leave(), float(tasks.leave().max()))


def answers(seen: Seen, since_s: float, until_s: float, n: int | None) -> Ints | None:
    """The cases that an `Ask` at an earlier moment should have named; None if too few have ended."""
    later = np.flatnonzero(seen.arrive >= since_s)
    if n is None:
        return later[seen.leave[later] <= until_s]
    first = later[np.argsort(seen.leave[later], kind="stable")][:n]
    return first if first.size == n else None


def windows(seen: Seen, ask: Ask, most: int, *, matched: bool) -> list[tuple[Ints, float]]:
    """Up to `most` latest past windows like the one asked for: their cases, and how far to move them (whole weeks).

    `matched`: only cases that had ended by the end of the window, as in a log that ends there.
    """
    found: list[tuple[Ints, float]] = []
    if seen.arrive.size == 0:
        return found
    first, week = float(seen.arrive.min()), 1
    while len(found) < most and ask.since_s - week * WEEK_S >= first - DAY_S:
        back = week * WEEK_S
        week += 1
        if ask.n is None and ask.until_s - back > seen.until_s + 1:
            continue
        cases = answers(seen, ask.since_s - back, ask.until_s - back, ask.n)
        if not matched and ask.n is None:
            cases = np.flatnonzero((seen.arrive >= ask.since_s - back) & (seen.arrive <= ask.until_s - back))
        if cases is not None and cases.size:
            found.append((cases, back))
    return found


def arrivals(seen: Seen, ask: Ask, most: int, rng: np.random.Generator, *, matched: bool) -> tuple[Floats, Ints]:
    """Arrival times to come, rising, and the past case each was taken from. Without any past window as long as the
    one asked for, the whole past is repeated as often as needed."""
    alike = windows(seen, ask, most, matched=matched)
    found = alike or _repeats(seen, ask)
    cases = np.concatenate([c for c, _ in found])
    times = seen.arrive[cases] + np.repeat([back for _, back in found], [c.size for c, _ in found])
    order = np.lexsort((rng.random(times.size), times))
    n = ask.n or round(times.size / max(len(alike), 1))
    taken = order[_even(n, times.size, rng)]
    return times[taken], cases[taken]


def _repeats(seen: Seen, ask: Ask) -> list[tuple[Ints, float]]:
    """The whole past, again and again by whole weeks, until it answers `ask`; the windows follow each other."""
    weeks = np.ceil(seen.span_s / WEEK_S) * WEEK_S
    everything = np.argsort(seen.arrive, kind="stable").astype(np.int64)
    cases, moved = [], []
    back = np.ceil((ask.since_s - float(seen.arrive.min())) / WEEK_S) * WEEK_S
    while True:
        times = seen.arrive[everything] + back
        keep = (times >= ask.since_s) & (times <= ask.until_s)
        cases.append(everything[keep])
        moved.append(back)
        back += weeks
        total = sum(c.size for c in cases)
        enough = ask.n is not None and total >= ask.n
        if enough or float(seen.arrive.min()) + back > ask.until_s or len(cases) > 10_000:
            break
    return list(zip(cases, moved))


def _even(n: int, size: int, rng: np.random.Generator) -> Ints:
    """`n` of `size` places, one at random from each of n equal stretches: int64 (n,), rising."""
    return np.minimum(((np.arange(n) + rng.random(n)) * size / n).astype(np.int64), size - 1)


def bodies(seen: Seen, times: Floats, weight: Floats, rng: np.random.Generator) -> Ints:
    """A past case for each arrival time: of its weekday, begun at about its time of day, drawn evenly in proportion to
    `weight`. int64 (n,)."""
    taken = np.empty(times.size, dtype=np.int64)
    day, past_day = np.floor(times / DAY_S) % 7, np.floor(seen.arrive / DAY_S) % 7
    for d in range(7):
        mine = np.flatnonzero(day == d)
        if mine.size == 0:
            continue
        same = np.flatnonzero(past_day == d)
        same = same if same.size >= FEW else np.arange(seen.arrive.size)
        same = same[np.lexsort((rng.random(same.size), seen.arrive[same] % DAY_S))]
        mine = mine[np.lexsort((rng.random(mine.size), times[mine] % DAY_S))]
        total = np.cumsum(weight[same])
        at = (np.arange(mine.size) + rng.random(mine.size)) / mine.size * total[-1]
        taken[mine] = same[np.minimum(np.searchsorted(total, at, side="right"), same.size - 1)]
    return taken


def unseen_weight(seen: Seen) -> Floats:
    """How many cases a finished case stands for: long ones are seen only if they began early enough, so each counts
    the window over the part of it in which it could have ended (inverse probability of being seen; at most 10)."""
    cycle = seen.leave - seen.arrive
    found: Floats = 1.0 / np.maximum(1.0 - cycle / seen.span_s, 0.1)
    return found
