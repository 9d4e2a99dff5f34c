"""Findings say what was planted, and nothing where nothing is."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.mine.findings import find_findings


def planted(slow_hours: float) -> EventLog:
    """400 cases a > b > c; b > c lasts `slow_hours` longer for cases of colour red; one in four returns to a."""
    rng = np.random.default_rng(7)
    rows = []
    for c in range(400):
        at = datetime(2026, 1, 1) + timedelta(hours=c)
        red = c % 2 == 0
        steps = "abc" if c % 4 else "abac"
        for step in steps:
            rows.append((str(c), step, at, "red" if red else "blue", f"r{c % 3 if step == 'a' else 9}"))
            at += timedelta(hours=float(rng.exponential(2) + (slow_hours if red and step == "b" else 0)))
    return build_log(
        pl.DataFrame(rows, schema=["case_id", "activity", "timestamp", "colour", "resource"], orient="row")
    ).log


def test_planted_causes_are_found() -> None:
    found = {f.title: f for f in find_findings(planted(30), price_per_hour=40, currency="EUR")}

    assert any("'b' and 'c'" in title for title in found)
    assert "One group is slower: colour = red" in found
    assert found["Work that comes back"].number == "25%"
    assert any("EUR" in f.sentence for f in found.values())
    assert all(f.how and f.action for f in found.values())


def test_no_group_is_blamed_for_noise() -> None:
    assert not any("group" in f.title for f in find_findings(planted(0)))


def test_small_logs_have_few_findings_and_empty_ones_none() -> None:
    assert find_findings(EventLog.from_traces([])) == []
    assert len(find_findings(EventLog.from_traces(["a"]))) == 2


def test_a_fixed_delay_is_told_from_work() -> None:
    titles = [f.title for f in find_findings(EventLog.from_traces(["ab"] * 40))]

    assert titles[1] == "A fixed delay between 'a' and 'b'"
