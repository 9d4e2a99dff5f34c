"""Weekly duty rosters with absences: when is a resource at work, and when does its work end.

Times are float64 seconds since a Monday 00:00. A roster is a slice of sorted, disjoint intervals
[lo, hi) in seconds of the week; absences are absolute intervals. Roster -1 is round the clock.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hoshin.kernels.compiled import uncounted

WEEK_S = 604_800.0
# An absence that begins at -FOREVER_S or ends at FOREVER_S: not there yet, or gone for good.
FOREVER_S = 1e15
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@uncounted
def segment(
    t: float, roster: int, cal_ptr: Ints, cal_lo: Floats, cal_hi: Floats, off: tuple[int, int], off_lo: Floats,
    off_hi: Floats,
) -> tuple[bool, float]:  # fmt: skip
    """Whether on duty at `t`, and until when that holds at least.

    `roster` indexes `cal_ptr`; `off` is the slice of absences in `off_lo`, `off_hi`. O(log intervals).
    An empty roster is off for ever (until inf). Slow twin: tests/naive_twin.py::on_duty.
    """
    on, until = True, np.inf
    if roster >= 0:
        first, last = cal_ptr[roster], cal_ptr[roster + 1]
        if first == last:
            return False, np.inf
        base = np.floor(t / WEEK_S) * WEEK_S
        w = t - base
        lo, hi = first, last
        while lo < hi:  # first interval that ends after w
            mid = (lo + hi) // 2
            if cal_hi[mid] > w:
                hi = mid
            else:
                lo = mid + 1
        if lo == last:
            on, until = False, base + WEEK_S + cal_lo[first]
        elif cal_lo[lo] <= w:
            until = base + cal_hi[lo]
        else:
            on, until = False, base + cal_lo[lo]
    lo, hi = off
    end = hi
    while lo < hi:
        mid = (lo + hi) // 2
        if off_hi[mid] > t:
            hi = mid
        else:
            lo = mid + 1
    if lo < end:
        if off_lo[lo] <= t:
            return False, off_hi[lo]
        if on:
            until = min(until, off_lo[lo])
    return on, until


@uncounted
def next_on(
    t: float, roster: int, cal_ptr: Ints, cal_lo: Floats, cal_hi: Floats, off: tuple[int, int], off_lo: Floats,
    off_hi: Floats,
) -> float:  # fmt: skip
    """Earliest moment on duty at or after `t`; inf if there is none. Slow twin: tests/naive_twin.py::next_on."""
    while t < np.inf:
        on, until = segment(t, roster, cal_ptr, cal_lo, cal_hi, off, off_lo, off_hi)
        if on:
            return t
        t = until
    return t


@uncounted
def add_work(
    t: float, work: float, roster: int, cal_ptr: Ints, cal_lo: Floats, cal_hi: Floats, off: tuple[int, int],
    off_lo: Floats, off_hi: Floats,
) -> float:  # fmt: skip
    """When `work` seconds on duty, begun at `t`, are done. Slow twin: tests/naive_twin.py::add_work."""
    while t < np.inf:
        on, until = segment(t, roster, cal_ptr, cal_lo, cal_hi, off, off_lo, off_hi)
        if on:
            if t + work <= until:
                return t + work
            work -= until - t
        t = until
    return t


@njit(cache=True, nogil=True)
def work_between(begin: Floats, end: Floats, roster: Ints, cal_ptr: Ints, cal_lo: Floats, cal_hi: Floats) -> Floats:
    """Seconds on duty in [begin, end) for each row; `roster` int64 (n,). Slow twin: tests/naive_twin.py."""
    done = np.zeros(begin.size)
    none = np.zeros(0)
    for i in range(begin.size):
        t = begin[i]
        while t < end[i]:
            on, until = segment(t, roster[i], cal_ptr, cal_lo, cal_hi, (0, 0), none, none)
            until = min(until, end[i])
            if on:
                done[i] += until - t
            t = until
    return done
