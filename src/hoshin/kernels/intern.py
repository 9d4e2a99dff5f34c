"""A dictionary of texts that grows batch by batch: text to number, numbers in order of first appearance."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def intern(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    table: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    arena: NDArray[np.uint8],
    ends: NDArray[np.int64],
    n_codes: int,
) -> tuple[NDArray[np.int32], int]:
    """Number the texts `data[offsets[i]:offsets[i + 1]]`; a new text gets the next number.

    `data` uint8, `offsets` int64 (n + 1,): UTF-8 texts as Arrow lays them out. The dictionary is changed in
    place: `table` int32 (a power of two, over twice the numbers it will hold, -1 = free), `hashes` uint64 by
    number, `arena` uint8 and `ends` int64 (capacity + 1,): text k is arena[ends[k]:ends[k + 1]]. The caller
    gives all of them room for n more. Returns int32 (n,) and how many numbers there are now. Equal hashes
    are compared byte by byte. O(bytes) expected. Slow twin: tests/naive_scale.py::intern.
    """
    codes = np.empty(offsets.size - 1, dtype=np.int32)
    mask = np.uint64(table.size - 1)
    for i in range(codes.size):
        lo, hi = offsets[i], offsets[i + 1]
        h = np.uint64(14695981039346656037)
        for k in range(lo, hi):
            h = (h ^ np.uint64(data[k])) * np.uint64(1099511628211)
        h ^= h >> np.uint64(32)
        slot = np.int64(h & mask)
        while True:
            code = table[slot]
            if code < 0:
                code = n_codes
                table[slot] = code
                hashes[code] = h
                first = ends[code]
                for k in range(hi - lo):
                    arena[first + k] = data[lo + k]
                ends[code + 1] = first + hi - lo
                n_codes += 1
                break
            if hashes[code] == h and ends[code + 1] - ends[code] == hi - lo:
                first = ends[code]
                same = True
                for k in range(hi - lo):
                    if arena[first + k] != data[lo + k]:
                        same = False
                        break
                if same:
                    break
            slot = (slot + 1) & (table.size - 1)
        codes[i] = code
    return codes, n_codes


@njit(cache=True, nogil=True)
def fill_table(hashes: NDArray[np.uint64], n_codes: int, table: NDArray[np.int32]) -> None:
    """Enter the numbers 0 ... n_codes - 1 into the empty `table` (all -1) by their `hashes`."""
    mask = np.uint64(table.size - 1)
    for code in range(n_codes):
        slot = np.int64(hashes[code] & mask)
        while table[slot] >= 0:
            slot = (slot + 1) & (table.size - 1)
        table[slot] = code


@njit(cache=True, nogil=True)
def place(case: NDArray[np.int32], free: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each event goes when events are sorted by case, in order of arrival: int64 (n,).

    `free` int64 (n_cases,) holds the next free place of every case and is moved on, so that events can
    come batch by batch. Slow twin: tests/naive_scale.py::place.
    """
    where = np.empty(case.size, dtype=np.int64)
    for e in range(case.size):
        where[e] = free[case[e]]
        free[case[e]] += 1
    return where
