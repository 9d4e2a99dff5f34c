"""What went wrong with a case: delay, rework, cost, or a condition that it meets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.log.filter import Condition
from hoshin.log.where import parse
from hoshin.mine.calendar import Calendar
from hoshin.mine.timetable import business_ns
from hoshin.units import NS_PER_S, duration

LOSSES = ("delay", "rework", "cost")


def loss(log: EventLog, kind: str, calendar: Calendar | None = None) -> NDArray[np.float64]:
    """What each case costs in one way, float64 (n_cases,).

    delay: cycle time in seconds (working time of `calendar` if given); rework: events whose activity
    the case had before; cost: sum of its events' costs in the log's currency, missing ones as 0.
    Raises InvalidInput(impact.no_cost) when the log has no costs.
    """
    if kind == "delay":
        if calendar is None:
            return log.cycle_time_s()
        return np.asarray(business_ns(calendar, log.case_begin_ns(), log.case_end_ns()) / NS_PER_S)
    if kind == "rework":
        return np.asarray(repeats(log).astype(np.float64))
    if kind == "cost":
        if log.cost is None:
            raise InvalidInput(
                "impact.no_cost",
                f"Log {log.name!r} has no costs.",
                hint="Import it with a cost column, or ask for delay.",
            )
        return np.bincount(log.case_of_event(), np.nan_to_num(log.cost), minlength=log.n_cases).astype(np.float64)
    raise InvalidInput.unknown("impact.loss", "loss", kind, LOSSES)


def repeats(log: EventLog) -> NDArray[np.int64]:
    """Events of each case beyond the first of their activity, int64 (n_cases,).

    >>> repeats(EventLog.from_traces(["abab", "ab"])).tolist()
    [2, 0]
    """
    pair = log.case_of_event().astype(np.int64) * max(len(log.activities), 1) + log.activity
    distinct = np.unique(pair) // max(len(log.activities), 1)
    return np.asarray(log.events_per_case() - np.bincount(distinct, minlength=log.n_cases))


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """`hit` bool (n_cases,): the cases with the outcome; `said` describes it."""

    hit: NDArray[np.bool_]
    said: str


def parse_outcome(log: EventLog, text: str, calendar: Calendar | None = None) -> Outcome:
    """An outcome from words: `slow` (the slowest quarter of cases), `reworked`, or a condition of the filter language.

    Raises InvalidInput(explain.outcome) for a filter that selects events, and when no or every case has it.

    >>> log = EventLog.from_traces(["aab", "ab"])
    >>> parse_outcome(log, "reworked").hit.tolist(), parse_outcome(log, "events > 2").hit.tolist()
    ([True, False], [True, False])
    """
    if text == "slow":
        took = loss(log, "delay", calendar)
        limit = float(np.quantile(took, 0.75)) if took.size else 0.0
        outcome = Outcome(took > limit, f"slower than {duration(limit)}")
    elif text == "reworked":
        outcome = Outcome(repeats(log) > 0, "reworked (an activity repeats)")
    else:
        outcome = Outcome(parse_cases(log, text), text)
    hits = int(outcome.hit.sum())
    if hits in (0, log.n_cases):
        raise InvalidInput(
            "explain.outcome",
            f"{'No' if hits == 0 else 'Every'} case is {outcome.said!r}, so there is nothing to compare.",
            hint="Choose another limit or outcome.",
        )
    return outcome


def parse_cases(log: EventLog, text: str) -> NDArray[np.bool_]:
    """The cases that a condition of the filter language is true of, bool (n_cases,)."""
    condition = parse(text)
    if not isinstance(condition, Condition):
        raise InvalidInput(
            "explain.condition",
            f"{text!r} selects events or works in steps; a condition of cases is needed.",
            hint="Write e.g. 'duration > 5d' or 'case.region = \"EU\"'.",
        )
    return condition.cases(log)
