"""Filters on attributes: of the case, of some event of it, or of every event of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from hoshin.errors import InvalidInput
from hoshin.kernels import pattern as kernel
from hoshin.log.eventlog import EventLog, decode
from hoshin.log.filter import Condition, Mask, Selection
from hoshin.log.filters.literal import Scalar, write, write_all, write_name
from hoshin.log.period import Period

Operator = Literal["=", "<", "<=", ">", ">=", "in", "between", "contains", "missing"]
CODED = {"activity": "activities", "resource": "resources", "lifecycle": "lifecycles"}


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison. `value` is a scalar; a tuple for `in`; (low, high) for `between`; None for `missing`.

    A missing value passes only `missing`. `contains` ignores the case of letters. A date is text as in
    `Period`, compared with columns of dates in the zone of the log.
    """

    operator: Operator
    value: Scalar | tuple[Scalar, ...] | None = None

    def __post_init__(self) -> None:
        if self.operator == "between" and not (isinstance(self.value, tuple) and len(self.value) == 2):
            raise InvalidInput("filter.range", f"A range has two ends, got {self.value!r}.")
        if self.operator == "in" and not (isinstance(self.value, tuple) and self.value):
            raise InvalidInput("filter.values", f"`in` needs at least one value, got {self.value!r}.")

    def passes(self, column: pl.Series, time_zone: str) -> Mask:
        """bool, one per value of `column`. InvalidInput(filter.type) if they cannot be compared."""
        if self.operator == "missing":
            return np.asarray(column.is_null().to_numpy())
        if column.dtype.is_temporal():
            return self._passes_time(column, time_zone)
        values: tuple[Any, ...] = self.value if isinstance(self.value, tuple) else (self.value,)
        textual = column.dtype in (pl.String, pl.Categorical, pl.Enum)
        for value in values:
            fits = isinstance(value, str) if textual else isinstance(value, bool) == (column.dtype == pl.Boolean)
            if not fits or (isinstance(value, str) and not textual):
                raise InvalidInput(
                    "filter.type",
                    f"{column.name!r} holds {'text' if textual else column.dtype}, not the like of {value!r}.",
                    hint='Texts stand in quotes: "5"; numbers do not: 5; yes or no is true or false.',
                )
        if textual and column.dtype != pl.String:
            column = column.cast(pl.String)
        match self.operator:
            case "=":
                found = column == values[0]
            case "<":
                found = column < values[0]
            case "<=":
                found = column <= values[0]
            case ">":
                found = column > values[0]
            case ">=":
                found = column >= values[0]
            case "in":
                found = column.is_in(list(values))
            case "between":
                found = (column >= values[0]) & (column <= values[1])
            case _:
                if not textual:
                    raise InvalidInput("filter.type", f"{column.name!r} holds {column.dtype}; `contains` asks texts.")
                found = column.str.to_lowercase().str.contains(str(values[0]).lower(), literal=True)
        return np.asarray(found.fill_null(False).to_numpy())

    def _passes_time(self, column: pl.Series, time_zone: str) -> Mask:
        if column.dtype == pl.Date:
            column = column.cast(pl.Datetime("ns"))
        if not isinstance(column.dtype, pl.Datetime):
            raise InvalidInput("filter.type", f"{column.name!r} holds {column.dtype}, which filters cannot compare.")
        if column.dtype.time_zone is None:
            column = column.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
        ns = column.dt.convert_time_zone("UTC").dt.cast_time_unit("ns").to_physical()
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        spans = [Period(str(v), str(v)).bounds(time_zone) for v in values]
        low, high = spans[0]
        match self.operator:
            case "=" | "in":
                found = ns.is_in([])
                for a, b in spans:
                    found = found | ((ns >= a) & (ns < b))
            case "<":
                found = ns < low
            case "<=":
                found = ns < high
            case ">":
                found = ns >= high
            case ">=":
                found = ns >= low
            case "between":
                found = (ns >= low) & (ns < spans[1][1])
            case _:
                raise InvalidInput("filter.type", f"{column.name!r} holds times; `contains` asks texts.")
        return np.asarray(found.fill_null(False).to_numpy())

    def to_text(self) -> str:
        if self.operator == "missing":
            return "is missing"
        if self.operator == "between":
            assert isinstance(self.value, tuple)
            return f"in {write(self.value[0])}..{write(self.value[1])}"
        if isinstance(self.value, tuple):
            return f"{self.operator} {write_all(self.value)}"
        assert self.value is not None
        return f"{self.operator} {write(self.value)}"


