"""Random numbers by counter, and the distributions made of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hoshin.kernels import draw as kernel
from tests import naive_twin as naive

U = (np.arange(20_000) + 0.5) / 20_000


@given(st.integers(0, 2**63 - 1), st.integers(-1, 999), st.integers(0, 4000), st.integers(1, 11))
def test_uniform_matches_plain_integers(key: int, activity: int, occurrence: int, purpose: int) -> None:
    assert kernel.uniform(np.uint64(key), activity, occurrence, purpose) == naive.uniform(
        key, activity, occurrence, purpose
    )


def test_streams_are_uniform_and_unrelated() -> None:
    """Kolmogorov-Smirnov per stream, and no correlation between neighbours in any direction."""
    keys = kernel.stream_keys(20_000, 42, 0)
    other = kernel.stream_keys(20_000, 42, 1)
    columns = [
        np.array([kernel.uniform(k, a, o, p) for k in keys]) for a, o, p in ((0, 0, 1), (0, 0, 2), (0, 1, 1), (1, 0, 1))
    ] + [np.array([kernel.uniform(k, 0, 0, 1) for k in other])]
    seen = np.corrcoef(np.array([*columns, np.roll(columns[0], 1)])) - np.eye(6)

    assert all(stats.kstest(c, "uniform").pvalue > 1e-3 for c in columns)
    assert np.abs(seen).max() < 4 / np.sqrt(20_000)


@pytest.mark.parametrize(
    ("row", "truth"),
    [((kernel.CONSTANT, 5, 0, 0, 0), None), ((kernel.EXPONENTIAL, 5, 0, 0, 0), stats.expon(scale=5)),
     ((kernel.LOGNORMAL, 1, 0.5, 0, 0), stats.lognorm(0.5, scale=np.e)),
     ((kernel.UNIFORM, 2, 6, 0, 0), stats.uniform(2, 4)),
     ((kernel.WEIBULL, 3, 1.7, 0, 0), stats.weibull_min(1.7, scale=3))],
)  # fmt: skip
def test_draw_is_the_quantile_function(row: tuple[float, ...], truth: object) -> None:
    dists = np.array([row], dtype=kernel.DIST)
    found = [kernel.draw(dists, np.zeros(0), 0, u) for u in U]

    assert found == pytest.approx(np.full(U.size, 5.0) if truth is None else truth.ppf(U), rel=1e-6)  # type: ignore[attr-defined]


def test_empirical_keeps_the_sample_mean() -> None:
    table = np.sort(np.random.default_rng(0).lognormal(size=40))
    dists = np.array([(kernel.EMPIRICAL, 0, 0, 0, 40)], dtype=kernel.DIST)

    assert np.mean([kernel.draw(dists, table, 0, u) for u in U]) == pytest.approx(table.mean())


def test_arrivals_keep_to_opening_hours() -> None:
    """Gaps on a clock that runs from 09:00 to 17:00 on Mondays only: none outside, evenly inside."""
    clock = np.zeros(169)
    clock[10:] = np.minimum(np.arange(1, 160) / 8, 1) * 604_800
    times = kernel.arrival_times(40, 0.0, np.array([37_000.0]), 0.0, clock, 0, 0)

    assert times == pytest.approx(naive.arrival_times(40, 0.0, 37_000.0, [(9 * 3600, 17 * 3600)]), abs=1.0)


def test_exponential_arrivals_are_poisson() -> None:
    times = kernel.arrival_times(50_000, 0.0, np.array([-60.0]), 0.05, np.array([0.0, 604_800.0]), 3, 0)
    counts = np.bincount((times // 600).astype(int))[:-1]

    assert stats.kstest(np.diff(times) / 60, "expon").pvalue > 1e-3
    assert counts.var() / counts.mean() == pytest.approx(1, abs=0.08)
