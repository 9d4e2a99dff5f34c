"""The engine against closed forms, and against models on which other simulators go wrong."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hoshin.kernels.roster import WEEK_S
from hoshin.twin import queueing
from hoshin.twin.engine import replicate
from hoshin.twin.model import Activity, Arrival, Duration, Resource, Skill, Sort, Twin, Way
from hoshin.twin.network import Station, network
from hoshin.twin.simulate import Settings, simulate_log, simulate_twin
from tests import naive_twin as naive

EXP = "exponential"
DAY, HOUR = 86_400.0, 3600.0
OFFICE = [(d * DAY + 9 * HOUR, d * DAY + 17 * HOUR) for d in range(5)]


def waits(twin: Twin, replications: int = 20, n_cases: int = 20_000, warm: float = 0.1) -> np.ndarray:
    """Mean wait of the first activity in each replication."""

    def one(rep: int) -> float:
        how = Settings(n_cases, since_s=0.0, seed=7, warm_s=warm * n_cases * twin.arrival.mean_gap_s)
        run, _ = simulate_twin(twin, how, rep)
        return run.tally["wait"][0] / run.tally["n"][0]

    return np.array(replicate(one, replications))


def agrees(sample: np.ndarray, truth: float) -> None:
    """The truth is within 3.5 standard errors of the mean, which are small enough to mean something."""
    error = sample.std(ddof=1) / np.sqrt(sample.size)
    assert error < 0.06 * truth
    assert abs(sample.mean() - truth) < 3.5 * error, (sample.mean(), truth, error)


@pytest.mark.parametrize(("servers", "rho"), [(1, 0.8), (3, 2 / 3), (12, 10 / 12)])
def test_mmc_waits_as_erlang_says(servers: int, rho: float) -> None:
    twin = network({"desk": Station(Duration(EXP, 60.0), servers)}, mean_gap_s=60 / servers / rho)

    agrees(waits(twin), queueing.mmc(servers * rho / 60, 60.0, servers).mean_wait_s)


@pytest.mark.parametrize(
    "work", [Duration("constant", 48.0), Duration("lognormal", np.log(48) - 0.5, 1.0), Duration("uniform", 0, 96),
             Duration("empirical", values=[12.0] * 3 + [156.0])],
    ids=lambda d: d.kind,
)  # fmt: skip
def test_mg1_waits_as_pollaczek_khinchine_says(work: Duration) -> None:
    truth = queueing.ggc(1 / 60, work.mean_s(), service_scv=work.scv()).mean_wait_s

    agrees(waits(network({"desk": Station(work, 1)}, mean_gap_s=60.0), 24, 40_000), truth)


def test_jackson_network() -> None:
    routes = {("a", "b"): 0.7, ("a", "c"): 0.3, ("b", "a"): 0.2, ("c", "b"): 0.5}
    work, servers = {"a": 30.0, "b": 80.0, "c": 50.0}, {"a": 1, "b": 3, "c": 1}
    stations = {
        n: Station(Duration(EXP, work[n]), servers[n], {j: p for (i, j), p in routes.items() if i == n}) for n in work
    }
    lines = queueing.jackson({"a": 1 / 60}, routes, work, servers)
    truth = sum(line.mean_present for line in lines.values()) * 60

    def one(rep: int) -> float:
        run, _ = simulate_twin(network(stations, mean_gap_s=60.0), Settings(20_000, 0.0, seed=3, warm_s=1e5), rep)
        return float(run.cycle_s(1e5).mean())

    agrees(np.array(replicate(one, 20)), truth)


def test_confidence_intervals_cover() -> None:
    """95 % intervals over 20 replications of M/M/3 contain the truth in 93 to 97 % of 600 studies, give or take
    the chance of 600 (three standard errors)."""
    twin = network({"desk": Station(Duration(EXP, 60.0), 3)}, mean_gap_s=30.0)
    truth = queueing.mmc(1 / 30, 60.0, 3).mean_wait_s
    sample = waits(twin, 12_000, 1500, 0.25).reshape(600, 20)
    half = 2.093 * sample.std(axis=1, ddof=1) / np.sqrt(20)

    covered = float((np.abs(sample.mean(axis=1) - truth) <= half).mean())

    assert 0.95 - 0.03 <= covered <= 0.95 + 0.03


@pytest.mark.parametrize(("servers", "gap"), [(5, 11.0), (10, 7.0)])
def test_erlang_a(servers: int, gap: float) -> None:
    """Patience 90 s at 60 s calls, below and above full load."""
    options = {"patience": Duration(EXP, 90.0)}
    twin = network({"desk": Station(Duration(EXP, 60.0), servers, options=options)}, mean_gap_s=gap)
    truth = queueing.erlang_a(1 / gap, 60.0, servers, 90.0)

    def lost(rep: int) -> float:
        run, _ = simulate_twin(twin, Settings(20_000, 0.0, seed=1), rep)
        return float((run.status == 2).mean())

    agrees(np.array(replicate(lost, 20)), truth.leave_share)


def test_priorities_wait_as_cobham_says() -> None:
    sorts = [Sort(0.4, priority=0), Sort(0.6, priority=1)]
    twin = network({"desk": Station(Duration(EXP, 48.0), options={"queue": "priority"})}, mean_gap_s=60.0, sorts=sorts)
    truth = queueing.priority_waits([0.4 / 60, 0.6 / 60], 48.0)

    def one(rep: int) -> list[float]:
        run, sort = simulate_twin(twin, Settings(40_000, 0.0, seed=5), rep, log=True)
        rows = run.rows
        wait, kind = rows["start"] - rows["ready"], sort[rows["case"]]
        return [float(wait[kind == k].mean()) for k in (0, 1)]

    sample = np.array(replicate(one, 20))
    agrees(sample[:, 0], truth[0])
    agrees(sample[:, 1], truth[1])


def test_littles_law_holds_in_every_run() -> None:
    """Work in progress, integrated by the clock, equals the sum of the cycle times."""
    twin = network({"desk": Station(Duration(EXP, 60.0), 2, {"desk": 0.3})}, mean_gap_s=60.0)
    run, _ = simulate_twin(twin, Settings(5000, 0.0))

    assert run.wip_case_s == pytest.approx(run.cycle_s().sum(), rel=1e-9)


def test_a_common_calendar_only_changes_the_clock() -> None:
    """Time-change invariance: work in the same office hours as the arrivals queues as round the clock."""
    twin = network({"desk": Station(Duration(EXP, 600.0), 2)}, mean_gap_s=400.0)
    rng = np.random.default_rng(1)
    t = np.cumsum(rng.exponential(400.0, 5000))
    week = sum(b - a for a, b in OFFICE)
    day = week / 5
    wall = (t // week) * WEEK_S + (t % week) // day * DAY + 9 * HOUR + t % day
    plain, _ = simulate_twin(twin, Settings(arrive_s=t, seed=2))
    office = msgspec.structs.replace(
        twin,
        rosters={"office": OFFICE},
        resources=[msgspec.structs.replace(r, roster="office") for r in twin.resources],
    )
    shifted, _ = simulate_twin(office, Settings(arrive_s=wall, seed=2))

    assert shifted.tally["late"][0] == plain.tally["late"][0] > 1000


def seize(resources: list[Resource], arrive: list[float], work: float = 3600.0, **options: object) -> np.ndarray:
    """One activity that any of `resources` does in `work` s; rows sorted by start."""
    twin = Twin(
        activities=[Activity("task", Duration("constant", work), **options)], resources=resources,
        skills=[Skill(r.name, "task") for r in resources], ways=[Way(0, "task", 1, 1), Way(1, "", 1, 0)],
        arrival=Arrival(1.0), rosters={"mon": [(0.0, DAY)], "rest": [(DAY, 5 * DAY)], "office": OFFICE},
    )  # fmt: skip
    run, _ = simulate_twin(twin, Settings(arrive_s=np.array(arrive)), log=True)
    return run.rows[np.argsort(run.rows["start"], kind="stable")]


def test_work_goes_to_someone_on_duty() -> None:
    """Two people, one on Mondays, one Tuesday to Friday: Tuesday's case does not wait for Monday."""
    rows = seize([Resource("m", roster="mon"), Resource("t", roster="rest")], [k * 3 * HOUR for k in range(24)], 1800.0)

    assert (rows["start"] == rows["ready"]).all()
    assert {int(r) for r, t in zip(rows["res"], rows["start"]) if t >= DAY} == {1}


