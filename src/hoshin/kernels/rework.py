"""Which events repeat work that the case has already had."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

FIRST, SELF_LOOP, RETURN = 0, 1, 2


@njit(cache=True, nogil=True)
def flag_repeats(activity: NDArray[np.int32], case_start: NDArray[np.int64], n_act: int) -> NDArray[np.int8]:
    """Per event int8 (n_events,): 0 first time in its case, 1 directly after itself, 2 back after other work.

    `activity` int32 (n_events,) with codes in [0, n_act), `case_start` int64 (n_cases + 1,). O(n_events).
    Slow twin: tests/naive.py::flag_repeats.
    """
    flag = np.zeros(activity.size, dtype=np.int8)
    seen = np.full(n_act, -1, dtype=np.int64)
    for c in range(case_start.size - 1):
        for e in range(case_start[c], case_start[c + 1]):
            a = activity[e]
            if seen[a] == c:
                flag[e] = 1 if activity[e - 1] == a else 2
            seen[a] = c
    return flag


@njit(cache=True, nogil=True)
def distinct_per_case(code: NDArray[np.int32], case_start: NDArray[np.int64], n_codes: int) -> NDArray[np.int64]:
    """How many different codes each case has, -1 not counted: int64 (n_cases,). O(n_events)."""
    found = np.zeros(case_start.size - 1, dtype=np.int64)
    seen = np.full(n_codes, -1, dtype=np.int64)
    for c in range(case_start.size - 1):
        for e in range(case_start[c], case_start[c + 1]):
            if code[e] >= 0 and seen[code[e]] != c:
                seen[code[e]] = c
                found[c] += 1
    return found
