"""Imputation difference-in-differences: goldens, algebra, exactness of the lot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.value.estimators.imputation import estimate, reshuffled
from hoshin.value.shuffle import interval, orders, p_value
from hoshin.value.weights import fixed_effects, imputation_weights
from tests import naive_value
from tests.value import golden
from tests.value.made import rollout


def test_mpdta() -> None:
    """-0.047710 is what diff-diff 3.13.0 finds too; its analytic standard error is 0.01322."""
    result = estimate(golden.mpdta())

    assert result.effect == pytest.approx(-0.047710, abs=1e-6)
    assert result.se == pytest.approx(0.01322, rel=0.05)
    assert [round(e.effect, 4) for e in result.by_event] == [-0.0311, -0.0522, -0.1361, -0.1047]


def test_prop99_is_the_plain_double_difference() -> None:
    """Published: -27.35 (Arkhangelsky et al. 2021)."""
    result = estimate(golden.prop99())

    assert result.effect == pytest.approx(-27.349, abs=0.001)
    assert result.low is None, "one treated unit: no interval"


@given(st.integers(0, 10**6), st.floats(0, 0.3))
def test_weights_give_the_imputed_effect_even_with_holes(seed: int, holes: float) -> None:
    """The linear weights, the fitted counterfactual and the slow twin (dense regression) agree."""
    panel = rollout(seed, n=7, t=12, holes=holes)
    seen, treated = panel.seen(), panel.treated
    free = seen & ~treated
    target = seen & treated & free.any(axis=1)[:, None] & free.any(axis=0)[None, :]
    if not target.any():
        return
    slow = naive_value.imputation_effect(panel.outcome, target, free)
    if slow is None:
        return
    weights = imputation_weights(target, free)
    fit = fixed_effects(panel.outcome, free)

    assert float(np.sum(weights * np.nan_to_num(panel.outcome))) == pytest.approx(slow, abs=1e-8)
    assert float((panel.outcome - fit)[target].mean()) == pytest.approx(slow, abs=1e-8)


@given(st.integers(0, 10**6), st.floats(-3, 3))
def test_a_constant_effect_is_found_to_the_digit_more(seed: int, effect: float) -> None:
    """Adding e to every treated cell moves the estimate, and both bounds, by exactly e; p tests what it says."""
    panel = rollout(seed, n=8, t=14)
    plain = estimate(panel, randomised=True, draws=199)
    moved = estimate(panel.__class__(**{**fields(panel), "outcome": panel.outcome + effect * panel.treated}),
                     randomised=True, draws=199)  # fmt: skip

    assert moved.effect - plain.effect == pytest.approx(effect, abs=1e-9)
    assert moved.low - plain.low == pytest.approx(effect, abs=1e-6)  # type: ignore[operator]
    assert moved.high - plain.high == pytest.approx(effect, abs=1e-6)  # type: ignore[operator]


@given(st.integers(0, 10**6))
def test_interval_and_p_value_agree(seed: int) -> None:
    """Zero is outside the interval exactly when p is at most alpha."""
    panel = rollout(seed, n=8, t=14, effect=-0.4)
    order, _ = orders(panel.first().tolist(), 199, seed)
    at_zero, slope = reshuffled(panel, panel.treated, None, order)
    low, high = interval(at_zero, slope, 0.1)  # type: ignore[misc]
    inside = np.linspace(low, high, 41)[1:-1]

    assert all(p_value(at_zero, slope, float(e)) > 0.1 for e in inside)
    assert p_value(at_zero, slope, low - 1e-6) <= 0.1
    assert p_value(at_zero, slope, high + 1e-6) <= 0.1


def test_permuting_rows_and_refitting_is_the_fast_product() -> None:
    """With a complete panel the fast path equals a refit under each assignment."""
    panel = rollout(3, n=6, t=10)
    order, exact = orders(panel.first().tolist(), 500, 0)
    at_zero, _ = reshuffled(panel, panel.treated, None, order)
    for row, value in list(zip(order, at_zero))[::37]:
        treated = panel.treated[row]
        free = ~treated
        target = treated & free.any(axis=0)[None, :]
        assert value == pytest.approx(naive_value.imputation_effect(panel.outcome, target, free), abs=1e-9)
    assert exact
    assert len(np.unique(panel.first()[order], axis=0)) == len(order), "every assignment once"


def fields(panel: object) -> dict[str, object]:
    return {name: getattr(panel, name) for name in panel.__dataclass_fields__}  # type: ignore[attr-defined]
