"""From a frame of rows to a sorted, encoded log; rows that cannot be events are set aside with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels import order as kernel
from hoshin.log.eventlog import EventLog, encode, encode_lazily

# The canonical names a reader gives its columns. Every other column is an attribute.
REQUIRED = ("case_id", "activity", "timestamp")
OPTIONAL = ("start_timestamp", "resource", "lifecycle", "cost")
# The whole years that int64 nanoseconds since 1970 can hold.
YEARS = (1678, 2261)


@dataclass(frozen=True, slots=True)
class Built:
    """A log, and the rows that did not become events.

    `rejected` has `source_row` (0-based), `reason`, and the row's columns as text. The rows
    reconcile: n_events + rejected.height = rows given. `notes` says what was assumed while reading;
    `reading` what a second reading of single rows must know (`timestamp_format`, `decimal`, ...).
    """

    log: EventLog
    rejected: pl.DataFrame
    notes: tuple[str, ...] = ()
    reading: Mapping[str, Any] = field(default_factory=dict)


def build_log(
    frame: pl.DataFrame,
    *,
    name: str = "",
    time_zone: str = "UTC",
    currency: str = "",
    case_columns: Sequence[str] | None = None,
    cases: pl.DataFrame | None = None,
    header: Mapping[str, Any] | None = None,
    original: pl.DataFrame | None = None,
) -> Built:
    """Sort and encode `frame`, which has the columns `case_id`, `activity`, `timestamp` and any others.

    `timestamp` and `start_timestamp` are polars Datetimes; one without a zone is read as `time_zone`.
    `case_columns` names the attributes that belong to the case; by default those that never change
    within one. `cases` gives case attributes outright (with a `case_id` column). `original` is `frame` before
    any value was read, so that rejected rows show the text of the source. A row with no case,
    activity or timestamp is rejected, as is a wall-clock time that its zone skips (spring forward);
    one that happens twice (fall back) is read as the earlier. Raises InvalidInput(log.column) when a
    required column is absent and InvalidInput(log.timestamp) when a time column is not a Datetime.
    """
    for needed in REQUIRED:
        if needed not in frame.columns:
            raise InvalidInput.unknown("log.column", "column", needed, frame.columns)
    given = frame if original is None else original
    if "source_row" not in frame.columns:
        frame = frame.with_row_index("source_row")
    as_read = frame["timestamp"]
    frame = frame.with_columns(
        pl.col("case_id", "activity").cast(pl.String),
        *(to_utc(frame[c], time_zone) for c in ("timestamp", "start_timestamp") if c in frame.columns),
    )
    frame, rejected = set_aside(frame, given, as_read)
    case_code, case_ids = encode_lazily(frame["case_id"])
    t_ns = frame["timestamp"].to_physical().to_numpy()
    start = kernel.case_offsets(case_code, len(case_ids))
    begin_ns = None
    if "start_timestamp" in frame.columns:
        begin_ns = frame["start_timestamp"].to_physical().fill_null(frame["timestamp"].to_physical()).to_numpy()
    order = order_events(case_code, t_ns, begin_ns, start)

    def column(which: str) -> pl.Series | None:
        if which not in frame.columns:
            return None
        return frame[which] if order is None else frame[which].gather(order)

    def codes(which: str) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
        if which not in frame.columns:
            return None, ()
        code, names = encode(frame[which])
        return (code if order is None else code[order]), names

    activity, activities = codes("activity")
    assert activity is not None
    resource, resources = codes("resource")
    lifecycle, lifecycles = codes("lifecycle")
    cost = column("cost")
    rest = [c for c in frame.columns if c not in (*REQUIRED, *OPTIONAL, "source_row")]
    attributes = frame.select(rest)
    if order is not None and attributes.width:
        attributes = attributes[order]
    at_first = start[:-1]
    own = list(case_columns) if case_columns is not None else constant_within_case(attributes, start)
    for name_ in own:
        if name_ not in attributes.columns:
            raise InvalidInput.unknown("log.column", "column", name_, attributes.columns)
    case_frame = attributes.select(own)[at_first] if own else pl.DataFrame()
    if cases is not None:
        joined = pl.DataFrame({"case_id": case_ids}).join(cases, on="case_id", how="left", maintain_order="left")
        case_frame = pl.concat([case_frame, joined.drop("case_id")], how="horizontal")
    source_row = column("source_row")
    assert source_row is not None
    log = EventLog(
        activity=activity,
        t_ns=_sorted(t_ns, order),
        case_start=start,
        activities=activities,
        case_ids=case_ids,
        start_ns=None if begin_ns is None else _sorted(begin_ns, order),
        resource=resource,
        resources=resources,
        lifecycle=lifecycle,
        lifecycles=lifecycles,
        cost=None if cost is None else cost.cast(pl.Float64).fill_null(float("nan")).to_numpy().copy(),
        currency=currency,
        events=attributes.drop(own),
        cases=case_frame,
        source_row=source_row.cast(pl.Int64).to_numpy().copy(),
        name=name,
        time_zone=time_zone,
        header=header or {},
    )
    return Built(log, rejected)


def order_events(
    case_code: NDArray[np.int32], t_ns: NDArray[np.int64], begin_ns: NDArray[np.int64] | None, start: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """The permutation into log order, None if the rows stand so already.

    By case, then completion; of events that complete at once the one that began first comes first, then
    the one that stands first in the source.
    """
    first: NDArray[np.int64] | None = None
    if begin_ns is not None and not (kernel.is_ordered(case_code, begin_ns) and kernel.is_ordered(case_code, t_ns)):
        first = kernel.order_by_case_time(case_code, begin_ns, start)
        case_code, t_ns = case_code[first], t_ns[first]
    if kernel.is_ordered(case_code, t_ns):
        return first
    then = kernel.order_by_case_time(case_code, t_ns, start)
    return then if first is None else first[then]


def _sorted(column: NDArray[np.int64], order: NDArray[np.int64] | None) -> NDArray[np.int64]:
    return np.array(column, dtype=np.int64) if order is None else column[order]


def to_utc(column: pl.Series, time_zone: str) -> pl.Series:
    """A Datetime column as UTC nanoseconds; a naive one is wall-clock time in `time_zone`.

    A wall-clock time that does not exist (spring forward) becomes null, and so does one outside the years
    1678 to 2261, which nanoseconds cannot count.
    """
    kind = column.dtype
    if isinstance(kind, pl.Date):
        column, kind = column.cast(pl.Datetime("us")), pl.Datetime("us")
    if not isinstance(kind, pl.Datetime):
        raise InvalidInput(
            "log.timestamp",
            f"Column {column.name!r} holds {kind}, not dates and times.",
            hint="Give its format when reading, or convert it to a Datetime first.",
        )
    if kind.time_zone is None:
        column = column.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    utc = column.dt.convert_time_zone("UTC")
    if kind.time_unit != "ns":
        utc = utc.set(~utc.dt.year().is_between(*YEARS), None)
    return utc.dt.cast_time_unit("ns")


def constant_within_case(attributes: pl.DataFrame, case_start: NDArray[np.int64]) -> list[str]:
    """Names of the attributes that never change within a case. `attributes` is sorted by case."""
    if attributes.height == 0 or case_start.size - 1 == attributes.height:
        return []
    first = np.zeros(attributes.height, dtype=np.bool_)
    first[case_start[:-1]] = True
    within = pl.Series(~first)
    return [
        column.name
        for column in attributes.get_columns()
        if not column.dtype.is_nested() and not (column.ne_missing(column.shift(1)) & within).any()
    ]


def set_aside(frame: pl.DataFrame, given: pl.DataFrame, as_read: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split off rows without a case, an activity or a time. Blank text counts as missing.

    `given` has the columns of the source, `as_read` the timestamps before they became UTC.
    """
    text = [pl.col(c).is_null() | (pl.col(c) == "") for c in ("case_id", "activity")]
    bad = frame.select(text[0] | text[1] | pl.col("timestamp").is_null()).to_series()
    given = given.select(pl.exclude("source_row", "reason"))
    lost, left_out = as_read.filter(bad), frame.filter(bad)
    reason = (
        pl.when(text[0]).then(pl.lit("no case id"))
        .when(text[1]).then(pl.lit("no activity"))
        .when(lost.is_null()).then(pl.lit("no timestamp that can be read"))
        .when(~lost.dt.year().is_between(*YEARS)).then(pl.lit("a time outside the years 1678 to 2261"))
        .otherwise(pl.lit("a time that its time zone skips"))
    )  # fmt: skip
    rejected = left_out.select(pl.col("source_row").cast(pl.Int64), reason.alias("reason"))
    return frame.filter(~bad) if bad.any() else frame, rejected.hstack(as_text(given.filter(bad)).get_columns())


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Every column as String; nested ones as JSON."""
    return frame.select(
        pl.col(name).struct.json_encode()
        if isinstance(kind, pl.Struct)
        else pl.col(name).cast(pl.List(pl.String)).list.join(", ")
        if isinstance(kind, pl.List)
        else pl.col(name).cast(pl.String)
        for name, kind in frame.schema.items()
    )
