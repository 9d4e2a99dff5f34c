"""Statistics updated event by event: they add up, forget, and equal those of the batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.twin.fit import fit_twin
from hoshin.twin.model import Duration
from hoshin.twin.network import Station, network
from hoshin.twin.observe import observe
from hoshin.twin.simulate import Settings, simulate_log
from hoshin.twin.stats import (
    ARRIVAL,
    CYCLE,
    DAY_S,
    DUTY,
    ENTRY,
    ROUTE,
    WAIT,
    WORK,
    Done,
    Stats,
    bin_of,
    done_tasks,
    stats_of,
)
from tests.naive_follow import counts


@st.composite
def streams(draw: st.DrawFn) -> list[Done]:
    """Tasks of a few cases, interleaved by their ends; some cases stay open."""
    tasks = []
    for case in range(draw(st.integers(0, 6))):
        end = draw(st.floats(0, 20 * DAY_S))
        n = draw(st.integers(1, 6))
        closes = draw(st.booleans())
        for k in range(n):
            work = draw(st.floats(0, 3 * DAY_S))
            end += work * draw(st.floats(0, 1))
            act, res = draw(st.integers(0, 3)), draw(st.integers(-1, 2))
            tasks.append(Done(case, act, res, end - work, end, work, closes and k == n - 1))
    return sorted(tasks, key=lambda t: t.end)


def replayed(tasks: list[Done]) -> Stats:
    stats = Stats()
    for task in tasks:
        stats.add(task)
    return stats


def plain(stats: Stats) -> tuple[dict[int, dict], dict]:
    return {d: dict(c) for d, c in stats.days.items() if c}, stats.open


@given(streams())
def test_replay_equals_batch_equals_the_slow_twin(tasks: list[Done]) -> None:
    days, still = counts(tasks)

    assert plain(replayed(tasks)) == plain(stats_of(tasks))
    assert plain(replayed(tasks)) == (days, still)


@given(streams(), st.randoms())
def test_interleaving_does_not_matter(tasks: list[Done], random) -> None:  # type: ignore[no-untyped-def]
    """Any order that keeps each case's own."""
    turns = [t.case for t in tasks]
    random.shuffle(turns)
    queues = {c: iter([t for t in tasks if t.case == c]) for c in set(turns)}

    assert plain(replayed([next(queues[c]) for c in turns])) == plain(replayed(tasks))


@given(streams(), st.sets(st.integers(0, 6)), st.sets(st.integers(0, 6)))
def test_statistics_of_parts_add_up(tasks: list[Done], one: set[int], two: set[int]) -> None:
    a, b, c = (
        replayed([t for t in tasks if test(t.case)])
        for test in (lambda x: x in one, lambda x: x in two - one, lambda x: x not in one | two)
    )

    assert plain(a + b + c) == plain(c + (b + a)) == plain(replayed(tasks))


@given(streams(), st.floats(0.5, 100), st.integers(0, 40))
def test_forgetting_is_a_weight_per_day(tasks: list[Done], half_life: float, today: int) -> None:
    """Weights multiply: a later look is the earlier one, halved for the time between. No forgetting: plain counts."""
    stats = stats_of(tasks)
    now = stats.weighted(WORK, today=today, half_life_days=half_life)
    later = stats.weighted(WORK, today=today + 3, half_life_days=half_life)
    whole = stats.weighted(WORK, today=today, half_life_days=np.inf)

    assert later == pytest.approx({k: v * 0.5 ** (3 / half_life) for k, v in now.items()})
    assert sum(whole.values()) == len(tasks)
    stats.forget(10)
    assert sum(stats.weighted(WORK, today=0, half_life_days=np.inf).values()) == sum(t.end >= 10 * DAY_S for t in tasks)


def test_counts_of_a_simulated_log_are_those_of_the_log() -> None:
    twin = network(
        {"a": Station(Duration("exponential", 600.0), 2, {"b": 1.0}), "b": Station(Duration("exponential", 60.0), 1)},
        mean_gap_s=900.0,
    )  # fmt: skip
    log = simulate_log(twin, Settings(400, since_s=0.0))
    stats = stats_of(done_tasks(observe(log), fit_twin(log)))
    total = {kind: sum(stats.weighted(kind, today=0, half_life_days=np.inf).values()) for kind in range(7)}

    assert total == {ARRIVAL: 400, ROUTE: 1200, WORK: 800, WAIT: 400, DUTY: 800, CYCLE: 400, ENTRY: 400}
    assert stats.open == {}
    assert stats.cycle_quantile_s(0.5, 0.0) == pytest.approx(np.median(log.cycle_time_s()), rel=0.05)


def test_open_cases_count_as_at_least_as_old_as_they_are() -> None:
    """Ten done in an hour each, ten open for a day: the median is an hour, the upper decile not known yet."""
    stats = Stats()
    for case in range(20):
        stats.add(Done(case, 0, -1, 0.0, 3600.0, 3600.0, case < 10))

    assert stats.cycle_quantile_s(0.5, DAY_S) == pytest.approx(3600, rel=0.05)
    assert stats.cycle_quantile_s(0.9, DAY_S) == np.inf
    assert bin_of(3600.0) == 95
