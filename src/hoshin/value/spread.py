"""Intervals and p-values from the t distribution, and mixtures of it. scipy is imported on first use: it is slow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def t_interval(value: float, se: float, df: float, alpha: float) -> tuple[float, float]:
    """Two-sided 1 - alpha interval."""
    half = se * t_quantile(1 - alpha / 2, df)
    return value - half, value + half


def t_quantile(p: float, df: float) -> float:
    """
    >>> round(t_quantile(0.975, 10), 4)
    2.2281
    """
    from scipy.special import stdtrit

    return float(stdtrit(df, p))


def t_p_value(value: float, se: float, df: float) -> float:
    """
    >>> round(t_p_value(2.2281, 1.0, 10), 4)
    0.05
    """
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(value / se)))


def mixture_quantile(p: float, at: Vector, se: Vector, share: Vector, df: float) -> float:
    """Quantile of a mixture of t distributions centred `at` with scale `se`, by bisection."""
    from scipy.special import stdtr

    reach = float(np.max(se)) * max(50.0, t_quantile(1 - min(p, 1 - p) / 10, df))
    low, high = float(np.min(at)) - reach, float(np.max(at)) + reach
    for _ in range(200):
        middle = (low + high) / 2
        if float(np.sum(share * stdtr(df, (middle - at) / se))) < p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def mixture_p_value(at: Vector, se: Vector, share: Vector, df: float) -> float:
    """Two-sided p of zero under a mixture of t distributions."""
    from scipy.special import stdtr

    below = float(np.sum(share * stdtr(df, -at / se)))
    return float(min(1.0, 2 * min(below, 1 - below)))
