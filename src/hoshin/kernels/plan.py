"""The arrays a simulation reads and writes: record layouts.

`Plan` is what a twin compiles to and is never changed; `State` is scratch and results of one run.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Records = NDArray[np.void]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIFO, LIFO, SHORTEST, PRIORITY, DEADLINE = range(5)
END = -1

# An activity. skill_lo:skill_hi are the resources that can do it (none: nobody is needed, it starts at once
# and takes a draw of `dist`). alt: the bot that takes a share alt_p of the tasks of cases with bit alt_bit
# (-1: all). exc_p: share of its runs that fail, exc_after s later handed to activity exc_to.
ACTIVITY = np.dtype(
    [("skill_lo", "i8"), ("skill_hi", "i8"), ("dist", "i8"), ("scale", "f8"), ("queue", "i8"), ("pause", "i8"),
     ("patience", "i8"), ("batch", "i8"), ("batch_wait", "f8"), ("together", "i8"), ("alt", "i8"), ("alt_p", "f8"),
     ("alt_bit", "i8"), ("exc_p", "f8"), ("exc_to", "i8"), ("exc_after", "f8"), ("boost", "f8"), ("stick", "f8"),
     ("label", "i8")]
)  # fmt: skip
SKILL = np.dtype([("res", "i8"), ("act", "i8"), ("dist", "i8"), ("weight", "f8"), ("scale", "f8")])
RESOURCE = np.dtype(
    [("skill_lo", "i8"), ("skill_hi", "i8"), ("capacity", "i8"), ("roster", "i8"), ("off_lo", "i8"), ("off_hi", "i8")]
)
# A way on from a routing state: cumulative probability, activity (END = the case ends), whether it starts
# beside the one before (par) or after every open task, the state it leads to, the delay before it queues
# (dist, clock: -1 wall, else a warp).
WAY = np.dtype(
    [("cum", "f8"), ("act", "i8"), ("par", "i8"), ("next", "i8"), ("delay", "i8"), ("clock", "i8"), ("scale", "f8")]
)

CASE = np.dtype(
    [("id", "i8"), ("state", "i8"), ("way", "i8"), ("step", "i8"), ("open", "i8"), ("last", "i8"), ("gone", "i8"),
     ("key", "u8")]
)  # fmt: skip
TASK = np.dtype(
    [("case", "i8"), ("act", "i8"), ("res", "i8"), ("occ", "i8"), ("enabled", "f8"), ("ready", "f8"), ("start", "f8"),
     ("key", "f8"), ("seq", "i8"), ("next", "i8"), ("prev", "i8"), ("mate", "i8"), ("stage", "i8"), ("gen", "i8"),
     ("elapsed", "f8")]
)  # fmt: skip
QUEUE = np.dtype(
    [("head", "i8"), ("tail", "i8"), ("size", "i8"), ("held", "i8"), ("held_tail", "i8"), ("n_held", "i8"),
     ("round", "i8")]
)  # fmt: skip
DUTY = np.dtype([("busy", "i8"), ("awake", "i8"), ("on", "i8"), ("until", "f8")])
HEAP = np.dtype([("t", "f8"), ("seq", "i8"), ("kind", "i8"), ("what", "i8"), ("gen", "i8")])
ROW = np.dtype(
    [("case", "i8"), ("act", "i8"), ("res", "i8"), ("enabled", "f8"), ("ready", "f8"), ("start", "f8"), ("end", "f8")]
)
# Sums over tasks that started after the warm-up, per activity; `late`: those that waited at all.
TALLY = np.dtype(
    [("n", "i8"), ("late", "i8"), ("lost", "i8"), ("failed", "i8"), ("delay", "f8"), ("wait", "f8"), ("span", "f8"),
     ("work", "f8")]
)  # fmt: skip
# A task open when a live run starts: started NOT_STARTED means it still waits, and queues from `ready` on.
OPEN = np.dtype(
    [("case", "i8"), ("act", "i8"), ("res", "i8"), ("enabled", "f8"), ("ready", "f8"), ("started", "f8"),
     ("done", "f8")]
)  # fmt: skip
NOT_STARTED = -1e300


class Plan(NamedTuple):
    """A compiled twin. `warp` float64 (n_warps, bins + 1): hour-of-week clocks, each rising 0 .. WEEK_S.

    `by_res` lists rows of `skills` by resource (RESOURCE.skill_lo:hi); `state_ptr` slices `ways`.
    """

    acts: Records
    skills: Records
    by_res: Ints
    res: Records
    state_ptr: Ints
    ways: Records
    dists: Records
    table: Floats
    cal_ptr: Ints
    cal_lo: Floats
    cal_hi: Floats
    off_lo: Floats
    off_hi: Floats
    warp: Floats


class Arrivals(NamedTuple):
    """Cases to come, by arrival time: float64 `t`, `priority` (lower first), `due`, int64 `state` (routing
    state to start in), `bits` (which automations may take it), `key` uint64 (random stream), and `open` (OPEN
    records of the first cases, when a run starts live)."""

    t: Floats
    priority: Floats
    due: Floats
    state: Ints
    bits: Ints
    key: NDArray[np.uint64]
    open: Records


class State(NamedTuple):
    """Scratch and results of a run. `n` int64: see the N_ constants; `sums` float64: work in progress x s."""

    cases: Records
    occ: NDArray[np.int32]
    tasks: Records
    heap: Records
    queues: Records
    duty: Records
    rows: Records
    end: Floats
    status: NDArray[np.int8]
    tally: Records
    used: Floats
    n: Ints
    sums: Floats


(N_HEAP, N_SEQ, N_TASKS, FREE_TASK, N_CASES, FREE_CASE, N_ROWS, N_EVENTS, OVERFLOW, WIP, N_STARTED, N_LABELS,
 N_OPEN, N_BINS, MAX_HEAP, MAX_TASKS, MAX_CASES, MAX_ROWS, N_COUNTS) = range(19)  # fmt: skip
RUNNING, DONE, ABANDONED, ENDLESS = range(4)
