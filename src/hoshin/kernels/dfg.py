"""Counts and times over directly-follows pairs."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def count_follows(activity: NDArray[np.int32], case_start: NDArray[np.int64], n_act: int) -> NDArray[np.int64]:
    """Count how often activity b directly follows a within a case.

    `activity` int32 (n_events,) sorted by case then time, codes in [0, n_act); `case_start` int64
    (n_cases + 1,). Returns int64 (n_act, n_act), row = from. O(n_events). The caller checks bounds.
    Source: van der Aalst, Process Mining (2016), ch. 6. Slow twin: tests/naive.py::count_follows.
    """
    follows = np.zeros((n_act, n_act), dtype=np.int64)
    for c in range(case_start.size - 1):
        for e in range(case_start[c], case_start[c + 1] - 1):
            follows[activity[e], activity[e + 1]] += 1
    return follows


@njit(cache=True, nogil=True)
def pair_gaps(
    activity: NDArray[np.int32],
    begin_ns: NDArray[np.int64],
    end_ns: NDArray[np.int64],
    case_start: NDArray[np.int64],
    n_act: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Gap between the end of an event and the begin of the next one, grouped by pair of activities.

    Returns `offsets` int64 (n_act * n_act + 1,) and `gap_ns` int64 (n_pairs,): the gaps of pair
    (a, b) stand at gap_ns[offsets[a * n_act + b] : offsets[a * n_act + b + 1]], in log order. An
    overlap counts as no gap. O(n_events + n_act^2). Slow twin: tests/naive.py::pair_gaps.
    """
    offsets = np.zeros(n_act * n_act + 1, dtype=np.int64)
    for c in range(case_start.size - 1):
        for e in range(case_start[c], case_start[c + 1] - 1):
            offsets[np.int64(activity[e]) * n_act + activity[e + 1] + 1] += 1
    for p in range(n_act * n_act):
        offsets[p + 1] += offsets[p]
    gap_ns = np.empty(offsets[-1], dtype=np.int64)
    free = offsets[:-1].copy()
    for c in range(case_start.size - 1):
        for e in range(case_start[c], case_start[c + 1] - 1):
            p = np.int64(activity[e]) * n_act + activity[e + 1]
            gap_ns[free[p]] = max(begin_ns[e + 1] - end_ns[e], 0)
            free[p] += 1
    return offsets, gap_ns


@njit(cache=True, nogil=True)
def count_ends(
    activity: NDArray[np.int32], case_start: NDArray[np.int64], n_act: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many cases start, and end, with each activity: two int64 (n_act,). Empty cases count nowhere."""
    first = np.zeros(n_act, dtype=np.int64)
    last = np.zeros(n_act, dtype=np.int64)
    for c in range(case_start.size - 1):
        if case_start[c + 1] > case_start[c]:
            first[activity[case_start[c]]] += 1
            last[activity[case_start[c + 1] - 1]] += 1
    return first, last
