"""Filters: which cases, or which events, of a log to look at; combined with and, or, not, then.

A `Condition` is true or false of a case and keeps whole cases, so `f` and `~f` partition them. A
`Selection` keeps events inside the cases (`trim`, `keep`). Both are immutable values: `apply(log)` gives
the kept log and says what each step kept; `to_text()` is what `hoshin.log.where.parse` reads back.

>>> from hoshin.log.eventlog import EventLog
>>> from hoshin.log.where import parse
>>> log = EventLog.from_traces(["abc", "ac", "ab"])
>>> kept = parse('follows("a", "c") then variant top 1').apply(log)
>>> kept.log.traces(), [(k.filter, k.n_cases) for k in kept.kept]
([('a', 'b', 'c')], [('follows("a", "c")', 2), ('variant top 1', 1)])
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was left after one step, of what there was before it."""

    filter: str
    n_cases: int
    of_cases: int
    n_events: int
    of_events: int


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """A filtered log, and what every step kept, in order."""

    log: EventLog
    kept: tuple[Kept, ...]


class Filter(ABC):
    """Anything that makes a smaller log of a log. It never changes the order of what it keeps."""

    __slots__ = ()

    @abstractmethod
    def apply(self, log: EventLog) -> Filtered: ...

    @abstractmethod
    def to_text(self) -> str:
        """The filter in the language of `hoshin.log.where`; parse(to_text()) gives an equal filter."""

    def to_url(self) -> str:
        """The text, percent-encoded for a query string; `hoshin.log.where.from_url` reads it."""
        return quote(self.to_text(), safe="")

    def then(self, other: Filter) -> Then:
        """`other` applied to what this one keeps."""
        mine = self.steps if isinstance(self, Then) else (self,)
        theirs = other.steps if isinstance(other, Then) else (other,)
        return Then((*mine, *theirs))

    def __str__(self) -> str:
        return self.to_text()


class Condition(Filter):
    """True or false of every case."""

    __slots__ = ()

    @abstractmethod
    def cases(self, log: EventLog) -> Mask:
        """bool (n_cases,). InvalidInput(filter.*) when the log lacks what the condition names."""

    def apply(self, log: EventLog) -> Filtered:
        kept = log.select_cases(self.cases(log))
        return Filtered(kept, (_kept(self, log, kept),))

    def __and__(self, other: Condition) -> And:
        return And((*_parts(And, self), *_parts(And, other)))

    def __or__(self, other: Condition) -> Or:
        return Or((*_parts(Or, self), *_parts(Or, other)))

    def __invert__(self) -> Condition:
        return self.part if isinstance(self, Not) else Not(self)


class Selection(Filter):
    """Keeps some events of each case; a case left without events is dropped."""

    __slots__ = ()

    @abstractmethod
    def events(self, log: EventLog) -> Mask:
        """bool (n_events,)."""

    def apply(self, log: EventLog) -> Filtered:
        kept = log.select_events(self.events(log))
        return Filtered(kept, (_kept(self, log, kept),))


@dataclass(frozen=True, slots=True)
class And(Condition):
    """Cases of which all `parts` are true. Every part is judged on the whole log, whatever the order."""

    parts: tuple[Condition, ...]

    def __post_init__(self) -> None:
        _at_least_two(self.parts)

    def cases(self, log: EventLog) -> Mask:
        result = np.ones(log.n_cases, dtype=np.bool_)
        for part in self.parts:
            result &= part.cases(log)
        return result

    def apply(self, log: EventLog) -> Filtered:
        """One line per part: what is left once it and those before it are demanded."""
        left = np.ones(log.n_cases, dtype=np.bool_)
        sizes, lines = log.events_per_case(), []
        for part in self.parts:
            before = int(left.sum()), int(sizes[left].sum())
            left = left & part.cases(log)
            lines.append(Kept(part.to_text(), int(left.sum()), before[0], int(sizes[left].sum()), before[1]))
        return Filtered(log.select_cases(left), tuple(lines))

    def to_text(self) -> str:
        return " and ".join(_grouped(part, And, Or) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or(Condition):
    """Cases of which some part is true."""

    parts: tuple[Condition, ...]

    def __post_init__(self) -> None:
        _at_least_two(self.parts)

    def cases(self, log: EventLog) -> Mask:
        result = np.zeros(log.n_cases, dtype=np.bool_)
        for part in self.parts:
            result |= part.cases(log)
        return result

    def to_text(self) -> str:
        return " or ".join(_grouped(part, Or) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """Cases of which `part` is false."""

    part: Condition

    def cases(self, log: EventLog) -> Mask:
        return ~self.part.cases(log)

    def to_text(self) -> str:
        return f"not {_grouped(self.part, And, Or)}"


@dataclass(frozen=True, slots=True)
class Then(Filter):
    """Steps, each applied to what the one before kept."""

    steps: tuple[Filter, ...]

    def __post_init__(self) -> None:
        _at_least_two(self.steps)

    def apply(self, log: EventLog) -> Filtered:
        lines: tuple[Kept, ...] = ()
        for step in self.steps:
            done = step.apply(log)
            log, lines = done.log, lines + done.kept
        return Filtered(log, lines)

    def to_text(self) -> str:
        return " then ".join(step.to_text() for step in self.steps)


def from_url(text: str) -> Filter:
    """The filter in a percent-encoded query value."""
    from hoshin.log.where import parse

    return parse(unquote(text))


def filter_log(log: EventLog, where: str) -> Filtered:
    """The log that the text `where` keeps; an empty text keeps all.

    For every use case with a `--where` option: `log = filter_log(ws.log(name), where).log`. Raises
    InvalidInput(filter.syntax), pointing at the place, and InvalidInput(filter.*) for unknown names.
    """
    from hoshin.log.where import parse

    return parse(where).apply(log) if where.strip() else Filtered(log, ())


def _kept(step: Filter, before: EventLog, after: EventLog) -> Kept:
    return Kept(step.to_text(), after.n_cases, before.n_cases, after.n_events, before.n_events)


def _at_least_two(parts: tuple[Filter, ...]) -> None:
    if len(parts) < 2:
        raise InvalidInput("filter.parts", f"A combination needs at least two filters, got {len(parts)}.")


def _parts(kind: Any, condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, kind) else (condition,)


def _grouped(part: Condition, *looser: type) -> str:
    return f"({part.to_text()})" if isinstance(part, looser) else part.to_text()
