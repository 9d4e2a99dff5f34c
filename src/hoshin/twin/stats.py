"""Sufficient statistics of a process: integer counts per day that are updated event by event and added up.

Everything is a count in a cell of a day, so statistics of different cases add up to those of all of them, the
order in which cases interleave does not matter, and forgetting is a weight per day at the time of reading.
Durations are counted in logarithmic bins, eight per octave: a mean or quantile is right to about 4 %.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.roster import work_between
from hoshin.twin.model import Twin
from hoshin.twin.observe import Tasks

Floats = NDArray[np.float64]
Cell = tuple[int, ...]
DAY_S, HOUR_S = 86_400.0, 3600.0
PER_OCTAVE = 8
START, BEFORE_START, END = -1, -2, -1
ARRIVAL, ROUTE, WORK, WAIT, DUTY, CYCLE, ENTRY = range(7)


class Done(NamedTuple):
    """One completed task, as a stream would bring it; moments and seconds. `last`: its case ends with it."""

    case: int
    act: int
    res: int
    begin: float
    end: float
    work: float
    last: bool


class Open(NamedTuple):
    """A case under way: when it arrived, when its last task ended, and its last two activities."""

    arrive: float
    end: float
    before: int
    last: int


@dataclass(slots=True)
class Stats:
    """`days`: per day (number since the first Monday) the counts of its cells:

    (ARRIVAL, hour of day); (ROUTE, activity before the last, last, next: END at the end of a case) on the day the
    next ends; (WORK, activity, resource, bin); (WAIT, activity, bin) since the case's previous task; (DUTY,
    resource, hour of day) of ends; (CYCLE, bin) of cases done; (ENTRY,) of cases whose first task ended: unlike
    arrivals, complete at once. `open`: the cases under way by number; `touched`: the days whose counts changed.
    """

    days: dict[int, Counter[Cell]] = field(default_factory=lambda: defaultdict(Counter))
    open: dict[int, Open] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)

    def add(self, task: Done) -> None:
        """Count one task; those of a case come in the order of their ends."""
        case, act, res, begin, end, work, last = task
        day, at = int(end // DAY_S), int(begin // DAY_S)
        today, then = self.days[day], self.days[at]
        self.touched |= {day, at}
        known = self.open.get(case)
        if known is None:
            known = Open(begin, begin, BEFORE_START, START)
            then[ARRIVAL, int(begin % DAY_S // HOUR_S)] += 1
            today[ENTRY,] += 1
        else:
            then[WAIT, act, bin_of(begin - known.end)] += 1
        today[ROUTE, known.before, known.last, act] += 1
        today[WORK, act, res, bin_of(work)] += 1
        if res >= 0:
            today[DUTY, res, int(end % DAY_S // HOUR_S)] += 1
        if last:
            today[ROUTE, known.last, act, END] += 1
            today[CYCLE, bin_of(end - known.arrive)] += 1
            self.open.pop(case, None)
        else:
            self.open[case] = Open(known.arrive, end, known.last, act)

    def __add__(self, other: Stats) -> Stats:
        """Statistics of both; the two have seen different cases."""
        both = Stats()
        for part in (self, other):
            for day, cells in part.days.items():
                both.days[day].update(cells)
            both.touched |= set(part.days)
            both.open.update(part.open)
        return both

    def forget(self, before_day: int) -> None:
        """Drop the days before."""
        for day in [d for d in self.days if d < before_day]:
            del self.days[day]
            self.touched.add(day)

    def weighted(self, kind: int, *, today: int, half_life_days: float) -> dict[Cell, float]:
        """Counts of the cells of `kind`, each day's halved for every `half_life_days` it lies before `today`."""
        found: dict[Cell, float] = defaultdict(float)
        for day, cells in self.days.items():
            weight = 0.5 ** ((today - day) / half_life_days)
            for cell, n in cells.items():
                if cell[0] == kind:
                    found[cell[1:]] += n * weight
        return dict(found)

    def cycle_quantile_s(self, share: float, now: float) -> float:
        """Quantile of the cycle time, the ages of open cases at `now` counted as censored (Kaplan & Meier 1958);
        infinite when fewer than `share` are known to have ended."""
        done = self.weighted(CYCLE, today=0, half_life_days=np.inf)
        ages = Counter(bin_of(now - o.arrive) for o in self.open.values())
        at_risk, alive = sum(done.values()) + sum(ages.values()), 1.0
        for b in sorted({c[0] for c in done} | set(ages)):
            n = done.get((b,), 0.0)
            alive *= 1 - n / at_risk
            if alive <= 1 - share + 1e-12:
                return seconds_of(b)
            at_risk -= n + ages[b]
        return float("inf")


