"""Attributes as numbers: levels and ranges of columns, for tests, models and trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.units import NS_PER_S

Floats = NDArray[np.float64]
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """One 0/1 column, bool (n,), of attribute `column`; `name` says when it is 1."""

    name: str
    column: str
    on: NDArray[np.bool_]


def known_at_start(log: EventLog, ignore: Sequence[str] = ()) -> pl.DataFrame:
    """What is known of each case when it starts: its attributes, first activity and resource, weekday, hour, load.

    `load` is how many other cases were open at that moment. A column of the case with a name of ours
    comes out as `case.NAME`. `ignore` leaves case attributes out: those written when the case ends, say.
    One row per case. Raises InvalidInput(explain.attribute) for an attribute that is not there.
    """
    for name in ignore:
        if name not in log.cases.columns:
            raise InvalidInput.unknown("explain.attribute", "case attribute", name, log.cases.columns)
    n = log.n_cases
    held = log.events_per_case() > 0
    begin, end = log.case_begin_ns(), log.case_end_ns()
    at = np.where(held, log.case_start[:-1], 0)
    local = pl.Series(begin).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC").dt.convert_time_zone(log.time_zone)
    own: dict[str, pl.Series] = {}
    if log.n_events:
        own["first activity"] = pl.Series(log.activities).gather(log.activity[at])
        if log.resource is not None:
            code = log.resource[at]
            own["first resource"] = pl.Series([*log.resources, None], dtype=pl.String).gather(
                np.where(code < 0, len(log.resources), code)
            )
        own["start weekday"] = pl.Series(WEEKDAYS).gather(local.dt.weekday().to_numpy() - 1)
        own["start hour"] = local.dt.hour().cast(pl.Float64)
        begun, ended = np.sort(begin[held]), np.sort(end[held])
        own["load"] = pl.Series(
            (np.searchsorted(begun, begin, "left") - np.searchsorted(ended, begin, "left")).astype(np.float64)
        )
    columns = [column.alias(name) for name, column in own.items()]
    taken = {c.name for c in columns}
    for column in log.cases.get_columns():
        usable = None if column.name in ignore else plain(column)
        if usable is not None:
            columns.append(usable.alias(f"case.{column.name}" if column.name in taken else column.name))
    return pl.DataFrame(columns) if columns else pl.DataFrame({"load": pl.Series([0.0] * n)})


def plain(column: pl.Series) -> pl.Series | None:
    """The column as Float64 or String; None for one that is nested, constant, or a text that hardly repeats."""
    kind = column.dtype
    if kind.is_nested() or kind == pl.Object:
        return None
    if kind == pl.Boolean:
        column = column.cast(pl.Int8).replace_strict({1: "true", 0: "false"}, default=None, return_dtype=pl.String)
    elif kind.is_numeric():
        column = column.cast(pl.Float64)
    elif kind.is_temporal():
        if kind in (pl.Duration, pl.Time):
            return None
        column = column.dt.epoch("s").cast(pl.Float64)
    else:
        column = column.cast(pl.String)
        if column.n_unique() > max(0.05 * len(column), 50):
            return None
    return column if column.n_unique() > 1 else None


def features(table: pl.DataFrame, *, at_least: int = 30, levels: int = 30) -> list[Feature]:
    """0/1 features of `table`: each level of a text, the lowest and highest quarter of a number, what is missing.

    Only those that `at_least` rows have and lack; of a text the `levels` commonest.
    """
    found: list[Feature] = []

    def add(name: str, column: str, on: NDArray[np.bool_]) -> None:
        if at_least <= int(on.sum()) <= on.size - at_least and not any(
            f.column == column and np.array_equal(f.on, ~on) for f in found
        ):
            found.append(Feature(name, column, on))

    for column in table.get_columns():
        missing = column.is_null().to_numpy() | (
            column.is_nan().fill_null(False).to_numpy() if column.dtype == pl.Float64 else False
        )
        if column.dtype == pl.Float64:
            value = column.to_numpy().astype(np.float64)
            known = value[~missing]
            if np.unique(known[:10_000]).size <= 5:
                for level in np.unique(known)[:levels]:
                    add(f"{column.name} = {level:g}", column.name, value == level)
            elif known.size:
                low, high = np.quantile(known, [0.25, 0.75])
                add(f"{column.name} <= {low:g}", column.name, ~missing & (value <= low))
                add(f"{column.name} > {high:g}", column.name, ~missing & (value > high))
        else:
            common = column.drop_nulls().value_counts(sort=True).head(levels)[column.name].sort()
            for level in common:
                add(f"{column.name} = {level}", column.name, (column == level).fill_null(False).to_numpy())
        add(f"{column.name} is missing", column.name, missing)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Covariates for models: `matrix` float64 (n, p), standardised; column k belongs to attribute `columns[k]`
    and is called `names[k]`."""

    matrix: Floats
    names: tuple[str, ...]
    columns: tuple[str, ...]

    def without(self, column: str) -> Design:
        """Without the columns of one attribute."""
        kept = [k for k, c in enumerate(self.columns) if c != column]
        return Design(self.matrix[:, kept], tuple(self.names[k] for k in kept), tuple(self.columns[k] for k in kept))


def design(table: pl.DataFrame, *, at_least: int = 30, levels: int = 8) -> Design:
    """Numbers standardised (missing as the mean, with a flag), texts one-hot over their commonest levels."""
    blocks: list[Floats] = []
    names: list[str] = []
    columns: list[str] = []

    def add(name: str, column: str, value: Floats) -> None:
        spread = float(value.std())
        if spread > 0:
            blocks.append((value - value.mean()) / spread)
            names.append(name)
            columns.append(column)

    for column in table.get_columns():
        if column.dtype == pl.Float64:
            value = column.fill_null(float("nan")).to_numpy().astype(np.float64)
            missing = np.isnan(value)
            middle = float(value[~missing].mean()) if (~missing).any() else 0.0
            add(column.name, column.name, np.where(missing, middle, value))
            if min(missing.sum(), (~missing).sum()) >= at_least:
                add(f"{column.name} is missing", column.name, missing.astype(np.float64))
        else:
            counts = column.drop_nulls().value_counts(sort=True)
            for level in counts.filter(pl.col("count") >= at_least).head(levels)[column.name].sort():
                on = (column == level).fill_null(False).to_numpy().astype(np.float64)
                add(f"{column.name} = {level}", column.name, on)
    n = table.height
    matrix = np.stack(blocks, axis=1) if blocks else np.zeros((n, 0))
    return Design(matrix, tuple(names), tuple(columns))


def seconds(ns: NDArray[np.int64]) -> Floats:
    """Nanoseconds as seconds."""
    return np.asarray(ns / NS_PER_S)
