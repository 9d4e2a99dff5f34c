"""Drawing waves, sealing the plan, judging by it; and whether the power it promises is the power it has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import Conflict, Corrupt, InvalidInput
from hoshin.value.design import Limits, draw
from hoshin.value.estimators.imputation import estimate
from hoshin.value.plan import Plan, lock, plan_from, under_plan
from hoshin.value.power import Noise, noise_of, power_of, replay
from hoshin.value.simulate import Rollout, autocorrelated, made_panel, simulate

UNITS = [f"unit {i + 1}" for i in range(12)]
WAVES = ["20", "26", "32"]


@given(st.integers(0, 10**6), st.integers(0, 4), st.sampled_from([(), (3, 4, 5), (12, 1, 12)]))
def test_a_draw_respects_its_limits(seed: int, hold_out: int, capacity: tuple[int, ...]) -> None:
    block = {u: "ab"[i % 2] for i, u in enumerate(UNITS)}
    limits = Limits(capacity=capacity, hold_out=hold_out, pinned={"unit 1": "20", "unit 2": "32"}, block=block)
    plan = draw("p", UNITS, WAVES, limits, seed=seed).plan
    start = plan.start_of()

    assert start["unit 1"] == "20"
    assert start["unit 2"] == "32"
    assert len(plan.hold_out()) == hold_out
    if capacity:
        assert all(plan.start.count(w) <= c for w, c in zip(WAVES, capacity))
    for wave in [*WAVES, ""]:
        sizes = [sum(1 for u in UNITS[2:] if block[u] == b and start[u] == wave) for b in "ab"]
        assert abs(sizes[0] - sizes[1]) <= 2, "strata are spread evenly"
    assert plan == draw("p", UNITS, WAVES, limits, seed=seed).plan, "same seed, same draw"


def test_every_assignment_is_as_likely() -> None:
    """4 units, 2 waves: each of the 6 assignments comes up about as often."""
    seen: dict[tuple[str, ...], int] = {}
    for seed in range(1200):
        plan = draw("p", [*"abcdef"], ["1", "2"], Limits(), seed=seed).plan
        seen[plan.start] = seen.get(plan.start, 0) + 1
    assert len(seen) == 20
    assert max(seen.values()) < 2 * min(seen.values()) + 20


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(capacity=(1, 1, 1)), "12 units must start, the waves hold 3"),
        (Limits(capacity=(1, 1)), "2 capacities for 3 waves"),
        (Limits(hold_out=13), "hold-out of 13"),
        (Limits(pinned={"unit 99": "20"}), "unit 99"),
        (Limits(pinned=dict.fromkeys(UNITS[:-2], "20")), "Only 2 draws are possible"),
    ],
)
def test_a_draw_that_cannot_be_is_refused(limits: Limits, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        draw("p", UNITS, WAVES, limits, seed=1)


def planned(seed: int = 4) -> Plan:
    plan = draw("robots", UNITS, WAVES, Limits(hold_out=3), seed=seed).plan
    return replace(plan, baseline=("0", "19"), reporting=("20", "51"))


def test_a_locked_plan_shows_any_change() -> None:
    document = lock(planned(), by="Ines", on=date(2026, 1, 2))

    assert plan_from(document).locked_by == "Ines"
    document["content"]["start"][0] = "32" if document["content"]["start"][0] == "20" else "20"
    with pytest.raises(Corrupt, match="changed after it was sealed"):
        plan_from(document)


def test_a_plan_cannot_be_locked_after_go_live() -> None:
    weeks = ["2026-W10", "2026-W14"]
    plan = draw("late", [*"abcdefgh"], weeks, Limits(), seed=1).plan
    lock(plan, by="Ines", on=date(2026, 3, 1))
    with pytest.raises(Conflict, match="started on 2026-03-02"):
        lock(plan, by="Ines", on=date(2026, 3, 2))


def rolled(plan: Plan, effect: float, seed: int) -> object:
    rng = np.random.default_rng(seed)
    first = np.array([int(s) if s else 52 for s in plan.start])
    treated = np.arange(52)[None, :] >= first[:, None]
    return made_panel(5 + 0.1 * autocorrelated(rng, 12, 52, 0.5) + effect * treated, treated)


def test_judged_as_planned_even_if_a_unit_started_late() -> None:
    plan = plan_from(lock(planned(), by="Ines", on=date(2026, 1, 2)))
    panel = rolled(plan, -0.3, 1)
    late = panel.treated.copy()  # type: ignore[attr-defined]
    unit = next(i for i, s in enumerate(plan.start) if s == "20")
    late[unit, :30] = False
    found = under_plan(plan, panel.with_treated(late))  # type: ignore[attr-defined]

    assert [f.code for f in found.findings] == ["deviation", "plan_locked"]
    assert f"unit {unit + 1} (30 instead of 20)" in found.findings[0].says
    assert found.panel.first()[unit] == 20
    result = estimate(found.panel, randomised=True, blocks=list(found.blocks))
    assert result.low <= -0.3 <= result.high  # type: ignore[operator]


def test_a_shorter_baseline_than_locked_and_lost_units_are_refused() -> None:
    plan = plan_from(lock(planned(), by="Ines", on=date(2026, 1, 2)))
    panel = rolled(plan, 0.0, 2)
    with pytest.raises(InvalidInput, match="chosen after the fact"):
        under_plan(plan, panel.columns(np.arange(52) >= 10))  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput, match="not in the data: unit 1"):
        under_plan(plan, panel.rows(np.arange(12) > 0))  # type: ignore[attr-defined]


def test_promised_power_is_real() -> None:
    """At the smallest detectable effect, four in five simulated rollouts are found."""
    plan = planned()
    first = [int(s) if s else 52 for s in plan.start]
    noise = Noise(np.full(12, 0.1), 0.5, 5.0)
    promised = power_of(first, 52, noise, blocks=plan.lot, sims=300, effects=[0.0])
    found = [
        estimate(rolled(plan, -promised.effect_min, 100 + s), randomised=True, draws=299).p_value <= 0.05  # type: ignore[arg-type, operator]
        for s in range(120)
    ]

    assert np.mean(found) == pytest.approx(0.8, abs=0.12)
    assert promised.chance[0] == pytest.approx(0.05, abs=0.04)


def test_noise_is_learnt_from_history() -> None:
    panel, _ = simulate(Rollout(n_units=20, n_periods=60, effect=0.0, rho=0.5, noise=0.2), 3)
    noise = noise_of(panel)

    assert noise.rho == pytest.approx(0.5, abs=0.1)
    assert noise.sd.mean() == pytest.approx(0.2, rel=0.15)


def test_replay_plants_effects_for_estimators_without_a_noise_model() -> None:
    panel, _ = simulate(Rollout(n_units=24, n_periods=60, effect=0.0, rho=0.2, noise=0.05), 3)
    history = panel.with_treated(np.zeros_like(panel.treated))
    power = replay(history, "synthetic", ["unit 3"], n_after=8, effects=[0.0, -0.5], dates=4)

    assert power.chance == (0.0, 1.0)
    assert power.effect_min == 0.5
