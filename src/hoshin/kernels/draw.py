"""Counter-based random numbers and the distributions drawn from them.

A number depends only on (seed, replication, case, activity, occurrence, purpose), never on the order of
events: the same case keeps its luck in every scenario (common random numbers), on any thread.
Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011); the mixer is SplitMix64's.
"""

# mypy: disable-error-code="no-any-return,arg-type"

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hoshin.kernels.compiled import uncounted

CONSTANT, EXPONENTIAL, LOGNORMAL, UNIFORM, EMPIRICAL, WEIBULL = range(6)
# What a number is for.
ROUTE, WORK, DELAY, CHOICE, PATIENCE, BOT, EXCEPTION, ARRIVAL, OUTAGE, ATTRIBUTE, STICK = range(1, 12)

DIST = np.dtype([("kind", "i8"), ("a", "f8"), ("b", "f8"), ("lo", "i8"), ("hi", "i8")])


@uncounted
def mix(x: np.uint64) -> np.uint64:
    """SplitMix64's finaliser: uint64 to uint64, every bit of the output depends on every bit of the input."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@uncounted
def key_of(key: np.uint64, word: int) -> np.uint64:
    """A new stream, derived from `key` by `word`."""
    return mix((key + np.uint64(0x9E3779B97F4A7C15)) ^ (np.uint64(word) * np.uint64(0xD1342543DE82EF95)))


@uncounted
def uniform(key: np.uint64, activity: int, occurrence: int, purpose: int) -> float:
    """A number in [0, 1), 53 bits. Slow twin: tests/naive_twin.py::uniform."""
    word = (np.uint64(activity + 1) << np.uint64(36)) ^ (np.uint64(occurrence) << np.uint64(4)) ^ np.uint64(purpose)
    return float(key_of(key, word) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@uncounted
def normal_quantile(p: float) -> float:
    """Inverse of the standard normal distribution function, 0 < p < 1, to about 1e-9 relative.

    Source: Acklam's rational approximation.
    """
    p = min(max(p, 1e-300), 1.0 - 1e-16)
    if p < 0.02425 or p > 1.0 - 0.02425:
        q = np.sqrt(-2.0 * np.log(min(p, 1.0 - p)))
        z = (
            ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838) * q - 2.549732539343734)
             * q + 4.374664141464968) * q + 2.938163982698783
        ) / ((((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996) * q + 3.754408661907416)
             * q + 1.0)  # fmt: skip
        return z if p < 0.5 else -z
    q = p - 0.5
    r = q * q
    return (
        (((((-3.969683028665376e01 * r + 2.209460984245205e02) * r - 2.759285104469687e02) * r + 1.383577518672690e02)
          * r - 3.066479806614716e01) * r + 2.506628277459239) * q
    ) / (((((-5.447609879822406e01 * r + 1.615858368580409e02) * r - 1.556989798598866e02) * r + 6.680131188771972e01)
          * r - 1.328068155288572e01) * r + 1.0)  # fmt: skip


@uncounted
def draw(dists: NDArray[np.void], table: NDArray[np.float64], d: int, u: float) -> float:
    """The u-quantile of distribution `d` in seconds: monotone in `u`, so one number gives one duration.

    `dists` has dtype DIST: CONSTANT a; EXPONENTIAL mean a; LOGNORMAL exp(N(a, b^2)); UNIFORM [a, b);
    WEIBULL scale a, shape b; EMPIRICAL one of the sorted values table[lo:hi].
    """
    kind = dists[d].kind
    if kind == EXPONENTIAL:
        return -dists[d].a * np.log(1.0 - u)
    if kind == EMPIRICAL:
        lo, hi = dists[d].lo, dists[d].hi
        return table[lo + int(u * (hi - lo))]
    if kind == CONSTANT:
        return dists[d].a
    if kind == LOGNORMAL:
        return np.exp(dists[d].a + dists[d].b * normal_quantile(u))
    if kind == UNIFORM:
        return dists[d].a + u * (dists[d].b - dists[d].a)
    return dists[d].a * (-np.log(1.0 - u)) ** (1.0 / dists[d].b)


@njit(cache=True, nogil=True)
def draw_many(
    dists: NDArray[np.void], table: NDArray[np.float64], d: int, u: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The quantiles of distribution `d` at `u` float64 (n,): float64 (n,), as `draw` gives them."""
    found = np.empty(u.size)
    for k in range(u.size):
        found[k] = draw(dists, table, d, u[k])
    return found


@njit(cache=True, nogil=True)
def stream_keys(n: int, seed: int, replication: int) -> NDArray[np.uint64]:
    """The random stream of each of `n` cases: uint64 (n,)."""
    keys = np.empty(n, dtype=np.uint64)
    root = key_of(key_of(np.uint64(0), seed), replication)
    for c in range(n):
        keys[c] = key_of(root, c)
    return keys


@njit(cache=True, nogil=True)
def arrival_times(
    n: int,
    since: float,
    gaps: NDArray[np.float64],
    restart: float,
    clock: NDArray[np.float64],
    seed: int,
    replication: int,
) -> NDArray[np.float64]:
    """`n` arrival times after `since`, the first after a gap of its own; float64 (n,), rising.

    `gaps` float64: seconds on the weekly `clock` (bins + 1 values rising 0 .. WEEK_S) in the order observed:
    they are replayed from a random place and jump elsewhere with probability `restart`, but never from or into the
    midst of cases that came together (gaps below a thousandth of the mean): bursts stay bursts, files stay files.
    One gap < 0 means exponential gaps of mean -gap. Slow twin: tests/naive_twin.py::arrival_times.
    """
    key = key_of(key_of(np.uint64(0), seed), -1 - replication)
    week = clock[-1]
    bins = clock.size - 1
    width = week / bins
    weeks = np.floor(since / week)
    at = (since - weeks * week) / width
    b = min(int(at), bins - 1)
    passed = weeks * week + clock[b] + (at - b) * (clock[b + 1] - clock[b])
    times = np.empty(n)
    where = 0
    together = 1e-3 * gaps.mean() if gaps.max() > 0 else -1.0
    for k in range(n):
        u = uniform(key, 0, k, ARRIVAL)
        if gaps.size == 1 and gaps[0] < 0:
            passed += gaps[0] * np.log(1.0 - u)
        else:
            if k == 0 or (u < restart and gaps[where] > together):
                where = int(uniform(key, 1, k, ARRIVAL) * gaps.size)
                while gaps[where] <= together:
                    where = (where + 1) % gaps.size
            passed += gaps[where]
            where = (where + 1) % gaps.size
        # A millisecond on, so that rounding does not put a file that comes at an edge of the clock a day early.
        weeks = np.floor((passed + 1e-3) / week)
        left = passed + 1e-3 - weeks * week
        b = min(max(np.searchsorted(clock, left, side="right") - 1, 0), bins - 1)
        rise = clock[b + 1] - clock[b]
        times[k] = weeks * week + (b + (left - clock[b]) / rise if rise > 0 else b) * width
    return times