@dataclass(frozen=True, slots=True)
class OfCase(Condition):
    """The case attribute `column`, or `case_id`, passes `test`."""

    column: str
    test: Compare

    def cases(self, log: EventLog) -> Mask:
        if self.column == "case_id":
            return self.test.passes(log.case_ids.alias("case_id"), log.time_zone)
        if self.column not in log.cases.columns:
            where = " It is an attribute of events." if self.column in log.events.columns else ""
            error = InvalidInput.unknown("filter.attribute", "case attribute", self.column, log.cases.columns)
            raise InvalidInput("filter.attribute", error.message + where, hint=error.hint)
        return self.test.passes(log.cases[self.column], log.time_zone)

    def to_text(self) -> str:
        name = self.column if self.column == "case_id" else f"case.{write_name(self.column)}"
        return f"{name} {self.test.to_text()}"


@dataclass(frozen=True, slots=True)
class OfEvent(Condition):
    """Some event of the case passes `test` in `column`: `activity`, `resource`, `lifecycle`, `cost` or an
    event attribute; with `every`, all of its events do (true of a case without events)."""

    column: str
    test: Compare
    every: bool = False

    def rows(self, log: EventLog) -> Mask:
        """bool (n_events,)."""
        if self.column in CODED:
            codes = getattr(log, self.column)
            names = getattr(log, CODED[self.column])
            if codes is None:
                return np.full(log.n_events, self.test.operator == "missing")
            asked = self.test.value if isinstance(self.test.value, tuple) else (self.test.value,)
            if self.test.operator in ("=", "in"):
                for name in asked:
                    if name not in names:
                        raise InvalidInput.unknown("filter.value", self.column, str(name), names)
            # One test per name, not per event: the last entry stands for the missing value, code -1.
            vocabulary = decode(self.column, np.array([*range(len(names)), -1], dtype=np.int32), names)
            return np.asarray(self.test.passes(vocabulary, log.time_zone)[codes])
        if self.column == "cost":
            cost = np.full(log.n_events, np.nan) if log.cost is None else log.cost
            return self.test.passes(pl.Series("cost", cost).fill_nan(None), log.time_zone)
        if self.column not in log.events.columns:
            where = " It is an attribute of the case: case.NAME." if self.column in log.cases.columns else ""
            error = InvalidInput.unknown("filter.attribute", "event attribute", self.column, log.events.columns)
            raise InvalidInput("filter.attribute", error.message + where, hint=error.hint)
        return self.test.passes(log.events[self.column], log.time_zone)

    def cases(self, log: EventLog) -> Mask:
        rows = np.ascontiguousarray(self.rows(log))
        if self.every:
            return np.asarray(~kernel.any_in_case(~rows, log.case_start))
        return np.asarray(kernel.any_in_case(rows, log.case_start))

    def to_text(self) -> str:
        name = self.column if self.column in (*CODED, "cost") else f"event.{write_name(self.column)}"
        return f"{'every ' if self.every else ''}{name} {self.test.to_text()}"


@dataclass(frozen=True, slots=True)
class Keep(Selection):
    """Only the events that pass (or, with `but`, all others)."""

    test: OfEvent
    but: bool = False

    def events(self, log: EventLog) -> Mask:
        rows = self.test.rows(log)
        return ~rows if self.but else rows

    def to_text(self) -> str:
        return f"keep {'not ' if self.but else ''}{self.test.to_text()}"
