"""Filters on the path of a case: what follows what, what is done again, where it starts and ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.kernels import pattern as kernel
from hoshin.log.eventlog import EventLog
from hoshin.log.filter import Condition, Mask
from hoshin.log.filters.literal import write, write_all, write_duration
from hoshin.units import NS_PER_S

Names = tuple[str, ...]


def named(log: EventLog, names: Iterable[str]) -> Mask:
    """bool (n_act,): which activities are `names`. InvalidInput(filter.activity) names the nearest."""
    chosen = np.zeros(len(log.activities), dtype=np.bool_)
    for name in names:
        if name not in log.activities:
            raise InvalidInput.unknown("filter.activity", "activity", name, log.activities)
        chosen[log.activities.index(name)] = True
    return chosen


def write_names(names: Names) -> str:
    return write(names[0]) if len(names) == 1 else write_all(names)


@dataclass(frozen=True, slots=True)
class Follows(Condition):
    """Some event of `after` comes later in the case than one of `first` (`directly`: as its neighbour), at
    least `min_s` and at most `max_s` seconds later, timestamp to timestamp."""

    first: Names
    after: Names
    directly: bool = False
    min_s: float | None = None
    max_s: float | None = None

    def __post_init__(self) -> None:
        if not self.first or not self.after:
            raise InvalidInput("filter.names", "follows needs activities on both sides.")

    def cases(self, log: EventLog) -> Mask:
        count = kernel.directly_follows_within if self.directly else kernel.follows_within
        low = 0 if self.min_s is None else round(self.min_s * NS_PER_S)
        high = 2**62 if self.max_s is None else round(self.max_s * NS_PER_S)
        sides = named(log, self.first), named(log, self.after)
        return np.asarray(count(log.activity, log.t_ns, log.case_start, *sides, low, high))

    def to_text(self) -> str:
        parts = [write_names(self.first), write_names(self.after)]
        if self.min_s is not None:
            parts.append(f"after {write_duration(self.min_s)}")
        if self.max_s is not None:
            parts.append(f"within {write_duration(self.max_s)}")
        return f"{'directly' if self.directly else 'follows'}({', '.join(parts)})"


@dataclass(frozen=True, slots=True)
class Repeats(Condition):
    """Rework: one of `activities` (any, if none is named) occurs at least `times` times."""

    activities: Names = ()
    times: int = 2

    def __post_init__(self) -> None:
        if self.times < 1:
            raise InvalidInput("filter.times", f"repeats asks for {self.times} times; it must be 1 or more.")

    def cases(self, log: EventLog) -> Mask:
        return np.asarray(kernel.repeats(log.activity, log.case_start, _named_or_all(log, self.activities), self.times))

    def to_text(self) -> str:
        return f"repeats({', '.join([*(write(a) for a in self.activities), str(self.times)])})"


@dataclass(frozen=True, slots=True)
class Loops(Condition):
    """Rework: one of `activities` (any, if none is named) directly follows itself."""

    activities: Names = ()

    def cases(self, log: EventLog) -> Mask:
        return np.asarray(kernel.loops(log.activity, log.case_start, _named_or_all(log, self.activities)))

    def to_text(self) -> str:
        return f"loops({', '.join(write(a) for a in self.activities)})"


@dataclass(frozen=True, slots=True)
class Starts(Condition):
    """The first event of the case is one of `activities`."""

    activities: Names

    def cases(self, log: EventLog) -> Mask:
        return _edge(log, log.case_start[:-1], self.activities)

    def to_text(self) -> str:
        return f"starts with {write_names(self.activities)}"


@dataclass(frozen=True, slots=True)
class Ends(Condition):
    """The last event of the case is one of `activities`."""

    activities: Names

    def cases(self, log: EventLog) -> Mask:
        return _edge(log, log.case_start[1:] - 1, self.activities)

    def to_text(self) -> str:
        return f"ends with {write_names(self.activities)}"


def _named_or_all(log: EventLog, names: Names) -> Mask:
    return named(log, names) if names else np.ones(len(log.activities), dtype=np.bool_)


def _edge(log: EventLog, where: np.ndarray[tuple[int, ...], np.dtype[np.int64]], names: Names) -> Mask:
    chosen = named(log, names)
    result = np.zeros(log.n_cases, dtype=np.bool_)
    held = log.events_per_case() > 0
    result[held] = chosen[log.activity[where[held]]]
    return result
