"""Least squares with weights that are non-negative and sum to one: the heart of synthetic control."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


def simplex_weights(left: Matrix, right: Vector, ridge: float = 0.0) -> Vector:
    """Weights w (k,) >= 0 with sum 1 that minimise |left @ w - right|^2 + ridge * |w|^2.

    `left` float64 (m, k), `right` (m,). Active set on the support, exact up to rounding; deterministic.
    Slow twin: tests/naive_value.py::simplex_weights.

    >>> simplex_weights(np.array([[0.0, 2.0], [0.0, 2.0]]), np.array([1.0, 1.0])).tolist()
    [0.5, 0.5]
    """
    k = left.shape[1]
    gram = left.T @ left + ridge * np.eye(k)
    cross = left.T @ right
    scale = max(float(np.trace(gram)) / k, 1e-300)
    gram, cross = gram / scale, cross / scale
    gram[np.diag_indices(k)] += 1e-12  # ties between equal donors: share them
    weights = np.zeros(k)
    weights[int(np.argmin(np.diag(gram) - 2 * cross))] = 1.0
    support = weights > 0
    for _ in range(50 * k + 100):
        weights, support = _settle(gram, cross, weights, support)
        pull = gram @ weights - cross
        level = float(pull @ weights)
        slack = np.where(support, np.inf, pull - level)
        enter = int(np.argmin(slack))
        if slack[enter] >= -1e-10 * max(1.0, abs(level)):
            break
        support[enter] = True
    weights[weights < 1e-12] = 0.0
    return np.asarray(weights / weights.sum())


def _settle(
    gram: Matrix, cross: Vector, weights: Vector, support: NDArray[np.bool_]
) -> tuple[Vector, NDArray[np.bool_]]:
    """Best point on the current support, dropping what turns negative on the way."""
    support = support.copy()
    while True:
        index = np.flatnonzero(support)
        m = index.size
        system = np.ones((m + 1, m + 1))
        system[:m, :m] = gram[np.ix_(index, index)]
        system[m, m] = 0.0
        try:
            aim = np.linalg.solve(system, np.append(cross[index], 1.0))[:m]
        except np.linalg.LinAlgError:
            aim = np.linalg.lstsq(system, np.append(cross[index], 1.0), rcond=None)[0][:m]
        if (aim >= 0).all():
            result = np.zeros_like(weights)
            result[index] = aim
            return result, support
        now = weights[index]
        falls = aim < 0
        step = float(np.min(now[falls] / (now[falls] - aim[falls])))
        moved = now + step * (aim - now)
        drop = int(np.flatnonzero(falls)[np.argmin(now[falls] / (now[falls] - aim[falls]))])
        moved[drop] = 0.0
        weights = np.zeros_like(weights)
        weights[index] = np.maximum(moved, 0.0)
        support[index[drop]] = False
