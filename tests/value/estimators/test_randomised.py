"""Units drawn by lot, and switchbacks: published value, and the lot's own exactness."""

from __future__ import annotations

import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.value.estimators import randomised, switchback
from hoshin.value.panel import Panel, panel_from
from hoshin.value.period import grid_of
from tests.value import golden


def test_nsw_experiment() -> None:
    """LaLonde / Dehejia-Wahba: 1,794 dollars, standard error 671."""
    result = randomised.estimate(golden.nsw(), past="ignore")

    assert result.effect == pytest.approx(1794.34, abs=0.01)
    assert result.se == pytest.approx(671, abs=0.5)
    assert result.p_value < 0.01  # type: ignore[operator]


def test_the_past_narrows_the_interval() -> None:
    rng = np.random.default_rng(2)
    level = rng.normal(size=(40, 1)) * 5
    y = level + rng.normal(size=(40, 10))
    treated = np.zeros((40, 10), dtype=bool)
    treated[rng.permutation(40)[:20], 5:] = True
    panel = panel_from(tuple(map(str, range(40))), grid_of([str(k) for k in range(10)]), y + 1.0 * treated, treated)
    width = [(r.high - r.low) for r in (randomised.estimate(panel, past=p) for p in ("ignore", "adjust"))]  # type: ignore[arg-type, operator]

    assert width[1] < width[0] / 3
    assert randomised.estimate(panel).effect == pytest.approx(1.0, abs=0.4)


def switching(seed: int, effect: float, n: int = 2, t: int = 56, run: int = 4) -> Panel:
    rng = np.random.default_rng(seed)
    stretch = np.array([rng.permuted(np.arange(t // run) % 2) for _ in range(n)])
    on = np.repeat(stretch, run, axis=1).astype(bool)
    y = 20 + rng.normal(size=(n, 1)) + rng.normal(size=(n, t)) + effect * on
    return panel_from(tuple(map(str, range(n))), grid_of([str(k) for k in range(t)]), y, on)


def test_switchback_finds_what_was_planted_and_only_that() -> None:
    found = [switchback.estimate(switching(s, 2.0), run=4, draws=199) for s in range(40)]
    assert np.mean([f.effect for f in found]) == pytest.approx(2.0, abs=0.15)
    assert np.mean([f.low <= 2.0 <= f.high for f in found]) >= 0.85  # type: ignore[operator]
    empty = [switchback.estimate(switching(s, 0.0), run=4, draws=199).p_value for s in range(100)]
    assert np.mean([p <= 0.05 for p in empty]) <= 0.12  # type: ignore[operator]


def test_switchback_refuses_a_burn_in_that_leaves_nothing() -> None:
    with pytest.raises(InvalidInput, match="nothing is left"):
        switchback.estimate(switching(1, 1.0), run=4, burn_in=4)
