"""Add events to a log: new cases, more events of old cases, late events that belong between older ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from hoshin.errors import Conflict
from hoshin.log.build import build_log, constant_within_case
from hoshin.log.eventlog import EventLog


@dataclass(frozen=True, slots=True, eq=False)
class Appended:
    """The merged log, and how the new events fell: cases never seen before, cases that grew, and events
    that came late (before the last known event of their case)."""

    log: EventLog
    new_cases: int
    extended_cases: int
    late_events: int


def append_log(log: EventLog, more: EventLog, *, first_row: int) -> Appended:
    """`log` with the events of `more`, the same as if the rows of both had been read as one source.

    Source row r of `more` becomes `first_row` + r; rows of a source keep their order among events of one
    time. An attribute that no longer is constant within every case moves to the events. Raises
    Conflict(append.currency) if both have costs in different currencies.
    """
    if log.cost is not None and more.cost is not None and log.currency != more.currency:
        raise Conflict(
            "append.currency",
            f"The log has costs in {log.currency or '?'}, the new events in {more.currency or '?'}.",
            hint="Convert the new costs, or import them under another name.",
        )
    both = pl.concat([rows_of(log), rows_of(more, first_row)], how="diagonal_relaxed").sort("source_row")
    outright = [c for c in dict.fromkeys((*log.cases.columns, *more.cases.columns)) if c in both.columns]
    built = build_log(
        both,
        name=log.name,
        time_zone=log.time_zone,
        currency=log.currency or more.currency,
        case_columns=_case_columns(both, outright),
        header=merge_headers(log.header, more.header, first_row),
    )
    merged = _with_empty_cases(replace(built.log, classifier=log.classifier), log, more)
    known = pl.DataFrame({"case_id": log.case_ids, "last": log.case_end_ns()})
    given = more.to_frame().select("case_id", t=pl.Series(more.t_ns)).join(known, on="case_id", how="left")
    late = given.filter(pl.col("t") < pl.col("last")).height
    old = int(more.case_ids.is_in(log.case_ids.implode()).sum())
    return Appended(merged, more.n_cases - old, old, late)


def rows_of(log: EventLog, first_row: int = 0) -> pl.DataFrame:
    """One row per event with every attribute, of cases too, and `source_row`; times in UTC."""
    frame = log.to_frame().with_columns(
        pl.col(c).dt.convert_time_zone("UTC") for c in ("timestamp", "start_timestamp") if c in _times(log)
    )
    if log.cases.width:
        frame = frame.hstack(log.cases[log.case_of_event()])
    source = np.arange(log.n_events) if log.source_row is None else log.source_row
    return frame.with_columns(pl.Series("source_row", source + first_row))


def merge_headers(old: Mapping[str, Any], new: Mapping[str, Any], first_row: int) -> dict[str, Any]:
    """The header of the old log, with what both sources said of their time zones."""
    merged = dict(old)
    if "offsets" in old or "offsets" in new:
        counts: dict[str, int] = dict(old.get("offsets", {}))
        for offset, n in new.get("offsets", {}).items():
            counts[offset] = counts.get(offset, 0) + n
        merged["offsets"] = dict(sorted(counts.items()))
    if "zone_assumed" in old or "zone_assumed" in new:
        merged["zone_assumed"] = bool(old.get("zone_assumed") or new.get("zone_assumed"))
    rows = [*old.get("unzoned_rows", ()), *(r + first_row for r in new.get("unzoned_rows", ()))]
    if rows:
        merged["unzoned_rows"] = rows
    return merged


def _times(log: EventLog) -> tuple[str, ...]:
    return ("timestamp",) if log.start_ns is None else ("timestamp", "start_timestamp")


def _case_columns(both: pl.DataFrame, outright: list[str]) -> list[str]:
    """Attributes that are constant within every case: all of them, or where every case is one event those
    that were attributes of cases before."""
    attributes = both.drop("case_id", "activity", "timestamp", "source_row", "start_timestamp", "resource",
                           "lifecycle", "cost", strict=False)  # fmt: skip
    by_case = both.select("case_id").with_row_index("at").sort("case_id", maintain_order=True)
    order = by_case["at"]
    ids = by_case["case_id"]
    changes = np.flatnonzero((ids != ids.shift(1)).fill_null(True).to_numpy())
    start = np.append(changes, both.height).astype(np.int64)
    if changes.size == both.height:
        return outright
    return constant_within_case(attributes[order], start)


def _with_empty_cases(merged: EventLog, *sources: EventLog) -> EventLog:
    """Cases without events (XES allows them) come back at the end."""
    empty: list[str] = []
    for source in sources:
        empty += source.case_ids.filter(pl.Series(source.events_per_case() == 0)).to_list()
    lost = [c for c in dict.fromkeys(empty) if c not in set(merged.case_ids)] if empty else []
    if not lost:
        return merged
    cases = merged.cases
    if cases.width:
        nothing = pl.DataFrame(schema=cases.schema).clear(len(lost))
        cases = pl.concat([cases, nothing])
    return replace(
        merged,
        case_ids=pl.concat([merged.case_ids, pl.Series(lost, dtype=pl.String).alias(merged.case_ids.name)]),
        case_start=np.append(merged.case_start, np.full(len(lost), merged.n_events)),
        cases=cases,
    )
