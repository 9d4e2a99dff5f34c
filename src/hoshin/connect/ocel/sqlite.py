"""OCEL as an SQLite database: 2.0 is read and written, the tables EVENTS, OBJECTS, RELATIONS of 1.0 are read."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from hoshin.connect._clock import Clock, check_zone
from hoshin.connect._source import read_chunks
from hoshin.connect.ocel._read import finish
from hoshin.errors import InvalidInput
from hoshin.log.ocel import Ocel
from hoshin.log.ocel_build import OcelBuilt, OcelParts, part_of

EXTENSIONS = (".sqlite", ".sqlite.gz", ".sqlite3", ".db")
# Versions of the standard that `write` knows.
WRITES = ("2.0",)
MAGIC = b"SQLite format 3\x00"
Row = tuple[Any, ...]


def read(path: Path, *, time_zone: str | None = None) -> OcelBuilt:
    """The object-centric log of an OCEL SQLite database, gzipped or not; opened read-only.

    `time_zone` is that of times without one; see `Clock`. A row of an object table without `ocel_changed_field`
    holds values from the start, or from its time if that is not the Unix epoch; a table without `ocel_time` holds
    values from the start. Tables that OCEL does not have are left out and named. Raises InvalidInput(ocel.sqlite)
    naming file, table and column, and what `read_chunks` and `Clock.notes` raise.
    """
    check_zone(time_zone)
    path = Path(path)
    with _opened(path) as held:
        source = _Source(path, held)
        if {"event", "object", "event_object"} <= source.tables.keys():
            parts = _parts2(source)
        elif {"events", "objects", "relations"} <= source.tables.keys():
            parts = _parts1(source)
        else:
            raise InvalidInput(
                "ocel.sqlite",
                f"{path} has neither the tables event, object and event_object (OCEL 2.0) nor EVENTS, OBJECTS and "
                f"RELATIONS (OCEL 1.0), but {', '.join(source.tables.values()) or 'none at all'}.",
                hint="Choose OCEL as the format when exporting.",
            )
        left_out = source.notes()
    return finish(parts, Clock(path, time_zone), *left_out)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, unpacked first where it is gzipped."""
    with tempfile.TemporaryDirectory(prefix="hoshin-") as scratch:
        chunks = read_chunks(path)
        head = next(chunks)
        if not head.startswith(MAGIC):
            raise InvalidInput("ocel.sqlite", f"{path} is no SQLite database: it starts with {head[:16]!r}.")
        database = path
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        if packed:
            database = Path(scratch) / "log.sqlite"
            with database.open("wb") as out:
                out.write(head)
                out.writelines(chunks)
        chunks.close()  # type: ignore[attr-defined]
        uri = f"{database.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as held:
            try:
                yield held
            except sqlite3.Error as error:
                raise InvalidInput(
                    "ocel.sqlite", f"{path} cannot be read: {error}.", hint="Copy or export it again."
                ) from None


