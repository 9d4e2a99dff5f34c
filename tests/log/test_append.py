"""Appending: the same log as if all rows had come at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.errors import Conflict
from hoshin.log.append import append_log
from hoshin.log.build import build_log
from hoshin.log.eventlog import EventLog
from hoshin.store.content import hash_content
from hoshin.store.logs import _frames

rows = st.lists(
    st.tuples(
        st.sampled_from("123"),
        st.sampled_from("abc"),
        st.integers(0, 5),
        st.one_of(st.none(), st.integers(0, 5)),
        st.one_of(st.none(), st.sampled_from(["ann", "bo"])),
        st.sampled_from([None, "x", "y"]),
        st.sampled_from([None, 1, 2]),
        st.sampled_from([None, 0.5]),
    ),
    max_size=12,
)
SCHEMA = {
    "case_id": pl.String, "activity": pl.String, "t": pl.Int64, "s": pl.Int64, "resource": pl.String,
    "colour": pl.String, "size": pl.Int64, "cost": pl.Float64,
}  # fmt: skip


def log_of(given: list[tuple[object, ...]]) -> EventLog:
    """A log in Rome; a row's start is a null or some minutes before 10:00 or after."""
    at = pl.lit(datetime(2024, 3, 30, 10))
    frame = pl.DataFrame(given, schema=SCHEMA, orient="row").with_columns(
        timestamp=at + pl.col("t") * timedelta(hours=9), start_timestamp=at + pl.col("s") * timedelta(hours=1)
    )
    return build_log(frame.drop("t", "s"), time_zone="Europe/Rome", header={"offsets": {"": len(given)}}).log


def content(log: EventLog) -> str:
    return hash_content(*_frames(log))


@given(rows, rows, rows)
def test_append_is_import_all_at_once(
    one: list[tuple[object, ...]], two: list[tuple[object, ...]], three: list[tuple[object, ...]]
) -> None:
    """New cases, longer cases, late events, attributes that stop being constant: content and version are equal."""
    once = log_of(one + two + three)
    step = append_log(log_of(one), log_of(two), first_row=len(one)).log
    parts = append_log(step, log_of(three), first_row=len(one) + len(two)).log

    assert (
        parts.to_frame()
        .select(sorted(parts.to_frame().columns))
        .equals(once.to_frame().select(sorted(once.to_frame().columns)))
    )
    assert parts.source_row is not None
    assert once.source_row is not None
    assert parts.source_row.tolist() == once.source_row.tolist()
    assert (parts.activities, parts.resources) == (once.activities, once.resources)
    assert content(parts) == content(once)


@given(rows, rows)
def test_counts_reconcile(one: list[tuple[object, ...]], two: list[tuple[object, ...]]) -> None:
    old, new = log_of(one), log_of(two)
    done = append_log(old, new, first_row=len(one))

    assert done.log.n_events == old.n_events + new.n_events
    assert done.new_cases == done.log.n_cases - old.n_cases
    assert done.extended_cases == len(set(old.case_ids) & set(new.case_ids))


def test_late_events_stand_where_they_belong() -> None:
    old = log_of([("1", "a", 0, None, None, None, None, None), ("1", "c", 2, None, None, None, None, None)])
    new = log_of([("1", "b", 1, None, None, None, None, None), ("2", "a", 0, None, None, None, None, None)])

    done = append_log(old, new, first_row=2)

    assert done.log.traces() == [("a", "b", "c"), ("a",)]
    assert (done.new_cases, done.extended_cases, done.late_events) == (1, 1, 1)


def test_empty_cases_are_kept() -> None:
    old = EventLog.from_traces(["ab", ""])
    done = append_log(old, EventLog.from_traces(["c"]), first_row=2)

    assert dict(zip(done.log.case_ids, done.log.traces())) == {"1": ("a", "c", "b"), "2": ()}


def test_costs_of_two_currencies_do_not_mix() -> None:
    old = log_of([("1", "a", 0, None, None, None, None, 0.5)])
    with pytest.raises(Conflict, match="EUR"):
        append_log(replace(old, currency="EUR"), replace(old, currency="USD"), first_row=1)
