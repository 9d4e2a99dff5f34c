"""Waits for a customer are told from waits for a colleague, also where the two overlap."""

from __future__ import annotations

import numpy as np
import pytest
from bench.whatif_systems import DAYTIME, OFFICE, staffed, team
from bench.whatif_twin import log_of
from bench.whatif_world import DAY, HOUR, Demand, Dist, observe
from hypothesis import given
from hypothesis import strategies as st

from hoshin.twin.delays import spread
from hoshin.twin.fit import fit_twin


@given(st.lists(st.floats(2.0, 1e5), min_size=20, max_size=60))
def test_delays_known_exactly_come_back(delays: list[float]) -> None:
    """The mean of a distribution of exact moments is theirs, to the width of a bin."""
    at = np.array(delays)
    found = spread(at, at + 1e-9, at)
    mean = (found.share[1:] * (found.edges[1:] + found.edges[:-1]) / 2).sum()

    assert found.share.sum() == pytest.approx(1.0)
    assert mean == pytest.approx(at.mean(), rel=0.05, abs=np.ptp(at) / 10 + 1.0)


def test_delays_seen_through_a_closed_door_come_back() -> None:
    """Exponential delays whose end is seen only at the next of many openings: the mean within 5 %, where the earliest
    moments alone would be far too short."""
    rng = np.random.default_rng(3)
    delay = rng.exponential(100.0, 3000)
    closed = rng.uniform(0, 150, (3000, 1)) + np.arange(-1, 20) * 150.0
    low = np.array([c[c <= d].max() if (c <= d).any() else 0.0 for c, d in zip(closed, delay)])
    high = np.array([c[c >= d].min() for c, d in zip(closed, delay)])
    found = spread(np.maximum(low, 0), high, np.maximum(low, 0))
    mean = (found.share[1:] * (found.edges[1:] + found.edges[:-1]) / 2).sum()

    assert mean == pytest.approx(100.0, rel=0.05)
    assert low.mean() < 60.0


@pytest.mark.parametrize("asks", [0.0, 1.0])
def test_an_answer_by_night_is_a_delay_by_the_wall_clock(asks: float) -> None:
    """Customers answer round the clock, the office is open by day: mean delay within 10 %, and none where none is."""
    office = team("clerk", 4, week=OFFICE)
    world = staffed(
        "answer", Demand(0.9, profile=DAYTIME), ("seq", "serve", "decide"),
        {"serve": (28, office), "decide": (15, office)},
        extra={"decide": {"delay": Dist(1.5 * DAY, 0.5), "delay_share": asks}}, n_log=2000,
    )  # fmt: skip
    delays = fit_twin(log_of(observe(world, 5)[0])).delays

    if asks:
        assert delays["serve>decide"].clock == ""
        assert delays["serve>decide"].duration.mean_s() == pytest.approx(36 * HOUR, rel=0.10)
    else:
        assert delays == {}


def test_turns_tell_a_customers_wait_from_the_queue_of_a_busy_team() -> None:
    """Two of five are asked for 8 hours, and all then queue for a team that is busy 85 % of the time: whose turn it
    was gives share and mean back within a tenth."""
    pool = team("pool", 4)
    world = staffed(
        "ask", Demand(5), ("seq", "serve", "decide"), {"serve": (26, pool), "decide": (15, pool)},
        extra={"decide": {"delay": Dist(8 * HOUR, 0.7), "delay_share": 0.4}}, n_log=4000,
    )  # fmt: skip
    found = fit_twin(log_of(observe(world, 5)[0])).delays["serve>decide"]
    values = np.array(found.duration.values)

    assert (values > 60).mean() == pytest.approx(0.4, rel=0.1)
    assert found.scale * values.mean() == pytest.approx(0.4 * 8 * HOUR, rel=0.1)
