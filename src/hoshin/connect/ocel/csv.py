"""OCEL 1.0 as CSV, as pm4py has it: a row per event, a column `ocel:type:T` of object ids per type."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from hoshin.connect._clock import Clock, check_zone
from hoshin.connect._source import read_chunks
from hoshin.connect.ocel._read import finish
from hoshin.connect.ocel._write import iso, lost1, write_bytes
from hoshin.errors import InvalidInput
from hoshin.log.ocel import Ocel, read_as
from hoshin.log.ocel_build import OcelBuilt, OcelParts, part_of

EXTENSIONS = (".csv", ".csv.gz")
# Versions of the standard that `write` knows.
WRITES = ("1.0",)
EVENT, ACTIVITY, TIME = "ocel:eid", "ocel:activity", "ocel:timestamp"
OBJECT, TYPE, TYPED = "ocel:oid", "ocel:type", "ocel:type:"


def read(path: Path, *, time_zone: str | None = None) -> OcelBuilt:
    """The object-centric log of a CSV file, gzipped or not.

    Either a row per event with columns `ocel:type:T` that list ids (as JSON or Python writes a list), or a row
    per event and object with `ocel:oid` and `ocel:type`. Other columns are event attributes, their kind read off
    their values. `time_zone` is that of times without one. Raises InvalidInput(ocel.csv) naming row, column and
    value, and what `read_chunks` and `Clock.notes` raise.
    """
    check_zone(time_zone)
    path = Path(path)
    frame = _frame(path)
    lists = [c for c in frame.columns if c.startswith(TYPED)]
    if not lists and not {OBJECT, TYPE} <= set(frame.columns):
        raise InvalidInput(
            "ocel.csv",
            f"{path} names no objects: it has neither columns {TYPED}... nor {OBJECT!r} and {TYPE!r}.",
            hint="A case log is imported with: hoshin log import",
        )
    related = _from_lists(path, frame, lists) if lists else _from_rows(frame)
    own = [c for c in frame.columns if not c.startswith("ocel:")]
    events = frame if lists else frame.unique(EVENT, keep="first", maintain_order=True)
    parts = OcelParts(
        events.select(id=EVENT, type=ACTIVITY, time=TIME),
        related.select("object", "type").unique("object", keep="first", maintain_order=True).rename({"object": "id"}),
        related.select("event", "object", pl.lit(None, dtype=pl.String).alias("qualifier")).unique(maintain_order=True),
        part_of("o2o", []),
        _values(events, own),
        part_of("object_values", []),
        object_types=[c.removeprefix(TYPED) for c in lists],
    )
    return finish(parts, Clock(path, time_zone))


def _frame(path: Path) -> pl.DataFrame:
    """Every column as text; an empty cell is null."""
    text = b"".join(read_chunks(path))
    try:
        frame = pl.read_csv(text, infer_schema=False)
        # Polars leaves doubled quotes in names as they are.
        frame = frame.rename({c: c.replace('""', '"') for c in frame.columns})
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise InvalidInput("ocel.csv", f"{path} is no CSV in UTF-8: {error}.", hint="Save it as UTF-8.") from None
    for needed in (EVENT, ACTIVITY, TIME):
        if needed not in frame.columns:
            raise InvalidInput.unknown("ocel.csv", f"OCEL column in {path}: it needs", needed, frame.columns)
    return frame


def _from_rows(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(event=EVENT, object=OBJECT, type=TYPE).filter(pl.col("object").is_not_null())


def _from_lists(path: Path, frame: pl.DataFrame, lists: list[str]) -> pl.DataFrame:
    """(event, object, type), in order of events."""
    events, objects, types, rows = [], [], [], []
    for column in lists:
        name = column.removeprefix(TYPED)
        for row, (event, cell) in enumerate(zip(frame[EVENT].to_list(), frame[column].to_list())):
            if cell is None or not cell.strip():
                continue
            found = ids_in(cell.strip())
            if found is None:
                raise InvalidInput(
                    "ocel.csv",
                    f"{path}, row {row + 1} of data, column {column!r}: {cell[:80]!r} is no list of ids.",
                    hint='Write it as ["o1","o2"].',
                )
            events += [event] * len(found)
            objects += found
            types += [name] * len(found)
            rows += [row] * len(found)
    made = {
        "event": pl.Series(events, dtype=pl.String),
        "object": pl.Series(objects, dtype=pl.String),
        "type": pl.Series(types, dtype=pl.String),
        "row": pl.Series(rows, dtype=pl.Int64),
    }
    return pl.DataFrame(made).sort("row", maintain_order=True).drop("row")


def ids_in(cell: str) -> list[str] | None:
    """The ids that a cell lists; None if it is no list.

    >>> ids_in("['i4', 'i1']"), ids_in('["a"]'), ids_in("[1, 2]"), ids_in('["o\\'1"]'), ids_in("o1")
    (['i4', 'i1'], ['a'], ['1', '2'], ["o'1"], None)
    """
    plain = cell.replace("'", '"') if '"' not in cell and "\\" not in cell else cell
    try:
        found: Any = msgspec.json.decode(plain)
    except msgspec.DecodeError:
        try:
            found = ast.literal_eval(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if not isinstance(found, (list, tuple)) or not all(isinstance(i, (str, int, float)) for i in found):
        return None
    return [str(i) for i in found]


def _values(events: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Long, with the narrowest kind that all values of a column read as."""
    made = [part_of("event_values", [])]
    for column in columns:
        text = events[column]
        kind = _kind_of(text)
        made.append(
            pl.DataFrame({"event": events[EVENT], "value": text})
            .with_columns(attribute=pl.lit(column), kind=pl.lit(kind))
            .filter(pl.col("value").is_not_null())
            .select("event", "attribute", "value", "kind")
        )
    return pl.concat(made)


def _kind_of(text: pl.Series) -> str:
    low = set(text.drop_nulls().str.to_lowercase().unique().to_list())
    if low and low <= {"true", "false"}:
        return "boolean"
    return next((k for k in ("integer", "float") if read_as(text, k).null_count() == text.null_count()), "string")


def write(ocel: Ocel, path: Path, *, standard: str = "1.0") -> list[str]:
    """Write `ocel` as OCEL 1.0 CSV, a row per event, gzipped if `path` ends in .gz; returns what that could not
    hold. Ids of objects are listed as JSON."""
    columns = {
        EVENT: ocel.event_ids,
        ACTIVITY: pl.Series([ocel.event_types[c] for c in ocel.event_type.tolist()], dtype=pl.String),
        TIME: pl.Series(iso(ocel.t_ns), dtype=pl.String),
    }
    cells: list[list[list[str]]] = [[[] for _ in range(ocel.n_events)] for _ in ocel.object_types]
    ids, kind_of = ocel.object_ids.to_list(), ocel.object_type.tolist()
    for at, related in enumerate(ocel.e2o.by_source(ocel.n_events)):
        for target in dict.fromkeys(t for t, _ in related):
            if kind_of[target] >= 0:
                cells[kind_of[target]][at].append(ids[target])
    for name, column in zip(ocel.object_types, cells):
        listed = [msgspec.json.encode(c).decode() if c else None for c in column]
        columns[TYPED + name] = pl.Series(listed, dtype=pl.String)
    own = _own(ocel)
    columns |= {n: c for n, c in own.items() if not n.startswith("ocel:")}
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow(columns)
    body = pl.DataFrame([c.alias(str(k)) for k, c in enumerate(columns.values())]).write_csv(include_header=False)
    write_bytes(Path(path), (head.getvalue() + body).encode())
    return [*lost1(ocel), *_lost(ocel, own)]


def _own(ocel: Ocel) -> dict[str, pl.Series]:
    """A column of text per attribute of events."""
    found = {}
    for (code,), rows in ocel.event_values.group_by("attribute", maintain_order=True):
        text = pl.Series([None], dtype=pl.String).new_from_index(0, ocel.n_events)
        found[ocel.attributes[int(str(code))]] = text.scatter(rows["event"].to_numpy(), rows["value"])
    return dict(sorted(found.items()))


def _lost(ocel: Ocel, own: dict[str, pl.Series]) -> list[str]:
    """What CSV cannot hold beyond `lost1`."""
    related = np.zeros(ocel.object_type.size, dtype=np.bool_)
    related[ocel.e2o.target] = True
    undeclared = np.unique(ocel.e2o.target[ocel.object_type[ocel.e2o.target] < 0]).size
    read = {name: _kind_of(text) for name, text in own.items()}
    used = {(ocel.event_types[ocel.event_type[e]], ocel.attributes[a]) for e, a, _ in ocel.event_values.iter_rows()}
    other = {d.attribute for d in ocel.event_kinds if (d.of, d.attribute) in used and d.kind != read[d.attribute]}
    counts = {
        "values of object attributes": ocel.object_values.height,
        "objects without an event": int((~related & (ocel.object_type >= 0)).sum()),
        "objects without a type": undeclared,
        "attributes whose names begin with ocel:": sum(n.startswith("ocel:") for n in own),
    }
    lost = [f"CSV has no place for {n:,} {what}" for what, n in counts.items() if n]
    typed = ", ".join(f"{n} as {read[n]}" for n in sorted(other))
    return [*lost, *([f"CSV does not say types of attributes; it is read with {typed}"] if typed else [])]
