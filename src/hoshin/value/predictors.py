"""Synthetic control on predictors: choose how much each predictor matters so that the outcome is tracked best."""

from __future__ import annotations

import numpy as np

from hoshin.value.simplex import Matrix, Vector, simplex_weights


def predictor_weights(x1: Vector, x0: Matrix, z1: Vector, z0: Matrix) -> Vector:
    """Donor weights (J,). `x1` (k,), `x0` (k, J): predictors; `z1` (m,), `z0` (m, J): outcomes to track.

    Outer search over predictor importances (Nelder-Mead from equal importances and from a regression of
    the outcome on the predictors), inner simplex least squares. Abadie and Gardeazabal (2003), appendix B.
    """
    from scipy.optimize import minimize

    every = np.column_stack([x0, x1])
    size = every.std(axis=1, ddof=1)
    size[size == 0] = 1.0
    a1, a0 = x1 / size, x0 / size[:, None]
    k = a1.size

    def donors(importance: Vector) -> Vector:
        root = np.sqrt(np.abs(importance) / np.abs(importance).sum())
        return simplex_weights(a0 * root[:, None], a1 * root)

    def miss(importance: Vector) -> float:
        if not np.abs(importance).sum() > 0:
            return float("inf")
        return float(np.mean((z1 - z0 @ donors(importance)) ** 2))

    best = np.full(k, 1 / k)
    options = {"maxiter": 1000 * k, "maxfev": 400 * k, "xatol": 1e-6, "fatol": 1e-12}
    for start in (best, _regressed(np.column_stack([a0, a1]), np.column_stack([z0, z1]))):
        found = minimize(miss, start, method="Nelder-Mead", options=options).x
        if miss(found) < miss(best):
            best = found
    return donors(best)


def _regressed(predictors: Matrix, outcomes: Matrix) -> Vector:
    """Importances from regressing outcomes on predictors, (k,)."""
    x = np.column_stack([np.ones(predictors.shape[1]), predictors.T])
    slopes = np.linalg.lstsq(x, outcomes.T, rcond=None)[0][1:]
    strength = np.sum(slopes**2, axis=1)
    return np.asarray(strength / strength.sum())