def test_future_urgent_cases_do_not_go_first() -> None:
    """A priority queue orders those who wait, not those yet to come."""
    twin = network(
        {"desk": Station(Duration("constant", 60.0), options={"queue": "priority"})}, mean_gap_s=1.0,
        sorts=[Sort(0.5, priority=0), Sort(0.5, priority=1)],
    )  # fmt: skip
    run, _ = simulate_twin(twin, Settings(arrive_s=np.arange(1000) * 120.0), log=True)

    assert (run.rows["start"] == run.rows["ready"]).all()


def test_the_last_batch_is_not_lost() -> None:
    """20 cases through a batch of 6 without a time limit: all end, the last two in a short batch."""
    for together in (False, True):
        rows = seize([Resource("r")], list(np.arange(20) * 60.0), 10.0, batch=6, together=together)

        assert rows.size == 20
        assert len(set(rows["start"])) == (4 if together else 20)


def test_a_batch_is_released_when_full_or_old() -> None:
    rows = seize([Resource("r", capacity=9)], [0, 10, 20, 500], 1.0, batch=3, batch_wait_s=100.0)

    assert list(rows["start"]) == [20, 20, 20, 600]


def test_shift_starts_serve_first_come_first() -> None:
    """Three arrive off duty and one at the very start of the shift: nobody jumps the queue."""
    start = 9 * HOUR
    rows = seize([Resource("r", roster="office")], [0.0, 1.0, 2.0, start])

    assert list(rows["case"]) == [0, 1, 2, 3]
    assert list(rows["start"]) == [start + k * HOUR for k in range(4)]


