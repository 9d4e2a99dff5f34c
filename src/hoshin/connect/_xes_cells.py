"""What both XES readers produce, and how it becomes an event log: one typed column per attribute.

A key written with several types, or with values that its type does not allow, keeps each in a column of
its own: `k` holds the commonest, `k#int`, `k#date`, ... the others as they are, `k#text` the invalid
ones as text, `k#nested` what was nested inside it (JSON). `header["types"]` says which column is what,
so a writer puts everything back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels import codes as code_kernel
from hoshin.kernels import order as kernel
from hoshin.log.build import Built, order_events, to_utc
from hoshin.log.eventlog import EventLog

# Kinds whose value is a code into `Cells.texts`; the values of "date", "naive" (no zone) and "int" are themselves.
TEXT = ("string", "id", "float", "boolean", "list", "container", "nested", "date_text", "int_text")
KINDS = (*TEXT, "date", "naive", "int")
# Canonical column of an event attribute, and the kinds it may have.
CANONICAL = {
    "concept:name": ("activity", ("string", "id", "int", "float", "boolean")),
    "time:timestamp": ("timestamp", ("date",)),
    "start_timestamp": ("start_timestamp", ("date",)),
    "org:resource": ("resource", ("string", "id", "int")),
    "lifecycle:transition": ("lifecycle", ("string", "id")),
    "cost:total": ("cost", ("float", "int")),
}
NAME = "concept:name"


@dataclass(slots=True)
class Column:
    """The values of one key in one kind: `rows` (event or trace numbers, ascending) and `values` int64."""

    scope: str
    kind: str
    key: str
    rows: NDArray[Any]
    values: NDArray[np.int64]


@dataclass(slots=True)
class Cells:
    """A parsed XES file. `event_trace` int32 (n_events,): trace number of each event, ascending.

    `columns` stand in order of first appearance; `texts` is the dictionary of their text values.
    `offsets` counts the dates per zone offset in minutes; `first_naive` and `first_aware` quote a date.
    """

    n_traces: int
    event_trace: NDArray[np.int32]
    columns: list[Column]
    texts: pl.Series
    header: dict[str, Any]
    offsets: dict[int, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def build(cells: Cells, *, path: str, name: str, time_zone: str | None, currency: str = "") -> Built:
    """The log. Raises InvalidInput(xes.mixed_zones) if some times have no zone and `time_zone` is not given."""
    types: dict[str, dict[str, list[str]]] = {"event": {}, "case": {}}
    notes = list(cells.notes)
    _settle_zones(cells, path, time_zone, notes)
    zone = time_zone or "UTC"
    frames = {
        scope: _columns(cells, scope, size, zone, types[scope], notes)
        for scope, size in (("event", cells.event_trace.size), ("case", cells.n_traces))
    }
    event, case = frames["event"], frames["case"]
    case_ids, renamed = _case_ids(case.get(NAME), cells.n_traces)
    if not renamed:
        case.pop(NAME, None)
    timed = any(name.startswith("time:timestamp") for name in event) or not cells.event_trace.size
    if not timed:
        notes.append("no event has a time: all stand at 1970-01-01, in the order of the file; durations mean nothing")
    header = {
        "format": "XES",
        "timed": timed,
        **cells.header,
        "types": types,
        "offsets": {
            **({"": naive} if (naive := _naive(cells)) else {}),
            **{_offset(minutes): n for minutes, n in sorted(cells.offsets.items())},
        },
        **({"zone_assumed": time_zone is None} if naive else {}),
        "notes": notes,
    }
    return _assemble(cells, event, case, case_ids, header, name=name, time_zone=zone, currency=currency)


def _naive(cells: Cells) -> int:
    """How many times have no zone."""
    return sum(c.values.size for c in cells.columns if c.kind == "naive")


def _settle_zones(cells: Cells, path: str, time_zone: str | None, notes: list[str]) -> None:
    naive = _naive(cells)
    if naive and cells.offsets and time_zone is None:
        where = next(c for c in cells.columns if c.kind == "naive")
        example = str(np.datetime64(int(where.values[0]), "ns"))
        raise InvalidInput(
            "xes.mixed_zones",
            f"{path} mixes {naive:,} times without a zone (first: {where.scope} {int(where.rows[0]) + 1:,}, "
            f"{where.key} = {example}) with {sum(cells.offsets.values()):,} that have one.",
            hint="Say in which zone the bare times are: time_zone='Europe/Berlin' (--time-zone).",
        )
    if naive:
        notes.append(f"{naive} times without a zone were read as {time_zone or 'UTC'}")


def _columns(
    cells: Cells, scope: str, size: int, zone: str, types: dict[str, list[str]], notes: list[str]
) -> dict[str, pl.Series]:
    """The columns of a scope by their names, dense; fills `types` and `notes`."""
    by_key: dict[str, dict[str, list[Column]]] = {}
    for column in cells.columns:
        if column.scope == scope:
            kind = "date" if column.kind == "naive" else column.kind
            by_key.setdefault(column.key, {}).setdefault(kind, []).append(column)
    result: dict[str, pl.Series] = {}
    for key, kinds in by_key.items():
        invalid: list[tuple[str, pl.Series]] = []
        made: dict[str, pl.Series] = {}
        for kind, columns in kinds.items():
            series, twice = _dense(cells, kind, columns, size, zone)
            if twice:
                notes.append(f"{scope} attribute {key!r} stands {twice} times more than once; the first was kept")
            if kind in ("date_text", "int_text"):
                invalid.append((kind[:-5], series))
            elif kind in ("float", "boolean"):
                typed, bad = _typed(series, kind)
                made[kind] = typed
                if bad is not None:
                    invalid.append((kind, bad))
            else:
                made[kind] = series
        # Commonest first.
        proper = sorted((k for k in made if k != "nested"), key=lambda k: (made[k].null_count(), KINDS.index(k)))
        for kind in proper:
            _put(result, types, key if kind == proper[0] else f"{key}#{kind}", key, kind, made[kind])
        for kind, series in invalid:
            _put(result, types, key if not proper and not result.keys() & {key} else f"{key}#text", key, kind, series)
            notes.append(
                f"{scope} attribute {key!r}: {series.len() - series.null_count()} values are no valid {kind} "
                f"(first: {series.drop_nulls()[0]!r}); kept as text"
            )
        if "nested" in made:
            _put(result, types, f"{key}#nested", key, "nested", made["nested"])
    return result


def _put(
    result: dict[str, pl.Series], types: dict[str, list[str]], name: str, key: str, kind: str, series: pl.Series
) -> None:
    while name in result:
        name += "#"
    result[name] = series.alias(name)
    types[name] = [key, kind]


def _dense(cells: Cells, kind: str, columns: list[Column], size: int, zone: str) -> tuple[pl.Series, int]:
    """One value or null per row, and how many values came after the first in their row."""
    values = np.full(size, -1, dtype=np.int64)
    held = np.zeros(size, dtype=np.bool_)
    twice = 0
    for column in columns:
        rows, own = column.rows, column.values
        if column.kind == "naive":
            wall = pl.Series(own).cast(pl.Datetime("ns"))
            utc = to_utc(wall.alias(column.key), zone)
            keep = utc.is_not_null().to_numpy()
            rows, own = rows[keep], utc.drop_nulls().to_physical().to_numpy()
        distinct, first = np.unique(rows, return_index=True) if _repeats(rows) else (rows, None)
        fresh = ~held[distinct]
        twice += rows.size - int(fresh.sum())
        own = own if first is None else own[first]
        if not fresh.all():
            distinct, own = distinct[fresh], own[fresh]
        values[distinct] = own
        held[distinct] = True
    full = bool(held.all())
    if kind in TEXT:
        codes = pl.Series(values) if full else pl.Series(values).set(pl.Series(~held), None)
        return cells.texts.gather(codes), twice
    series = pl.Series(values) if full else pl.Series(values).set(pl.Series(~held), None)
    if kind == "date":
        series = series.cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
    return series, twice


def _repeats(rows: NDArray[Any]) -> bool:
    return bool(rows.size > 1 and (rows[1:] <= rows[:-1]).any())


def _typed(series: pl.Series, kind: str) -> tuple[pl.Series, pl.Series | None]:
    """Text as Float64 or Boolean, and the values that are not such (None if all are)."""
    text = series.str.strip_chars()
    if kind == "float":
        special = {"INF": "inf", "+INF": "inf", "-INF": "-inf"}
        if text.str.contains("INF", literal=True).any():
            text = text.replace(special)
        typed = text.cast(pl.Float64, strict=False)
    else:
        known = {"true": True, "false": False, "1": True, "0": False, "True": True, "False": False}
        typed = text.replace_strict(known, default=None, return_dtype=pl.Boolean)
    bad = typed.is_null() & series.is_not_null()
    return typed, (series.set(~bad, None) if bad.any() else None)


def _case_ids(names: pl.Series | None, n_traces: int) -> tuple[pl.Series, bool]:
    """A distinct id per trace, and whether any differs from its name.

    A trace without a name gets its number (from 1); a name met again gets '#2', '#3', ...
    """
    if names is None:
        return pl.Series("case_id", [str(n + 1) for n in range(n_traces)], dtype=pl.String), n_traces > 0
    text = names.cast(pl.String).alias("case_id")
    if not text.null_count() and not (text == "").any() and text.n_unique() == n_traces:
        return text, False
    taken = set(text.drop_nulls().to_list())
    seen: dict[str, int] = {}
    ids = []
    for number, name in enumerate(text):
        fresh = name or str(number + 1)
        times = seen.get(fresh, 0) + 1
        if times > 1 or (not name and fresh in taken):
            times = max(times, 2)
            while f"{fresh}#{times}" in taken:
                times += 1
            seen[fresh] = times
            fresh = f"{fresh}#{times}"
            taken.add(fresh)
        else:
            seen[fresh] = 1
            taken.add(fresh)
        ids.append(fresh)
    return pl.Series("case_id", ids, dtype=pl.String), True


def _offset(minutes: int) -> str:
    """
    >>> _offset(-90)
    '-01:30'
    """
    sign, size = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{sign}{size // 60:02}:{size % 60:02}"


def _assemble(
    cells: Cells,
    event: dict[str, pl.Series],
    case: dict[str, pl.Series],
    case_ids: pl.Series,
    header: Mapping[str, Any],
    *,
    name: str,
    time_zone: str,
    currency: str,
) -> Built:
    """Set aside the events without activity or time, sort the others, encode."""
    size, types = cells.event_trace.size, header["types"]["event"]
    canonical: dict[str, pl.Series] = {}
    for key, (column, kinds) in CANONICAL.items():
        if key in event and types[key][1] in kinds and _fits(column, event[key].dtype):
            canonical[column] = event.pop(key)
    activity = canonical.get("activity", pl.Series([None], dtype=pl.String).new_from_index(0, size)).cast(pl.String)
    untimed = pl.Series([None if header["timed"] else 0], dtype=pl.Int64).new_from_index(0, size)
    moment = canonical.get("timestamp", untimed.cast(pl.Datetime("ns")).dt.replace_time_zone("UTC"))
    nameless = activity.is_null() | (activity == "")
    bad = nameless | moment.is_null()
    invalid = event.get("time:timestamp#text", event.get("time:timestamp"))
    rejected = _rejected(cells, bad, nameless, case_ids, activity, invalid, moment)
    keep = np.flatnonzero(~bad.to_numpy()) if bad.any() else None

    def kept(series: pl.Series) -> pl.Series:
        return series if keep is None else series.gather(keep)

    case_code = cells.event_trace if keep is None else cells.event_trace[keep]
    t_ns = np.array(kept(moment).to_physical(), dtype=np.int64)
    start_ns = None
    if "start_timestamp" in canonical:
        start_ns = np.array(kept(canonical["start_timestamp"]).to_physical().fill_null(pl.Series(t_ns)), dtype=np.int64)
    start = kernel.case_offsets(case_code, cells.n_traces)
    order = keep
    inner = order_events(case_code, t_ns, start_ns, start)
    if inner is not None:
        t_ns = t_ns[inner]
        start_ns = None if start_ns is None else start_ns[inner]
        order = inner if keep is None else keep[inner]

    def pick(series: pl.Series) -> pl.Series:
        return series if order is None else series.gather(order)

    def coded(series: pl.Series | None) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
        if series is None:
            return None, ()
        series = pick(series).cast(pl.String)
        physical = series.cast(pl.Categorical).to_physical()
        raw = physical.cast(pl.Int64).fill_null(-1).to_numpy()
        codes, old = code_kernel.renumber(raw, int(raw.max(initial=-1)) + 1)
        first = np.full(old.size, -1, dtype=np.int64)
        where = np.flatnonzero(codes >= 0)[::-1]
        first[codes[where]] = where
        return codes, tuple(series.gather(first).to_list())

    activity_codes, activities = coded(activity)
    assert activity_codes is not None
    resource, resources = coded(canonical.get("resource"))
    lifecycle, lifecycles = coded(canonical.get("lifecycle"))
    cost = None
    if "cost" in canonical:
        cost = np.array(pick(canonical["cost"]).cast(pl.Float64).fill_null(float("nan")), dtype=np.float64)
    log = EventLog(
        activity=activity_codes,
        t_ns=t_ns,
        case_start=start,
        activities=activities,
        case_ids=case_ids,
        start_ns=start_ns,
        resource=resource,
        resources=resources,
        lifecycle=lifecycle,
        lifecycles=lifecycles,
        cost=cost,
        currency=(currency or _currency(event, case, header)) if cost is not None else "",
        events=pl.DataFrame([pick(s) for s in event.values()]),
        cases=pl.DataFrame(list(case.values())),
        source_row=np.arange(size, dtype=np.int64) if order is None else np.array(order, dtype=np.int64),
        name=name,
        time_zone=time_zone,
        header=header,
    )
    return Built(log, rejected, tuple(header["notes"]))


def _fits(column: str, dtype: pl.DataType) -> bool:
    """Whether the canonical column may have this type: an attribute of invalid values only is text."""
    if column in ("timestamp", "start_timestamp"):
        return isinstance(dtype, pl.Datetime)
    return column != "cost" or dtype.is_numeric()


def _currency(event: Mapping[str, pl.Series], case: Mapping[str, pl.Series], header: Mapping[str, Any]) -> str:
    """The currency, if the log names exactly one."""
    names = [a.get("value") for a in header["attributes"] if a.get("key") == "cost:currency"]
    for columns in (event, case):
        if "cost:currency" in columns:
            names += columns["cost:currency"].drop_nulls().unique().cast(pl.String).to_list()
    return str(names[0]) if len(set(names)) == 1 else ""


def _rejected(
    cells: Cells,
    bad: pl.Series,
    nameless: pl.Series,
    case_ids: pl.Series,
    activity: pl.Series,
    invalid_time: pl.Series | None,
    moment: pl.Series,
) -> pl.DataFrame:
    schema = {"source_row": pl.Int64, "reason": pl.String, "case_id": pl.String, "activity": pl.String,
              "timestamp": pl.String}  # fmt: skip
    if not bad.any():
        return pl.DataFrame(schema=schema)
    rows = pl.Series(np.flatnonzero(bad.to_numpy()))
    stated = moment.gather(rows).dt.strftime("%Y-%m-%dT%H:%M:%S%.9fZ")
    if invalid_time is None:
        invalid_time = pl.Series([None], dtype=pl.String).new_from_index(0, len(bad))
    text = invalid_time.gather(rows).cast(pl.String)
    return (
        pl.DataFrame(
            {
                "source_row": rows.cast(pl.Int64),
                "case_id": case_ids.gather(cells.event_trace[rows.to_numpy()]),
                "activity": activity.gather(rows),
                "timestamp": stated.fill_null(text),
            }
        )
        .with_columns(
            pl.when(nameless.gather(rows))
            .then(pl.lit("no activity"))
            .when(text.is_not_null())
            .then(pl.lit("a timestamp that is no valid date"))
            .otherwise(pl.lit("no timestamp, or one that its time zone skips"))
            .alias("reason")
        )
        .select(list(schema))
    )
