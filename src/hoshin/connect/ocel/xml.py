"""OCEL as XML: 2.0 and 1.0 are read, told apart element by element; 2.0 is written, or 1.0 on request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from hoshin.connect._clock import Clock, check_zone
from hoshin.connect._source import read_xml
from hoshin.connect._xes_tree import PARSER, local
from hoshin.connect._xes_write import escape
from hoshin.connect.ocel._read import finish
from hoshin.connect.ocel._write import Cell, iso, lost1, undeclared_sources, values_by, write_bytes
from hoshin.errors import InvalidInput
from hoshin.log.ocel import Declared, Ocel
from hoshin.log.ocel_build import OcelBuilt, OcelParts, part_of

EXTENSIONS = (".xmlocel", ".xmlocel.gz", ".xml", ".xml.gz")
# Versions of the standard that `write` knows.
WRITES = ("2.0", "1.0")
RECORDS = ("object-type", "event-type", "object", "event", "global")
# Kind of a value to its element in OCEL 1.0, and the text of such values.
_FORMS = {
    "integer": ("int", re.compile(r"-?\d+")),
    "float": ("float", re.compile(r"-?(\d+(\.\d*)?([eE][-+]?\d+)?|inf)|NaN")),
    "boolean": ("boolean", re.compile("true|false")),
    "time": ("date", re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")),
}
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def read(path: Path, *, time_zone: str | None = None) -> OcelBuilt:
    """The object-centric log of an OCEL 2.0 or 1.0 XML file, gzipped or not; streamed, no entity is expanded.

    `time_zone` is that of times without one; see `Clock`. Raises InvalidInput(ocel.xml) naming the line where the
    file is not well-formed or no OCEL, and what `read_xml` and `Clock.notes` raise.
    """
    check_zone(time_zone)
    path = Path(path)
    found = _Found()
    for element in _records(path):
        found.take(element)
    return finish(found.parts(), Clock(path, time_zone))


def _records(path: Path) -> Iterator[Any]:
    """Every element that is a record, whole; what was read before it is let go."""
    parser: Any = etree.XMLPullParser(events=("end",), tag=[f"{{*}}{tag}" for tag in RECORDS], **PARSER)
    try:
        for chunk in read_xml(path):
            parser.feed(chunk)
            for _, element in parser.read_events():
                if element.get("object-id") is not None:
                    continue  # a relation within a record, which some writers call <object> too
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise InvalidInput(
            "ocel.xml", f"{path} is not well-formed XML: {error}.", hint="Export or copy it again."
        ) from None
    if local(root) != "log" or not {local(e) for e in root} & {"events", "objects"}:
        within = f"<{local(root)}>, and in it {', '.join(f'<{local(e)}>' for e in root[:5]) or 'nothing'}"
        raise InvalidInput(
            "ocel.xml",
            f"{path} was expected to be a <log> of <events> and <objects>; it is {within}.",
            hint="A case log in XES is imported with: hoshin log import",
        )


class _Found:
    """Rows of every part, as they are met."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[Any, ...]]] = {
            p: [] for p in ("events", "objects", "e2o", "o2o", "event_values", "object_values")
        }
        self.kinds: dict[str, list[tuple[str, str, str]]] = {"event-type": [], "object-type": []}
        self.types: dict[str, list[str]] = {"event-type": [], "object-type": []}

    def take(self, element: Any) -> None:
        tag = local(element)
        if tag in self.types:
            name = element.get("name") or ""
            self.types[tag].append(name)
            self.kinds[tag] += [
                (name, a.get("name") or "", a.get("type") or "string") for a in element.iter("{*}attribute")
            ]
        elif tag == "global" and element.get("scope") == "log":
            self.types["object-type"] += [
                e.get("value") or "" for e in element.iter("{*}string") if e.get("key") == "object-type"
            ]
        elif tag == "event":
            self._event(element) if element.get("id") is not None or element.get("type") else self._event1(element)
        elif tag == "object":
            self._object(element) if element.get("id") is not None or element.get("type") else self._object1(element)

    def _event(self, element: Any) -> None:
        name = element.get("id")
        self.rows["events"].append((name, element.get("type"), element.get("time")))
        for a in _inside(element, "attributes"):
            self.rows["event_values"].append((name, a.get("name"), a.text or "", None))
        for r in _inside(element, "objects"):
            self.rows["e2o"].append((name, r.get("object-id"), r.get("qualifier")))

    def _object(self, element: Any) -> None:
        name = element.get("id")
        self.rows["objects"].append((name, element.get("type")))
        for a in _inside(element, "attributes"):
            self.rows["object_values"].append((name, a.get("name"), a.get("time"), a.text or "", None))
        for r in _inside(element, "objects"):
            self.rows["o2o"].append((name, r.get("object-id"), r.get("qualifier")))

    def _event1(self, element: Any) -> None:
        own = {e.get("key"): e for e in element}
        name = _value(own.get("id"))
        self.rows["events"].append((name, _value(own.get("activity")), _value(own.get("timestamp"))))
        related = dict.fromkeys(e.get("value") for e in own.get("omap", ()))
        self.rows["e2o"] += [(name, o, None) for o in related]
        self.rows["event_values"] += [(name, e.get("key"), e.get("value"), local(e)) for e in own.get("vmap", ())]

    def _object1(self, element: Any) -> None:
        own = {e.get("key"): e for e in element}
        name = _value(own.get("id"))
        self.rows["objects"].append((name, _value(own.get("type"))))
        self.rows["object_values"] += [
            (name, e.get("key"), None, e.get("value"), local(e)) for e in own.get("ovmap", ())
        ]

    def parts(self) -> OcelParts:
        frames: dict[str, Any] = {p: part_of(p, rows) for p, rows in self.rows.items()}
        return OcelParts(
            **frames,
            event_kinds=self.kinds["event-type"],
            object_kinds=self.kinds["object-type"],
            event_types=self.types["event-type"],
            object_types=self.types["object-type"],
        )


