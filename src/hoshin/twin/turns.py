"""Queue disciplines read off the log: who is taken when several wait."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hoshin.kernels import turns as kernel
from hoshin.twin.observe import Tasks

Floats = NDArray[np.float64]
LEAST_TURNS = 100
MOST_WAITING = 1000
SURE = 0.8
APART_S = 1.0
# So many tasks taken before and after are compared.
NEIGHBOURS = 50


class Line(NamedTuple):
    """Tasks taken in turn: `begin` float64 (n,) sorted; by how many of them had begun, float64 (n + 1,), when the
    latest ready of those taken shortly `before` was, and the earliest of those taken shortly `after`."""

    begin: Floats
    before: Floats
    after: Floats

    def bounds(self, begin: Floats) -> tuple[Floats, Floats]:
        """Earliest and latest moment at which tasks of this line that began at `begin` can have been ready: after
        those taken before them, and before those left waiting for later."""
        low = self.before[np.searchsorted(self.begin, begin, side="left")]
        return low, np.minimum(begin, self.after[np.searchsorted(self.begin, begin, side="right")])


def line_of(tasks: Tasks, activity: int, plain: NDArray[np.bool_]) -> Line | None:
    """The line of those who do `activity`, from the `plain` tasks that the same people do, which are ready when they
    are enabled; None where the log does not show that they take what came first."""
    able = np.zeros((len(tasks.log.activities), len(tasks.log.resources)), dtype=np.bool_)
    known = tasks.res >= 0
    able[tasks.act[known], tasks.res[known]] = True
    same = (able == able[activity]).all(1)
    others = np.flatnonzero(plain & known & same[tasks.act])
    others = others[np.argsort(tasks.begin[others], kind="stable")]
    begin, ready = tasks.begin[others], tasks.enabled[others]
    n, first, _, _ = kernel.count_turns(ready, begin, np.zeros(begin.size), APART_S, MOST_WAITING)
    if n < LEAST_TURNS or first < SURE * n:
        return None
    edge = np.full(NEIGHBOURS, np.inf)
    before = sliding_window_view(np.concatenate([-edge, ready]), NEIGHBOURS).max(1)
    after = sliding_window_view(np.concatenate([ready, edge]), NEIGHBOURS).min(1)
    return Line(begin, before, after)


def queue_of(tasks: Tasks, ready: Floats, work: Floats, activity: int) -> str:
    """fifo, lifo or shortest, for `activity`: what at least four of five choices among several followed, and more of
    them than followed first come, first served; else fifo, which also stands for no rule at all."""
    rows = np.flatnonzero((tasks.act == activity) & (tasks.res >= 0))
    rows = rows[np.argsort(tasks.begin[rows], kind="stable")]
    ready_at = np.minimum(ready[rows], tasks.begin[rows])
    n, first, last, shortest = kernel.count_turns(ready_at, tasks.begin[rows], work[rows], APART_S, MOST_WAITING)
    if n < LEAST_TURNS:
        return "fifo"
    name, hits = max((("fifo", first), ("lifo", last), ("shortest", shortest)), key=lambda pair: pair[1])
    return name if hits >= SURE * n else "fifo"
