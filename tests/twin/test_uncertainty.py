"""Draws of a fit spread as the estimates of a finite log do."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from hoshin.twin.change import change
from hoshin.twin.fit import fit_twin
from hoshin.twin.model import Duration, Twin
from hoshin.twin.network import Station, network
from hoshin.twin.simulate import Settings, simulate_log
from hoshin.twin.uncertainty import resample

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
    """Speed of a person, gap between cases and a routing share, over 120 draws: sd as theory says, within a quarter."""
    drawn = [resample(fitted, k) for k in range(120)]
    [decide] = [s for s in fitted.skills if s.activity == "decide"]
    speed = [s.scale for t in drawn for s in t.skills if s.activity == "decide"]
    gap = [t.arrival.mean_gap_s for t in drawn]
    after = [w for w in fitted.ways if w.activity == "decide"]
    share = [sum(w.share for w in t.ways if w.activity == "decide") / len(after) for t in drawn]
    true_share = sum(w.share for w in after) / len(after)

    assert np.std(np.log(speed)) == pytest.approx(decide.weight**-0.5, rel=0.25)
    assert np.std(gap) / np.mean(gap) == pytest.approx(2000**-0.5, rel=0.25)
    assert np.mean(share) == pytest.approx(true_share, rel=0.02)
    assert len(after) > 1 or np.std(share) == pytest.approx((true_share * (1 - true_share) / 2000) ** 0.5, rel=0.25)


def test_a_change_is_drawn_as_its_base_is(fitted: Twin) -> None:
    """Paired: what was not changed has the same draw in both."""
    faster = change(fitted, {"work": {"activity": "look", "speed": 2.0}})
    a, b = resample(fitted, 3), resample(faster, 3)

    assert (a.skills, a.ways, a.arrival, a.activity("decide")) == (b.skills, b.ways, b.arrival, b.activity("decide"))
    assert a.activity("look").duration == b.activity("look").duration
