"""The twin's side of the what-if benchmark: the log it sees, the change as the twin has it, what it predicts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import polars as pl

from bench.whatif_systems import Change
from bench.whatif_world import DAY, HOUR, Week
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.twin.change import change
from hoshin.twin.model import Twin
from hoshin.twin.simulate import Settings, simulate_twin
from hoshin.twin.visits import state_visits

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)


def log_of(rows: list[dict[str, Any]]) -> EventLog:
    """Rows of a world as an event log."""
    at = MONDAY.timestamp() * 1000
    frame = pl.DataFrame(rows, infer_schema_length=None)
    columns = [
        pl.col("case").cast(pl.String).alias("case_id"), "activity",
        (pl.col("end") * 1000 + at).round().cast(pl.Int64).cast(pl.Datetime("ms", "UTC")).alias("timestamp"),
    ]  # fmt: skip
    if "start" in frame.columns:
        start = (pl.col("start") * 1000 + at).round().cast(pl.Int64).cast(pl.Datetime("ms", "UTC"))
        columns.append(start.alias("start_timestamp"))
    if "resource" in frame.columns:
        columns.append("resource")
    return build_log(frame.select(columns), name="world").log


def apply(twin: Twin, what: Change) -> Twin:
    """`twin` after a change, in the words that an analyst has for it."""
    kind, *rest = what
    if kind == "delay":  # fewer hours until a customer answers: no kind of change yet
        name, factor = rest
        delays = {
            k: msgspec.structs.replace(d, scale=d.scale * factor) if k.endswith(f">{name}") else d
            for k, d in twin.delays.items()
        }
        return msgspec.structs.replace(twin, delays=delays)
    if kind == "rework":
        _, factor, after, back = rest
        return change(twin, {"routing": {"after": after, "set": {back: factor * share_after(twin, after, back)}}})
    if kind == "hours":
        people, week = rest
        return change(twin, *[{"hours": {"resource": p, "calendar": in_words(week)}} for p in people])
    bot = {"duration": "30s", "count": 1, "at_once": 1000}
    asked: dict[str, Any] = {
        "hire": lambda: {"staff": {"resource": rest[0], "delta": 1}},
        "drop": lambda: {"staff": {"resource": rest[0], "delta": -1}},
        "faster": lambda: {"work": {"activity": rest[0], "speed": rest[1]}},
        "demand": lambda: {"demand": {"factor": rest[0]}},
        "automate": lambda: {"automate": {"activity": rest[0], "coverage": rest[1], "bot": bot}},
    }[kind]()
    return change(twin, asked)


def share_after(twin: Twin, after: str, to: str) -> float:
    """The share of cases that go from activity `after` on to `to`."""
    visits = state_visits(twin)
    states = {w.next for w in twin.ways if w.activity == after}
    on = [(w.activity, visits[w.state] * w.share) for w in twin.ways if w.state in states]
    return float(sum(n for activity, n in on if activity == to) / sum(n for _, n in on))


def in_words(week: Week) -> str:
    """Hours of the week as a calendar: 'Mon-Fri 08:00-18:00'."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    return "; ".join(f"{days[int(a // DAY)]} {_clock(a)}-{_clock(b)}" for a, b in week)


def _clock(second: float) -> str:
    return f"{int(second % DAY // HOUR):02}:{int(second % HOUR // 60):02}"


def predict(twin: Twin, *, replications: int = 0, cases: int = 4000, seed: int = 0) -> np.ndarray[Any, Any]:
    """Mean cycle time of each replication: of the cases after the first sixth. Without a number of `replications`,
    20, and up to 80 until the standard error is 1 %."""
    found = [_one(twin, cases, seed, k) for k in range(replications or 20)]
    while not replications and len(found) < 80 and np.std(found) > 0.01 * np.mean(found) * len(found) ** 0.5:
        found += [_one(twin, cases, seed, len(found) + k) for k in range(20)]
    return np.array(found)


def _one(twin: Twin, cases: int, seed: int, replication: int) -> float:
    run, _ = simulate_twin(twin, Settings(cases, seed=seed), replication)
    cycle = (run.end_s - run.arrive_s)[cases // 6 :]
    return float(np.nanmean(cycle))
