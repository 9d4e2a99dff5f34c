"""Dictionary codes: renumber them in order of first appearance."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def renumber(codes: NDArray[np.int64], n_codes: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number the codes that occur 0, 1, 2 ... in order of first appearance; -1 stays -1.

    `codes` int64 (n,) in [-1, n_codes). Returns int32 (n,) and int64 (n_used,): the old code of each
    new one. O(n + n_codes). Slow twin: tests/naive_formats.py::renumber.
    """
    new = np.full(n_codes, -1, dtype=np.int32)
    old = np.empty(n_codes, dtype=np.int64)
    result = np.empty(codes.size, dtype=np.int32)
    used = 0
    for i in range(codes.size):
        code = codes[i]
        if code < 0:
            result[i] = -1
            continue
        if new[code] < 0:
            new[code] = used
            old[used] = code
            used += 1
        result[i] = new[code]
    return result, old[:used].copy()
