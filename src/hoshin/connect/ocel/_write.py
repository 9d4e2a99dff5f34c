"""What the writers of object-centric logs share: times and values as text, values by owner, and what is lost."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from hoshin.log.eventlog import Times
from hoshin.log.ocel import INITIAL, Ocel

# (attribute, value as text, kind, time)
Cell = tuple[str, str, str, str]


def iso(t_ns: Times) -> list[str]:
    """UTC nanoseconds as ISO 8601.

    >>> iso(np.array([0, 1_500_000_000]))
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:01.500Z']
    """
    moments = pl.Series(t_ns, dtype=pl.Int64).cast(pl.Datetime("ns"))
    return moments.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ").to_list()


def native(text: str, kind: str) -> Any:
    """A value as JSON has it; text that does not read as its kind, or that JSON cannot hold (NaN), stays text.

    >>> native("3", "integer"), native("2.5", "float"), native("NaN", "float"), native("true", "boolean")
    (3, 2.5, 'NaN', True)
    """
    try:
        if kind == "integer":
            return int(text)
        if kind == "float":
            number = float(text)
            return number if np.isfinite(number) else text
    except ValueError:
        return text
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def values_by(ocel: Ocel, owner: Literal["event", "object"]) -> list[list[Cell]]:
    """The values of every event or object, in order; the time of an event's value is ''."""
    values = ocel.event_values if owner == "event" else ocel.object_values
    size = ocel.n_events if owner == "event" else ocel.object_type.size
    types, names = (ocel.event_type, ocel.event_types) if owner == "event" else (ocel.object_type, ocel.object_types)
    kinds = {(d.of, d.attribute): d.kind for d in (ocel.event_kinds if owner == "event" else ocel.object_kinds)}
    times = iso(values["t_ns"].to_numpy()) if owner == "object" else [""] * values.height
    found: list[list[Cell]] = [[] for _ in range(size)]
    for who, code, text, moment in zip(values[owner].to_list(), values["attribute"].to_list(), values["value"], times):
        name = ocel.attributes[code]
        found[who].append((name, text, kinds.get((names[types[who]], name), "string"), moment))
    return found


def undeclared_sources(ocel: Ocel) -> list[str]:
    """O2O relations whose source is declared nowhere: they have no place where relations stand in their source."""
    lost = int((ocel.object_type[ocel.o2o.source] < 0).sum())
    return [f"{lost:,} O2O relations whose source is not declared are left out"] if lost else []


def lost1(ocel: Ocel, *, keeps_times: bool = False) -> list[str]:
    """What OCEL 1.0 cannot hold of `ocel`; `keeps_times` where a value says of itself that it is a time."""
    qualified = int((np.array([q != "" for q in ocel.qualifiers] or [False])[ocel.e2o.qualifier]).sum())
    later = ocel.object_values.height - ocel.object_values.unique(["object", "attribute"]).height
    moved = int((ocel.object_values.unique(["object", "attribute"], keep="first")["t_ns"] != INITIAL).sum())
    counts = {
        "O2O relations": len(ocel.o2o),
        "qualifiers of E2O relations": qualified,
        "later values of object attributes": later,
        "times since when a first value holds": moved,
        "declared types of attributes, which are read off the values instead": 0
        if keeps_times
        else len([d for d in (*ocel.event_kinds, *ocel.object_kinds) if d.kind == "time"]),
        "event types without an event": len(ocel.event_types) - np.unique(ocel.event_type).size,
        "declarations of an attribute without a value": _unused(ocel),
    }
    return [f"OCEL 1.0 has no place for {n:,} {what}" for what, n in counts.items() if n]


def _unused(ocel: Ocel) -> int:
    """Declared attributes of which no event or object of their type has a value."""
    used_e = set(zip(ocel.event_type[ocel.event_values["event"].to_numpy()].tolist(), ocel.event_values["attribute"]))
    used_o = set(
        zip(ocel.object_type[ocel.object_values["object"].to_numpy()].tolist(), ocel.object_values["attribute"])
    )
    events = {(ocel.event_types[t], ocel.attributes[a]) for t, a in used_e}
    objects = {(ocel.object_types[t], ocel.attributes[a]) for t, a in used_o}
    return sum((d.of, d.attribute) not in events for d in ocel.event_kinds) + sum(
        (d.of, d.attribute) not in objects for d in ocel.object_kinds
    )


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content`, gzipped if the name ends in .gz."""
    path.write_bytes(gzip.compress(content, 6, mtime=0) if path.name.lower().endswith(".gz") else content)