def _inside(element: Any, holder: str) -> Iterator[Any]:
    """The children of its child `holder`; a relation is <relationship>, or in older files <relobj> or <object>."""
    for child in element:
        if local(child) == holder:
            yield from child


def _value(element: Any) -> str | None:
    found: str | None = None if element is None else element.get("value")
    return found


def write(ocel: Ocel, path: Path, *, standard: str = "2.0") -> list[str]:
    """Write `ocel` as OCEL 2.0 XML (or 1.0), gzipped if `path` ends in .gz; returns what that could not hold."""
    text = "".join(_lines(ocel) if standard == "2.0" else _lines1(ocel))
    bad = len(_ILLEGAL.findall(text))
    write_bytes(Path(path), _ILLEGAL.sub("\ufffd", text).encode())
    lost = [f"{bad:,} characters that XML cannot hold were replaced by \ufffd"] if bad else []
    return [*(undeclared_sources(ocel) if standard == "2.0" else lost1(ocel, keeps_times=True)), *lost]


def _lines(ocel: Ocel) -> Iterator[str]:
    ids = ocel.object_ids.to_list()
    own, of_object = values_by(ocel, "event"), values_by(ocel, "object")
    e2o, o2o = ocel.e2o.by_source(ocel.n_events), ocel.o2o.by_source(len(ids))

    def links(found: list[tuple[int, int]]) -> str:
        inner = "".join(
            f'<relationship object-id="{escape(ids[t])}" qualifier="{escape(ocel.qualifiers[q])}"/>' for t, q in found
        )
        return f"<objects>{inner}</objects>"

    yield "<?xml version='1.0' encoding='UTF-8'?>\n<log>\n<object-types>\n"
    yield from (_type("object-type", n, ocel.object_kinds) for n in ocel.object_types)
    yield "</object-types>\n<event-types>\n"
    yield from (_type("event-type", n, ocel.event_kinds) for n in ocel.event_types)
    yield "</event-types>\n<objects>\n"
    for at, (name, code) in enumerate(zip(ids, ocel.object_type.tolist())):
        if code >= 0:
            head = f'<object id="{escape(name)}" type="{escape(ocel.object_types[code])}">'
            yield f"{head}{_cells(of_object[at])}{links(o2o[at])}</object>\n"
    yield "</objects>\n<events>\n"
    rows = zip(ocel.event_ids, ocel.event_type.tolist(), iso(ocel.t_ns))
    for at, (name, code, moment) in enumerate(rows):
        head = f'<event id="{escape(name)}" type="{escape(ocel.event_types[code])}" time="{moment}">'
        yield f"{head}{_cells(own[at])}{links(e2o[at])}</event>\n"
    yield "</events>\n</log>\n"


