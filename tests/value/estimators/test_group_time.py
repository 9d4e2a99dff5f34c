"""Group-time effects against the reference values of the R package `did`, to rounding."""

from __future__ import annotations

import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.value.estimators.group_time import aggregate, estimate, group_times, pre_test
from tests.value import golden

SCENARIOS = {"mpdta_nev_dr": "never", "mpdta_nyt_dr": "not_yet"}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_group_time_effect_and_its_standard_error(scenario: str) -> None:
    panel = golden.mpdta()
    effects = group_times(panel, controls=SCENARIOS[scenario])  # type: ignore[arg-type]
    rows = [r for r in golden.table("mpdta_attgt.csv").iter_rows(named=True) if r["scenario"] == scenario]

    assert len(rows) == 12 == effects.att.size
    for row, g, t, att, se in zip(rows, effects.group, effects.time, effects.att, effects.se()):
        assert (row["group"], row["t"]) == (panel.periods[g], panel.periods[t])
        assert att == pytest.approx(float(row["att"]), abs=1e-12)
        assert se == pytest.approx(float(row["se"]), abs=1e-12)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("how", ["simple", "group", "dynamic", "calendar"])
def test_every_aggregation_and_its_standard_error(scenario: str, how: str) -> None:
    panel = golden.mpdta()
    averaged = aggregate(group_times(panel, controls=SCENARIOS[scenario]), how)  # type: ignore[arg-type]
    rows = [
        r
        for r in golden.table("mpdta_aggte.csv").iter_rows(named=True)
        if r["scenario"] == scenario and r["type"] == how
    ]
    n = averaged.influence.size

    assert rows
    assert averaged.overall == pytest.approx(float(rows[0]["overall_att"]), abs=1e-12)
    assert np.sqrt(np.mean(averaged.influence**2) / n) == pytest.approx(float(rows[0]["overall_se"]), abs=1e-12)
    name = {"dynamic": str, "group": lambda g: panel.periods[g], "calendar": lambda t: panel.periods[t]}
    if how != "simple":
        for row, label, effect, column in zip(rows, averaged.labels, averaged.effects, averaged.influences.T):
            assert row["egt"] == name[how](label)
            assert effect == pytest.approx(float(row["att_egt"]), abs=1e-12)
            assert np.sqrt(np.mean(column**2) / n) == pytest.approx(float(row["se_egt"]), abs=1e-12)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_joint_pre_test(scenario: str) -> None:
    row = next(r for r in golden.table("mpdta_pretest.csv").iter_rows(named=True) if r["scenario"] == scenario)
    check = pre_test(group_times(golden.mpdta(), controls=SCENARIOS[scenario]))  # type: ignore[arg-type]

    assert check.value == pytest.approx(float(row["W"]), rel=1e-9)
    assert check.p_value == pytest.approx(float(row["Wpval"]), abs=5e-5)
    assert check.passed


def test_bootstrap_agrees_with_analytic() -> None:
    panel = golden.mpdta()
    analytic, bootstrap = (estimate(panel, inference=i) for i in ("analytic", "bootstrap"))  # type: ignore[arg-type]

    assert bootstrap.se == pytest.approx(analytic.se, rel=0.06)
    assert estimate(panel, inference="bootstrap").se == bootstrap.se, "same seed, same answer"


def test_an_unknown_control_group_is_refused() -> None:
    with pytest.raises(InvalidInput, match="notyettreated"):
        estimate(golden.mpdta(), controls="notyettreated")  # type: ignore[arg-type]
