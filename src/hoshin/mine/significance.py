"""Whether a difference is more than noise: rank tests, intervals, and control over many tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]


def benjamini_hochberg(p: Floats) -> Floats:
    """q-values: the smallest false discovery rate at which each test would count. NaN stays NaN.

    Source: Benjamini and Hochberg (1995).

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    q = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    if known.size == 0:
        return q
    order = known[np.argsort(p[known], kind="stable")]
    scaled = p[order] * known.size / np.arange(1, known.size + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def rank_test(rank_sum: Floats, inside: Floats, n: int, tie_term: float) -> tuple[Floats, Floats]:
    """Mann-Whitney for many groups against the rest, from the sum of their mid-ranks.

    `inside` counts each group, `n` everybody, `tie_term` is sum(t^3 - t) over ties. Returns the
    two-sided p (normal, tie- and continuity-corrected) and Cliff's delta in [-1, 1], positive when the
    group is larger. NaN where the group or the rest is empty.
    """
    rest = n - inside
    with np.errstate(divide="ignore", invalid="ignore"):
        u = rank_sum - inside * (inside + 1) / 2
        delta = 2 * u / (inside * rest) - 1
        variance = inside * rest / 12 * ((n + 1) - tie_term / (n * max(n - 1, 1)))
        z = np.maximum(np.abs(u - inside * rest / 2) - 0.5, 0) / np.sqrt(variance)
    p = np.where(variance > 0, 2 * special.ndtr(-z), 1.0)
    none = (inside == 0) | (rest == 0)
    return np.where(none, np.nan, np.minimum(p, 1.0)), np.where(none, np.nan, delta)


def mid_ranks(value: Floats) -> tuple[Floats, float]:
    """Ranks from 1, ties sharing their mean, and the tie term of `rank_test`."""
    ranks = stats.rankdata(value)
    _, counts = np.unique(value, return_counts=True)
    counts = counts.astype(np.float64)
    return np.asarray(ranks, dtype=np.float64), float((counts**3 - counts).sum())


def compare_samples(a: Floats, b: Floats) -> tuple[float, float]:
    """Mann-Whitney p and Cliff's delta of `b` over `a`: positive when b is larger."""
    if a.size == 0 or b.size == 0:
        return float("nan"), float("nan")
    ranks, ties = mid_ranks(np.concatenate([a, b]))
    p, delta = rank_test(
        np.array([ranks[a.size :].sum()]), np.array([float(b.size)]), a.size + b.size, ties
    )  # fmt: skip
    return float(p[0]), float(delta[0])


def proportion_interval(k: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a share.

    >>> [round(x, 3) for x in proportion_interval(5, 10)]
    [0.237, 0.763]
    """
    if n == 0:
        return 0.0, 1.0
    z = float(stats.norm.ppf(0.5 + level / 2))
    middle = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * float(np.sqrt(k * (n - k) / n + z * z / 4))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def difference_interval(k_a: float, n_a: float, k_b: float, n_b: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of share b minus share a: Newcombe's hybrid score method (1998, method 10)."""
    if n_a == 0 or n_b == 0:
        return -1.0, 1.0
    a, b = k_a / n_a, k_b / n_b
    la, ua = proportion_interval(k_a, n_a, level)
    lb, ub = proportion_interval(k_b, n_b, level)
    d = b - a
    # Rounding may step a hair beyond what a difference of shares can be.
    return max(-1.0, d - float(np.hypot(b - lb, ua - a))), min(1.0, d + float(np.hypot(ub - b, a - la)))


def share_test(k_a: float, n_a: float, k_b: float, n_b: float) -> float:
    """Two-sided p that two shares are equal: Fisher's exact test for small tables, chi-squared otherwise."""
    if n_a == 0 or n_b == 0:
        return float("nan")
    table = np.array([[k_a, n_a - k_a], [k_b, n_b - k_b]])
    expected = table.sum(1, keepdims=True) * table.sum(0, keepdims=True) / table.sum()
    if expected.min() <= 0:
        return 1.0
    if expected.min() < 10:
        return float(stats.fisher_exact(table).pvalue)
    return float(stats.chi2.sf(((table - expected) ** 2 / expected).sum(), 1))


def bootstrap_interval(
    a: Floats, b: Floats, *, what: str = "mean", level: float = 0.95, rounds: int = 999, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of mean(b) - mean(a), or of the medians with `what="median"`."""
    if a.size == 0 or b.size == 0:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    draws = np.empty(rounds)
    if what == "mean":
        # The mean of a resample of a large sample is normal; resample small ones for real.
        side = [
            rng.normal(x.mean(), x.std() / np.sqrt(x.size), rounds)
            if x.size > 2000
            else x[rng.integers(0, x.size, (rounds, x.size))].mean(axis=1)
            for x in (a, b)
        ]
        draws = side[1] - side[0]
    else:
        # Resampled order statistic: the rank of the median of n draws is beta distributed.
        side = [_resampled_median(np.sort(x), rounds, rng) for x in (a, b)]
        draws = side[1] - side[0]
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled_median(ordered: Floats, rounds: int, rng: np.random.Generator) -> Floats:
    """Medians of bootstrap resamples of sorted values, without drawing them: U_(k) is Beta(k, n + 1 - k)."""
    n = ordered.size
    k = (n + 1) / 2
    at = np.floor(rng.beta(k, n + 1 - k, rounds) * n).astype(np.int64)
    return np.asarray(ordered[np.minimum(at, n - 1)])
