"""Which cases hold a pattern: one activity after another within a time, an activity done again."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def follows_within(
    activity: NDArray[np.int32],
    t_ns: NDArray[np.int64],
    case_start: NDArray[np.int64],
    is_from: NDArray[np.bool_],
    is_to: NDArray[np.bool_],
    min_ns: int,
    max_ns: int,
) -> NDArray[np.bool_]:
    """Cases where some event of `is_to` comes after one of `is_from`, `min_ns` to `max_ns` later.

    `activity` int32 and `t_ns` int64 (n_events,) sorted by case then time; `case_start` int64
    (n_cases + 1,); `is_from`, `is_to` bool (n_act,). Returns bool (n_cases,). Two pointers per case, so
    O(n_events): the latest `from` at least `min_ns` before an event leaves the smallest gap to it.
    Slow twin: tests/naive_filter.py::follows_within.
    """
    found = np.zeros(case_start.size - 1, dtype=np.bool_)
    for c in range(case_start.size - 1):
        latest, ahead = np.int64(-1), case_start[c]
        for e in range(case_start[c], case_start[c + 1]):
            while ahead < e and t_ns[e] - t_ns[ahead] >= min_ns:
                if is_from[activity[ahead]]:
                    latest = ahead
                ahead += 1
            if is_to[activity[e]] and latest >= 0 and t_ns[e] - t_ns[latest] <= max_ns:
                found[c] = True
                break
    return found


@njit(cache=True, nogil=True)
def directly_follows_within(
    activity: NDArray[np.int32],
    t_ns: NDArray[np.int64],
    case_start: NDArray[np.int64],
    is_from: NDArray[np.bool_],
    is_to: NDArray[np.bool_],
    min_ns: int,
    max_ns: int,
) -> NDArray[np.bool_]:
    """As `follows_within`, for neighbours only. O(n_events). Slow twin: tests/naive_filter.py::follows_within."""
    found = np.zeros(case_start.size - 1, dtype=np.bool_)
    for c in range(case_start.size - 1):
        for e in range(case_start[c] + 1, case_start[c + 1]):
            gap = t_ns[e] - t_ns[e - 1]
            if is_from[activity[e - 1]] and is_to[activity[e]] and min_ns <= gap <= max_ns:
                found[c] = True
                break
    return found


@njit(cache=True, nogil=True)
def repeats(
    activity: NDArray[np.int32], case_start: NDArray[np.int64], counts: NDArray[np.bool_], times: int
) -> NDArray[np.bool_]:
    """Cases where one activity of `counts`, bool (n_act,), occurs at least `times` times.

    `activity` int32 (n_events,), `case_start` int64 (n_cases + 1,). Returns bool (n_cases,). O(n_events).
    Slow twin: tests/naive_filter.py::repeats.
    """
    found = np.zeros(case_start.size - 1, dtype=np.bool_)
    seen = np.zeros(counts.size, dtype=np.int64)
    for c in range(case_start.size - 1):
        for e in range(case_start[c], case_start[c + 1]):
            a = activity[e]
            seen[a] += 1
            if counts[a] and seen[a] >= times:
                found[c] = True
        for e in range(case_start[c], case_start[c + 1]):
            seen[activity[e]] = 0
    return found


@njit(cache=True, nogil=True)
def loops(activity: NDArray[np.int32], case_start: NDArray[np.int64], counts: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cases where an activity of `counts`, bool (n_act,), directly follows itself. Returns bool (n_cases,).

    Slow twin: tests/naive_filter.py::loops.
    """
    found = np.zeros(case_start.size - 1, dtype=np.bool_)
    for c in range(case_start.size - 1):
        for e in range(case_start[c] + 1, case_start[c + 1]):
            if activity[e] == activity[e - 1] and counts[activity[e]]:
                found[c] = True
                break
    return found


@njit(cache=True, nogil=True)
def any_in_case(flag: NDArray[np.bool_], case_start: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Cases with at least one flagged event. `flag` bool (n_events,). Returns bool (n_cases,).

    Slow twin: tests/naive_filter.py::any_in_case.
    """
    found = np.zeros(case_start.size - 1, dtype=np.bool_)
    for c in range(case_start.size - 1):
        for e in range(case_start[c], case_start[c + 1]):
            if flag[e]:
                found[c] = True
                break
    return found
