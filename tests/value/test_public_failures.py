"""Inputs on which public tools failed, as their bug reports tell (Section numbers: the list those reports stand in).

Each gives a correct answer here, or a clear refusal with a next step. Numbers 21, 28, 30 and 31 are tested beside the
code they concern (`test_rows.py`, `test_pack.py`), 23 to 27 in `test_shift.py`; alerts there are about savings that
decay, delivery of alerts is not done yet.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.build import build_log
from hoshin.value.estimate import Estimate, verdict
from hoshin.value.measure import panel_from_log
from hoshin.value.method import run
from hoshin.value.panel import Panel, panel_from
from hoshin.value.period import grid_of
from hoshin.value.rows import panel_of
from tests.value.made import rollout


def panel(outcome: list[list[float]] | np.ndarray, start: list[int]) -> Panel:
    """Units with numbered periods; unit i is treated from period start[i] on (beyond the end: never)."""
    y = np.asarray(outcome, dtype=np.float64)
    treated = np.arange(y.shape[1])[None, :] >= np.asarray(start)[:, None]
    return panel_from(
        tuple(f"u{i}" for i in range(y.shape[0])), grid_of([str(k) for k in range(y.shape[1])]), y, treated
    )


def sound(found: Estimate) -> Estimate:
    """An answer whose numbers are numbers: an interval is there and around the effect, or openly absent."""
    assert math.isfinite(found.effect)
    if found.low is not None and found.high is not None:
        assert found.low <= found.effect <= found.high
    assert found.p_value is None or 0 <= found.p_value <= 1
    assert found.se is None or found.se > 0
    return found


def refused(call: Callable[[], Any], says: str = ".") -> None:
    with pytest.raises(InvalidInput, match=says) as error:
        call()
    assert error.value.code.startswith("value.")


def answer(call: Callable[[], Estimate]) -> Estimate | None:
    """The estimate, or None for a refusal of ours; any other error fails the test."""
    try:
        return call()
    except InvalidInput:
        return None


def noise(n: int, t: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 10 + rng.normal(size=(n, 1)) + rng.normal(size=(1, t)) + 0.5 * rng.normal(size=(n, t))


@pytest.mark.parametrize("estimator", ["imputation", "group_time"])
def test_1_an_always_treated_unit_and_a_single_pre_period(estimator: str) -> None:
    y = noise(8, 5)
    start = [0, 1, 1, 1, 9, 9, 9, 9]
    y[1:4, 1:] += 3
    rows = [
        (f"u{i}", str(t), f"{y[i, t]:.6f}", str(start[i]) if start[i] < 5 else "") for i in range(8) for t in range(5)
    ]
    made = panel_of(pl.DataFrame(rows, schema=["unit", "period", "outcome", "treated_from"], orient="row"))
    found = sound(run(made, estimator))

    assert found.effect == pytest.approx(3, abs=1.0)
    assert "always_treated" in [f.code for f in made.findings + found.findings]


def test_2_and_3_a_misspelt_control_group_is_refused_not_ignored() -> None:
    refused(lambda: run(rollout(1), "group_time", options={"controls": "notyettreated"}), "Did you mean|Known")
    refused(lambda: run(rollout(1), "group_time", options={"control_group": "never"}), "Unknown option")


def test_4_no_never_treated_group() -> None:
    waves = panel(noise(9, 12), [4, 4, 4, 6, 6, 6, 8, 8, 8])

    refused(lambda: run(waves, "group_time", options={"controls": "never"}))
    sound(run(waves, "group_time", options={"controls": "not_yet"}))
    found = sound(run(waves, "imputation"))
    assert any("no_controls" in f.code or "last" in f.says for f in found.findings), "it says where comparison ends"


def test_5_cohorts_of_one_and_two_units() -> None:
    sound(run(panel(noise(7, 10), [4, 6, 6, 8, 99, 99, 99]), "group_time"))


def test_6_zero_is_a_period_unless_said_to_mean_never() -> None:
    rows = [(u, str(t), str(10 + t), "0" if u == "a" else "2" if u == "b" else "") for u in "abcd" for t in range(4)]
    frame = pl.DataFrame(rows, schema=["unit", "period", "outcome", "treated_from"], orient="row")

    assert panel_of(frame).ever().tolist() == [True, True, False, False]
    assert panel_of(frame, never=["0"]).ever().tolist() == [False, True, False, False]


@pytest.mark.parametrize("estimator", ["imputation", "interrupted", "synthetic", "group_time"])
def test_7_the_same_data_gives_the_same_p(estimator: str) -> None:
    y = noise(12, 40)
    data = panel(y, [30, *[99] * 11] if estimator != "group_time" else [30] * 4 + [99] * 8)
    if estimator == "interrupted":
        data = panel(y[:1], [30])
    answers = [run(data, estimator, seed=3) for _ in range(3)]

    assert len({(a.effect, a.p_value) for a in answers}) == 1


def test_8_an_outcome_identical_to_its_driver_shows_nothing() -> None:
    rng = np.random.default_rng(2)
    x = 10 + rng.normal(size=60).cumsum() * 0.1
    rows = [("a", str(t), f"{x[t]:.6f}", "40", f"{x[t]:.6f}") for t in range(60)]
    frame = pl.DataFrame(rows, schema=["unit", "period", "outcome", "treated_from", "x"], orient="row")
    made = panel_of(frame, drivers=["x"])
    found = answer(lambda: run(made, "interrupted", options={"drivers": ["x"]}))

    assert found is None or (abs(found.effect) < 1e-6 and verdict(found).status != "shown")


def test_9_no_effect_is_not_shown_as_one() -> None:
    shown = sum(
        verdict(run(panel(noise(1, 60, seed), [40]), "interrupted"), better).status == "shown"
        for seed in range(60)
        for better in ("lower", "higher")
    )

    assert shown <= 9, "5% of 60 two-sided tests is 3; 9 is beyond the 99.9% point"


@pytest.mark.parametrize(
    "series",
    [
        pytest.param([7.0] * 29 + [8.0] + [7.0] * 30, id="10 constant but one point"),
        pytest.param([1.0] * 10 + [0.0] * 20, id="11 all zeros after"),
        pytest.param([7.0] * 100, id="19 constant"),
        pytest.param([0.0] * 40, id="12 only zeros"),
    ],
)
def test_10_11_12_19_series_that_hardly_move(series: list[float]) -> None:
    data = panel([series], [len(series) // 2])
    found = answer(lambda: run(data, "interrupted"))

    assert found is None or sound(found).findings, "a series that hardly moves is not passed over in silence"


def test_12_missing_days_are_said_and_days_of_zero_are_values() -> None:
    days = [f"2026-03-{d:02d}" for d in range(1, 29) if d != 11]
    rows = [(u, d, "0" if d.endswith("5") else "3", "2026-03-20" if u == "a" else "") for u in "abcd" for d in days]
    made = panel_of(pl.DataFrame(rows, schema=["unit", "period", "outcome", "treated_from"], orient="row"))

    assert "periods_missing" in [f.code for f in made.findings]
    assert (made.outcome == 0).sum() == 4 * 3


def test_13_an_implementation_window_counts_neither_before_nor_after() -> None:
    y = noise(1, 60)
    y[0, 30:36] += 50
    whole, cut = panel(y, [30]), panel(y, [30]).without("30", "35")

    assert run(whole, "interrupted").effect > 5
    assert abs(run(cut, "interrupted").effect) < 3


def test_14_the_standard_error_of_the_double_difference_by_hand() -> None:
    """Two periods: the estimate is a difference of means of gains, so its error is that of two means."""
    rng = np.random.default_rng(3)
    y = rng.normal(10, 1, (60, 2))
    found = sound(run(panel(y, [1] * 30 + [9] * 30), "group_time", options={"inference": "analytic"}))
    gain = y[:, 1] - y[:, 0]
    by_hand = math.sqrt(gain[:30].var() / 30 + gain[30:].var() / 30)

    assert found.effect == pytest.approx(gain[:30].mean() - gain[30:].mean())
    assert found.se == pytest.approx(by_hand, rel=0.05)


def test_15_one_treated_unit_gets_no_jackknife_interval() -> None:
    y = noise(6, 20)
    for effect in (2.0, 52.0):
        planted = y.copy()
        planted[0, 12:] += effect
        try:
            found = run(panel(planted, [12, *[99] * 5]), "imputation", options={"inference": "jackknife"})
        except InvalidInput:
            continue
        assert found.p_value is None, "one treated unit has no spread to learn from"
        assert found.findings


def test_16_placebos_need_more_controls_than_treated() -> None:
    data = panel(noise(5, 20), [12, 12, 12, 99, 99])
    found = answer(lambda: run(data, "synthetic_did"))

    assert found is None or (found.se is None and found.p_value is None)


def test_17_one_pre_period_is_too_few_for_weights() -> None:
    for estimator in ("synthetic", "synthetic_did"):
        refused(lambda e=estimator: run(panel(noise(8, 5), [1, *[99] * 7]), e))


@pytest.mark.parametrize("estimator", ["imputation", "group_time", "synthetic", "synthetic_did"])
def test_18_controls_without_variance(estimator: str) -> None:
    n_treated = 1 if estimator.startswith("synthetic") else 3
    y = np.full((10, 20), 5.0)
    y[:n_treated] = noise(3, 20)[:n_treated]
    data = panel(y, [12] * n_treated + [99] * (10 - n_treated))

    found = answer(lambda: run(data, estimator))

    assert found is None or sound(found)


@pytest.mark.parametrize("alpha", [-5, 0, 1, 5, 95, math.nan])
@pytest.mark.parametrize("estimator", ["imputation", "interrupted", "group_time", "synthetic"])
def test_20_an_impossible_level_is_refused(estimator: str, alpha: float) -> None:
    refused(lambda: run(rollout(1), estimator, alpha=alpha), "alpha")


def test_22_relative_effects_of_counts_with_zeros_are_refused() -> None:
    y = np.random.default_rng(4).poisson(0.4, (6, 30)).astype(float)

    refused(lambda: panel(y, [15, 15, 99, 99, 99, 99]).in_logs())


def test_29_a_week_without_cases_is_no_mean_and_a_count_of_zero() -> None:
    days = ["2026-03-02", "2026-03-16", "2026-03-23"]
    frame = pl.DataFrame(
        {
            "case_id": [f"{t}{d}" for t in "ab" for d in days],
            "activity": ["x"] * 6,
            "timestamp": [d for _ in "ab" for d in days],
            "team": [t for t in "ab" for _ in days],
        }
    ).with_columns(pl.col("timestamp").str.to_datetime("%Y-%m-%d"))
    other = frame.filter(pl.col("team") == "a").with_columns(
        pl.lit("a-extra").alias("case_id"), pl.lit("b").alias("team"), pl.datetime(2026, 3, 9).alias("timestamp")
    )
    log = build_log(pl.concat([frame, other.head(1)]), case_columns=["team"]).log

    counted = panel_from_log(log, by="team", starts={"a": "2026-W12"}, kpi="cases")
    timed = panel_from_log(log, by="team", starts={"a": "2026-W12"}, kpi="cycle_time_mean_s")

    at = counted.units.index("a")
    # The first and the last week are not whole, so they are left out.
    assert counted.outcome[at].tolist() == [0, 1]
    assert np.isnan(timed.outcome[at]).tolist() == [True, False]
