"""Two populations: a planted difference is found with its size, equal ones differ in nothing."""

from __future__ import annotations

import numpy as np
import pytest

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.compare import compare_populations
from tests.mine.worklogs import Row, worklog


def population(rng: np.random.Generator, name: str, n: int, check: float, slower: int) -> list[Row]:
    rows: list[Row] = []
    for c in range(n):
        t = int(rng.integers(0, 50_000))
        rows.append((f"{name}{c}", "enter", "x", t, t + 5))
        if rng.random() < check:
            rows.append((f"{name}{c}", "check", "y", t + 10, t + 15))
        wait = int(rng.exponential(60)) + slower
        rows.append((f"{name}{c}", "pay", "z", t + 15 + wait, t + 25 + wait + int(rng.integers(0, 5))))
    return rows


def both(seed: int, check: float, slower: int) -> tuple[EventLog, np.ndarray]:
    rng = np.random.default_rng(seed)
    log = worklog(population(rng, "A", 300, 0.3, 0) + population(rng, "B", 300, check, slower))
    return log, log.case_ids.str.starts_with("A").to_numpy()


def test_planted_differences_are_found_with_size_and_interval() -> None:
    log, in_a = both(0, check=0.6, slower=45)

    rows = {(row["what"], row["measure"]): row for row in compare_populations(log, in_a, ~in_a)}

    checked = rows["has check", "share of cases"]
    assert checked["q"] < 0.001
    assert checked["low"] < 0.3 < checked["high"]
    waited = rows["pay", "median waiting, s"]
    assert waited["q"] < 0.001
    assert waited["low"] < 45 * 60 < waited["high"]
    assert waited["effect"] > 0.3
    assert rows["pay", "median processing, s"]["q"] > 0.05
    assert next(iter(rows.values()))["q"] <= list(rows.values())[-1]["q"]


def test_equal_populations_rarely_differ() -> None:
    wrong = 0
    for seed in range(20):
        log, in_a = both(50 + seed, check=0.3, slower=0)
        wrong += any(row["q"] <= 0.05 for row in compare_populations(log, in_a, ~in_a))

    assert wrong <= 3


def test_populations_must_be_apart_and_large_enough() -> None:
    log, in_a = both(0, 0.3, 0)

    with pytest.raises(InvalidInput, match="300 cases are in both"):
        compare_populations(log, in_a, in_a)
    with pytest.raises(InvalidInput, match="second population has 0 cases"):
        compare_populations(log, in_a, np.zeros_like(in_a))