class _Source:
    """The tables of a database by their name in lower case, and which of them were read."""

    def __init__(self, path: Path, held: sqlite3.Connection) -> None:
        self.path, self.held = path, held
        listed = held.execute("select name from sqlite_master where type in ('table', 'view') order by rowid")
        self.tables = {str(name).lower(): str(name) for (name,) in listed if not str(name).startswith("sqlite_")}
        self.used: set[str] = set()
        self.emptied = 0

    def columns(self, table: str) -> dict[str, str]:
        """Column names of a table with the kind that their declared types stand for."""
        self.used.add(table.lower())
        listed = self.held.execute(f"pragma table_info({quoted(self.tables[table.lower()])})")
        return {str(name): kind_of(str(declared or "")) for _, name, declared, *_ in listed}

    def rows(self, table: str, columns: Sequence[str]) -> list[Row]:
        """The values of `columns` as text, in order of rows. InvalidInput(ocel.sqlite) names a missing column."""
        there = self.columns(table)
        for column in columns:
            if column not in there:
                raise InvalidInput(
                    "ocel.sqlite",
                    f"{self.path}, table {self.tables[table.lower()]!r} has no column {column!r}, but "
                    f"{', '.join(map(repr, there)) or 'none'}.",
                    hint="Export it again as OCEL.",
                )
        names = ", ".join(quoted(c) for c in columns)
        found = self.held.execute(f"select {names} from {quoted(self.tables[table.lower()])}")
        rows = found.fetchall()
        columns_read = ([row[k] for row in rows] for k in range(len(columns)))
        return list(zip(*(c if all_text(c) else [text_of(v) for v in c] for c in columns_read)))

    def maps(self, what: str) -> dict[str, str]:
        """Type to the table of its members, for those that have one."""
        if f"{what}_map_type" in self.tables:
            pairs = self.rows(f"{what}_map_type", ("ocel_type", "ocel_type_map"))
        else:
            pairs = [(t, t) for (t,) in dict.fromkeys(self.rows(what, ("ocel_type",)))]
        return {t: f"{what}_{m}" for t, m in pairs if t is not None and f"{what}_{m}".lower() in self.tables}

    def notes(self) -> tuple[str, ...]:
        """What was left out."""
        extra = [
            name
            for low, name in self.tables.items()
            if low not in self.used and self.held.execute(f"select 1 from {quoted(name)} limit 1").fetchone()
        ]
        said = [f"tables that OCEL does not have were left out: {', '.join(extra)}"] if extra else []
        if self.emptied:
            said.append(f"{self.emptied:,} changes of an attribute to nothing were left out")
        return tuple(said)


def _parts2(source: _Source) -> OcelParts:
    types_of = {what: source.maps(what) for what in ("event", "object")}
    times: list[Row] = []
    members: list[Row] = []
    cells: dict[str, list[Row]] = {"event": [], "object": []}
    kinds: dict[str, list[tuple[str, str, str]]] = {"event": [], "object": []}
    for what, tables in types_of.items():
        for of, table in tables.items():
            there = source.columns(table)
            own = [c for c in there if c not in ("ocel_id", "ocel_time", "ocel_changed_field")]
            kinds[what] += [(of, c, there[c]) for c in own]
            if what == "event":
                rows = source.rows(table, ("ocel_id", "ocel_time", *own))
                times += [(row[0], of, row[1]) for row in rows]
                cells["event"] += [(row[0], c, v, None) for row in rows for c, v in zip(own, row[2:]) if v is not None]
            else:
                found = _object_rows(source, table, own)
                members += dict.fromkeys((row[0], of) for row in found)
                cells["object"] += found
    when = pl.DataFrame(times, schema={"id": pl.String, "type": pl.String, "time": pl.String}, orient="row")
    events = part_of("objects", source.rows("event", ("ocel_id", "ocel_type")))
    unlisted = when.join(events, on="id", how="anti", maintain_order="left").with_columns(type=pl.lit(None, pl.String))
    placed = events.join(when, on=["id", "type"], how="left", maintain_order="left")
    related: list[Row] = []
    if "object_object" in source.tables:
        related = source.rows("object_object", ("ocel_source_id", "ocel_target_id", "ocel_qualifier"))
    unowned = dict.fromkeys(i for i, _ in members)
    objects = source.rows("object", ("ocel_id", "ocel_type"))
    known = {i for i, _ in objects}
    return OcelParts(
        pl.concat([placed, unlisted]),
        part_of("objects", [*objects, *((i, None) for i in unowned if i not in known)]),
        part_of("e2o", source.rows("event_object", ("ocel_event_id", "ocel_object_id", "ocel_qualifier"))),
        part_of("o2o", related),
        part_of("event_values", cells["event"]),
        part_of("object_values", cells["object"]),
        kinds["event"],
        kinds["object"],
        [t for (t,) in _types(source, "event")],
        [t for (t,) in _types(source, "object")],
    )


def _types(source: _Source, what: str) -> list[Row]:
    return source.rows(f"{what}_map_type", ("ocel_type",)) if f"{what}_map_type" in source.tables else []


