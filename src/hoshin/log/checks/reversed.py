"""Events that end before they start."""

from __future__ import annotations

from hoshin.log.eventlog import EventLog
from hoshin.log.finding import Finding, Given, of_events

TITLE = "End before start"
WEIGHT, ZERO_AT = 10, 0.02
WHY = "A negative work time means that two clocks or two columns were mixed up."


def find(log: EventLog, given: Given) -> Finding | None:
    if log.start_ns is None:
        return None
    return of_events(log.start_ns > log.t_ns, "The start stands after the completion.")
