"""Read XES with lxml, one element at a time: the careful reader, for every valid file and for clear errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from lxml import etree

from hoshin.connect._source import Advance, read_xml
from hoshin.connect._times import parse_time
from hoshin.connect._xes_cells import TEXT, Cells, Column
from hoshin.errors import InvalidInput

ATTRIBUTES = ("string", "date", "int", "float", "boolean", "id", "list", "container")
PARSER = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False, "remove_comments": True,
          "remove_pis": True}  # fmt: skip
INT = range(-(2**63), 2**63)


def local(element: Any) -> str:
    """The tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


def read_header(elements: list[Any], root: Any) -> dict[str, Any]:
    """What a log says of itself: its own XML attributes, extensions, globals, classifiers and attributes."""
    header: dict[str, Any] = {
        "log": dict(root.attrib),
        "extensions": [],
        "globals": {},
        "classifiers": [],
        "attributes": [],
    }
    for element in elements:
        tag = local(element)
        if tag in ("extension", "classifier"):
            header[tag + "s"].append(dict(element.attrib))
        elif tag == "global":
            scope = element.get("scope", "event")
            header["globals"].setdefault(scope, []).extend(attribute(e) for e in element if local(e) in ATTRIBUTES)
        elif tag in ATTRIBUTES:
            header["attributes"].append(attribute(element))
    return header


def attribute(element: Any) -> dict[str, Any]:
    """An attribute element as plain data, values as written: {type, key, value?, values?, children?}."""
    result: dict[str, Any] = {"type": local(element)}
    for name in ("key", "value"):
        if element.get(name) is not None:
            result[name] = element.get(name)
    children = [attribute(e) for e in element if local(e) in ATTRIBUTES]
    for holder in element:
        if local(holder) == "values":
            result["values"] = [attribute(e) for e in holder if local(e) in ATTRIBUTES]
    if children:
        result["children"] = children
    return result


def content(element: Any) -> str:
    """What is nested in an attribute, as JSON; '' if nothing is."""
    whole = attribute(element)
    inner = {name: whole[name] for name in ("values", "children") if name in whole}
    return json.dumps(inner, ensure_ascii=False) if inner else ""


class _Collector:
    """Gathers attributes into columns."""

    def __init__(self) -> None:
        self.columns: dict[tuple[str, str, str], tuple[list[int], list[int]]] = {}
        self.codes: dict[str, int] = {}
        self.offsets: dict[int, int] = {}
        self.notes: dict[str, int] = {}
        self.times: dict[str, tuple[int, int | None] | None] = {}

    def put(self, scope: str, row: int, kind: str, key: str, value: int) -> None:
        rows, values = self.columns.setdefault((scope, kind, key), ([], []))
        rows.append(row)
        values.append(value)

    def take(self, scope: str, row: int, element: Any) -> None:
        kind, key, text = local(element), element.get("key"), element.get("value")
        if kind not in ATTRIBUTES:
            self.note(f"<{kind}> in <{'event' if scope == 'event' else 'trace'}> is not XES; left out")
            return
        if key is None:
            self.note(f"<{kind}> without a key; left out")
            return
        if kind in ("list", "container"):
            self.put(scope, row, kind, key, self.code(content(element) or "{}"))
            return
        if text is None:
            self.note(f"<{kind} key={key!r}> without a value; read as an empty one")
            text = ""
        if len(element):
            inner = content(element)
            if inner:
                self.put(scope, row, "nested", key, self.code(inner))
        if kind == "date":
            if text not in self.times:
                self.times[text] = parse_time(text)
                if len(self.times) > 100_000:
                    self.times = {text: self.times[text]}
            moment = self.times[text]
            if moment is None:
                self.put(scope, row, "date_text", key, self.code(text))
            elif moment[1] is None:
                self.put(scope, row, "naive", key, moment[0])
            else:
                self.offsets[moment[1]] = self.offsets.get(moment[1], 0) + 1
                self.put(scope, row, "date", key, moment[0])
        elif kind == "int":
            number = integer(text)
            if number is None:
                self.put(scope, row, "int_text", key, self.code(text))
            else:
                self.put(scope, row, "int", key, number)
        else:
            self.put(scope, row, kind, key, self.code(text))

    def code(self, text: str) -> int:
        return self.codes.setdefault(text, len(self.codes))

    def note(self, text: str) -> None:
        self.notes[text] = self.notes.get(text, 0) + 1


