"""Order events by case, then time, then source order, in linear time when the source nearly is."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def is_ordered(case: NDArray[np.int32], t_ns: NDArray[np.int64]) -> bool:
    """Whether events already stand by case code (0, 1, 2 ... without gaps backwards) and time.

    `case` int32 (n,), `t_ns` int64 (n,). O(n). Slow twin: tests/naive.py::is_ordered.
    """
    for e in range(1, case.size):
        if case[e] < case[e - 1] or (case[e] == case[e - 1] and t_ns[e] < t_ns[e - 1]):
            return False
    return True


@njit(cache=True, nogil=True)
def case_offsets(case: NDArray[np.int32], n_cases: int) -> NDArray[np.int64]:
    """First event of every case: int64 (n_cases + 1,). `case` int32 (n,) with codes in [0, n_cases)."""
    start = np.zeros(n_cases + 1, dtype=np.int64)
    for e in range(case.size):
        start[case[e] + 1] += 1
    for c in range(n_cases):
        start[c + 1] += start[c]
    return start


@njit(cache=True, nogil=True)
def order_by_case_time(
    case: NDArray[np.int32], t_ns: NDArray[np.int64], case_start: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Stable permutation that sorts events by case code, then time.

    A counting sort by case, then a stable sort of only those cases whose times are out of order.
    `case` int32 (n,), `t_ns` int64 (n,), `case_start` int64 (n_cases + 1,) from `case_offsets`.
    Returns int64 (n,). O(n + sum of k log k over unordered cases). Slow twin: tests/naive.py::order.
    """
    order = np.empty(case.size, dtype=np.int64)
    free = case_start[:-1].copy()
    for e in range(case.size):
        order[free[case[e]]] = e
        free[case[e]] += 1
    for c in range(case_start.size - 1):
        first, last = case_start[c], case_start[c + 1]
        for i in range(first + 1, last):
            if t_ns[order[i]] < t_ns[order[i - 1]]:
                part = order[first:last].copy()
                order[first:last] = part[np.argsort(t_ns[part], kind="mergesort")]
                break
    return order
