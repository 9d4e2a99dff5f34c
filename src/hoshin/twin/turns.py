"""Queue disciplines read off the log: who is taken when several wait."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels import turns as kernel
from hoshin.twin.observe import Tasks

Floats = NDArray[np.float64]
LEAST_TURNS = 100
MOST_WAITING = 1000
SURE = 0.8
APART_S = 1.0


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
