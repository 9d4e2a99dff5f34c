"""Write an object-centric log into the tables of OCEL 2.0 (specification of 2023, chapter on the relational form)."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import polars as pl

from hoshin.connect.ocel._write import Cell, native, values_by
from hoshin.errors import InvalidInput
from hoshin.log.eventlog import Times
from hoshin.log.ocel import INITIAL, Declared, Ocel

COLUMN = {"string": "TEXT", "time": "TIMESTAMP", "integer": "INTEGER", "float": "REAL", "boolean": "BOOLEAN"}
RESERVED = ("ocel_id", "ocel_time", "ocel_changed_field")


def write_tables(ocel: Ocel, held: sqlite3.Connection) -> None:
    """Every table of `ocel`, in the empty database `held`."""
    ids, events = ocel.object_ids.to_list(), ocel.event_ids.to_list()
    _members(held, ocel, "event", events)
    _members(held, ocel, "object", ids)
    _create(held, "event_object", ("ocel_event_id", "ocel_object_id", "ocel_qualifier"))
    _create(held, "object_object", ("ocel_source_id", "ocel_target_id", "ocel_qualifier"))
    for table, links, sources in (("event_object", ocel.e2o, events), ("object_object", ocel.o2o, ids)):
        triples = zip(links.source.tolist(), links.target.tolist(), links.qualifier.tolist())
        _insert(held, table, 3, ((sources[s], ids[t], ocel.qualifiers[q]) for s, t, q in triples))


def _members(held: sqlite3.Connection, ocel: Ocel, what: Literal["event", "object"], ids: list[str]) -> None:
    """The table of all events (or objects), that of the types, and one per type."""
    codes, names, kinds = (
        (ocel.event_type, ocel.event_types, ocel.event_kinds)
        if what == "event"
        else (ocel.object_type, ocel.object_types, ocel.object_kinds)
    )
    _create(held, what, ("ocel_id", "ocel_type"), key="ocel_id")
    _insert(held, what, 2, ((i, names[c]) for i, c in zip(ids, codes.tolist()) if c >= 0))
    tables = table_names(names)
    _create(held, f"{what}_map_type", ("ocel_type", "ocel_type_map"), key="ocel_type")
    _insert(held, f"{what}_map_type", 2, zip(names, tables))
    cells = values_by(ocel, what)
    moments = _written(ocel.t_ns) if what == "event" else [_written(np.array([INITIAL]))[0]] * len(ids)
    for code, (name, table) in enumerate(zip(names, tables)):
        own = [d for d in kinds if d.of == name]
        _check_columns(name, own)
        about = ("ocel_id", "ocel_time") if what == "event" else RESERVED
        _create(held, f"{what}_{table}", about, own)
        rows: list[Sequence[Any]] = []
        for at in np.flatnonzero(codes == code).tolist():
            rows += _rows(ids[at], moments[at], own, cells[at], what)
        _insert(held, f"{what}_{table}", len(about) + len(own), rows)


def _rows(name: str, moment: str, own: list[Declared], cells: list[Cell], what: str) -> list[Sequence[Any]]:
    """The row of an event, or of an object from the start, then one per later value."""
    place = {d.attribute: k for k, d in enumerate(own)}
    first: list[Any] = [None] * len(own)
    later: list[Sequence[Any]] = []
    for attribute, text, kind, since in cells:
        value = _value(text, kind)
        if what == "event" or since == "1970-01-01T00:00:00Z":
            first[place[attribute]] = value
        else:
            changed = [value if k == place[attribute] else None for k in range(len(own))]
            later.append((name, since.replace("T", " ").replace("Z", "+00:00"), attribute, *changed))
    return [(name, moment, *([] if what == "event" else [None]), *first), *later]


def _value(text: str, kind: str) -> Any:
    value = native(text, kind)
    return int(value) if isinstance(value, bool) else value


def _written(t_ns: Times) -> list[str]:
    moments = pl.Series(t_ns, dtype=pl.Int64).cast(pl.Datetime("ns"))
    return moments.dt.strftime("%Y-%m-%d %H:%M:%S%.f+00:00").to_list()


def table_names(types: Sequence[str]) -> list[str]:
    """Names of types that can end the name of a table, told apart without regard to case.

    >>> table_names(["place order", "Place Order", "object", "§"])
    ['PlaceOrder', 'PlaceOrder2', 'Object2', 'Type']
    """
    taken = {"object", "map_type"}
    names = []
    for name in types:
        words = re.findall(r"[A-Za-z0-9]+", name)
        plain = "".join(w[0].upper() + w[1:] for w in words) or "Type"
        unique, n = plain, 1
        while unique.lower() in taken:
            n += 1
            unique = f"{plain}{n}"
        taken.add(unique.lower())
        names.append(unique)
    return names


def _check_columns(name: str, own: list[Declared]) -> None:
    seen = {c: c for c in RESERVED}
    for d in own:
        other = seen.get(d.attribute.lower())
        if other is not None:
            raise InvalidInput(
                "ocel.sqlite_column",
                f"Type {name!r} has an attribute {d.attribute!r}, which SQLite cannot tell from its column {other!r}.",
                hint="Export as JSON or XML instead.",
            )
        seen[d.attribute.lower()] = d.attribute


def _create(
    held: sqlite3.Connection, table: str, columns: Sequence[str], own: Iterable[Declared] = (), key: str = ""
) -> None:
    parts = [f"{_quoted(c)} {'TIMESTAMP' if c == 'ocel_time' else 'TEXT'}" for c in columns]
    parts += [f"{_quoted(d.attribute)} {COLUMN[d.kind]}" for d in own]
    parts += [f"PRIMARY KEY ({_quoted(key)})"] if key else []
    held.execute(f"create table {_quoted(table)} ({', '.join(parts)})")


def _insert(held: sqlite3.Connection, table: str, width: int, rows: Iterable[Sequence[Any]]) -> None:
    held.executemany(f"insert into {_quoted(table)} values ({', '.join('?' * width)})", rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
