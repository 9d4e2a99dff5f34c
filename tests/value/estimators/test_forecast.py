"""Interrupted time series and adjusted before/after: published examples, known truth, adjustments."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from hoshin.errors import InvalidInput
from hoshin.value.baseline import forecast, fractional_uncertainty, series_of
from hoshin.value.estimate import verdict
from hoshin.value.estimators import before_after, interrupted
from hoshin.value.panel import Panel
from hoshin.value.rows import panel_of
from tests.value import golden


def series(y: np.ndarray, start: int, **drivers: np.ndarray) -> Panel:
    frame = pl.DataFrame(
        {"unit": "a", "period": [str(i) for i in range(y.size)], "outcome": y, "treated_from": str(start), **drivers}
    )
    return panel_of(frame, drivers=tuple(drivers))


def test_causalimpact_arma_example() -> None:
    """tfcausalimpact README: 4.89 (0.31), +4.06 %; the truth is 5. Ours must hold both."""
    table = golden.table("arma_data.csv").select(pl.all().cast(pl.Float64))
    y = table["y"].to_numpy().copy()
    y[70:] += 5
    result = interrupted.estimate(series(y, 70, X=table["X"].to_numpy()), drivers=["X"], trend=False)

    assert result.effect == pytest.approx(4.89, abs=0.1)
    assert result.relative(result.effect) == pytest.approx(0.0406, abs=0.001)
    assert result.low < 4.89 < result.high  # type: ignore[operator]
    assert result.low < 5 < result.high  # type: ignore[operator]


def test_causalimpact_comparison_example() -> None:
    """Two tools report -657 (736) and -709 (727), p 0.20 and 0.16: nothing is shown; ours says so too."""
    table = golden.table("comparison_data.csv")
    drivers = table.columns[2:]
    frame = table.select(
        *drivers, unit=pl.lit("a"), period="DATE", outcome="CHANGED", treated_from=pl.lit("2019-07-15")
    )
    result = interrupted.estimate(panel_of(frame, drivers=drivers), drivers=drivers, trend=False)

    assert -657 - 736 < result.effect < -657 + 736
    assert result.low < -657 < result.high  # type: ignore[operator]
    assert verdict(result).status == "not shown"


def test_a_forecast_covers_the_truth_as_often_as_it_says() -> None:
    """AR(1) noise of 0.6, no effect: the 95 % interval holds zero in about 95 % of 150 series."""
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(150):
        e = rng.normal(size=60)
        for k in range(1, 60):
            e[k] += 0.6 * e[k - 1]
        result = forecast(series_of(series(50 + e, 40), trend=False, season=False, cycle=0, drivers=()))
        low, high = result.interval(0.05)
        held += low <= 0 <= high
    assert held / 150 == pytest.approx(0.95, abs=0.04)


def test_adjustments_are_sign_neutral_and_need_evidence() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=40)
    y = 100 + 3 * x + rng.normal(size=40)
    y[28:] -= 10
    panel = series(y, 28, volume=x)
    event = {"first": "30", "last": "39", "amount": -4.0, "reason": "branch closed", "evidence": "memo 12",
             "approved_by": "controller"}  # fmt: skip
    plain = before_after.estimate(panel, drivers=["volume"])
    less = before_after.estimate(panel, drivers=["volume"], adjustments=[event])

    assert plain.effect == pytest.approx(-10, abs=1.2)
    assert less.effect - plain.effect == pytest.approx(4 * 10 / 12, abs=1e-9), "the event explains part of the saving"
    with pytest.raises(InvalidInput, match="evidence"):
        before_after.estimate(panel, adjustments=[{**event, "evidence": " "}])


def test_planned_uncertainty_of_the_energy_formula() -> None:
    """ASHRAE-14 approximation: 20 % CV, 52 + 52 weeks, 10 % saving."""
    found = [fractional_uncertainty(0.2, 0.1, 52, 52, rho) for rho in (0, 0.3, 0.6)]
    assert found == pytest.approx([0.36, 0.50, 0.78], abs=0.005)
