"""Draws of a fit spread as the estimates of a finite log do."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from hoshin.twin.change import change
from hoshin.twin.fit import fit_twin
from hoshin.twin.how import How
from hoshin.twin.model import Activity, Duration, Twin, Way
from hoshin.twin.network import Station, network
from hoshin.twin.queueing import ggc
from hoshin.twin.simulate import Settings, simulate_log
from hoshin.twin.study import study
from hoshin.twin.uncertainty import Rows, allow_for_fit, resample

EXP = "exponential"


def desk() -> Twin:
    return network(
        {"look": Station(Duration(EXP, 300.0), 2, {"decide": 0.6}), "decide": Station(Duration(EXP, 200.0), 1)},
        mean_gap_s=250.0,
    )


@pytest.fixture(scope="module")
def fitted() -> Twin:
    return fit_twin(simulate_log(desk(), Settings(2000, since_s=0.0, seed=3)))


def test_a_twin_written_by_hand_is_certain() -> None:
    assert resample(desk(), 7) == desk()


def test_the_same_draw_is_the_same_twin_and_another_is_another(fitted: Twin) -> None:
    encode = msgspec.json.encode

    assert encode(resample(fitted, 1)) == encode(resample(fitted, 1)) != encode(resample(fitted, 2))
    assert encode(resample(fitted, 1, seed=5)) != encode(resample(fitted, 1))


def test_estimates_spread_by_their_standard_errors(fitted: Twin) -> None:
    """Speed of a person, gap between cases and a routing share, over 60 draws: sd as theory says, within 30 %."""
    drawn = [resample(fitted, k) for k in range(60)]
    [decide] = [s for s in fitted.skills if s.activity == "decide"]
    speed = [s.scale for t in drawn for s in t.skills if s.activity == "decide"]
    gap = [t.arrival.mean_gap_s for t in drawn]
    after = [w for w in fitted.ways if w.activity == "decide"]
    share = [sum(w.share for w in t.ways if w.activity == "decide") / len(after) for t in drawn]
    true_share = sum(w.share for w in after) / len(after)

    assert np.std(np.log(speed)) == pytest.approx(decide.weight**-0.5, rel=0.3)
    assert np.std(gap) / np.mean(gap) == pytest.approx(2000**-0.5, rel=0.3)
    assert np.mean(share) == pytest.approx(true_share, rel=0.02)
    assert len(after) > 1 or np.std(share) == pytest.approx((true_share * (1 - true_share) / 2000) ** 0.5, rel=0.3)


def test_a_change_is_drawn_as_its_base_is(fitted: Twin) -> None:
    """Paired: what was not changed has the same draw in both."""
    faster = change(fitted, {"work": {"activity": "look", "speed": 2.0}})
    a, b = resample(fitted, 3), resample(faster, 3)

    assert (a.skills, a.ways, a.arrival, a.activity("decide")) == (b.skills, b.ways, b.arrival, b.activity("decide"))
    assert a.activity("look").duration == b.activity("look").duration


def test_intervals_that_know_the_log_was_finite_cover_the_truth() -> None:
    """M/M/3 at 67 %, logs of 1,500 cases: the interval by chance alone misses the true effect of a speed-up on the
    mean cycle time of some logs; the one that allows for the fit has it in at least 7 of 8."""
    work, gap = 500.0, 250.0
    before, after = (wait(gap, s) for s in (work, work / 1.25))
    hits = {0: 0, 10: 0}
    for seed in range(8):
        truth = network({"desk": Station(Duration(EXP, work), 3)}, mean_gap_s=gap)
        base = fit_twin(simulate_log(registered(truth), Settings(1500, since_s=0.0, seed=seed)))
        other = change(base, {"work": {"activity": "desk", "speed": 1.25}})
        rows = compare(base, other, 12)
        for draws in hits:
            row = allow_for_fit(rows, compare, base, other, draws=draws)[0]
            hits[draws] += row["low"] <= after - before <= row["high"]

    assert hits[10] >= 7
    assert hits[0] < hits[10]


def compare(base: Twin, other: Twin, replications: int = 3) -> Rows:
    return study(base, [other], How(cases=1500, replications=replications, seed=1)).differences()


def registered(twin: Twin) -> Twin:
    """`twin` with an event at arrival, so that its logs show the wait for the first task."""
    first = [w for w in twin.ways if w.state == 0]
    n = 1 + max(w.next for w in twin.ways)
    ways = [Way(0, "register", 1.0, n), *(msgspec.structs.replace(w, state=n) for w in first)]
    return msgspec.structs.replace(
        twin, activities=[*twin.activities, Activity("register")], ways=[*ways, *(w for w in twin.ways if w.state)]
    )


def wait(gap_s: float, work_s: float) -> float:
    """Mean cycle time of M/M/3 by Erlang C."""
    line = ggc(1 / gap_s, work_s, 3)
    return line.mean_stay_s
