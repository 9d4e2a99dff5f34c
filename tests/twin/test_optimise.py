"""The cheapest staffing that meets a service level, against closed forms."""

from __future__ import annotations

from itertools import product
from math import exp, isclose

import pytest

from hoshin.errors import InvalidInput
from hoshin.twin import queueing
from hoshin.twin.model import Duration, Twin
from hoshin.twin.network import Station, network
from hoshin.twin.optimise import optimise
from hoshin.twin.scenario import read_scenario

EXP = "exponential"
ONE = """
scenario: staffing
run: {cases: 4000, replications: 10, most: 120, sla: 3min, warm_up: 1h}
changes:
  - staff: {role: desk, delta: 0}
  - cost: {role: desk, per_hour: 30}
optimise:
  choose: {staff.delta: [0, 1, 2, 3, 4, 5]}
  meet: [{kpi: within_sla_share, at_least: 0.9}]
"""
TWO = """
scenario: two desks
run: {cases: 3000, replications: 8, most: 60, warm_up: 2h}
changes:
  - staff: {role: a, delta: 0}
  - staff: {role: b, delta: 0}
  - cost: {role: a, per_hour: 30}
  - cost: {role: b, per_hour: 50}
optimise:
  choose: {"[0].staff.delta": [0, 1, 2, 3, 4, 5], "[1].staff.delta": [0, 1, 2, 3, 4, 5]}
  meet: [{kpi: mean_queue_s, at_most: 40}]
  method: METHOD
"""


def within(per_s: float, service_s: float, servers: int, t_s: float) -> float:
    """P(wait + service <= t) in M/M/c."""
    line = queueing.mmc(per_s, service_s, servers)
    mu, theta, p = 1 / service_s, servers / service_s - per_s, line.wait_share
    if isclose(theta, mu):
        return 1 - exp(-mu * t_s) * (1 + p * mu * t_s)
    late = p * (mu * exp(-theta * t_s) - theta * exp(-mu * t_s)) / (mu - theta) + (1 - p) * exp(-mu * t_s)
    return 1 - late


@pytest.mark.parametrize("load", [4.3, 6.2])
def test_fewest_servers_as_erlang_says(load: float) -> None:
    """The least c with P(cycle <= 180 s) >= 0.9 at 60 s of work."""
    fewest = int(load) + 1
    twin = network({"desk": Station(Duration(EXP, 60.0), fewest)}, mean_gap_s=60 / load)
    truth = next(c for c in range(fewest, 99) if within(load / 60, 60.0, c, 180.0) >= 0.9)

    found = optimise(read_scenario(ONE, "a.yaml"), twin)

    assert found["chosen"] == {"staff.delta": truth - fewest}
    assert found["how_sure"] == "certain"
    assert found["alternatives"][0]["verdict"] == "chosen"
    assert all(r["verdict"] == "fails" for r in found["alternatives"] if r["staff.delta"] < truth - fewest)


def two() -> Twin:
    return network(
        {"a": Station(Duration(EXP, 60.0), 3, {"b": 1.0}), "b": Station(Duration(EXP, 80.0), 4)}, mean_gap_s=24.0
    )


@pytest.mark.parametrize("method", ["all", "coordinates"])
def test_a_tandem_under_a_total_wait_as_jackson_says(method: str) -> None:
    def wait(a: int, b: int) -> float:
        return queueing.mmc(1 / 24, 60.0, 3 + a).mean_wait_s + queueing.mmc(1 / 24, 80.0, 4 + b).mean_wait_s

    options = [(30 * a + 50 * b, a, b) for a, b in product(range(6), repeat=2) if wait(a, b) <= 40]
    _, a, b = min(options)

    found = optimise(read_scenario(TWO.replace("METHOD", method), "a.yaml"), two())

    assert tuple(found["chosen"].values()) == (a, b)
    assert found["every_point"] == (method == "all")
    if method == "coordinates":
        assert len(found["alternatives"]) < 36


def test_when_nothing_is_enough_it_says_so() -> None:
    asked = TWO.replace("METHOD", "all").replace("at_most: 40", "at_most: 0.001")
    asked = asked.replace("0, 1, 2, 3, 4, 5", "0, 1").replace("[0, 1]}", "[0, 1]}")

    found = optimise(read_scenario(asked, "a.yaml"), two())

    assert found["chosen"] is None
    assert found["how_sure"] == "no combination meets the goals"
    assert {r["verdict"] for r in found["alternatives"]} == {"fails"}


def test_a_budget_bounds_the_cost() -> None:
    asked = ONE.replace("  meet:", "  minimise: mean_cycle_time_s\n  budget: 9000\n  meet:")
    twin = network({"desk": Station(Duration(EXP, 60.0), 5)}, mean_gap_s=60 / 4.3)

    found = optimise(read_scenario(asked, "a.yaml"), twin)
    rows = {r["staff.delta"]: r for r in found["alternatives"]}

    assert rows[found["chosen"]["staff.delta"]]["total_cost"] <= 9000
    assert all(r["total_cost"] > 9000 for d, r in rows.items() if d > found["chosen"]["staff.delta"])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("kpi: within_sla_share", "kpi: within_sla", "twin.kpi"),
     ("at_least: 0.9", "at_least: 0.9, at_most: 1", "scenario.goal"),
     ("sla: 3min, ", "", "twin.kpi"), ("staff.delta: [", "staff.dlta: [", "scenario.parameter")],
)  # fmt: skip
def test_goals_that_make_no_sense(old: str, new: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        optimise(read_scenario(ONE.replace(old, new), "a.yaml"), network(
            {"desk": Station(Duration(EXP, 60.0), 5)}, mean_gap_s=15.0))  # fmt: skip

    assert caught.value.code == code
