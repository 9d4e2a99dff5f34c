"""Simplex least squares against exhaustive search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.value.simplex import simplex_weights
from tests import naive_value


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 9))
def test_no_support_does_better(seed: int, k: int, m: int) -> None:
    rng = np.random.default_rng(seed)
    left, right = rng.normal(size=(m, k)), rng.normal(size=m)
    weights = simplex_weights(left, right)

    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert float(np.sum((left @ weights - right) ** 2)) <= naive_value.simplex_weights(left, right) + 1e-6
