"""How long a task waited, and how much of that nobody's absence or other work explains."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hoshin.kernels.roster import segment

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def blocks(
    act: NDArray[np.int32], begin: Floats, end: Floats, case_start: Ints, beside: NDArray[np.bool_]
) -> tuple[Floats, Ints, NDArray[np.bool_]]:
    """When each event could have begun, as a simulation will have it: tasks of a case come in blocks, and a block
    is released when all tasks before it have ended.

    Events sorted by case, then begin. An event joins the block before it when it begins before the last end so far,
    or when it is concurrent (`beside` bool (n_act, n_act)) with each member. Returns the moment float64 (n,) (the
    case's first begin for its first block), the event int64 (n,) whose end released it (-1: none), and whether it
    joined bool (n,). Along a case, waits and spans then add up to its cycle time. O(sum of k^2).
    Slow twin: tests/naive_twin.py::blocks.
    """
    at = np.empty(begin.size)
    by = np.full(begin.size, -1, dtype=np.int64)
    joined = np.zeros(begin.size, dtype=np.bool_)
    for c in range(case_start.size - 1):
        first = case_start[c]
        block, last = first, first
        at[first] = begin[first]
        for i in range(first + 1, case_start[c + 1]):
            join = begin[i] < end[last]
            if not join:
                join = True
                for j in range(block, i):
                    if not beside[act[j], act[i]]:
                        join = False
                        break
            if join:
                at[i], by[i], joined[i] = at[block], by[block], True
            else:
                at[i], by[i], block = end[last], last, i
            if end[i] >= end[last]:
                last = i
    return at, by, joined


@njit(cache=True, nogil=True)
def pair_orders(
    act: NDArray[np.int32], begin: Floats, end: Floats, case_start: Ints, n_act: int
) -> tuple[Ints, Ints, Ints]:
    """Counts int64 (n_act, n_act): how often b directly follows a by begin; how often they then overlap; and in
    how many cases that hold a and b once each a begins first."""
    follows = np.zeros((n_act, n_act), dtype=np.int64)
    overlaps = np.zeros((n_act, n_act), dtype=np.int64)
    firsts = np.zeros((n_act, n_act), dtype=np.int64)
    times = np.zeros(n_act, dtype=np.int64)
    for c in range(case_start.size - 1):
        lo, hi = case_start[c], case_start[c + 1]
        for i in range(lo, hi):
            times[act[i]] += 1
        for i in range(lo, hi):
            if i > lo:
                follows[act[i - 1], act[i]] += 1
                if begin[i] < end[i - 1] and begin[i - 1] < end[i]:
                    overlaps[act[i - 1], act[i]] += 1
            if times[act[i]] == 1:
                for j in range(i + 1, min(hi, i + 60)):
                    if times[act[j]] == 1:
                        firsts[act[i], act[j]] += 1
        for i in range(lo, hi):
            times[act[i]] = 0
    return follows, overlaps, firsts


@njit(cache=True, nogil=True)
def load_at_start(res: NDArray[np.int32], begin: Floats, end: Floats, order: Ints, n_res: int, most: int) -> Ints:
    """How many tasks a resource has in hand when it begins another: counts int64 (n_res, most + 1), itself included.

    `order` sorts the events by begin. O(n x tasks in hand).
    """
    counts = np.zeros((n_res, most + 1), dtype=np.int64)
    hand = np.zeros((n_res, most))
    for k in range(order.size):
        i = order[k]
        r = res[i]
        if r < 0:
            continue
        n, free = 0, 0
        for j in range(most):
            if hand[r, j] > begin[i] + 1e-6:
                n += 1
            else:
                free = j
        hand[r, free] = end[i]
        counts[r, min(n + 1, most)] += 1
    return counts


@njit(cache=True, nogil=True)
def free_intervals(
    begin: Floats, end: Floats, capacity: int, since: float, until: float, roster: int, cal_ptr: Ints, cal_lo: Floats,
    cal_hi: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    """When one resource was on duty with a hand free in [since, until): sorted [lo, hi) intervals.

    `begin` sorted, `end` sorted on its own: the tasks in hand are those begun and not ended.
    """
    none = np.zeros(0)
    lo_list, hi_list = [since], [since]
    i = j = 0
    t, hand = since, 0
    while t < until:
        nxt = until
        if i < begin.size:
            nxt = min(nxt, begin[i])
        if j < end.size:
            nxt = min(nxt, end[j])
        while t < nxt:
            on, edge = segment(t, roster, cal_ptr, cal_lo, cal_hi, (0, 0), none, none)
            edge = min(edge, nxt)
            if on and hand < capacity:
                if hi_list[-1] == t:
                    hi_list[-1] = edge
                else:
                    lo_list.append(t)
                    hi_list.append(edge)
            t = edge
        while j < end.size and end[j] <= t:
            hand -= 1
            j += 1
        while i < begin.size and begin[i] <= t:
            hand += 1
            i += 1
        t = max(t, nxt)
    return np.array(lo_list), np.array(hi_list)


@njit(cache=True, nogil=True)
def unexplained(
    act: NDArray[np.int32], enabled: Floats, begin: Floats, able_ptr: Ints, able: Ints, free_ptr: Ints, free_lo: Floats,
    free_hi: Floats,
) -> Floats:  # fmt: skip
    """How long after `enabled` a task cannot have been ready: until somebody able was last free without taking it.

    0 when nobody able was free during the wait (a queue explains it all); begin - enabled when somebody was free
    to the last (nothing explains it). `able` lists resources by activity, `free_lo`, `free_hi` their free
    intervals. float64 (n,). O(n x able x log free).
    """
    delay = np.zeros(begin.size)
    for i in range(begin.size):
        if begin[i] <= enabled[i]:
            continue
        slack = min(60.0, 0.02 * (begin[i] - enabled[i]))
        last = enabled[i]
        for k in range(able_ptr[act[i]], able_ptr[act[i] + 1]):
            r = able[k]
            lo, hi = free_ptr[r], free_ptr[r + 1]
            while lo < hi:  # first interval that begins too late to matter
                mid = (lo + hi) // 2
                if free_lo[mid] < begin[i] - slack:
                    lo = mid + 1
                else:
                    hi = mid
            if lo > free_ptr[r]:
                last = max(last, min(free_hi[lo - 1], begin[i]))
        delay[i] = begin[i] - enabled[i] if last >= begin[i] - slack else last - enabled[i]
    return delay
