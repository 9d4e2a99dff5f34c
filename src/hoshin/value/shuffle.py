"""Randomisation inference: the distribution of an estimate over the assignments that could have happened.

Fisher (1935); for rollouts, Athey and Imbens (2022), "Design-based analysis in difference-in-differences
settings with staggered adoption", Journal of Econometrics. Intervals invert the test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

Order = NDArray[np.int64]
Vector = NDArray[np.float64]


def n_assignments(labels: Sequence[object]) -> int:
    """Distinct ways to hand out `labels`.

    >>> n_assignments("AABCCD")
    180
    """
    return factorial(len(labels)) // prod(factorial(k) for k in Counter(labels).values())


def orders(labels: Sequence[int], draws: int, seed: int, blocks: Sequence[int] | None = None) -> tuple[Order, bool]:
    """Permutations (k, n) of unit positions that change who gets which label, the observed one first.

    All distinct ones if there are at most `draws` (then True: exact), else `draws` random ones. Units
    move within their block only.
    """
    n = len(labels)
    label = np.asarray(labels)
    groups = (
        [np.arange(n)] if blocks is None else [np.flatnonzero(np.asarray(blocks) == b) for b in sorted(set(blocks))]
    )
    total = prod(n_assignments(label[g].tolist()) for g in groups)
    if total <= draws:
        per_group = [_distinct(label[g].tolist()) for g in groups]
        rows = []
        for parts in product(*per_group):
            order = np.empty(n, dtype=np.int64)
            for group, part in zip(groups, parts):
                order[group] = group[list(part)]
            rows.append(order)
        found = np.array(rows)
        same = np.all(label[found] == label, axis=1)
        return np.concatenate([found[same], found[~same]]), True
    rng = np.random.default_rng(seed)
    found = np.tile(np.arange(n), (draws + 1, 1))
    for group in groups:
        found[1:, group] = rng.permuted(np.tile(group, (draws, 1)), axis=1)
    return found, False


def _distinct(labels: list[int]) -> list[tuple[int, ...]]:
    """For every distinct arrangement of `labels`, positions to take the labels from."""
    left = Counter(labels)
    arrangements: list[list[int]] = []

    def place(done: list[int]) -> None:
        if len(done) == len(labels):
            arrangements.append(done)
            return
        for kind in sorted(left):
            if left[kind]:
                left[kind] -= 1
                place([*done, kind])
                left[kind] += 1

    place([])
    result = []
    for arrangement in arrangements:
        free = {kind: [i for i, k in enumerate(labels) if k == kind] for kind in left}
        result.append(tuple(free[kind].pop(0) for kind in arrangement))
    return result


def p_value(at_zero: Vector, slope: Vector, effect: float = 0.0) -> float:
    """Two-sided p of "the effect is `effect`": share of assignments at least as extreme as the first one.

    Under that hypothesis assignment k would have given `at_zero[k] - effect * slope[k]`; the observed
    assignment stands first, with slope 1.
    """
    statistic = np.abs(at_zero - effect * slope)
    return float(np.mean(statistic >= statistic[0] * (1 - 1e-10) - 1e-15))


def interval(at_zero: Vector, slope: Vector, alpha: float) -> tuple[float, float] | None:
    """Effects that the test does not reject at `alpha`: (low, high); None if the test can reject nothing.

    Each assignment k is as extreme as the observed one on one interval of effects (or outside one), with
    bounds where |at_zero[k] - e * slope[k]| = |at_zero[0] - e|; p is a step function between those bounds.
    """
    a0, k = float(at_zero[0]), at_zero.size
    if 1.0 / k > alpha:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        bounds = np.concatenate([(at_zero - a0) / (slope - 1.0), (at_zero + a0) / (slope + 1.0)])
    bounds = np.unique(bounds[np.isfinite(bounds)])
    above, below = bounds[bounds > a0], bounds[bounds < a0][::-1]
    return _edge(at_zero, slope, alpha, a0, below), _edge(at_zero, slope, alpha, a0, above)


def _edge(at_zero: Vector, slope: Vector, alpha: float, start: float, bounds: Vector) -> float:
    """Walk away from the estimate by bisection over `bounds` to where p first falls to alpha or less."""
    low, high = 0, bounds.size
    while low < high:
        middle = (low + high) // 2
        here = float(bounds[middle])
        after = float(bounds[middle + 1]) if middle + 1 < bounds.size else here + (here - start) + np.sign(here - start)
        if p_value(at_zero, slope, (here + after) / 2) <= alpha:
            high = middle
        else:
            low = middle + 1
    if low == bounds.size:
        return float(np.inf if bounds.size == 0 or bounds[-1] > start else -np.inf)
    return float(bounds[low])
