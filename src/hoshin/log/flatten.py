"""A case log as one view of an object-centric log, with what that view distorts; and a case log as objects.

Flattening on an object type makes each of its objects a case. Events related to several of them are repeated
(convergence), repetitions within a case may belong to different objects of another type (divergence), events
related to none are lost (deficiency). Source: van der Aalst, Object-Centric Process Mining (2019).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from hoshin.log.build import OPTIONAL, REQUIRED, build_log
from hoshin.log.eventlog import Codes, EventLog, Times
from hoshin.log.ocel import INITIAL, Declared, Links, Ocel, no_links


@dataclass(frozen=True, slots=True)
class Converging:
    """An activity whose events stand in more than one case: `events` of them, in `rows` rows of the case log."""

    activity: str
    events: int
    rows: int


@dataclass(frozen=True, slots=True)
class Diverging:
    """An activity that `cases` cases have several times, with several objects of `object_type` behind the
    repetitions: their order within the case says nothing about any one of those objects."""

    activity: str
    object_type: str
    cases: int
    events: int


@dataclass(frozen=True, slots=True)
class Deficient:
    """An activity of which `events` are related to no object of the chosen type, and are not in the case log."""

    activity: str
    events: int


@dataclass(frozen=True, slots=True)
class Flattened:
    """The case log of one object type. `events` of the source became `rows` in it; `lost` did not.

    `events_in` = `events` + `lost`; `rows` - `events` repetitions are the work of convergence alone.
    """

    log: EventLog
    object_type: str
    events_in: int
    events: int
    rows: int
    objects_without_events: int
    changed_attributes: int
    convergence: tuple[Converging, ...]
    divergence: tuple[Diverging, ...]
    deficiency: tuple[Deficient, ...]

    @property
    def lost(self) -> int:
        return self.events_in - self.events


def flatten(ocel: Ocel, object_type: str) -> Flattened:
    """The case log whose cases are the objects of `object_type`, and how faithful it is.

    A row keeps the number of its event in the source as `source_row` and its id as `event_id`. Case attributes
    are the first value each object had; `changed_attributes` later values are not in the log. Raises
    InvalidInput(ocel.object_type).
    """
    code = ocel.type_code(object_type)
    event, of = ocel.pairs_of(code)
    log = _case_log(ocel, code, event, of)
    used = np.bincount(event, minlength=ocel.n_events)
    many, names = used > 1, ocel.event_types
    n_types = len(names)
    several = np.bincount(ocel.event_type[many], minlength=n_types)
    rows = np.bincount(ocel.event_type, weights=np.where(many, used, 0), minlength=n_types).astype(np.int64)
    lost = np.bincount(ocel.event_type[used == 0], minlength=n_types)
    of_type = ocel.object_type == code
    values = ocel.object_values.filter(pl.Series(of_type[ocel.object_values["object"].to_numpy()]))
    return Flattened(
        log=log,
        object_type=object_type,
        events_in=ocel.n_events,
        events=int((used > 0).sum()),
        rows=int(event.size),
        objects_without_events=int(of_type.sum()) - int(np.unique(of).size),
        changed_attributes=values.height - values.unique(["object", "attribute"]).height,
        convergence=tuple(Converging(names[a], int(several[a]), int(rows[a])) for a in _ranked(rows)),
        divergence=_divergence(ocel, code, event, of),
        deficiency=tuple(Deficient(names[a], int(lost[a])) for a in _ranked(lost)),
    )


def _ranked(counts: Times) -> list[int]:
    """Positions of positive counts, the largest first."""
    return [int(a) for a in np.argsort(-counts, kind="stable") if counts[a]]


def _case_log(ocel: Ocel, code: int, event: Codes, of: Codes) -> EventLog:
    events = ocel.event_frame()
    taken = {"case_id", "source_row", *(c for c in (*REQUIRED, *OPTIONAL) if not _usable(events, c))}
    rename = {c: f"event:{c}" for c in events.columns[3:] if c in taken or c == "event_id"}
    frame = events.rename(rename)[event].with_columns(
        case_id=ocel.object_ids.gather(of), source_row=pl.Series(event.astype(np.int64))
    )
    objects = ocel.object_frame().filter(pl.Series(ocel.object_type == code)).drop("object_type")
    own = [c for c in objects.columns[1:] if objects[c].null_count() < objects.height]
    cases = objects.select(pl.col("object_id").alias("case_id"), *own)
    cases = cases.rename({c: f"{ocel.object_types[code]}:{c}" for c in own if c in frame.columns})
    return build_log(
        frame, name=f"{ocel.name}-{ocel.object_types[code]}", time_zone=ocel.time_zone, case_columns=(), cases=cases
    ).log


def _usable(events: pl.DataFrame, column: str) -> bool:
    """Whether an attribute of this name can stand for the canonical column of that name."""
    if column in REQUIRED or column not in events.columns:
        return column == "activity" or column == "timestamp"
    kind = events[column].dtype
    return kind.is_temporal() if column == "start_timestamp" else kind.is_numeric() if column == "cost" else True


def _divergence(ocel: Ocel, code: int, event: Codes, of: Codes) -> tuple[Diverging, ...]:
    """Repeated (case, activity) whose events are related to several objects of another type."""
    rows = pl.DataFrame({"case": of, "event": event, "activity": ocel.event_type[event]})
    repeated = rows.filter(pl.len().over("case", "activity") > 1)
    target = ocel.e2o.target
    others = pl.DataFrame({"event": ocel.e2o.source, "object": target, "type": ocel.object_type[target]}).filter(
        (pl.col("type") != code) & (pl.col("type") >= 0)
    )
    found = (
        repeated.join(others.unique(), on="event")
        .group_by("case", "activity", "type")
        .agg(pl.col("object").n_unique().alias("objects"), pl.col("event").n_unique().alias("events"))
        .filter((pl.col("objects") > 1) & (pl.col("events") > 1))
        .group_by("activity", "type")
        .agg(pl.len().alias("cases"), pl.col("events").sum())
        .sort(pl.col("cases"), "activity", "type", descending=[True, False, False])
    )
    return tuple(
        Diverging(ocel.event_types[a], ocel.object_types[t], cases, events)
        for a, t, cases, events in found.select("activity", "type", "cases", "events").iter_rows()
    )


def from_log(log: EventLog, object_type: str = "case") -> Ocel:
    """A case log as objects of one type: each case an object with its attributes, each event related to its case.

    Resource, lifecycle, start and cost become event attributes. `flatten(from_log(log), object_type)` is the log
    again, but for cases without events.
    """
    frame = log.to_frame()
    order = np.argsort(log.t_ns, kind="stable")
    frame = frame[order] if log.n_events else frame
    case = log.case_of_event()[order]
    own = [c for c in frame.columns if c not in ("case_id", "activity", "timestamp", "source_row", "event_id")]
    names = tuple(dict.fromkeys([*own, *log.cases.columns]))
    event_values, event_kinds = _long(frame.select(own), "event", names)
    object_values, object_kinds = _long(log.cases, "object", names)
    links = Links(np.arange(log.n_events, dtype=np.int32), case.astype(np.int32), np.zeros(log.n_events, np.int32))
    empty = no_links()
    return Ocel(
        event_ids=_event_ids(frame),
        event_type=log.activity[order].copy(),
        t_ns=log.t_ns[order].copy(),
        object_ids=log.case_ids.alias("object_id"),
        object_type=np.zeros(log.n_cases, dtype=np.int32),
        e2o=links,
        o2o=empty,
        event_types=log.activities,
        object_types=(object_type,),
        qualifiers=("",),
        attributes=names,
        event_values=event_values,
        object_values=object_values.insert_column(2, pl.Series("t_ns", np.full(object_values.height, INITIAL))),
        event_kinds=tuple(replace(k, of=a) for a in log.activities for k in event_kinds),
        object_kinds=tuple(replace(k, of=object_type) for k in object_kinds),
        name=log.name,
        time_zone=log.time_zone,
    )


def _event_ids(frame: pl.DataFrame) -> pl.Series:
    if "event_id" in frame.columns and frame["event_id"].null_count() == 0 and frame["event_id"].is_unique().all():
        return frame["event_id"].cast(pl.String)
    return pl.Series("event_id", [f"e{k + 1}" for k in range(frame.height)], dtype=pl.String)


def _long(frame: pl.DataFrame, owner: str, names: tuple[str, ...]) -> tuple[pl.DataFrame, list[Declared]]:
    """Wide columns as (owner, attribute, value), sorted by owner, and the kind of each column."""
    parts = [pl.DataFrame(schema={owner: pl.Int32, "attribute": pl.Int32, "value": pl.String})]
    kinds = []
    for column in frame.get_columns():
        kind, text = _as_kind(column)
        kinds.append(Declared("", column.name, kind))
        parts.append(
            pl.DataFrame(
                {
                    owner: pl.Series(np.arange(len(column), dtype=np.int32)),
                    "attribute": pl.Series(np.full(len(column), names.index(column.name), dtype=np.int32)),
                    "value": text,
                }
            ).filter(pl.col("value").is_not_null())
        )
    return pl.concat(parts).sort(owner, maintain_order=True), kinds


def _as_kind(column: pl.Series) -> tuple[str, pl.Series]:
    kind = column.dtype
    if kind == pl.Boolean:
        return "boolean", column.cast(pl.String)
    if kind.is_integer():
        return "integer", column.cast(pl.String)
    if kind.is_numeric():
        return "float", column.cast(pl.Float64).fill_nan(None).cast(pl.String)
    if isinstance(kind, pl.Datetime) and kind.time_zone:
        return "time", column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    if kind.is_nested():
        return "string", pl.DataFrame([column.alias("v")]).select(pl.struct("v").struct.json_encode()).to_series()
    return "string", column.cast(pl.String)