def _object_rows(source: _Source, table: str, own: list[str]) -> list[Row]:
    """(object, attribute, time, value, None) of an object table. In a row that says which field changed only that
    field counts."""
    there = source.columns(table)
    about = [c for c in ("ocel_time", "ocel_changed_field") if c in there]
    found = []
    for row in source.rows(table, ("ocel_id", *about, *own)):
        said = dict(zip(about, row[1:]))
        time, changed = said.get("ocel_time"), said.get("ocel_changed_field")
        values = dict(zip(own, row[1 + len(about) :]))
        if changed is None:
            found += [(row[0], c, time, v, None) for c, v in values.items() if v is not None]
        elif values.get(changed) is None:
            source.emptied += 1
        else:
            found.append((row[0], changed, time, values[changed], None))
    return found


def _parts1(source: _Source) -> OcelParts:
    """pm4py's tables of OCEL 1.0; an object that only RELATIONS names has its type there."""
    events = source.columns("events")
    objects = source.columns("objects")
    own, of_object = ([c for c in t if not c.startswith("ocel:")] for t in (events, objects))
    rows = source.rows("events", ("ocel:eid", "ocel:activity", "ocel:timestamp", *own))
    things = source.rows("objects", ("ocel:oid", "ocel:type", *of_object))
    links = source.rows("relations", ("ocel:eid", "ocel:oid", "ocel:type"))
    known = {row[0] for row in things}
    others = dict.fromkeys((o, t) for _, o, t in links if o not in known)
    qualified = "ocel:qualifier" in source.columns("relations")
    qualifiers = source.rows("relations", ("ocel:qualifier",)) if qualified else [(None,)] * len(links)
    return OcelParts(
        part_of("events", [row[:3] for row in rows]),
        part_of("objects", [*(row[:2] for row in things), *others]),
        part_of("e2o", [(e, o, q) for (e, o, _), (q,) in zip(links, qualifiers)]),
        part_of("o2o", []),
        part_of("event_values", [(r[0], c, v, events[c]) for r in rows for c, v in zip(own, r[3:])]),
        part_of("object_values", [(r[0], c, None, v, objects[c]) for r in things for c, v in zip(of_object, r[2:])]),
    )


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def kind_of(declared: str) -> str:
    """The kind that the declared type of a column stands for.

    >>> [kind_of(t) for t in ("TEXT", "REAL", "BIGINT", "TIMESTAMP", "BOOLEAN", "")]
    ['string', 'float', 'integer', 'time', 'boolean', 'string']
    """
    upper = declared.upper()
    for kind, words in (
        ("time", ("DATE", "TIME")), ("boolean", ("BOOL",)), ("integer", ("INT",)),
        ("float", ("REAL", "FLOA", "DOUB", "NUM", "DEC")),
    ):  # fmt: skip
        if any(word in upper for word in words):
            return kind
    return "string"


def all_text(column: list[Any]) -> bool:
    return set(map(type, column)) <= {str, type(None)}


def text_of(value: Any) -> str | None:
    """A value of SQLite as text.

    >>> [text_of(v) for v in (None, 3, 2.5, "x", b"y")]
    [None, '3', '2.5', 'x', 'y']
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return repr(value)


def write(ocel: Ocel, path: Path, *, standard: str = "2.0") -> list[str]:
    """Write `ocel` as an OCEL 2.0 SQLite database, gzipped if `path` ends in .gz; returns what that could not hold.

    Times are written in UTC with their offset. Raises InvalidInput(ocel.sqlite_column) for attributes that cannot
    be columns of one table: SQLite does not tell 'A' from 'a', and `ocel_id`, `ocel_time` and
    `ocel_changed_field` are its own.
    """
    from hoshin.connect.ocel._sqlite_write import write_tables

    path = Path(path)
    packed = path.name.lower().endswith(".gz")
    database = path.with_name(f".{path.name}.part") if packed else path
    try:
        with closing(sqlite3.connect(database)) as held:
            write_tables(ocel, held)
            held.commit()
        if packed:
            with database.open("rb") as raw, gzip.GzipFile(path, "wb", 6, mtime=0) as out:
                shutil.copyfileobj(raw, out)
    finally:
        if packed:
            database.unlink(missing_ok=True)
    return []