def bin_of(seconds: float) -> int:
    """Number of the logarithmic bin: 0 below a second.

    >>> bin_of(0.5), bin_of(1.0), bin_of(2.0), bin_of(3600.0)
    (0, 1, 9, 95)
    """
    return math.floor(PER_OCTAVE * math.log2(seconds) + 1e-9) + 1 if seconds >= 1 else 0


def seconds_of(number: int) -> float:
    """The middle of a bin, in seconds."""
    return 0.0 if number == 0 else float(2 ** ((number - 0.5) / PER_OCTAVE))


def done_tasks(tasks: Tasks, twin: Twin) -> list[Done]:
    """The tasks of a log in the order of their ends. Work is the time on duty, by the rosters of `twin`."""
    work = worked(tasks, twin)
    case = tasks.case()
    order = np.lexsort((case, tasks.begin, tasks.end))
    last = np.zeros(case.size, dtype=np.bool_)
    last[order[_last_of(case[order])]] = True
    columns = (case, tasks.act, tasks.res, tasks.begin, tasks.end, work, last)
    return [Done(*row) for row in zip(*(c[order].tolist() for c in columns), strict=True)]


def worked(tasks: Tasks, twin: Twin) -> Floats:
    """Seconds on duty from begin to end of each task; all of them where the roster knows of none."""
    number = {name: i for i, name in enumerate(twin.rosters)}
    roster_of = {r.name: number.get(r.roster, -1) for r in twin.resources}
    roster = np.array([roster_of.get(name, -1) for name in tasks.log.resources] + [-1], dtype=np.int64)[tasks.res]
    weeks = list(twin.rosters.values())
    edges = np.cumsum([0, *(len(week) for week in weeks)]).astype(np.int64)
    lo, hi = (np.array([pair[k] for week in weeks for pair in week], dtype=np.float64) for k in (0, 1))
    done = work_between(tasks.begin, tasks.end, roster, edges, lo, hi)
    return np.where(done > 0, done, tasks.end - tasks.begin)


def stats_of(done: list[Done]) -> Stats:
    """The statistics of many tasks at once: what `add` makes of them one by one."""
    made = Stats()
    if not done:
        return made
    case, act, res, begin, end, work, last = (np.array(column) for column in zip(*done, strict=True))
    order = np.argsort(case, kind="stable")
    c = case[order]
    first = np.append(True, c[1:] != c[:-1])
    second = np.append(True, first[:-1]) & ~first
    a, b, e = act[order], begin[order], end[order]
    prior = np.where(first, START, np.roll(a, 1))
    before = np.where(first, BEFORE_START, np.where(second, START, np.roll(a, 2)))
    at, day = (b // DAY_S).astype(int), (e // DAY_S).astype(int)
    arrive = b[np.maximum.accumulate(np.where(first, np.arange(c.size), 0))]
    gone, on = last[order].astype(bool), res[order] >= 0
    _count(made, ARRIVAL, at[first], (b[first] % DAY_S // HOUR_S).astype(int))
    _count(made, ENTRY, day[first])
    _count(made, ROUTE, day, before, prior, a)
    _count(made, ROUTE, day[gone], prior[gone], a[gone], np.full(int(gone.sum()), END))
    _count(made, WORK, day, a, res[order], _bins(work[order]))
    _count(made, WAIT, at[~first], a[~first], _bins((b - np.roll(e, 1))[~first]))
    _count(made, DUTY, day[on], res[order][on], (e[on] % DAY_S // HOUR_S).astype(int))
    _count(made, CYCLE, day[gone], _bins((e - arrive)[gone]))
    for i in np.flatnonzero(np.append(c[1:] != c[:-1], True) & ~gone):
        made.open[int(c[i])] = Open(float(arrive[i]), float(e[i]), int(prior[i]), int(a[i]))
    return made


def _count(stats: Stats, kind: int, *columns: NDArray[Any]) -> None:
    rows, n = np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)
    for (day, *cell), k in zip(rows.tolist(), n.tolist(), strict=True):
        stats.days[day][kind, *cell] += k
        stats.touched.add(day)


def _bins(seconds: Floats) -> NDArray[np.int64]:
    safe = np.maximum(seconds, 1.0)
    return np.where(seconds >= 1, np.floor(PER_OCTAVE * np.log2(safe) + 1e-9).astype(np.int64) + 1, 0)


def _last_of(case: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of the last row of each case."""
    _, place = np.unique(case[::-1], return_index=True)
    found: NDArray[np.int64] = case.size - 1 - place
    return found
