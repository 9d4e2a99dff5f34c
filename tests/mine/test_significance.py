"""Rank tests and intervals against scipy and the literature; control over many tests by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from hoshin.mine.significance import (
    benjamini_hochberg,
    bootstrap_interval,
    compare_samples,
    difference_interval,
    proportion_interval,
    share_test,
)

values = st.lists(st.integers(-5, 20), min_size=2, max_size=30)


@given(values, values)
def test_rank_test_is_that_of_scipy(a: list[int], b: list[int]) -> None:
    p, delta = compare_samples(np.array(a, dtype=float), np.array(b, dtype=float))

    slow = sum((y > x) - (y < x) for x in a for y in b) / (len(a) * len(b))
    assert delta == pytest.approx(slow)
    if len({*a, *b}) > 1:
        expected = stats.mannwhitneyu(b, a, method="asymptotic", use_continuity=True)
        assert p == pytest.approx(expected.pvalue)
    else:
        assert p == 1.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_q_values_are_those_of_scipy(p: list[float]) -> None:
    q = benjamini_hochberg(np.array(p))

    assert q == pytest.approx(stats.false_discovery_control(p))


def test_unknown_p_values_stay_unknown_and_do_not_count() -> None:
    assert benjamini_hochberg(np.array([0.01, np.nan, 0.04])).tolist() == pytest.approx(
        [0.02, np.nan, 0.04], nan_ok=True
    )


def test_newcombe_interval_of_the_paper() -> None:
    """Newcombe (1998), table II: 56/70 against 48/80, method 10: 0.0524 to 0.3339."""
    low, high = difference_interval(48, 80, 56, 70)

    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_share_test_picks_the_exact_test_for_small_tables() -> None:
    assert share_test(1, 10, 6, 10) == pytest.approx(stats.fisher_exact([[1, 9], [6, 4]]).pvalue)
    expected = stats.chi2_contingency([[100, 900], [150, 850]], correction=False).pvalue
    assert share_test(100, 1000, 150, 1000) == pytest.approx(expected)


@pytest.mark.parametrize("what", ["mean", "median"])
@pytest.mark.parametrize("n", [40, 2500])
def test_bootstrap_intervals_cover(what: str, n: int) -> None:
    """A shift of 1 between skewed samples lies in nine to ten of ten 95 % intervals."""
    rng = np.random.default_rng(0)
    covered = 0
    for round_ in range(200):
        a, b = rng.exponential(1, n), 1 + rng.exponential(1, n)
        low, high = bootstrap_interval(a, b, what=what, rounds=300, seed=round_)
        covered += low <= 1 <= high

    assert 180 <= covered <= 199


def test_wilson_interval_of_nothing_is_everything() -> None:
    assert proportion_interval(0, 0) == (0.0, 1.0)
