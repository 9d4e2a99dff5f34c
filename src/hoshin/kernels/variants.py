"""Group cases whose sequences of activities are equal."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def group_traces(
    activity: NDArray[np.int32], case_start: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number the distinct traces in order of first appearance.

    Returns `variant` int32 (n_cases,) and `first_case` int64 (n_variants,), an example of each. An
    open-addressing hash table keyed by a 64-bit FNV-1a fold of the codes; equal hashes are compared
    event by event, so a collision never merges two variants. O(n_events) expected.
    Slow twin: tests/naive.py::group_traces.
    """
    n_cases = case_start.size - 1
    size = 16
    while size < 2 * n_cases + 2:
        size *= 2
    slot_variant = np.full(size, -1, dtype=np.int32)
    slot_hash = np.zeros(size, dtype=np.uint64)
    variant = np.empty(n_cases, dtype=np.int32)
    first_case = np.empty(n_cases, dtype=np.int64)
    n_variants = 0
    mask = np.uint64(size - 1)
    for c in range(n_cases):
        lo, hi = case_start[c], case_start[c + 1]
        h = np.uint64(14695981039346656037)
        for e in range(lo, hi):
            h = (h ^ np.uint64(activity[e] + 1)) * np.uint64(1099511628211)
        h ^= h >> np.uint64(29)
        slot = np.int64(h & mask)
        while True:
            v = slot_variant[slot]
            if v < 0:
                slot_variant[slot] = n_variants
                slot_hash[slot] = h
                first_case[n_variants] = c
                variant[c] = n_variants
                n_variants += 1
                break
            if slot_hash[slot] == h:
                other = case_start[first_case[v]]
                same = case_start[first_case[v] + 1] - other == hi - lo
                if same:
                    for k in range(hi - lo):
                        if activity[other + k] != activity[lo + k]:
                            same = False
                            break
                if same:
                    variant[c] = v
                    break
            slot = (slot + 1) & (size - 1)
    return variant, first_case[:n_variants].copy()
