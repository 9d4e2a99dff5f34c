"""Whose turn was it: which of those waiting was taken, the first come, the last come or the shortest."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def count_turns(ready: Floats, begin: Floats, work: Floats, apart: float, most: int) -> Ints:
    """Of the begins at which others waited too, how many took the one ready first, ready last, shortest: int64 (4,),
    the first being how many begins there were.

    Rows sorted by `begin`, all of one queue. Others count if they became ready `apart` seconds or more from it and at
    least so long before the begin; the longest queue looked at is `most`. O(n x queue). Slow twin:
    tests/naive_twin.py::count_turns.
    """
    found = np.zeros(4, dtype=np.int64)
    order = np.argsort(ready, kind="mergesort")
    waiting = np.empty(begin.size, dtype=np.int64)
    n, come = 0, 0
    for i in range(begin.size):
        while come < order.size and ready[order[come]] <= begin[i]:
            waiting[n] = order[come]
            n += 1
            come += 1
        kept, others, first, last, shortest = 0, 0, True, True, True
        for k in range(n):
            j = waiting[k]
            if j == i or begin[j] < begin[i] or (begin[j] == begin[i] and j < i):
                continue
            waiting[kept] = j
            kept += 1
            if (
                others >= most
                or begin[j] == begin[i]
                or abs(ready[j] - ready[i]) < apart
                or ready[j] > begin[i] - apart
            ):
                continue
            others += 1
            first = first and ready[i] < ready[j]
            last = last and ready[i] > ready[j]
            shortest = shortest and work[i] <= work[j]
        n = kept
        if others > 0:
            found[0] += 1
            found[1] += first
            found[2] += last
            found[3] += shortest
    return found