def integer(text: str) -> int | None:
    """The 64-bit integer that `text` writes, if it writes one."""
    text = text.strip()
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit() and len(digits) < 25):
        return None
    return int(text) if int(text) in INT else None


def read_cells(path: Path, *, progress: Advance | None = None) -> Cells:
    """Every trace, event and attribute. Raises InvalidInput(xes.malformed) and (xes.structure) with the line."""
    parser: Any = etree.XMLPullParser(events=("start", "end"), **PARSER)
    box = _Collector()
    header: list[Any] = []
    root: Any = None
    event_trace: list[int] = []
    trace = event = -1
    depth = 0

    def structure(element: Any, what: str, hint: str) -> InvalidInput:
        return InvalidInput("xes.structure", f"{path}, line {element.sourceline}: {what}", hint=hint)

    for action, element in _events(parser, path, progress):
        if action == "start":
            depth += 1
            tag = local(element)
            if depth == 1:
                root = element
                if tag != "log":
                    raise structure(element, f"the file is XML, but its root is <{tag}>, not <log>.",
                                    "Is it another format? XES starts with <log>.")  # fmt: skip
            elif tag == "trace" and depth == 2:
                trace += 1
            elif tag == "event" and depth == 3 and local(element.getparent()) == "trace":
                event += 1
                event_trace.append(trace)
            elif tag in ("trace", "event", "log"):
                raise structure(element, f"<{tag}> stands inside <{local(element.getparent())}>.",
                                "A log holds traces, and a trace holds events.")  # fmt: skip
            continue
        depth -= 1
        tag = local(element)
        if depth == 2 and tag == "event":
            for child in element:
                box.take("event", event, child)
            _drop(element)
        elif depth == 1 and tag == "trace":
            for child in element:
                box.take("case", trace, child)
            _drop(element)
        elif depth == 1:
            header.append(element)
            if tag not in (*ATTRIBUTES, "extension", "global", "classifier"):
                box.note(f"<{tag}> in <log> is not XES; left out")
    columns = [
        Column(scope, kind, key, np.array(rows, dtype=np.int64), np.array(values, dtype=np.int64))
        for (scope, kind, key), (rows, values) in box.columns.items()
    ]
    assert all(column.kind in (*TEXT, "date", "naive", "int") for column in columns)
    return Cells(
        n_traces=trace + 1,
        event_trace=np.array(event_trace, dtype=np.int32),
        columns=columns,
        texts=pl.Series(list(box.codes), dtype=pl.String),
        header=read_header(header, root),
        offsets=box.offsets,
        notes=[f"{text} ({n} times)" if n > 1 else text for text, n in box.notes.items()],
    )


def _events(parser: Any, path: Path, progress: Advance | None) -> Iterator[tuple[str, Any]]:
    try:
        for piece in read_xml(path, size=1 << 16, progress=progress):
            parser.feed(piece)
            yield from parser.read_events()
        parser.close()
        yield from parser.read_events()
    except etree.XMLSyntaxError as error:
        raise malformed(path, parser, error) from None


def malformed(path: Path, parser: Any, error: Any) -> InvalidInput:
    """The error of a file that is not well-formed XML, with its line and column."""
    if len(parser.feed_error_log):
        first = parser.feed_error_log[0]
        line, column, reason = first.line, first.column, first.message
    else:
        line, column = error.position
        reason = (error.msg or "the document ends early").partition(", line ")[0]
    cut = "" if "Premature" not in reason and "ends early" not in reason else " The file seems cut off."
    return InvalidInput(
        "xml.malformed",
        f"{path}, line {line:,}, column {column:,}: not well-formed XML: {reason}.{cut}",
        hint="Copy or export it again, or correct that line.",
        path=str(path),
        line=line,
    )


def _drop(element: Any) -> None:
    """Forget a finished element, so that memory does not grow with the file."""
    parent = element.getparent()
    tail = element.tail
    element.clear()
    if tail and parent is not None:
        element.tail = None
    if parent is not None:
        parent.remove(element)
