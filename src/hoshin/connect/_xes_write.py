"""Write an event log as XES: columns become attributes of the types that `header["types"]` or their dtypes say."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import polars as pl

from hoshin.connect._xes_cells import CANONICAL, NAME
from hoshin.log.eventlog import EventLog, decode

BATCH = 100_000
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
# Characters that XML 1.0 cannot hold at all.
ILLEGAL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}]"
EXTENSIONS = [
    {"name": name, "prefix": prefix, "uri": f"http://www.xes-standard.org/{prefix}.xesext"}
    for name, prefix in (("Concept", "concept"), ("Time", "time"), ("Lifecycle", "lifecycle"),
                         ("Organizational", "org"), ("Cost", "cost"))
]  # fmt: skip


def write_log(log: EventLog, path: Path) -> list[str]:
    """Write `log`; gzip if the name ends in .gz. Returns what XES could not hold, in words."""
    notes: list[str] = []
    types: Mapping[str, Mapping[str, Sequence[str]]] = log.header.get("types", {})
    scratch = path.with_name(f".{path.name}.part")
    try:
        with open(scratch, "wb") as raw:
            out: IO[bytes] = raw
            if path.name.lower().endswith(".gz"):
                out = gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0)  # type: ignore[assignment]
            out.write(_opening(log).encode())
            for piece in _traces(log, types, notes):
                out.write(piece.encode())
            out.write(b"</log>\n")
            if out is not raw:
                out.close()
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
    return list(dict.fromkeys(notes))


def escape(text: str) -> str:
    """
    >>> escape('a<b & "c"')
    'a&lt;b &amp; &quot;c&quot;'
    """
    return "".join(ESCAPES.get(c, c) for c in text)


def _opening(log: EventLog) -> str:
    header = log.header
    own = dict(header.get("log", {"xes.version": "1849-2016", "xes.features": "nested-attributes"}))
    own = {k: v for k, v in own.items() if not k.startswith("{")}
    own.setdefault("xmlns", "http://www.xes-standard.org/")
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<log{_xml_attributes(own)}>"]
    lines += [f"<extension{_xml_attributes(e)}/>" for e in header.get("extensions", EXTENSIONS)]
    for scope, attributes in header.get("globals", {}).items():
        lines += [f'<global scope="{escape(scope)}">', *(attribute_xml(a) for a in attributes), "</global>"]
    default = [{"name": "Activity", "keys": NAME}]
    lines += [f"<classifier{_xml_attributes(c)}/>" for c in header.get("classifiers", default)]
    attributes = list(header.get("attributes", []))
    keys = {a.get("key") for a in attributes}
    if NAME not in keys and log.name and "attributes" not in header:
        attributes.insert(0, {"type": "string", "key": NAME, "value": log.name})
    if log.currency and "cost:currency" not in keys | set(log.events.columns) | set(log.cases.columns):
        attributes.append({"type": "string", "key": "cost:currency", "value": log.currency})
    return "\n".join([*lines, *(attribute_xml(a) for a in attributes)]) + "\n"


def _xml_attributes(pairs: Mapping[str, str]) -> str:
    return "".join(f' {name}="{escape(str(value))}"' for name, value in pairs.items())


def attribute_xml(data: Mapping[str, Any]) -> str:
    """The element of an attribute given as plain data (see `_xes_tree.attribute`)."""
    start = f"<{data['type']}" + _xml_attributes({k: data[k] for k in ("key", "value") if k in data})
    inner = content_xml(data)
    return f"{start}>{inner}</{data['type']}>" if inner else f"{start}/>"


def content_xml(data: Mapping[str, Any]) -> str:
    """What stands inside the element."""
    values = data.get("values")
    held = "" if values is None else "<values>" + "".join(map(attribute_xml, values)) + "</values>"
    return held + "".join(map(attribute_xml, data.get("children", [])))


def _traces(log: EventLog, types: Mapping[str, Mapping[str, Sequence[str]]], notes: list[str]) -> Iterator[str]:
    """The traces as text, a batch of whole cases at a time."""
    name = log.cases[NAME] if NAME in log.cases.columns else log.case_ids.alias(NAME)
    rest = [c for c in log.cases.get_columns() if c.name != NAME]
    case_text = _elements([name, *rest], types.get("case", {}), log.time_zone, notes, log.n_cases)
    offsets = log.case_start.tolist()
    case = 0
    while case < log.n_cases:
        last = case + 1
        while last < log.n_cases and offsets[last + 1] - offsets[case] <= BATCH:
            last += 1
        rows = slice(offsets[case], offsets[last])
        events = _elements(
            _event_columns(log, rows), types.get("event", {}), log.time_zone, notes, rows.stop - rows.start
        )
        lines = ("<event>\n" + events + "</event>\n").to_list()
        parts: list[str] = []
        for c, own in zip(range(case, last), case_text[case:last]):
            parts += ["<trace>\n", own, *lines[offsets[c] - rows.start : offsets[c + 1] - rows.start], "</trace>\n"]
        yield "".join(parts)
        case = last


def _event_columns(log: EventLog, rows: slice) -> list[pl.Series]:
    """Canonical and other columns of a slice of the log, by XES key."""
    key = {column: name for name, (column, _) in CANONICAL.items()}

    def moment(name: str, ns: Any) -> pl.Series:
        return pl.Series(name, ns).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")

    columns = [decode(key["activity"], log.activity[rows], log.activities)]
    if log.resource is not None:
        columns.append(decode(key["resource"], log.resource[rows], log.resources))
    if log.lifecycle is not None:
        columns.append(decode(key["lifecycle"], log.lifecycle[rows], log.lifecycles))
    if log.start_ns is not None:
        start = moment(key["start_timestamp"], log.start_ns[rows])
        columns.append(start.set(pl.Series(log.start_ns[rows] == log.t_ns[rows]), None))
    if log.header.get("timed", True):
        columns.append(moment(key["timestamp"], log.t_ns[rows]))
    if log.cost is not None:
        columns.append(pl.Series(key["cost"], log.cost[rows]).fill_nan(None))
    return columns + log.events[rows].get_columns()


def _elements(
    columns: Sequence[pl.Series], types: Mapping[str, Sequence[str]], zone: str, notes: list[str], size: int
) -> pl.Series:
    """The attribute elements of every row, joined: String (size,)."""
    nested = {types[c.name][0]: c for c in columns if types.get(c.name, ("", ""))[1] == "nested"}
    parts: list[pl.Expr] = []
    for column in columns:
        key, kind = types.get(column.name, (column.name, ""))
        if kind == "nested":
            continue
        kind = kind or _kind(column.dtype)
        if kind in ("list", "container"):
            opened = pl.lit(f'<{kind} key="{escape(key)}">') + pl.lit(_content(column)) + pl.lit(f"</{kind}>\n")
        else:
            text = _text(column, kind, zone, notes)
            close: Any = "/>"
            if key in nested:
                inner = _content(nested[key])
                close = (
                    pl.when(pl.lit(inner).is_null()).then(pl.lit("/>")).otherwise(">" + pl.lit(inner) + f"</{kind}>")
                )
            opened = pl.concat_str([pl.lit(f'<{kind} key="{escape(key)}" value="'), pl.lit(text), pl.lit('"'),
                                    pl.lit(close) if isinstance(close, str) else close, pl.lit("\n")])  # fmt: skip
        parts.append(opened.fill_null("").alias(f"part{len(parts)}"))
    if not parts:
        return pl.Series([""], dtype=pl.String).new_from_index(0, size)
    frame = pl.DataFrame({"row": pl.Series(range(size), dtype=pl.Int64)})
    return frame.select(pl.concat_str(parts).alias("text")).to_series() if size else pl.Series([], dtype=pl.String)


def _content(column: pl.Series) -> pl.Series:
    distinct = column.drop_nulls().unique()
    xml = [content_xml(json.loads(text)) for text in distinct]
    return column.replace_strict(distinct, pl.Series(xml, dtype=pl.String), default=None, return_dtype=pl.String)


def _kind(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "int"
    if dtype.is_float():
        return "float"
    if dtype == pl.Boolean:
        return "boolean"
    return "date" if isinstance(dtype, pl.Datetime | pl.Date) else "string"


def _text(column: pl.Series, kind: str, zone: str, notes: list[str]) -> pl.Series:
    """The values as XES writes them, escaped."""
    dtype = column.dtype
    if isinstance(dtype, pl.Datetime | pl.Date):
        if isinstance(dtype, pl.Date) or dtype.time_zone is None:
            column = column.cast(pl.Datetime("ns")).dt.replace_time_zone(
                zone, ambiguous="earliest", non_existent="null"
            )
        return column.dt.convert_time_zone(zone).dt.strftime("%Y-%m-%dT%H:%M:%S%.f%:z")
    if dtype.is_numeric() or dtype == pl.Boolean:
        text = column.cast(pl.String)
        return text.replace({"inf": "INF", "-inf": "-INF"}) if dtype.is_float() else text
    if dtype.is_nested():
        notes.append(f"column {column.name!r} ({dtype}) was written as JSON text")
        column = pl.Series(column.name, [None if v is None else json.dumps(v, default=str, ensure_ascii=False)
                                         for v in column.to_list()], dtype=pl.String)  # fmt: skip
    text = column.cast(pl.String)
    if text.str.contains(ILLEGAL).any():
        notes.append(f"column {column.name!r} has control characters that XML cannot hold; written as U+FFFD")
        text = text.str.replace_all(ILLEGAL, "\ufffd")
    if text.str.contains('[&<>"\t\n\r]').any():
        text = text.str.replace_many(list(ESCAPES), list(ESCAPES.values()))
    return text
