"""Scan an ordered sample for the point where its means change most."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def scan(
    total: NDArray[np.float64],
    size: NDArray[np.float64],
    order: NDArray[np.int64],
    inverse_variance: NDArray[np.float64],
    least: float,
) -> tuple[float, float, int, int]:
    """Largest change of means over all splits of blocks taken in `order`.

    `total` float64 (m, f) holds the sums of f features over m blocks of `size` float64 (m,) cases;
    `inverse_variance` float64 (f,). A split leaves at least `least` cases on either side. With z_f the
    standardised difference of means at a split, returns the largest sum of z_f^2, the largest single
    z_f^2, and the number of blocks left of the split that attains each (0 if there is no split).
    O(m f). Slow twin: tests/naive_drift.py::scan.
    """
    m, n_features = total.shape
    whole, everything = size.sum(), total.sum(axis=0)
    left = np.zeros(n_features, dtype=np.float64)
    count = 0.0
    best_sum, best_max, at_sum, at_max = 0.0, 0.0, 0, 0
    for i in range(m - 1):
        count += size[order[i]]
        for f in range(n_features):
            left[f] += total[order[i], f]
        rest = whole - count
        if count < least or rest < least:
            continue
        weight = count * rest / whole
        added, largest = 0.0, 0.0
        for f in range(n_features):
            gap = left[f] / count - (everything[f] - left[f]) / rest
            z = weight * gap * gap * inverse_variance[f]
            added += z
            largest = max(largest, z)
        if added > best_sum:
            best_sum, at_sum = added, i + 1
        if largest > best_max:
            best_max, at_max = largest, i + 1
    return best_sum, best_max, at_sum, at_max


@njit(cache=True, nogil=True)
def permutation_p(
    total: NDArray[np.float64],
    size: NDArray[np.float64],
    inverse_variance: NDArray[np.float64],
    least: float,
    rounds: int,
    enough: int,
    seed: int,
) -> tuple[float, float, int, int]:
    """Permutation p of both statistics of `scan` against blocks in random order, and their splits.

    Stops early once both have been exceeded `enough` times (Besag and Clifford, 1991): the p is then
    exceedances over rounds so far. O(rounds m f).
    """
    m = total.shape[0]
    order = np.arange(m)
    seen_sum, seen_max, at_sum, at_max = scan(total, size, order, inverse_variance, least)
    if at_sum == 0 and at_max == 0:
        return 1.0, 1.0, 0, 0
    np.random.seed(seed)
    above_sum, above_max, done = 0, 0, 0
    for _ in range(rounds):
        for i in range(m - 1, 0, -1):
            j = np.random.randint(0, i + 1)
            order[i], order[j] = order[j], order[i]
        drawn_sum, drawn_max, _s, _m = scan(total, size, order, inverse_variance, least)
        above_sum += drawn_sum >= seen_sum * (1 - 1e-12)
        above_max += drawn_max >= seen_max * (1 - 1e-12)
        done += 1
        if above_sum >= enough and above_max >= enough:
            break
    return (above_sum + 1) / (done + 1), (above_max + 1) / (done + 1), at_sum, at_max
