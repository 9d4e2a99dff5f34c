"""The no-model floor: whole past cases, drawn with replacement, put on new arrival times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hoshin.twin.distance import Trail

DAY_S = 86_400.0
NEAREST = 20


def floor(past: Trail, since: float, n: int | None, until: float, rng: np.random.Generator) -> Trail:
    """`n` cases from `since` on, or all that arrive by `until`. A day gets as many arrivals as a past day of the same
    weekday had, at times of day of that weekday; each takes one of the 20 past cases of its weekday that
    began nearest to it in the day."""
    arrive = _arrivals(np.sort(past.arrive()), since, n, until, rng)
    began = past.arrive()
    taken = np.array([_alike(began, t, rng) for t in arrive], dtype=np.int64)
    cases = past.pick(taken)
    return cases.shift(arrive - cases.arrive())


def _alike(began: NDArray[np.float64], t: float, rng: np.random.Generator) -> int:
    same = np.flatnonzero(began // DAY_S % 7 == t // DAY_S % 7)
    same = same if same.size >= NEAREST else np.arange(began.size)
    far = np.abs(began[same] % DAY_S - t % DAY_S)
    near = same[np.argpartition(far, NEAREST - 1)[:NEAREST]] if same.size > NEAREST else same
    return int(rng.choice(near))


def _arrivals(
    past: NDArray[np.float64], since: float, n: int | None, until: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    day = np.floor(past / DAY_S).astype(np.int64)
    counts = np.bincount(day - day[0])
    weekday = (np.arange(counts.size) + day[0]) % 7
    found: list[float] = [] if n is None else [since]
    today = int(since // DAY_S)
    while today * DAY_S < until and (n is None or len(found) < n):
        alike = counts[weekday == today % 7]
        times = past[day % 7 == today % 7] % DAY_S
        if alike.size and times.size:
            k = int(rng.choice(alike))
            found += [t for t in np.sort(today * DAY_S + rng.choice(times, k)).tolist() if since < t <= until]
        today += 1
    return np.array(found[:n])
