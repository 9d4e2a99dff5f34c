"""Learning from moments whose end is not known yet: weights that make those already known stand for all.

At a date, the cases that have ended are mostly short ones. A moment whose remaining time was y could be seen to its
end only if y had passed since; the rarer that is, the more a seen one must count. Source: inverse probability of
censoring weights, Robins and Finkelstein (2000); for conformal intervals, Candès, Lei and Ren (2023).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
# A moment counts at most so many times: beyond, one lucky case would decide.
MOST_WEIGHT = 50.0


def censor_weights(since_s: Floats, left_s: Floats, seen: Mask) -> Floats:
    """How much each moment counts, float64 (n,): 0 unless `seen` to its end, else 1 / P(that was possible).

    `since_s` is the time from each moment to the date of knowledge, which is known for all of them; `left_s` counts
    where `seen`. The mean weight is the share of the truth that the seen ones can stand for: near 1 if remaining
    times are short against the period, less where nothing is known of the long ones.

    >>> censor_weights(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 1.0, 3.0, 9.0]),
    ...                np.array([False, True, True, False])).tolist()
    [0.0, 1.0, 2.0, 0.0]
    """
    reach = 1.0 - np.searchsorted(np.sort(since_s), left_s, "left") / max(since_s.size, 1)
    return np.where(seen, 1.0 / np.maximum(reach, 1.0 / MOST_WEIGHT), 0.0)


def weighted_quantile(value: Floats, weight: Floats, at: Sequence[float] | float) -> Floats:
    """The least of `value` that has share `at` of the weight at or below it. `value` must not be empty.

    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.ones(3), [0.3, 0.5, 1.0]).tolist()
    [1.0, 2.0, 3.0]
    """
    order = np.argsort(value, kind="stable")
    heaped = np.cumsum(weight[order])
    found = np.searchsorted(heaped, np.asarray(at) * heaped[-1] * (1 - 1e-12), "left")
    return np.asarray(value[order][np.minimum(found, value.size - 1)])


def conformal_bound(score: Floats, weight: Floats, level: float) -> float:
    """The score that a new moment stays below with chance `level`, the new one counting as one more of the heaviest;
    the largest score where that is not known."""
    if score.size == 0:
        return 0.0
    total = float(weight.sum())
    share = level * (total + float(weight.max())) / total if total else 1.0
    return float(weighted_quantile(score, weight, min(share, 1.0)))