def test_absence_pauses_the_one_who_is_absent() -> None:
    """Capacity 3, then 1, then 0 and back: work in hand is paused and resumed, not restarted or swapped."""
    people = [Resource("a", away=[(3000.0, 9000.0)]), Resource("b", away=[(1800.0, 9000.0)]),
              Resource("c", away=[(1800.0, 9000.0)])]  # fmt: skip
    rows = seize(people, [0.0] * 5)
    ends = sorted(float(e) for e in rows["end"])

    assert ends == [9600.0, 10800.0, 10800.0, 13200.0, 14400.0]


def test_writing_a_log_changes_nothing() -> None:
    twin = network({"desk": Station(Duration(EXP, 60.0), 2, {"desk": 0.3})}, mean_gap_s=60.0)
    with_log, _ = simulate_twin(twin, Settings(2000, 0.0), log=True)
    without, _ = simulate_twin(twin, Settings(2000, 0.0))

    assert np.array_equal(with_log.end_s, without.end_s)


def test_a_station_without_servers_needs_nobody() -> None:
    twin = network({"wait": Station(Duration(EXP, 60.0), 0)}, mean_gap_s=1.0)
    run, _ = simulate_twin(twin, Settings(20_000, 0.0))

    assert run.cycle_s().mean() == pytest.approx(60, rel=0.03)
    assert run.tally["late"][0] == 0


def one_mean(twin: Twin, rep: int) -> float:
    return float(simulate_twin(twin, Settings(500, 0.0), rep)[0].cycle_s().mean())


def test_same_seed_same_log_on_any_executor_and_different_replications_differ() -> None:
    twin = network({"desk": Station(Duration(EXP, 60.0), 2)}, mean_gap_s=40.0)
    one, again, other = (simulate_log(twin, Settings(300, 0.0, seed=s), r) for s, r in ((1, 0), (1, 0), (1, 1)))
    threads = replicate(partial(one_mean, twin), 4)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        processes = replicate(partial(one_mean, twin), 4, pool)

    assert np.array_equal(one.t_ns, again.t_ns)
    assert not np.array_equal(one.t_ns, other.t_ns)
    assert threads == processes
    assert len(set(threads)) == 4


def test_common_random_numbers_survive_a_change() -> None:
    """Faster service changes waits, not how much work a case brings nor when it comes."""
    twin = network(
        {"a": Station(Duration(EXP, 60.0), 2, {"b": 1.0}), "b": Station(Duration(EXP, 60.0), 2)}, mean_gap_s=40.0
    )
    faster = msgspec.structs.replace(
        twin, activities=[msgspec.structs.replace(twin.activities[0], speed=2.0), twin.activities[1]]
    )
    base, _ = simulate_twin(twin, Settings(300, 0.0), log=True)
    quick, _ = simulate_twin(faster, Settings(300, 0.0), log=True)

    def work(run, act):  # type: ignore[no-untyped-def]
        rows = run.rows[run.rows["act"] == act]
        return (rows["end"] - rows["start"])[np.argsort(rows["case"])]

    assert np.array_equal(base.arrive_s, quick.arrive_s)
    assert work(quick, 0) == pytest.approx(work(base, 0) / 2)
    assert work(quick, 1) == pytest.approx(work(base, 1))


@settings(max_examples=20)
@given(st.sampled_from(["fifo", "lifo", "shortest", "priority", "deadline"]), st.integers(1, 3), st.integers(0, 99))
def test_every_case_ends_and_no_server_idles_while_one_waits(queue: str, servers: int, seed: int) -> None:
    """Work conservation: whatever the discipline, total work and the busy periods are the same."""
    twin = network({"desk": Station(Duration(EXP, 60.0), servers, options={"queue": queue})}, mean_gap_s=45.0 / servers)
    run, _ = simulate_twin(twin, Settings(200, 0.0, seed=seed), log=True)
    fifo = replace(Settings(200, 0.0), seed=seed)
    plain, _ = simulate_twin(network({"desk": Station(Duration(EXP, 60.0), servers)}, mean_gap_s=45.0 / servers), fifo)

    assert (run.status == 1).all()
    assert run.used_s.sum() == pytest.approx(plain.used_s.sum())
    if servers == 1:
        assert run.last_s == pytest.approx(plain.last_s)


@settings(max_examples=30)
@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 90)), min_size=1, max_size=40))
def test_a_station_matches_the_slow_twin(servers: int, cases: list[tuple[int, int]]) -> None:
    """Gaps and exponential work of any kind, against the Kiefer-Wolfowitz recursion."""
    arrive = np.cumsum([float(g) for g, _ in cases])
    twin = network({"desk": Station(Duration(EXP, 30.0), servers)}, mean_gap_s=1.0)
    run, _ = simulate_twin(twin, Settings(arrive_s=arrive), log=True)
    rows = run.rows[np.argsort(run.rows["case"])]
    work = rows["end"] - rows["start"]

    assert run.end_s == pytest.approx(naive.simulate(arrive, work, servers))
