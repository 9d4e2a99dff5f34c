"""Checking rules on a log: which cases a rule concerns, which break it, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.calendar import Calendar, parse_calendar
from hoshin.mine.conform.loss import Loss, loss_of, yardstick
from hoshin.mine.conform.rules import Rule, When
from hoshin.mine.timetable import business_ns
from hoshin.units import NS_PER_S

Mask = NDArray[np.bool_]
OFFICE_HOURS = "Mon-Fri 09:00-17:00"
SIGNS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "=": "eq", "!=": "ne"}


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """Of one rule: `concerned` and `broken` bool (n_cases,); `loss` of the broken cases against those that are
    concerned and keep it; `case_ids` of the broken, the slowest first."""

    rule: Rule
    concerned: Mask
    broken: Mask
    loss: Loss
    case_ids: tuple[str, ...]


def check_rules(
    log: EventLog, rules: Iterable[Rule], *, calendar: Calendar | None = None, keep_ids: int = 20
) -> list[Verdict]:
    """Check every rule; the costliest broken rule first.

    Working time counts by `calendar`, by default Mon-Fri 9-17 in the log's time zone. Raises
    InvalidInput naming the line where an activity, person or attribute is unknown.
    """
    calendar = calendar or parse_calendar(OFFICE_HOURS, time_zone=log.time_zone)
    found = []
    for rule in rules:
        concerned, broken = _check(log, rule, calendar)
        if rule.when:
            applies = _applies(log, rule.when, rule)
            concerned, broken = concerned & applies, broken & applies
        kept = np.where(concerned, np.where(broken, 1, 0), 2).astype(np.int32)
        cases = np.flatnonzero(broken)
        slow = cases[np.argsort(-log.cycle_time_s()[cases], kind="stable")][:keep_ids]
        loss = loss_of(yardstick(log, kept), cases)
        found.append(Verdict(rule, concerned, broken, loss, tuple(str(log.case_ids[int(c)]) for c in slow)))
    return sorted(found, key=lambda v: (-(v.loss.excess_money or 0.0), -v.loss.excess_s, -v.loss.cases))


def _check(log: EventLog, rule: Rule, calendar: Calendar) -> tuple[Mask, Mask]:
    """(concerned, broken), each bool (n_cases,)."""
    everyone = np.ones(log.n_cases, dtype=np.bool_)
    at = [_events(log, name, rule) for name in rule.names]
    count = [np.bincount(log.case_of_event()[e], minlength=log.n_cases) for e in at]
    match rule.kind:
        case "happens":
            return everyone, count[0] == 0
        case "never":
            return everyone, count[0] > 0
        case "count":
            n, c = rule.number, count[0]
            return everyone, {"at most": c > n, "at least": c < n, "exactly": c != n}[rule.word]
        case "excludes":
            return (count[0] > 0) | (count[1] > 0), (count[0] > 0) & (count[1] > 0)
        case "precedes":
            first = [_first(log, e) for e in at]
            return count[1] > 0, (count[1] > 0) & (first[0] > first[1])
        case "followed":
            last = [_last(log, e) for e in at]
            return count[0] > 0, (count[0] > 0) & (last[1] < last[0])
        case "directly":
            after = np.minimum(at[0] + 1, max(log.n_events - 1, 0))
            case = log.case_of_event()
            code = log.activities.index(rule.names[1])
            wrong = (at[0] + 1 >= log.n_events) | (case[after] != case[at[0]]) | (log.activity[after] != code)
            return count[0] > 0, _any(log, at[0][wrong])
        case "followed_within":
            return count[0] > 0, _any(log, at[0][_late(log, at[0], at[1], rule, calendar)])
        case "ends":
            return _ends(log, at[0], rule.word)
        case "eyes":
            return _eyes(log, at[0], at[1], count, rule)
        case "only":
            return count[0] > 0, _any(log, at[0][~_done_by(log, at[0], rule)])
    raise AssertionError(rule.kind)


def _events(log: EventLog, name: str, rule: Rule) -> NDArray[np.int64]:
    if name not in log.activities:
        raise InvalidInput.unknown("rules.activity", f"activity (line {rule.line})", name, log.activities)
    return np.flatnonzero(log.activity == log.activities.index(name))


def _any(log: EventLog, events: NDArray[np.int64]) -> Mask:
    result = np.zeros(log.n_cases, dtype=np.bool_)
    result[log.case_of_event()[events]] = True
    return result


def _first(log: EventLog, events: NDArray[np.int64]) -> NDArray[np.int64]:
    """First of `events` in each case; beyond the log where it has none."""
    result = np.full(log.n_cases, log.n_events, dtype=np.int64)
    result[log.case_of_event()[events[::-1]]] = events[::-1]
    return result


def _last(log: EventLog, events: NDArray[np.int64]) -> NDArray[np.int64]:
    """Last of `events` in each case; -1 where it has none."""
    result = np.full(log.n_cases, -1, dtype=np.int64)
    result[log.case_of_event()[events]] = events
    return result


def _late(log: EventLog, first: NDArray[np.int64], then: NDArray[np.int64], rule: Rule, calendar: Calendar) -> Mask:
    """Which of the events `first` have no event of `then` after them in time."""
    if not then.size:
        return np.ones(first.size, dtype=np.bool_)
    case = log.case_of_event()
    where = np.searchsorted(then, first, side="right")
    nearest = then[np.minimum(where, then.size - 1)]
    missing = (where >= then.size) | (case[nearest] != case[first])
    begin = log.t_ns[first]
    end = np.where(missing, begin, log.t_ns[nearest])
    taken = business_ns(calendar, begin, end) if rule.working else end - begin
    late: Mask = missing | (taken > rule.limit_s * NS_PER_S)
    return late


def _ends(log: EventLog, events: NDArray[np.int64], word: str) -> tuple[Mask, Mask]:
    held = log.events_per_case() > 0
    end = log.case_start[:-1] if word == "start" else log.case_start[1:] - 1
    right = np.isin(end, events)
    return held, held & ~right


def _resources(log: EventLog, rule: Rule) -> NDArray[np.int32]:
    if log.resource is None:
        raise InvalidInput(
            "rules.resource",
            f"Line {rule.line} speaks of people, but the log has no resources.",
            hint="Import it with a resource column.",
        )
    return log.resource


def _eyes(
    log: EventLog, first: NDArray[np.int64], second: NDArray[np.int64], count: list[NDArray[np.int64]], rule: Rule
) -> tuple[Mask, Mask]:
    """Four eyes: nobody does both; same eyes: nobody else does either. Unknown people break neither."""
    who, case = _resources(log, rule), log.case_of_event()
    both = (count[0] > 0) & (count[1] > 0)
    frames = [
        pl.DataFrame({"case": case[e], "who": who[e]}).filter(pl.col("who") >= 0).unique() for e in (first, second)
    ]
    broken = np.zeros(log.n_cases, dtype=np.bool_)
    if rule.word == "four":
        cases = frames[0].join(frames[1], on=["case", "who"], how="inner")["case"]
    else:
        hands = pl.concat(frames).unique().group_by("case").len()
        cases = hands.filter(pl.col("len") > 1)["case"]
    broken[cases.to_numpy()] = True
    return both, broken & both


def _done_by(log: EventLog, events: NDArray[np.int64], rule: Rule) -> Mask:
    who = _resources(log, rule)
    for person in rule.people:
        if person not in log.resources:
            raise InvalidInput.unknown("rules.person", f"resource (line {rule.line})", person, log.resources)
    return np.isin(who[events], [log.resources.index(p) for p in rule.people])


def _applies(log: EventLog, when: When, rule: Rule) -> Mask:
    """Cases whose attribute compares so; one without a value does not."""
    if when.column not in log.cases.columns:
        raise InvalidInput.unknown(
            "rules.attribute", f"case attribute (line {rule.line})", when.column, log.cases.columns
        )
    column = log.cases[when.column]
    value: object = when.value
    if column.dtype.is_numeric():
        try:
            value = float(when.value)
        except ValueError:
            raise InvalidInput(
                "rules.value",
                f"Line {rule.line}: {when.column!r} holds numbers, and {when.value!r} is none.",
                hint="Compare it with a number.",
            ) from None
    else:
        column = column.cast(pl.String)
    compared: pl.Series = getattr(column, SIGNS[when.sign])(value)
    return compared.fill_null(False).to_numpy()
