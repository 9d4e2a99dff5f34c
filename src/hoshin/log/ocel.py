"""The object-centric event log: events, objects, and how they are related, as columns.

Terms are those of OCEL 2.0 (Berti, Koren, Adams et al., 2024): an event of a type (its activity) at a time is
related to any number of objects (E2O), objects to objects (O2O), each relation with a qualifier; events have
attributes, objects have attributes whose values change over time. A case log is one view of it, see `flatten`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import Codes, Times, decode

# Types an attribute may have, with the column type its values are read as.
KINDS: dict[str, pl.DataType | type[pl.DataType]] = {
    "string": pl.String,
    "time": pl.Datetime("ns", "UTC"),
    "integer": pl.Int64,
    "float": pl.Float64,
    "boolean": pl.Boolean,
}
# The moment of a value that an object had from the start.
INITIAL = 0


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Relations as index pairs: `source`, `target` and `qualifier`, int32 (n,) each, sorted in that order."""

    source: Codes
    target: Codes
    qualifier: Codes

    def __post_init__(self) -> None:
        for column in (self.source, self.target, self.qualifier):
            column.flags.writeable = False

    def __len__(self) -> int:
        return int(self.source.size)

    def by_source(self, n_sources: int) -> list[list[tuple[int, int]]]:
        """(target, qualifier) of every source: for writers and small logs, it makes Python objects."""
        found: list[list[tuple[int, int]]] = [[] for _ in range(n_sources)]
        for source, target, qualifier in zip(self.source.tolist(), self.target.tolist(), self.qualifier.tolist()):
            found[source].append((target, qualifier))
        return found


@dataclass(frozen=True, slots=True, order=True)
class Declared:
    """The type `kind` (a key of KINDS) of an attribute of one event type or object type."""

    of: str
    attribute: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Ocel:
    """Events sorted by time, ties in source order; objects in source order. Build one with `build_ocel`.

    `event_ids` String (n_events,); `event_type` int32 codes into `event_types`; `t_ns` int64, UTC nanoseconds.
    `object_ids` String (n_objects,); `object_type` int32 codes into `object_types`, -1 for an object that is
    referred to but declared nowhere. `e2o` pairs event with object, `o2o` object with object; their qualifiers
    are codes into `qualifiers`. `event_values` (event Int32, attribute Int32, value String) and `object_values`
    (object, attribute, t_ns Int64, value) hold every attribute value as text in the form of its kind; attribute
    codes stand for `attributes`, kinds are in `event_kinds` and `object_kinds`. A value that an object had from
    the start has t_ns = INITIAL. `time_zone` is the zone in which people read the times.
    """

    event_ids: pl.Series
    event_type: Codes
    t_ns: Times
    object_ids: pl.Series
    object_type: Codes
    e2o: Links
    o2o: Links
    event_types: tuple[str, ...]
    object_types: tuple[str, ...]
    qualifiers: tuple[str, ...]
    attributes: tuple[str, ...]
    event_values: pl.DataFrame
    object_values: pl.DataFrame
    event_kinds: tuple[Declared, ...] = ()
    object_kinds: tuple[Declared, ...] = ()
    name: str = ""
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        for column in (self.event_type, self.t_ns, self.object_type):
            column.flags.writeable = False

    @property
    def n_events(self) -> int:
        return int(self.event_type.size)

    @property
    def n_objects(self) -> int:
        """Objects that are declared."""
        return int((self.object_type >= 0).sum())

    @property
    def n_undeclared(self) -> int:
        return int((self.object_type < 0).sum())

    @property
    def n_changes(self) -> int:
        """Values that an object got later than from the start."""
        return int((self.object_values["t_ns"] != INITIAL).sum())

    def __repr__(self) -> str:
        return (
            f"Ocel({self.name!r}, {self.n_events:,} events, {self.n_objects:,} objects, "
            f"{len(self.e2o):,} E2O, {len(self.o2o):,} O2O)"
        )

    def type_code(self, object_type: str) -> int:
        """The code of an object type; InvalidInput(ocel.object_type) names the nearest."""
        if object_type not in self.object_types:
            raise InvalidInput.unknown("ocel.object_type", "object type", object_type, self.object_types)
        return self.object_types.index(object_type)

    def pairs_of(self, code: int) -> tuple[Codes, Codes]:
        """(event, object) of every distinct pair with an object of type `code`; see `distinct_pairs`."""
        of_type = self.object_type[self.e2o.target] == code
        return distinct_pairs(self.e2o.source[of_type], self.e2o.target[of_type])

    def objects_per_event(self) -> NDArray[np.int64]:
        """Distinct objects of each type per event: int64 (n_events, n_object_types)."""
        counts = np.zeros((self.n_events, len(self.object_types)), dtype=np.int64)
        event, target = distinct_pairs(self.e2o.source, self.e2o.target)
        code = self.object_type[target]
        np.add.at(counts, (event[code >= 0], code[code >= 0]), 1)
        return counts

    def life_ns(self) -> tuple[Times, Times]:
        """First and last event of every object (with those undeclared), int64; (max, min) without any."""
        size = self.object_type.size
        first = np.full(size, np.iinfo(np.int64).max)
        last = np.full(size, np.iinfo(np.int64).min)
        moment = self.t_ns[self.e2o.source]
        np.minimum.at(first, self.e2o.target, moment)
        np.maximum.at(last, self.e2o.target, moment)
        return first, last

    # --- frames, for people and tests ----------------------------------------------------------------
    def event_frame(self) -> pl.DataFrame:
        """A row per event: event_id, activity, timestamp, and a typed column per attribute."""
        moments = pl.Series("timestamp", self.t_ns).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")
        frame = pl.DataFrame(
            [
                self.event_ids.alias("event_id"),
                decode("activity", self.event_type, self.event_types),
                moments.dt.convert_time_zone(self.time_zone),
            ]
        )
        return frame.hstack(self._wide("event", self.event_values, self.event_kinds, self.n_events))

    def object_frame(self) -> pl.DataFrame:
        """A row per object: object_id, object_type (null if undeclared), and a typed column per attribute with the
        first value the object had."""
        frame = pl.DataFrame(
            [self.object_ids.alias("object_id"), decode("object_type", self.object_type, self.object_types)]
        )
        first = self.object_values.unique(["object", "attribute"], keep="first", maintain_order=True)
        return frame.hstack(self._wide("object", first, self.object_kinds, self.object_type.size))

    def _wide(self, owner: str, values: pl.DataFrame, declared: tuple[Declared, ...], height: int) -> list[pl.Series]:
        """A typed column per attribute; String where types disagree on its kind, or a value does not read as it."""
        kinds: dict[str, set[str]] = {}
        for d in declared:
            kinds.setdefault(d.attribute, set()).add(d.kind)
        columns = []
        for (code,), part in values.group_by("attribute", maintain_order=True):
            name = self.attributes[int(str(code))]
            text = pl.Series(name, [None], dtype=pl.String).new_from_index(0, height)
            text = text.scatter(part[owner].to_numpy(), part["value"])
            kind = kinds.get(name, {"string"})
            columns.append(typed(text, next(iter(kind))) if len(kind) == 1 else text)
        return sorted(columns, key=lambda c: c.name)