def _type(tag: str, name: str, kinds: tuple[Declared, ...]) -> str:
    inner = "".join(f'<attribute name="{escape(d.attribute)}" type="{d.kind}"/>' for d in kinds if d.of == name)
    return f'<{tag} name="{escape(name)}"><attributes>{inner}</attributes></{tag}>\n'


def _cells(cells: list[Cell]) -> str:
    def one(name: str, text: str, moment: str) -> str:
        since = f' time="{moment}"' if moment else ""
        return f'<attribute name="{escape(name)}"{since}>{escape(text)}</attribute>'

    inner = "".join(one(n, v, t) for n, v, _, t in cells)
    return f"<attributes>{inner}</attributes>"


def _lines1(ocel: Ocel) -> Iterator[str]:
    ids = ocel.object_ids.to_list()
    own, of_object = values_by(ocel, "event"), values_by(ocel, "object")
    e2o = ocel.e2o.by_source(ocel.n_events)
    yield "<?xml version='1.0' encoding='UTF-8'?>\n<log>\n"
    yield f'<global scope="event">{_key("string", "activity", "__INVALID__")}</global>\n'
    yield f'<global scope="object">{_key("string", "type", "__INVALID__")}</global>\n<global scope="log">'
    yield _key("string", "version", "1.0") + _key("string", "ordering", "timestamp")
    yield _list("attribute-names", [_key("string", "attribute-name", a) for a in ocel.attributes])
    yield _list("object-types", [_key("string", "object-type", t) for t in ocel.object_types])
    yield "</global>\n<events>\n"
    rows = zip(ocel.event_ids, ocel.event_type.tolist(), iso(ocel.t_ns))
    for at, (name, code, moment) in enumerate(rows):
        head = _key("string", "id", name) + _key("string", "activity", ocel.event_types[code])
        related = [_key("string", "object-id", ids[t]) for t in dict.fromkeys(t for t, _ in e2o[at])]
        cells = _list("vmap", [_key(_tag(v, k), n, v) for n, v, k, _ in own[at]])
        yield f"<event>{head}{_key('date', 'timestamp', moment)}{_list('omap', related)}{cells}</event>\n"
    yield "</events>\n<objects>\n"
    for at, (name, code) in enumerate(zip(ids, ocel.object_type.tolist())):
        if code >= 0:
            head = _key("string", "id", name) + _key("string", "type", ocel.object_types[code])
            first = {n: _key(_tag(v, k), n, v) for n, v, k, _ in reversed(of_object[at])}
            yield f"<object>{head}{_list('ovmap', list(first.values()))}</object>\n"
    yield "</objects>\n</log>\n"


def _key(tag: str, key: str, value: str) -> str:
    return f'<{tag} key="{escape(key)}" value="{escape(value)}"/>'


def _list(key: str, inner: list[str]) -> str:
    return f'<list key="{key}">{"".join(inner)}</list>'


def _tag(text: str, kind: str) -> str:
    """The element of OCEL 1.0 for a value; <string> where it does not read as its kind.

    >>> _tag("3", "integer"), _tag("x", "float"), _tag("true", "boolean"), _tag("2026-01-01T00:00:00Z", "time")
    ('int', 'string', 'boolean', 'date')
    """
    form = _FORMS.get(kind)
    return form[0] if form and form[1].fullmatch(text) else "string"
