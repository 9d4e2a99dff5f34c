"""Group cases whose sequences of activities are equal."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _mix(x: np.uint64) -> np.uint64:
    """splitmix64: a 64-bit integer to a random-looking one (Steele, Lea and Flood 2014)."""
    x += np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(cache=True, nogil=True)
def hash_traces(activity: NDArray[np.int32], case_start: NDArray[np.int64]) -> NDArray[np.uint64]:
    """128-bit fingerprint of every case's sequence of activities: uint64 (n_cases, 2).

    Multilinear: the sum over positions k of word[activity] * key[k], twice with independent words and keys;
    the sum has no chain of multiplications, so it runs at the speed of the memory. Two different traces
    share a fingerprint with probability about 2^-126. Source: Lemire and Kaser (2014). O(n_events).
    """
    n_act = activity.max() + 1 if activity.size else 0
    longest = 0
    for c in range(case_start.size - 1):
        longest = max(longest, case_start[c + 1] - case_start[c])
    word = np.empty((n_act, 2), dtype=np.uint64)
    for a in range(n_act):
        word[a, 0], word[a, 1] = _mix(np.uint64(2 * a)), _mix(np.uint64(2 * a + 1))
    key = np.empty((longest, 2), dtype=np.uint64)
    for k in range(longest):
        for i in range(2):
            key[k, i] = _mix(~np.uint64(2 * k + i)) | np.uint64(1)
    found = np.empty((case_start.size - 1, 2), dtype=np.uint64)
    for c in range(case_start.size - 1):
        lo, hi = case_start[c], case_start[c + 1]
        one = two = np.uint64(hi - lo)
        for k in range(hi - lo):
            a = activity[lo + k]
            one += word[a, 0] * key[k, 0]
            two += word[a, 1] * key[k, 1]
        found[c, 0], found[c, 1] = one, two
    return found


@njit(cache=True, nogil=True)
def group_traces(
    activity: NDArray[np.int32], case_start: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number the distinct traces in order of first appearance.

    Returns `variant` int32 (n_cases,) and `first_case` int64 (n_variants,), an example of each. An
    open-addressing hash table over `hash_traces` that doubles as it fills, so that it stays in the cache.
    O(n_events) expected. Slow twin: tests/naive.py::group_traces.
    """
    n_cases = case_start.size - 1
    prints = hash_traces(activity, case_start)
    variant = np.empty(n_cases, dtype=np.int32)
    first_case = np.empty(n_cases, dtype=np.int64)
    size = 1024
    table = np.full(size, -1, dtype=np.int32)
    n_variants = 0
    for c in range(n_cases):
        one, two = prints[c, 0], prints[c, 1]
        slot = np.int64(one >> np.uint64(32)) & (size - 1)
        v = table[slot]
        while v >= 0:
            other = first_case[v]
            if prints[other, 0] == one and prints[other, 1] == two:
                break
            slot = (slot + 1) & (size - 1)
            v = table[slot]
        if v < 0:
            v = n_variants
            table[slot] = v
            first_case[v] = c
            n_variants += 1
            if 2 * n_variants > size:
                size *= 2
                table = np.full(size, -1, dtype=np.int32)
                for known in range(n_variants):
                    slot = np.int64(prints[first_case[known], 0] >> np.uint64(32)) & (size - 1)
                    while table[slot] >= 0:
                        slot = (slot + 1) & (size - 1)
                    table[slot] = known
        variant[c] = v
    return variant, first_case[:n_variants].copy()


@njit(cache=True, nogil=True)
def rank_by_count(
    variant: NDArray[np.int32], n_variants: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Variants from the commonest down, ties in order of first appearance, by a counting sort.

    Returns `counts` int64 (n_variants,) in that order, `order` int64 (n_variants,): the variant at each rank, and
    `rank` int32 (n_variants,): its inverse. O(n_cases). Slow twin: a sort in Python, in the tests.
    """
    counts = np.zeros(n_variants, dtype=np.int64)
    for v in variant:
        counts[v] += 1
    most = counts.max() if n_variants else 0
    place = np.zeros(most + 2, dtype=np.int64)
    for n in counts:
        place[most - n + 1] += 1
    for i in range(most + 1):
        place[i + 1] += place[i]
    order = np.empty(n_variants, dtype=np.int64)
    rank = np.empty(n_variants, dtype=np.int32)
    for v in range(n_variants):
        at = place[most - counts[v]]
        place[most - counts[v]] += 1
        order[at] = v
        rank[v] = at
    return counts[order], order, rank