def distinct_pairs(event: Codes, target: Codes) -> tuple[Codes, Codes]:
    """(event, object) of relations, once each whatever their qualifiers, sorted by object, then event: the events of
    an object stand in order of time. int32 (n,) each."""
    order = np.lexsort((event, target))
    event, target = event[order], target[order]
    new = np.ones(event.size, dtype=np.bool_)
    new[1:] = (event[1:] != event[:-1]) | (target[1:] != target[:-1])
    return event[new], target[new]


def typed(text: pl.Series, kind: str) -> pl.Series:
    """A String column as what its kind says; as it is if a value does not read so."""
    read = read_as(text, kind)
    return text if read.null_count() > text.null_count() else read


def read_as(text: pl.Series, kind: str) -> pl.Series:
    """A String column of values of `kind`, null where the text is none.

    >>> read_as(pl.Series(["1", "2.0", "x", None]), "integer").to_list()
    [1, 2, None, None]
    """
    if kind == "boolean":
        low = text.str.strip_chars().str.to_lowercase()
        return low.replace_strict(["true", "1", "false", "0"], [True, True, False, False], default=None,
                                  return_dtype=pl.Boolean)  # fmt: skip
    if kind == "integer":
        whole = text.str.strip_chars().cast(pl.Int64, strict=False)
        parts = text.str.strip_chars().cast(pl.Float64, strict=False)
        usable = (parts == parts.floor()) & (parts.abs() < 2**53)
        return whole.zip_with(whole.is_not_null(), parts.set(~usable.fill_null(False), None).cast(pl.Int64))
    if kind == "float":
        return text.str.strip_chars().cast(pl.Float64, strict=False)
    if kind == "time":
        return text.str.to_datetime("%+", time_unit="ns", strict=False, time_zone="UTC")
    return text


def as_text(column: pl.Series, kind: str) -> pl.Series:
    """Values of `kind` in the one form in which they are kept."""
    if kind == "float":
        column = column.set(column == 0, 0.0)  # not -0.0
    return column if kind in ("string", "time") else column.cast(pl.String)


def no_links() -> Links:
    empty = np.zeros(0, dtype=np.int32)
    return Links(empty, empty.copy(), empty.copy())
