"""A twin fitted to a log of a known system answers as the system would."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from bench.whatif_systems import DAYTIME, LUNCH, OFFICE, WAVES, staffed, team
from bench.whatif_twin import log_of
from bench.whatif_world import Demand, observe
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.service import twin as use
from hoshin.service._workspace import create
from hoshin.twin.change import change
from hoshin.twin.fit import fit_twin
from hoshin.twin.model import Duration, Twin, empirical
from hoshin.twin.network import Station, network
from hoshin.twin.simulate import Settings, simulate_log, simulate_twin

EXP = "exponential"


def system(check_s: float = 600.0, gap_s: float = 250.0) -> Twin:
    """Cases are received, checked by one of four people and decided by one of two; a fifth is checked again."""
    return network(
        {"receive": Station(Duration("constant", 0.0), 0, {"check": 1.0}),
         "check": Station(Duration(EXP, check_s), 4, {"decide": 1.0}),
         "decide": Station(Duration(EXP, 300.0), 2, {"check": 0.2})},
        mean_gap_s=gap_s,
    )  # fmt: skip


@pytest.fixture(scope="module")
def log() -> EventLog:
    return simulate_log(system(), Settings(6000, since_s=0.0, seed=11))


def mean_cycle(twin: Twin) -> float:
    return float(
        np.mean([simulate_twin(twin, Settings(6000, since_s=0.0, seed=5), r)[0].cycle_s().mean() for r in range(6)])
    )


def test_fit_answers_as_the_system(log: EventLog) -> None:
    """Mean cycle time as it was, with half as long checks, and with 15 % less demand: within 10 % of the truth."""
    fitted = fit_twin(log)

    assert mean_cycle(fitted) == pytest.approx(mean_cycle(system()), rel=0.10)
    quick = change(fitted, {"work": {"activity": "check", "speed": 2.0}})
    assert mean_cycle(quick) == pytest.approx(mean_cycle(system(300.0)), rel=0.10)
    calm = change(fitted, {"demand": {"factor": 0.85}})
    assert mean_cycle(calm) == pytest.approx(mean_cycle(system(gap_s=250 / 0.85)), rel=0.10)


def test_fit_finds_no_delay_where_queues_explain_all(log: EventLog) -> None:
    fitted = fit_twin(log)

    assert fitted.delays == {}
    assert fitted.rosters == {}
    assert {r.capacity for r in fitted.resources} == {1}


def test_the_same_log_gives_the_same_twin(log: EventLog) -> None:
    assert msgspec.json.encode(fit_twin(log)) == msgspec.json.encode(fit_twin(log))


def test_fit_without_starts_or_resources_says_what_it_assumes() -> None:
    fitted = fit_twin(EventLog.from_traces(["abc", "abc", "ac"] * 20))

    assert any("no start times" in a for a in fitted.assumptions)
    assert any("no resources" in a for a in fitted.assumptions)
    assert simulate_log(fitted, Settings(50)).n_cases == 50


def test_routing_with_a_long_memory_repeats_the_variants() -> None:
    traces = ["axbx", "aybyc", "axbx"] * 10
    simulated = simulate_log(fit_twin(EventLog.from_traces(traces), least=1), Settings(300)).traces()

    assert {"".join(t) for t in simulated} == set(traces)


def test_doing_without_the_last_who_can_is_refused(log: EventLog) -> None:
    with pytest.raises(InvalidInput, match="nobody can do decide"):
        change(fit_twin(log), {"staff": {"activity": "decide", "delta": -2}})


def test_use_cases(tmp_path: Path, log: EventLog) -> None:
    ws = create(tmp_path / "ws")
    ws.logs.write(log, "demo")
    made = use.fit(ws, "demo")
    rows = {r["measure"]: r for r in use.whatif(ws, "demo", demand=1.05, cases=500, replications=8)["measures"]}
    same = {r["measure"]: r for r in use.whatif(ws, f"demo@{made['version']}", cases=200, replications=3)["measures"]}

    assert use.show(ws, "demo")["cases_seen"] == log.n_cases
    assert rows["mean_cycle_time_s"]["difference"] > 0
    assert all(r["difference"] == 0 for r in same.values())
    assert use.simulate(ws, "demo", cases=100, replications=3) == use.simulate(ws, "demo", cases=100, replications=3)
    assert use.queueing(ws, per_hour=100, service_s=180, servers=8)["wait_share"] == pytest.approx(0.167267, abs=1e-6)
    with pytest.raises(InvalidInput, match="Unknown twin 'dmo'"):
        use.show(ws, "dmo")


def test_rare_cases_at_night_are_no_rest() -> None:
    """People who work round the clock, with few cases before dawn, get no roster; lunch at noon every day is one."""
    waves = staffed("waves", Demand(9, profile=WAVES), "serve", {"serve": (22, team("desk", 4))}, n_log=4000)
    lunch = staffed("lunch", Demand(2, profile=DAYTIME), "serve", {"serve": (22, team("desk", 4, week=LUNCH))})

    assert fit_twin(log_of(observe(waves, 1)[0])).rosters == {}
    assert set(fit_twin(log_of(observe(lunch, 1)[0])).rosters["desk1"]) >= {(8 * 3600.0, 12 * 3600.0)}


@pytest.mark.parametrize("overtime", [True, False])
def test_work_finished_after_hours_is_told_from_work_that_pauses(overtime: bool) -> None:
    """Hours end when nobody begins any more, and work takes as long as it took."""
    world = staffed("late", Demand(2, profile=DAYTIME), "serve", {"serve": (30, team("clerk", 5, week=OFFICE))},
                    extra={"serve": {"overtime": overtime}}, n_log=3000)  # fmt: skip
    fitted = fit_twin(log_of(observe(world, 1)[0]))

    assert fitted.activity("serve").pause != overtime
    assert {b % 86_400 for roster in fitted.rosters.values() for _, b in roster} <= {16.75 * 3600, 17 * 3600.0}
    assert fitted.activity("serve").duration.mean_s() == pytest.approx(1800, rel=0.05)


@given(st.integers(1, 4000))
def test_a_kept_sample_has_the_mean_and_spread_of_the_whole(n: int) -> None:
    values = np.random.default_rng(n).exponential(100.0, n)
    kept = np.array(empirical(values).values)

    assert kept.size == min(n, 1000)
    assert kept.mean() == pytest.approx(values.mean(), rel=1e-4)
    assert kept.std() == pytest.approx(values.std(), rel=0.03)
