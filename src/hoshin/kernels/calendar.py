"""Working time before an instant, for many instants and calendars at once."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def worked_before(
    t_ns: NDArray[np.int64],
    which: NDArray[np.int32],
    open_ns: NDArray[np.int64],
    close_ns: NDArray[np.int64],
    before_ns: NDArray[np.int64],
    first: NDArray[np.int64],
    grid: NDArray[np.int32],
    grid_spec: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Working nanoseconds before each instant: int64 (n,), non-decreasing in `t_ns`.

    `t_ns` int64 (n,); `which` int32 (n,) names the calendar of each instant, or int32 (1,) one for all.
    Calendar k owns the sorted, disjoint intervals `first[k]:first[k + 1]` of `open_ns` and `close_ns`,
    the last a sentinel beyond all instants; `before_ns` is the time worked before each opens.
    `grid_spec` int64 (n_calendars, 3) = origin in ns, bits of the bin width, first bin in `grid`; a bin
    holds the number of the first interval that closes after the bin starts. O(n) expected.
    Slow twin: tests/naive_calendar.py::worked.
    """
    out = np.empty(t_ns.size, dtype=np.int64)
    same = which.size == 1
    for n in range(t_ns.size):
        k = which[0] if same else which[n]
        t = t_ns[n]
        last_bin = (grid_spec[k + 1, 2] if k + 1 < grid_spec.shape[0] else grid.size) - grid_spec[k, 2] - 1
        b = (t - grid_spec[k, 0]) >> grid_spec[k, 1]
        b = min(max(b, 0), last_bin)
        i = first[k] + grid[grid_spec[k, 2] + b]
        while close_ns[i] <= t:
            i += 1
        out[n] = before_ns[i] + (t - open_ns[i] if t > open_ns[i] else 0)
    return out


@njit(cache=True, nogil=True)
def instant_after(
    target_ns: NDArray[np.int64],
    which: NDArray[np.int32],
    open_ns: NDArray[np.int64],
    before_ns: NDArray[np.int64],
    first: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Earliest instant by which `target_ns` working nanoseconds have passed: the inverse of `worked_before`.

    `target_ns` int64 (n,), positive and at most the total of the calendar; the rest as in
    `worked_before`. O(n log intervals). Slow twin: tests/naive_calendar.py::due.
    """
    out = np.empty(target_ns.size, dtype=np.int64)
    same = which.size == 1
    for n in range(target_ns.size):
        k = which[0] if same else which[n]
        lo, hi = first[k], first[k + 1] - 1
        while hi - lo > 1:
            middle = (lo + hi) // 2
            if before_ns[middle] < target_ns[n]:
                lo = middle
            else:
                hi = middle
        out[n] = open_ns[lo] + (target_ns[n] - before_ns[lo])
    return out
