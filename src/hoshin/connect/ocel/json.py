"""OCEL as JSON: 2.0 and 1.0 are read, told apart by what is in the file; 2.0 is written, or 1.0 on request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from hoshin.connect._clock import Clock, check_zone
from hoshin.connect._source import read_chunks
from hoshin.connect.ocel._read import finish
from hoshin.connect.ocel._write import iso, lost1, native, undeclared_sources, values_by, write_bytes
from hoshin.errors import InvalidInput
from hoshin.log.ocel import Declared, Ocel
from hoshin.log.ocel_build import OcelBuilt, OcelParts, part, part_of

EXTENSIONS = (".jsonocel", ".jsonocel.gz", ".json", ".json.gz")
# Versions of the standard that `write` knows.
WRITES = ("2.0", "1.0")
Id = str | int


class Relation(msgspec.Struct, gc=False):
    objectId: Id | None = None
    qualifier: str | int | float | None = None


class Value(msgspec.Struct, gc=False):
    name: str
    value: Any = None
    time: str | None = None


class Event(msgspec.Struct, gc=False):
    id: Id | None = None
    type: str | None = None
    time: str | None = None
    attributes: list[Value] | None = None
    relationships: list[Relation] | None = None


class Object(msgspec.Struct, gc=False):
    id: Id | None = None
    type: str | None = None
    attributes: list[Value] | None = None
    relationships: list[Relation] | None = None


class Attribute(msgspec.Struct, gc=False):
    name: str
    type: str = "string"


class Type(msgspec.Struct, gc=False):
    name: str
    attributes: list[Attribute] | None = None


class Event1(msgspec.Struct, gc=False):
    activity: str | None = msgspec.field(default=None, name="ocel:activity")
    timestamp: str | None = msgspec.field(default=None, name="ocel:timestamp")
    omap: list[Id] | None = msgspec.field(default=None, name="ocel:omap")
    vmap: dict[str, Any] | None = msgspec.field(default=None, name="ocel:vmap")


class Object1(msgspec.Struct, gc=False):
    type: str | None = msgspec.field(default=None, name="ocel:type")
    ovmap: dict[str, Any] | None = msgspec.field(default=None, name="ocel:ovmap")


def read(path: Path, *, time_zone: str | None = None) -> OcelBuilt:
    """The object-centric log of an OCEL 2.0 or 1.0 JSON file, gzipped or not.

    `time_zone` is that of times without one; see `Clock`. Raises InvalidInput(ocel.json) naming the element where
    the file is no JSON or not of that shape, and what `read_chunks` and `Clock.notes` raise.
    """
    check_zone(time_zone)
    path = Path(path)
    text = b"".join(read_chunks(path)).removeprefix(b"\xef\xbb\xbf")
    try:
        whole = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidInput(
            "ocel.json", f"{path} is no JSON object: {error}.", hint="Is it OCEL? Export it again."
        ) from None
    if "ocel:events" in whole:
        parts = _parts1(path, whole)
    elif "events" in whole and "objects" in whole:
        parts = _parts2(path, whole)
    else:
        raise InvalidInput(
            "ocel.json",
            f"{path} has neither 'events' and 'objects' (OCEL 2.0) nor 'ocel:events' (OCEL 1.0); "
            f"its keys are {', '.join(map(repr, list(whole)[:8])) or 'none'}.",
            hint="Choose OCEL as the format when exporting.",
        )
    return finish(parts, Clock(path, time_zone))


def _items(path: Path, whole: dict[str, msgspec.Raw], key: str, kind: Any, empty: str) -> Any:
    """`whole[key]` as `kind`: a list or dict of structs. An element of another shape is named."""
    raw = whole.get(key, msgspec.Raw(empty.encode()))
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        plain = msgspec.json.decode(raw)
        element = kind.__args__[-1]
        listed = plain.items() if isinstance(plain, dict) else enumerate(plain) if isinstance(plain, list) else ()
        for at, item in listed:
            try:
                msgspec.convert(item, element)
            except msgspec.ValidationError as inner:
                raise InvalidInput(
                    "ocel.json",
                    f"{path}: {key}[{at!r}] is not as OCEL has it: {inner}. It is {str(item)[:120]}.",
                    hint="Correct that element, or export the file again.",
                ) from None
        raise InvalidInput("ocel.json", f"{path}: {key!r} is not as OCEL has it: {error}.") from None


def _parts2(path: Path, whole: dict[str, msgspec.Raw]) -> OcelParts:
    events: list[Event] = _items(path, whole, "events", list[Event], "[]")
    objects: list[Object] = _items(path, whole, "objects", list[Object], "[]")
    event_types: list[Type] = _items(path, whole, "eventTypes", list[Type], "[]")
    object_types: list[Type] = _items(path, whole, "objectTypes", list[Type], "[]")
    e2o = [(e.id, r.objectId, r.qualifier) for e in events for r in e.relationships or ()]
    o2o = [(o.id, r.objectId, r.qualifier) for o in objects for r in o.relationships or ()]
    event_values = [(e.id, v.name, *written(v.value)) for e in events for v in e.attributes or ()]
    object_values = [(o.id, v.name, v.time, *written(v.value)) for o in objects for v in o.attributes or ()]
    return OcelParts(
        part("events", [[e.id for e in events], [e.type for e in events], [e.time for e in events]]),
        part("objects", [[o.id for o in objects], [o.type for o in objects]]),
        part_of("e2o", e2o),
        part_of("o2o", o2o),
        part_of("event_values", event_values),
        part_of("object_values", object_values),
        [(t.name, a.name, a.type) for t in event_types for a in t.attributes or ()],
        [(t.name, a.name, a.type) for t in object_types for a in t.attributes or ()],
        [t.name for t in event_types],
        [t.name for t in object_types],
    )


def _parts1(path: Path, whole: dict[str, msgspec.Raw]) -> OcelParts:
    events: list[tuple[str, Event1]] = _members(path, whole, "ocel:events", Event1, b'"ocel:activity"')
    objects: list[tuple[str, Object1]] = _members(path, whole, "ocel:objects", Object1, b'"ocel:type"')
    about = _items(path, whole, "ocel:global-log", dict[str, Any], "{}")
    types = about.get("ocel:object-types") or ()
    return OcelParts(
        part_of("events", [(k, e.activity, e.timestamp) for k, e in events]),
        part_of("objects", [(k, o.type) for k, o in objects]),
        part_of("e2o", [(k, o, None) for k, e in events for o in dict.fromkeys(e.omap or ())]),
        part_of("o2o", []),
        part_of("event_values", [(k, n, *written(v)) for k, e in events for n, v in (e.vmap or {}).items()]),
        part_of("object_values", [(k, n, None, *written(v)) for k, o in objects for n, v in (o.ovmap or {}).items()]),
        object_types=[str(t) for t in types] if isinstance(types, list) else (),
    )


def _members(path: Path, whole: dict[str, msgspec.Raw], key: str, kind: Any, mark: bytes) -> list[tuple[str, Any]]:
    """(id, member) of an object of JSON. A reader keeps one of several members with one id; where `mark`, which every
    member has, stands more often than there are ids, they are read again, all of them."""
    found = list(_items(path, whole, key, dict[str, kind], "{}").items())
    if bytes(whole.get(key, b"")).count(mark) <= len(found):
        return found
    pairs = json.loads(bytes(whole[key]), object_pairs_hook=_Pairs)
    return [(name, msgspec.convert(_merged(member), kind)) for name, member in pairs]


class _Pairs(list[tuple[str, Any]]):
    """The members of an object of JSON, repeated ones too."""


def _merged(value: Any) -> Any:
    """Plain JSON again, the last of repeated members kept."""
    if isinstance(value, _Pairs):
        return {name: _merged(member) for name, member in value}
    return [_merged(v) for v in value] if isinstance(value, list) else value


def written(value: Any) -> tuple[str | None, str | None]:
    """A JSON value as text, and the kind that JSON gives it (null for text, whose kind is declared elsewhere).

    >>> written(3), written(2.5), written(True), written("x"), written(None), written([1])
    (('3', 'integer'), ('2.5', 'float'), ('true', 'boolean'), ('x', 'string'), (None, None), ('[1]', 'string'))
    """
    if value is None:
        return None, None
    if isinstance(value, bool):
        return ("true" if value else "false"), "boolean"
    if isinstance(value, int):
        return str(value), "integer"
    if isinstance(value, float):
        return repr(value), "float"
    return (value if isinstance(value, str) else msgspec.json.encode(value).decode()), "string"


def write(ocel: Ocel, path: Path, *, standard: str = "2.0") -> list[str]:
    """Write `ocel` as OCEL 2.0 JSON (or 1.0), gzipped if `path` ends in .gz; returns what that could not hold."""
    path = Path(path)
    whole, notes = _whole2(ocel) if standard == "2.0" else _whole1(ocel)
    write_bytes(path, msgspec.json.format(msgspec.json.encode(whole), indent=1))
    return notes


def _whole2(ocel: Ocel) -> tuple[dict[str, Any], list[str]]:
    """Values are text, as the published schema has them; their types are declared with the types."""
    ids = ocel.object_ids.to_list()
    own, of_object = values_by(ocel, "event"), values_by(ocel, "object")
    e2o, o2o = ocel.e2o.by_source(ocel.n_events), ocel.o2o.by_source(len(ids))

    def links(found: list[tuple[int, int]]) -> list[dict[str, str]]:
        return [{"objectId": ids[target], "qualifier": ocel.qualifiers[q]} for target, q in found]

    events = [
        {
            "id": event, "type": ocel.event_types[code], "time": moment,
            "attributes": [{"name": n, "value": v} for n, v, _, _ in own[at]],
            "relationships": links(e2o[at]),
        }
        for at, (event, code, moment) in enumerate(zip(ocel.event_ids, ocel.event_type.tolist(), iso(ocel.t_ns)))
    ]  # fmt: skip
    objects = [
        {
            "id": name, "type": ocel.object_types[code],
            "attributes": [{"name": n, "time": t, "value": v} for n, v, _, t in of_object[at]],
            "relationships": links(o2o[at]),
        }
        for at, (name, code) in enumerate(zip(ids, ocel.object_type.tolist()))
        if code >= 0
    ]  # fmt: skip
    whole = {
        "eventTypes": _types(ocel.event_types, ocel.event_kinds),
        "objectTypes": _types(ocel.object_types, ocel.object_kinds),
        "events": events,
        "objects": objects,
    }
    return whole, undeclared_sources(ocel)


def _types(names: tuple[str, ...], kinds: tuple[Declared, ...]) -> list[dict[str, Any]]:
    return [
        {"name": n, "attributes": [{"name": d.attribute, "type": d.kind} for d in kinds if d.of == n]} for n in names
    ]


def _whole1(ocel: Ocel) -> tuple[dict[str, Any], list[str]]:
    ids = ocel.object_ids.to_list()
    own, of_object = values_by(ocel, "event"), values_by(ocel, "object")
    e2o = ocel.e2o.by_source(ocel.n_events)
    events = {
        event: {
            "ocel:activity": ocel.event_types[code], "ocel:timestamp": moment,
            "ocel:omap": list(dict.fromkeys(ids[target] for target, _ in e2o[at])),
            "ocel:vmap": {n: native(v, k) for n, v, k, _ in own[at]},
        }
        for at, (event, code, moment) in enumerate(zip(ocel.event_ids, ocel.event_type.tolist(), iso(ocel.t_ns)))
    }  # fmt: skip
    objects = {
        name: {
            "ocel:type": ocel.object_types[code],
            "ocel:ovmap": {n: native(v, k) for n, v, k, _ in reversed(of_object[at])},
        }
        for at, (name, code) in enumerate(zip(ids, ocel.object_type.tolist()))
        if code >= 0
    }
    about = {
        "ocel:version": "1.0",
        "ocel:ordering": "timestamp",
        "ocel:attribute-names": list(ocel.attributes),
        "ocel:object-types": list(ocel.object_types),
    }
    whole = {
        "ocel:global-event": {"ocel:activity": "__INVALID__"},
        "ocel:global-object": {"ocel:type": "__INVALID__"},
        "ocel:global-log": about,
        "ocel:events": events,
        "ocel:objects": objects,
    }
    return whole, lost1(ocel)
