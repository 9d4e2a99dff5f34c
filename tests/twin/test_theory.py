"""Theory beside the twin: they agree where formulas apply, and the reason is found where they do not."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from hoshin.twin.how import How
from hoshin.twin.model import Arrival, Duration, Twin
from hoshin.twin.network import Station, network
from hoshin.twin.theory import theory

DAY = 86_400.0
HOW = How(cases=20_000, replications=8, warm_up="5h")


def desk(work: Duration, servers: int = 3, gap_s: float = 25.0, **options: object) -> Twin:
    return network({"desk": Station(work, servers, options=options)}, mean_gap_s=gap_s)


def test_formulas_and_twin_agree_on_mmc_and_mg1() -> None:
    for twin in (desk(Duration("exponential", 60.0)), desk(Duration("uniform", 0.0, 40.0), 1)):
        found = theory(twin, HOW)
        row = found["roles"][0]

        assert row["why"] == "they agree"
        assert row["twin_wait_s"] == pytest.approx(row["theory_wait_s"], rel=0.1)
        assert row["twin_busy_share"] == pytest.approx(row["rho_share"], rel=0.03)
        assert abs(found["little_residual_share"]) < 0.02


def hours() -> Twin:
    week = [(d * DAY + 32_400, d * DAY + 61_200) for d in range(5)]
    return network({"desk": Station(Duration("exponential", 60.0), 3, roster="office")}, mean_gap_s=110.0,
                   rosters={"office": week})  # fmt: skip


def bursts() -> Twin:
    gaps = [1.0] * 30 + [720.0] * 1
    return msgspec.structs.replace(desk(Duration("exponential", 60.0)), arrival=Arrival(25.0, gaps, run_length=500))


@pytest.mark.parametrize(
    ("twin", "reason"),
    [(hours(), "hours and rhythm of the week"), (bursts(), "bursts of arrivals"),
     (desk(Duration("exponential", 60.0), batch=20, together=True), ""),
     (desk(Duration("exponential", 60.0), patience=Duration("constant", 30.0)), "cases that leave the queue"),
     (desk(Duration("exponential", 60.0), 2), "no steady state")],
    ids=["hours", "bursts", "batch", "patience", "overload"],
)  # fmt: skip
def test_the_reason_is_found(twin: Twin, reason: str) -> None:
    row = theory(twin, How(cases=6000, replications=6))["roles"][0]

    assert reason in row["why"]
    assert row["why"] != "they agree" or not reason
    assert np.isfinite(row["twin_wait_s"])
