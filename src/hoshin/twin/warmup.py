"""Warm-up: how much of the start of a run to leave out, because it began empty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BATCH = 5


def mser5(series: NDArray[np.float64]) -> int:
    """How many of the first observations to drop, so that the mean of the rest is known best: float64 (n,) to int.

    Averages of five are cut where variance / (number left)^2 is least, at most at half. O(n).
    Source: White, An effective truncation heuristic for bias reduction (1997); Spratt's MSER-5.

    >>> mser5(np.concatenate([np.zeros(50), np.ones(450)]))
    50
    """
    n = series.size // BATCH
    if n < 4:
        return 0
    means = series[: n * BATCH].reshape(n, BATCH).mean(axis=1)
    left = np.arange(n, 0, -1)
    total, squares = np.cumsum(means[::-1])[::-1], np.cumsum((means**2)[::-1])[::-1]
    score = (squares - total**2 / left) / left.astype(float) ** 2
    return int(np.argmin(score[: n // 2 + 1])) * BATCH
