"""From frames of text to an object-centric log; what cannot be part of one is set aside with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl

from hoshin.log.eventlog import MISSING, Codes, encode
from hoshin.log.ocel import INITIAL, KINDS, Declared, Links, Ocel, as_text, read_as

# Words for the kinds that writers of the standard use besides its own.
WORDS = {
    "str": "string", "text": "string", "id": "string", "int": "integer", "long": "integer", "double": "float",
    "real": "float", "number": "float", "bool": "boolean", "date": "time", "datetime": "time", "timestamp": "time",
}  # fmt: skip
REJECTED = {"part": pl.String, "row": pl.Int64, "reason": pl.String, "value": pl.String}


class Clock(Protocol):
    """Reads moments: text to UTC nanoseconds (Int64), null where the text is none. `since_ns` reads since when a
    value holds, where the Unix epoch means INITIAL."""

    def to_ns(self, text: pl.Series) -> pl.Series: ...

    def since_ns(self, text: pl.Series) -> pl.Series: ...


@dataclass(frozen=True, slots=True)
class OcelParts:
    """An object-centric log as frames of String columns, as a reader finds it.

    `events` id, type, time; `objects` id, type; `e2o` event, object, qualifier; `o2o` source, target, qualifier;
    `event_values` event, attribute, value, kind; `object_values` object, attribute, time, value, kind. `kind` is
    what the source says of the single value, null where it says nothing; `event_kinds` and `object_kinds` are
    (type, attribute, kind) as declared. A null time of an object value means from the start.
    """

    events: pl.DataFrame
    objects: pl.DataFrame
    e2o: pl.DataFrame
    o2o: pl.DataFrame
    event_values: pl.DataFrame
    object_values: pl.DataFrame
    event_kinds: Sequence[tuple[str, str, str]] = ()
    object_kinds: Sequence[tuple[str, str, str]] = ()
    event_types: Sequence[str] = ()
    object_types: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class OcelBuilt:
    """A log, and what did not become part of it: `rejected` has `part` (event, object, e2o, o2o, event value,
    object value), its 0-based `row`, `reason`, and the row as JSON. Per part, kept + rejected = given."""

    ocel: Ocel
    rejected: pl.DataFrame
    notes: tuple[str, ...] = ()


PARTS = {
    "events": ("id", "type", "time"),
    "objects": ("id", "type"),
    "e2o": ("event", "object", "qualifier"),
    "o2o": ("source", "target", "qualifier"),
    "event_values": ("event", "attribute", "value", "kind"),
    "object_values": ("object", "attribute", "time", "value", "kind"),
}


def part(name: str, columns: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """The frame of a part (a key of PARTS) from its columns."""
    return pl.DataFrame(
        [pl.Series(n, c, dtype=pl.String, strict=False) for n, c in zip(PARTS[name], columns, strict=True)]
    )


def part_of(name: str, rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    """As `part`, from its rows."""
    return part(name, [[row[k] for row in rows] for k in range(len(PARTS[name]))])


def build_ocel(parts: OcelParts, clock: Clock, *, name: str = "", time_zone: str = "UTC") -> OcelBuilt:
    """Check, encode and sort `parts`.

    Of two events or objects with one id the first is kept. An object that relations name but nothing declares
    becomes an undeclared object (type -1). A relation or value of an event that is not there, an exact
    repetition of a relation, a second value at one moment, an event without id, type or readable time go to
    `rejected`. Values are kept in one form per kind; one that does not read as its declared kind stays as it is.
    """
    box = _Rejected()
    events, objects = _events(box, parts, clock), _objects(box, parts)
    object_ids = _with_undeclared(objects["id"], parts)
    event_at, object_at = _positions(events["id"]), _positions(object_ids)
    e2o, o2o = _e2o(box, parts, event_at), _o2o(box, parts)
    event_values, event_kinds = _canonical(_event_values(box, parts, events), parts.event_kinds, clock)
    object_values, object_kinds = _canonical(_object_values(box, parts, objects, clock), parts.object_kinds, clock)
    event_types = _vocabulary(pl.Series(parts.event_types, dtype=pl.String), events["type"])
    object_types = _vocabulary(pl.Series(parts.object_types, dtype=pl.String), objects["type"])
    qualifiers = _vocabulary(e2o["qualifier"], o2o["qualifier"])
    attributes = _vocabulary(event_values["attribute"], object_values["attribute"])
    undeclared = np.full(len(object_ids) - objects.height, MISSING, dtype=np.int32)
    ocel = Ocel(
        event_ids=events["id"].alias("event_id"),
        event_type=_codes(events["type"], event_types),
        t_ns=np.array(events["t_ns"].to_numpy(), dtype=np.int64),
        object_ids=object_ids.alias("object_id"),
        object_type=np.concatenate([_codes(objects["type"], object_types), undeclared], dtype=np.int32),
        e2o=_links(_array(e2o["at"]), _at(e2o["object"], object_at), _codes(e2o["qualifier"], qualifiers)),
        o2o=_links(_at(o2o["source"], object_at), _at(o2o["target"], object_at), _codes(o2o["qualifier"], qualifiers)),
        event_types=event_types,
        object_types=object_types,
        qualifiers=qualifiers,
        attributes=attributes,
        event_values=_sorted_values(event_values, attributes, "event", event_at),
        object_values=_sorted_values(object_values, attributes, "object", object_at),
        event_kinds=event_kinds,
        object_kinds=object_kinds,
        name=name,
        time_zone=time_zone,
    )
    return OcelBuilt(ocel, box.frame())


class _Rejected:
    """Collects what was set aside."""

    def __init__(self) -> None:
        self.frames: list[pl.DataFrame] = []

    def keep(self, what: str, frame: pl.DataFrame, *reasons: tuple[str, pl.Expr]) -> pl.DataFrame:
        """The rows to which none of `reasons` applies; the first that does is noted. A reason is judged on the rows
        that those before it left."""
        shown = [c for c in frame.columns if c not in ("at", "t_ns")]
        frame = frame.with_row_index("row")
        for reason, applies in reasons:
            bad = frame.select(applies.alias("bad")).to_series()
            if bad.any():
                self.frames.append(
                    frame.filter(bad).select(
                        pl.lit(what).alias("part"),
                        pl.col("row").cast(pl.Int64),
                        pl.lit(reason).alias("reason"),
                        pl.struct(shown).struct.json_encode().alias("value"),
                    )
                )
                frame = frame.filter(~bad)
        return frame.drop("row")

    def frame(self) -> pl.DataFrame:
        return pl.concat(self.frames) if self.frames else pl.DataFrame(schema=REJECTED)


def _events(box: _Rejected, parts: OcelParts, clock: Clock) -> pl.DataFrame:
    events = box.keep(
        "event",
        parts.events.with_columns(t_ns=clock.to_ns(parts.events["time"])),
        ("no id", _blank("id")),
        ("no type", _blank("type")),
        ("no time that can be read", pl.col("t_ns").is_null()),
        ("an event with this id came before", ~pl.col("id").is_first_distinct()),
    )
    return events.sort("t_ns", maintain_order=True)


def _objects(box: _Rejected, parts: OcelParts) -> pl.DataFrame:
    return box.keep(
        "object",
        parts.objects,
        ("no id", _blank("id")),
        ("no type", _blank("type")),
        ("an object with this id came before", ~pl.col("id").is_first_distinct()),
    )


def _e2o(box: _Rejected, parts: OcelParts, event_at: pl.DataFrame) -> pl.DataFrame:
    """The relations with the position `at` of their event."""
    placed = parts.e2o.with_columns(pl.col("qualifier").fill_null("")).join(
        event_at, left_on="event", right_on="id", how="left", maintain_order="left"
    )
    return box.keep(
        "e2o",
        placed,
        ("no object", _blank("object")),
        ("no event with this id", pl.col("at").is_null()),
        ("the same relation came before", ~pl.struct("event", "object", "qualifier").is_first_distinct()),
    )


def _o2o(box: _Rejected, parts: OcelParts) -> pl.DataFrame:
    return box.keep(
        "o2o",
        parts.o2o.with_columns(pl.col("qualifier").fill_null("")),
        ("no source", _blank("source")),
        ("no target", _blank("target")),
        ("the same relation came before", ~pl.struct("source", "target", "qualifier").is_first_distinct()),
    )


def _blank(column: str) -> pl.Expr:
    return pl.col(column).is_null() | (pl.col(column) == "")


def _with_undeclared(declared: pl.Series, parts: OcelParts) -> pl.Series:
    """Ids of the declared objects, then of those that only relations name, in order of first appearance."""
    named = pl.concat([parts.e2o["object"], parts.o2o["source"].alias("object"), parts.o2o["target"].alias("object")])
    others = pl.DataFrame({"id": named.unique(maintain_order=True).drop_nulls()}).filter(pl.col("id") != "")
    return pl.concat([declared, others.join(pl.DataFrame({"id": declared}), on="id", how="anti",
                                            maintain_order="left")["id"]])  # fmt: skip


def _positions(ids: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"id": ids, "at": np.arange(len(ids), dtype=np.int32)})


def _array(column: pl.Series) -> Codes:
    return np.array(column.to_numpy(), dtype=np.int32)


def _at(ids: pl.Series, positions: pl.DataFrame) -> Codes:
    """Positions of ids that are all there."""
    found = pl.DataFrame({"id": ids}).join(positions, on="id", how="left", maintain_order="left")
    return _array(found["at"])


def _links(source: Codes, target: Codes, qualifier: Codes) -> Links:
    order = np.lexsort((qualifier, target, source))
    return Links(source[order], target[order], qualifier[order])


def _vocabulary(*columns: pl.Series) -> tuple[str, ...]:
    """Distinct texts, sorted: the same log read from another format has the same codes."""
    return tuple(sorted({text for column in columns for text in column.unique().to_list()}))


def _codes(column: pl.Series, names: Sequence[str]) -> Codes:
    codes, found = encode(column)
    if not found:
        return codes
    place = {name: k for k, name in enumerate(names)}
    return np.array([place[name] for name in found], dtype=np.int32)[codes]


def _event_values(box: _Rejected, parts: OcelParts, events: pl.DataFrame) -> pl.DataFrame:
    """The values with the `type` of their event."""
    values = parts.event_values.join(
        events.select("id", "type"), left_on="event", right_on="id", how="left", maintain_order="left"
    )
    return box.keep(
        "event value",
        values.filter(pl.col("value").is_not_null()),
        ("no attribute name", _blank("attribute")),
        ("no event with this id", pl.col("type").is_null()),
        ("the event has a value of this attribute", ~pl.struct("event", "attribute").is_first_distinct()),
    )


def _object_values(box: _Rejected, parts: OcelParts, objects: pl.DataFrame, clock: Clock) -> pl.DataFrame:
    values = parts.object_values.filter(pl.col("value").is_not_null())
    moment = clock.since_ns(values["time"])
    start = pl.Series([INITIAL], dtype=pl.Int64).new_from_index(0, values.height)
    values = values.with_columns(t_ns=moment.zip_with(values["time"].is_not_null(), start)).join(
        objects.select("id", "type"), left_on="object", right_on="id", how="left", maintain_order="left"
    )
    return box.keep(
        "object value",
        values,
        ("no attribute name", _blank("attribute")),
        ("no object with this id is declared", pl.col("type").is_null()),
        ("no time that can be read", pl.col("t_ns").is_null()),
        (
            "the object has a value of this attribute at this moment",
            ~pl.struct("object", "attribute", "t_ns").is_first_distinct(),
        ),
    )


def _canonical(
    values: pl.DataFrame, declared: Sequence[tuple[str, str, str]], clock: Clock
) -> tuple[pl.DataFrame, tuple[Declared, ...]]:
    """Values in the form of their kind, and the kind of every (type, attribute): as declared, else as all its
    values say, else string."""
    kinds = {(t, a): WORDS.get(k.strip().lower(), k.strip().lower()) for t, a, k in declared}
    kinds = {key: kind if kind in KINDS else "string" for key, kind in kinds.items()}
    said = values.group_by("type", "attribute", maintain_order=True).agg(pl.col("kind").unique())
    for owner, attribute, found in said.iter_rows():
        kinds.setdefault((owner, attribute), _kind_of({WORDS.get(k, k) for k in found}))
    listed = tuple(sorted(Declared(t, a, k) for (t, a), k in kinds.items()))
    if values.is_empty() or not kinds:
        return values, listed
    table = pl.DataFrame(
        [(d.of, d.attribute, d.kind) for d in listed], schema=["type", "attribute", "as"], orient="row"
    )
    values = values.join(table, on=["type", "attribute"], how="left", maintain_order="left")
    text = values["value"]
    for kind in ("integer", "float", "boolean", "time"):
        where = (values["as"] == kind).arg_true()
        if where.len():
            own = text.gather(where)
            read = _time_text(clock.to_ns(own)) if kind == "time" else as_text(read_as(own, kind), kind)
            text = text.scatter(where, read.zip_with(read.is_not_null(), own))
    return values.with_columns(value=text), listed


def _kind_of(said: set[Any]) -> str:
    if len(said) == 1 and said <= set(KINDS):
        return str(next(iter(said)))
    return "float" if said == {"integer", "float"} else "string"


def _time_text(t_ns: pl.Series) -> pl.Series:
    """
    >>> _time_text(pl.Series([0, 1_500_000_000])).to_list()
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:01.500Z']
    """
    return t_ns.cast(pl.Datetime("ns")).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")


def _sorted_values(
    values: pl.DataFrame, attributes: Sequence[str], owner: str, positions: pl.DataFrame
) -> pl.DataFrame:
    columns = {
        owner: pl.Series(_at(values[owner], positions)),
        "attribute": pl.Series(_codes(values["attribute"], attributes)),
    }
    if owner == "object":
        columns["t_ns"] = values["t_ns"].cast(pl.Int64)
    by = [owner, "t_ns", "attribute"] if owner == "object" else [owner, "attribute"]
    return pl.DataFrame({**columns, "value": values["value"]}).sort(by)
