"""A log with nothing wrong: office hours in Berlin, seconds on the clock, every case whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog

DAY_S = 86_400
STEPS = ("Receive order", "Check credit", "Pick goods", "Ship", "Send invoice", "Receive payment")
FIRST_DAY = 19_724  # Monday 2024-01-01
NOW_NS = (FIRST_DAY + 400) * DAY_S * 10**9


def clean_rows(n_cases: int = 600, seed: int = 0) -> pl.DataFrame:
    """Rows of a log over 26 weeks, sorted by time. Columns as `build_log` wants them, times naive (Berlin)."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[Any]] = {
        k: [] for k in ("case_id", "activity", "start_timestamp", "timestamp", "resource", "region")
    }
    for case in range(n_cases):
        day = int(rng.integers(0, 180))
        region = str(rng.choice(["north", "south"]))
        for step in STEPS:
            if step == "Check credit" and rng.random() < 0.3:
                continue
            day += int(rng.integers(0, 3))
            while (FIRST_DAY + day + 3) % 7 >= 5:
                day += 1
            end = (FIRST_DAY + day) * DAY_S + 9 * 3600 + STEPS.index(step) * 3600 + int(rng.integers(600, 3600))
            rows["case_id"].append(f"C{case:05d}")
            rows["activity"].append(step)
            rows["start_timestamp"].append(end - int(rng.integers(60, 600)))
            rows["timestamp"].append(end)
            rows["resource"].append(str(rng.choice(["Ann", "Bo", "Cy"])))
            rows["region"].append(region)
    frame = pl.DataFrame(rows).sort("timestamp", maintain_order=True)
    return frame.with_columns(pl.from_epoch(c, time_unit="s").alias(c) for c in ("start_timestamp", "timestamp"))


def clean_log(n_cases: int = 600, seed: int = 0) -> EventLog:
    return build_log(clean_rows(n_cases, seed), time_zone="Europe/Berlin", name="orders").log
