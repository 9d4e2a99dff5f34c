"""Counts of public logs against those an independent parser and the literature give.

The numbers stand in tests/golden/logs.json with their source; a log that is not present is skipped. The
reading itself is tested without them in test_xes.py.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hoshin.connect import xes
from hoshin.log.eventlog import EventLog
from hoshin.mine.dfg import discover_dfg
from hoshin.mine.variants import discover_variants
from tests.conftest import shared

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "logs.json").read_text(encoding="utf-8"))


def measure(log: EventLog) -> dict[str, Any]:
    dfg = discover_dfg(log)
    days = log.cycle_time_s()[log.events_per_case() > 0] / 86_400
    pairs = log.case_of_event().astype(np.int64) * len(log.activities) + log.activity
    distinct = np.unique(np.unique(pairs) // len(log.activities), return_counts=True)
    repeats = log.events_per_case()[distinct[0]] > distinct[1]
    return {
        "cases": log.n_cases,
        "events": log.n_events,
        "activities": len(log.activities),
        "variants": len(discover_variants(log)),
        "mean_days": round(float(days.mean()), 4),
        "median_days": round(float(np.median(days)), 4),
        "dfg_edges": len(dfg.edges()),
        "dfg_total": int(dfg.frequency.sum()),
        "self_loops": int(np.trace(dfg.frequency)),
        "cases_with_repeat": int(repeats.sum()),
    }


def in_file_order(log: EventLog) -> EventLog:
    assert log.source_row is not None
    order = np.lexsort((log.source_row, log.case_of_event()))
    return replace(log, activity=log.activity[order], t_ns=log.t_ns[order])


@pytest.mark.parametrize("path", GOLDEN["logs"])
def test_a_public_log_has_its_published_counts(path: str) -> None:
    """In file order, as the goldens say, and sorted by time, as hoshin works: no log listed differs."""
    expected = dict(GOLDEN["logs"][path])
    expected.pop("published", None)
    with_lifecycle = expected.pop("with_lifecycle", {})
    built = xes.read(shared(path))

    assert built.rejected.is_empty()
    for log in (in_file_order(built.log), built.log):
        found = measure(log)
        assert {key: found[key] for key in expected} == expected
    if with_lifecycle:
        found = measure(in_file_order(built.log.classify("activity", "lifecycle")))
        assert {key: found[key] for key in with_lifecycle} == with_lifecycle
