"""Delays that neither queue nor shift explains: how long until a task is ready, from what its wait leaves open.

A task that began after a wait was ready at some moment between the last one at which somebody able was free and left
it, and its begin: an interval, not a number. The distribution is the non-parametric maximum likelihood estimate for
such data. Source: Turnbull, The empirical distribution function with arbitrarily grouped, censored and truncated
data (1976), by its self-consistency (EM) steps.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hoshin.twin.clocks import on_clock
from hoshin.twin.model import Delay, Duration
from hoshin.twin.observe import Tasks
from hoshin.twin.turns import Line, line_of

Floats = NDArray[np.float64]
LEAST_ROWS = 10
MOST_ROWS = 4000
BINS = 48
ROUNDS = 100
VALUES = 500
AT_ONCE_S = 1.0
SHARED = -2
# An exact moment counts as known to this, so that its probability can be compared between clocks.
KNOWN_TO_S = 900.0


class Spread(NamedTuple):
    """Shares float64 (bins + 1,) of the bins between `edges`, the first of them at once; `fit`: mean log likelihood."""

    share: Floats
    edges: Floats
    fit: float


def find_delays(tasks: Tasks, ready: Floats, clock: list[float]) -> dict[str, Delay]:
    """A delay for each pair 'before>activity' whose tasks wait for more than people, on the wall clock or on `clock`
    (called "starts"), whichever makes the log more likely.

    `ready` float64 (n,): the earliest moment at which each task can have been ready. Pairs seen less than 10 times
    share the activity's. Tasks of the log's first and last days, when work of cases outside it is not seen, are left
    out.
    """
    names = tasks.log.activities
    first = np.zeros(tasks.act.size, dtype=np.bool_)
    first[tasks.case_start[:-1]] = True
    prior = np.where(first, -1, np.roll(tasks.act, 1))
    seen = _in_full_view(tasks)
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, key in enumerate(zip(prior.tolist(), tasks.act.tolist())):
        groups[key].append(i)
    kept: dict[tuple[int, int], NDArray[np.int64]] = {}
    source: dict[tuple[int, int], tuple[int, int]] = {}
    for (p, a), members in groups.items():
        mine = np.array(members)
        mine = mine[seen[mine]] if seen[mine].sum() >= LEAST_ROWS else mine
        rare = mine.size < LEAST_ROWS and p >= 0
        source[p, a] = (SHARED, a) if rare else (p, a)
        kept.setdefault(source[p, a], np.flatnonzero((tasks.act == a) & ~first) if rare else mine)
    waits = {key: rows for key, rows in kept.items() if _is_late(tasks, rows, ready)}
    late = sorted({a for _, a in waits})
    lines = {a: line_of(tasks, a, ~np.isin(tasks.act, late)) for a in late}
    found = {key: _delay(tasks, rows, ready, lines[key[1]], clock) for key, rows in waits.items()}
    return {f"{names[p] if p >= 0 else ''}>{names[a]}": found[key] for (p, a), key in source.items() if key in found}


def _in_full_view(tasks: Tasks) -> NDArray[np.bool_]:
    """Which tasks began after nearly every case of before the log had ended, and before its last case arrived."""
    arrive = tasks.arrive()
    long = np.quantile(tasks.leave() - arrive, 0.95)
    return np.asarray((tasks.enabled >= arrive.min() + long) & (tasks.begin <= arrive.max()))


def _is_late(tasks: Tasks, rows: NDArray[np.int64], ready: Floats) -> bool:
    """Whether enough of these tasks were surely not ready at once."""
    wait = np.maximum(ready[rows] - tasks.enabled[rows], 0.0)
    late = int((wait > AT_ONCE_S).sum())
    return late >= max(5, 0.005 * rows.size) and float(wait.mean()) > 1.0


def _delay(tasks: Tasks, rows: NDArray[np.int64], ready: Floats, line: Line | None, clock: list[float]) -> Delay:
    """The delay of `rows`, ready at `ready` at the earliest; in turn, where they stand in a `line`."""
    if rows.size > MOST_ROWS:
        rows = rows[np.linspace(0, rows.size - 1, MOST_ROWS).astype(np.int64)]
    since, low, high = tasks.enabled[rows], np.maximum(ready[rows], tasks.enabled[rows]), tasks.begin[rows]
    if line is not None:
        later, sooner = line.bounds(high)
        later = np.maximum(low, later)
        fits = later <= sooner
        low, high = np.where(fits, later, low), np.where(fits, sooner, high)
    free = low - since <= AT_ONCE_S  # ready at once, for all we know
    spare = np.where(free, 0.0, np.maximum(KNOWN_TO_S - (high - low), 0.0) / 2)
    wall = spread(low - since - spare, high - since + spare, low - since)
    begun = on_clock(clock, since)
    clocked = [on_clock(clock, moments) - begun for moments in (low - spare, high + spare, low)]
    week = spread(*clocked)
    if wall.fit >= week.fit:
        return Delay(_values(wall))
    return Delay(_values(week), "starts")


def spread(low: Floats, high: Floats, start: Floats) -> Spread:
    """The distribution of a delay known to lie in [low, high]; `start`: where to look first. All float64 (n,)."""
    later = np.concatenate([start, (low + high) / 2])
    later = later[later > AT_ONCE_S]
    edges = np.unique(np.quantile(later, np.linspace(0, 1, BINS + 1))) if later.size else np.array([1.0, 2.0])
    edges = np.unique(np.concatenate([[AT_ONCE_S], edges, [max(high.max(), edges[-1] + 1.0)]]))
    inside = _coverage(low, high, edges)
    begin = np.bincount(np.searchsorted(edges, start, side="left"), minlength=edges.size)[: edges.size]
    share = 0.98 * begin / begin.sum() + 0.02 / edges.size
    for _ in range(ROUNDS):
        weight = inside * share
        share = (weight / np.maximum(weight.sum(1, keepdims=True), 1e-300)).mean(0)
    fit = np.log(np.maximum((inside * share).sum(1), 1e-12)).mean()
    return Spread(share, edges, float(fit))


def _coverage(low: Floats, high: Floats, edges: Floats) -> Floats:
    """How much of each bin an interval covers, float64 (n, bins + 1); the first bin is "at once"."""
    width = np.diff(edges)
    upto = np.clip((high[:, None] - edges[None, :-1]) / width, 0.0, 1.0)
    after = np.clip((low[:, None] - edges[None, :-1]) / width, 0.0, 1.0)
    at_once = ((low <= AT_ONCE_S) & (high >= 0)).astype(float)
    return np.concatenate([at_once[:, None], upto - after], axis=1)


def _values(found: Spread) -> Duration:
    """Equally likely values."""
    total = np.concatenate([[0.0], np.cumsum(found.share)])
    points = np.concatenate([[0.0], found.edges])
    u = (np.arange(VALUES) + 0.5) / VALUES * total[-1]
    values = np.interp(u, total, points)
    values[u < found.share[0]] = 0.0
    mean = float((found.share[1:] * (found.edges[1:] + found.edges[:-1])).sum() / 2 / total[-1])
    if values.mean() > 0:
        values *= mean / values.mean()
    return Duration("empirical", values=[round(float(v), 3) for v in values])
