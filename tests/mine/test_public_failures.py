"""Inputs on which public comparison and drift tools failed, as their bug reports tell: clear answers here."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.compare import compare_populations
from hoshin.mine.drivers import find_drivers


def halves(traces: list[str]) -> tuple[EventLog, np.ndarray, np.ndarray]:
    log = EventLog.from_traces(traces)
    first = np.arange(log.n_cases) < log.n_cases // 2
    return log, first, ~first


def test_a_single_category_has_no_undefined_p() -> None:
    """Every case alike: nothing differs, and no p is NaN that would poison the others."""
    rows = compare_populations(*halves(["abc"] * 60))

    assert not any(v != v for r in rows for k, v in r.items() if k in ("p", "q"))
    assert not any(r.get("q", 1.0) <= 0.05 for r in rows)


def test_a_category_absent_on_one_side_is_a_finite_difference() -> None:
    rows = compare_populations(*halves(["ac"] * 30 + ["abc"] * 30))

    found = [r for r in rows if r["what"] == "has b"]
    assert found
    assert all(-1 <= r["low"] <= r["difference"] <= r["high"] <= 1 and 0 <= r["q"] <= 0.001 for r in found)


@pytest.mark.parametrize("outcome", [True, False])
def test_an_outcome_of_one_class_is_refused_or_has_no_drivers(outcome: bool) -> None:
    table = pl.DataFrame({"colour": ["red", "blue"] * 50})
    hit = np.full(100, outcome)
    try:
        found = find_drivers(table, hit)
    except InvalidInput as error:
        found = error.code

    assert found in ([], "drivers.outcome") or not len(found)
