"""Batches of a known process come back: their size, their clock, and whether they are one job."""

from __future__ import annotations

import math
from typing import Any

import pytest
from bench.whatif_systems import staffed, team
from bench.whatif_twin import log_of, predict
from bench.whatif_world import HOUR, Demand, World, observe

from hoshin.twin.fit import fit_twin

pool, crew = team("pool", 4), team("oven", 2)


def world(**batch: Any) -> World:
    return staffed("batch", Demand(6), ("seq", "prepare", "bake"), {"prepare": (20, pool), "bake": (12, crew)},
                   extra={"bake": batch}, n_log=2000)  # fmt: skip


@pytest.mark.parametrize(
    ("batch", "size", "wait_s"),
    [({"batch": 4, "together": True}, 4, None), ({"batch": 6}, 6, None),
     ({"batch": 500, "batch_wait_s": 3 * HOUR}, None, 3 * HOUR)],
    ids=["one job", "released by number", "released by the clock"],
)  # fmt: skip
def test_a_batch_rule_is_found_and_answers_as_the_process(
    batch: dict[str, Any], size: int | None, wait_s: float | None
) -> None:
    rows, seen = observe(world(**batch), 3)
    twin = fit_twin(log_of(rows))
    bake = twin.activity("bake")

    assert bake.together == batch.get("together", False)
    assert size is None or bake.batch == size
    assert (bake.batch_wait_s or math.inf) == pytest.approx(wait_s or math.inf, rel=0.02)
    assert twin.delays == {}
    assert predict(twin, replications=8, cases=2400).mean() == pytest.approx(seen, rel=0.10)


def test_no_batches_where_there_are_none() -> None:
    twin = fit_twin(log_of(observe(world(), 3)[0]))

    assert {a.batch for a in twin.activities} == {1}
