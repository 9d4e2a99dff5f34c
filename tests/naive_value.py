"""Slow twins of the savings engine, in the plainest way."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


def imputation_effect(y: Matrix, target: Mask, free: Mask) -> float | None:
    """Dense dummy regression on free cells, then the mean gap over target; None if a target is not identified."""
    n, t = y.shape
    rows = [(i, j) for i in range(n) for j in range(t) if free[i, j]]
    aims = [(i, j) for i in range(n) for j in range(t) if target[i, j]]

    def dummy(i: int, j: int) -> Matrix:
        row = np.zeros(n + t)
        row[i] = row[n + j] = 1.0
        return row

    x = np.array([dummy(i, j) for i, j in rows])
    wanted = np.array([dummy(i, j) for i, j in aims])
    projection = np.linalg.pinv(x) @ x
    if np.abs(wanted @ projection - wanted).max() > 1e-8:
        return None
    beta = np.linalg.pinv(x) @ np.array([y[i, j] for i, j in rows])
    return float(np.mean([y[i, j] - wanted[k] @ beta for k, (i, j) in enumerate(aims)]))


def simplex_weights(left: Matrix, right: NDArray[np.float64]) -> float:
    """Smallest |left w - right|^2 over the simplex, by trying every support."""
    k = left.shape[1]
    best = np.inf
    for size in range(1, k + 1):
        for support in combinations(range(k), size):
            a = left[:, support]
            system = np.block([[a.T @ a, np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]])
            w = np.linalg.lstsq(system, np.append(a.T @ right, 1.0), rcond=None)[0][:size]
            if (w > -1e-9).all() and abs(w.sum() - 1) < 1e-6:
                best = min(best, float(np.sum((a @ w - right) ** 2)))
    return best
