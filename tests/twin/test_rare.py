"""Logs on which other simulators failed: rare people and activities, tiny logs, odd arrivals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.twin.fit import fit_twin
from hoshin.twin.observe import observe
from hoshin.twin.simulate import Settings, simulate_log

MONDAY = datetime(2023, 1, 2, tzinfo=UTC)
Row = tuple[str, str, str | None, datetime, datetime]


def made(rows: list[Row]) -> EventLog:
    columns = ["case_id", "activity", "resource", "start_timestamp", "timestamp"]
    return build_log(pl.DataFrame(rows, columns, orient="row")).log


def office(n: int = 60, hours: tuple[float, ...] = (8.0, 10.0, 13.0, 17.0)) -> list[Row]:
    """`n` cases, at these hours of working days, one after the other: open, then close, half an hour each."""
    rows: list[Row] = []
    for case in range(n):
        day, slot = divmod(case, len(hours))
        t = MONDAY + timedelta(days=day + 2 * (day // 5), hours=hours[slot])
        for name, who in (("open", "ann"), ("close", "bob")):
            rows.append((f"c{case}", name, who, t, t + timedelta(minutes=30)))
            t += timedelta(minutes=30)
    return rows


def with_rare_person(rows: list[Row]) -> list[Row]:
    """One task by somebody never seen again, at three in the night."""
    t = MONDAY + timedelta(hours=27)
    return [*rows, ("c-night", "open", "night owl", t, t + timedelta(minutes=5))]


def with_rare_activity(rows: list[Row]) -> list[Row]:
    case, _, _, _, end = rows[-1]
    return [*rows, (case, "appeal", "ann", end, end + timedelta(minutes=10))]


def with_nobody(rows: list[Row]) -> list[Row]:
    return [(c, a, None if k % 3 == 0 else r, s, e) for k, (c, a, r, s, e) in enumerate(rows)]


def single_events(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[1] == "open"]


def one_day(rows: list[Row]) -> list[Row]:
    return [(c, a, r, MONDAY + timedelta(minutes=7 * k), MONDAY + timedelta(minutes=7 * k + 5))
            for k, (c, a, r, _, _) in enumerate(rows)]  # fmt: skip


def one_case(rows: list[Row]) -> list[Row]:
    return rows[:2]


def no_time_passes(rows: list[Row]) -> list[Row]:
    return [(c, a, r, s, s) for c, a, r, s, _ in rows]


ODD = (with_rare_person, with_rare_activity, with_nobody, single_events, one_day, one_case, no_time_passes)


@pytest.mark.parametrize("change", ODD)
def test_odd_logs_are_fitted_and_simulated(change: object) -> None:
    log = made(change(office()))  # type: ignore[operator]
    simulated = simulate_log(fit_twin(log), Settings(2000, seed=1))

    assert simulated.n_cases == 2000
    assert {simulated.activities[a] for a in np.unique(simulated.activity)} == set(log.activities)
    assert (simulated.t_ns >= simulated.begin_ns()).all()


@pytest.mark.parametrize("change", ODD)
def test_odd_logs_without_starts_or_people(change: object) -> None:
    rows = pl.DataFrame(change(office()), ["case_id", "activity", "resource", "start", "timestamp"], orient="row")  # type: ignore[operator]
    for columns in (["case_id", "activity", "timestamp"], ["case_id", "activity", "resource", "timestamp"]):
        simulated = simulate_log(fit_twin(build_log(rows.select(columns)).log), Settings(200, seed=1))
        assert simulated.n_cases == 200


def test_people_left_out_of_a_selection_do_no_harm() -> None:
    log = made(with_rare_person(office()))
    fewer = log.select_cases(np.arange(log.n_cases) < log.n_cases - 1)

    assert simulate_log(fit_twin(fewer), Settings(50)).n_cases == 50


def test_nobody_arrives_in_hours_without_arrivals() -> None:
    arrive = observe(simulate_log(fit_twin(made(office(200))), Settings(1000, seed=2))).arrive()
    hour, day = arrive % 86_400 / 3600, arrive // 86_400 % 7

    assert set(np.unique(np.floor(hour + 1e-6)).tolist()) <= {8.0, 10.0, 13.0, 17.0}
    assert day.max() <= 4


@pytest.mark.parametrize("mean_gap_s", [900.0, 50_000.0])
def test_random_arrivals_keep_their_rate(mean_gap_s: float) -> None:
    rng = np.random.default_rng(4)
    at = np.cumsum(rng.exponential(mean_gap_s, 800))
    log = made([(f"c{k}", "do", "ann", MONDAY + timedelta(seconds=float(t)), MONDAY + timedelta(seconds=float(t) + 9))
                for k, t in enumerate(at)])  # fmt: skip
    arrive = observe(simulate_log(fit_twin(log), Settings(4000, seed=2))).arrive()

    assert np.diff(np.sort(arrive)).mean() == pytest.approx(np.diff(at).mean(), rel=0.1)
