"""Filters on time: when a case started, ended, ran; how long it took; how many events it has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.log.filter import Condition, Mask, Selection
from hoshin.log.filters.attribute import Compare
from hoshin.log.filters.literal import write_duration
from hoshin.log.period import Period

Mode = Literal["contained", "intersecting", "started", "completed"]
MODES: tuple[Mode, ...] = ("contained", "intersecting", "started", "completed")


@dataclass(frozen=True, slots=True)
class TimeFrame(Condition):
    """Cases that lie wholly in the period, touch it, start in it, or end in it. A case without events does not."""

    mode: Mode
    period: Period

    def cases(self, log: EventLog) -> Mask:
        low, high = self.period.bounds(log.time_zone)
        begin, end = log.case_begin_ns(), log.case_end_ns()
        match self.mode:
            case "contained":
                found = (begin >= low) & (end < high)
            case "intersecting":
                found = (begin < high) & (end >= low)
            case "started":
                found = (begin >= low) & (begin < high)
            case _:
                found = (end >= low) & (end < high)
        return np.asarray(found & (log.events_per_case() > 0))

    def to_text(self) -> str:
        return f"{self.mode} in {self.period.to_text()}"


@dataclass(frozen=True, slots=True)
class Trim(Selection):
    """Only the events whose timestamp lies in the period; what stands outside is cut off the case."""

    period: Period

    def events(self, log: EventLog) -> Mask:
        low, high = self.period.bounds(log.time_zone)
        return np.asarray((log.t_ns >= low) & (log.t_ns < high))

    def to_text(self) -> str:
        return f"trim {self.period.to_text()}"


@dataclass(frozen=True, slots=True)
class Duration(Condition):
    """Cases whose cycle time passes `test`, in seconds."""

    test: Compare

    def __post_init__(self) -> None:
        _numeric(self.test, "duration")

    def cases(self, log: EventLog) -> Mask:
        return self.test.passes(pl.Series("duration", log.cycle_time_s()), log.time_zone)

    def to_text(self) -> str:
        value = self.test.value
        if isinstance(value, tuple):
            return f"duration in {write_duration(float(value[0]))}..{write_duration(float(value[1]))}"
        return f"duration {self.test.operator} {write_duration(float(value or 0))}"


@dataclass(frozen=True, slots=True)
class Size(Condition):
    """Cases whose number of events passes `test`."""

    test: Compare

    def __post_init__(self) -> None:
        _numeric(self.test, "events")

    def cases(self, log: EventLog) -> Mask:
        return self.test.passes(pl.Series("events", log.events_per_case()), log.time_zone)

    def to_text(self) -> str:
        return f"events {self.test.to_text()}"


def _numeric(test: Compare, what: str) -> None:
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    if test.operator in ("in", "contains", "missing") or not all(
        isinstance(v, (int, float)) and not isinstance(v, bool) for v in values
    ):
        raise InvalidInput("filter.type", f"{what} {test.to_text()} does not compare numbers.", hint="Use < <= = >= >.")
