"""When each activity instance became possible, and which activities run side by side."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def count_overlaps(
    activity: NDArray[np.int32],
    begin_ns: NDArray[np.int64],
    end_ns: NDArray[np.int64],
    case_start: NDArray[np.int64],
    n_act: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cases in which instances of a and b overlap in time, and cases that hold both.

    Events sorted by case, then end. Returns two symmetric int64 (n_act, n_act); the diagonal counts
    cases with two instances of the same activity. O(sum of k^2 over the k events of a case) at worst.
    Slow twin: tests/naive_waiting.py::overlaps.
    """
    overlap = np.zeros((n_act, n_act), dtype=np.int64)
    both = np.zeros((n_act, n_act), dtype=np.int64)
    seen_overlap = np.full((n_act, n_act), -1, dtype=np.int64)
    seen_both = np.full((n_act, n_act), -1, dtype=np.int64)
    for c in range(case_start.size - 1):
        for i in range(case_start[c], case_start[c + 1]):
            for j in range(case_start[c], i):
                a, b = activity[i], activity[j]
                if seen_both[a, b] != c:
                    seen_both[a, b] = seen_both[b, a] = c
                    both[a, b] += 1
                    if a != b:
                        both[b, a] += 1
                if begin_ns[i] < end_ns[j] and begin_ns[j] < end_ns[i] and seen_overlap[a, b] != c:
                    seen_overlap[a, b] = seen_overlap[b, a] = c
                    overlap[a, b] += 1
                    if a != b:
                        overlap[b, a] += 1
    return overlap, both


@njit(cache=True, nogil=True)
def find_enabler(
    activity: NDArray[np.int32],
    begin_ns: NDArray[np.int64],
    end_ns: NDArray[np.int64],
    case_start: NDArray[np.int64],
    concurrent: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The event that enabled each event, and when: `enabler` int64 (n,) with -1 for none, `enabled_ns` int64 (n,).

    Events sorted by case, then end. The enabler is the last event of the case to end at or before the
    begin of this one whose activity is not `concurrent`, bool (n_act, n_act), with it. An event without
    one was possible when its case began. O(n * overlap). Slow twin: tests/naive_waiting.py::enablers.
    """
    enabler = np.full(activity.size, -1, dtype=np.int64)
    enabled = np.empty(activity.size, dtype=np.int64)
    for c in range(case_start.size - 1):
        first, last = case_start[c], case_start[c + 1]
        if first == last:
            continue
        arrival = begin_ns[first]
        for e in range(first, last):
            arrival = min(arrival, begin_ns[e])
        for e in range(first, last):
            enabled[e] = arrival
            for j in range(e - 1, first - 1, -1):
                if end_ns[j] <= begin_ns[e] and not concurrent[activity[j], activity[e]]:
                    enabler[e] = j
                    enabled[e] = end_ns[j]
                    break
    return enabler, enabled
