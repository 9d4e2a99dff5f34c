"""How far a simulated log is from a real one: six distances, small when the two look alike.

Definitions as in the package log-distance-measures 2.2 (Chapela-Campa et al., Can I trust my simulation model?, 2023),
in hours but for NGD; start and end of every event count alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.log.eventlog import EventLog
from hoshin.twin.cases import Cases
from hoshin.twin.model import moment_s

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HOUR_S = 3600.0
MEASURES = ("NGD", "AED", "CED", "RED", "CAR", "CTD")


@dataclass(frozen=True, slots=True, eq=False)
class Trail(Cases):
    """Events sorted by case, then begin, then end: `act` int64 codes, `begin` and `end` wall-clock seconds,
    `case_start` int64 (n_cases + 1,)."""

    act: Ints
    begin: Floats
    end: Floats
    case_start: Ints

    def pick(self, cases: Ints) -> Trail:
        """These cases, in this order; a case may come twice."""
        rows, start = self.rows_of(cases)
        return Trail(self.act[rows], self.begin[rows], self.end[rows], start)

    def shift(self, by: Floats) -> Trail:
        """Each case moved by so many seconds: float64 (n_cases,)."""
        move = np.repeat(by, np.diff(self.case_start))
        return Trail(self.act, self.begin + move, self.end + move, self.case_start)


def trail_of(log: EventLog, activities: Sequence[str]) -> Trail:
    """The events of `log`, coded by their place in `activities`; those not there come after."""
    place = {name: i for i, name in enumerate(activities)}
    code = np.array([place.setdefault(name, len(place)) for name in log.activities], dtype=np.int64)
    begin, end = moment_s(log.begin_ns(), log.time_zone), moment_s(log.t_ns, log.time_zone)
    order = np.lexsort((end, begin, log.case_of_event()))
    held = log.events_per_case()
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(held[held > 0])])
    return Trail(code[log.activity[order]], begin[order], end[order], start)


def distances(real: Trail, simulated: Trail) -> dict[str, float]:
    """All six by name; NaN where one side has no cases.

    NGD: share of 3-grams of activities that differ, 0..1. AED: start and end times; CED: their hours, weekday by
    weekday (23 for a weekday that one side lacks); RED: times since the case began; CAR: arrivals; CTD: cycle times.
    """
    if not (real.n_cases and simulated.n_cases):
        return dict.fromkeys(MEASURES, float("nan"))
    a, b = _both(real), _both(simulated)
    first = np.floor(min(a.min(), b.min()) / HOUR_S) * HOUR_S
    arrive_a, arrive_b = real.arrive(), simulated.arrive()
    cycle_a, cycle_b = real.leave() - arrive_a, simulated.leave() - arrive_b
    least = min(cycle_a.min(), cycle_b.min())
    return {
        "NGD": gram_distance(real, simulated),
        "AED": earth(_hours(a - first), _hours(b - first)),
        "CED": circadian(a, b),
        "RED": earth(_hours(a - _since(real)), _hours(b - _since(simulated))),
        "CAR": earth(_hours(arrive_a - first), _hours(arrive_b - first)),
        "CTD": earth(_hours(cycle_a - least), _hours(cycle_b - least)),
    }


def earth(a: Floats, b: Floats) -> float:
    """First Wasserstein distance of two samples: the area between their distribution functions. O(n log n)."""
    a, b = np.sort(a), np.sort(b)
    both = np.sort(np.concatenate([a, b]), kind="stable")
    width = np.diff(both)
    cum_a = np.searchsorted(a, both[:-1], side="right") / a.size
    cum_b = np.searchsorted(b, both[:-1], side="right") / b.size
    return float(np.abs(cum_a - cum_b) @ width)


def circadian(a: Floats, b: Floats) -> float:
    """Mean over the days of the week of the distance between hours of the day, of moments `a` and `b`."""
    found = []
    for day in range(7):
        x, y = (np.floor(m[np.floor(m / 86_400.0) % 7 == day] % 86_400.0 / HOUR_S) for m in (a, b))
        found.append(earth(x, y) if x.size and y.size else 0.0 if x.size == y.size else 23.0)
    return float(np.mean(found))


def gram_distance(a: Trail, b: Trail) -> float:
    """Sum of absolute differences of 3-gram counts over their total; cases are padded at both ends."""
    base = 1 + int(max(a.act.max(), b.act.max()) + 1)
    grams = [_grams(t, base) for t in (a, b)]
    kinds, code = np.unique(np.concatenate(grams), return_inverse=True)
    n = [np.bincount(c, minlength=kinds.size) for c in (code[: grams[0].size], code[grams[0].size :])]
    return float(np.abs(n[0] - n[1]).sum() / (grams[0].size + grams[1].size))


def _grams(t: Trail, base: int) -> Ints:
    padded = np.zeros(t.act.size + 2 * t.n_cases + 2, dtype=np.int64)
    case = t.case()
    padded[np.arange(t.act.size) + 2 * (case + 1)] = t.act + 1
    grams: Ints = (padded[:-2] * base + padded[1:-1]) * base + padded[2:]
    return grams


def _both(t: Trail) -> Floats:
    return np.concatenate([t.begin, t.end])


def _since(t: Trail) -> Floats:
    first = np.repeat(t.arrive(), np.diff(t.case_start))
    return np.concatenate([first, first])


def _hours(seconds: Floats) -> Floats:
    found: Floats = np.floor(seconds / HOUR_S)
    return found
