"""Object-centric logs for tests: a strategy of random ones, and a plain form in which two can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import strategies as st

from hoshin.connect._clock import Clock
from hoshin.log.ocel import Ocel
from hoshin.log.ocel_build import OcelParts, build_ocel, part_of

GOLDEN = Path(__file__).parent / "golden" / "ocel"
ACTIVITIES, TYPES = ["place order", "pick & pack", "Größe <prüfen>"], ["order", "Item", "x'y\"z"]
KINDS = {"colour": "string", "size": "integer", "weight": "float", "fragile": "boolean", "due": "time"}
# What every format can hold: XML has no control characters.
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="￾￿"), max_size=6)
names = words.filter(lambda w: w != "")
# Nanoseconds, mostly whole seconds; never the moment that stands for "from the start".
moments = st.one_of(
    st.integers(1, 2_000_000_000).map(lambda s: s * 1_000_000_000), st.integers(10**9, 2**62), st.integers(-(2**61), -1)
)
VALUES: dict[str, st.SearchStrategy[str]] = {
    "string": words,
    "integer": st.integers(-(2**53) + 1, 2**53 - 1).map(str),
    "float": st.floats(allow_nan=False, allow_infinity=False).map(repr),
    "boolean": st.sampled_from(["true", "false"]),
    "time": moments.map(lambda t: iso(t)),
}


def iso(t_ns: int) -> str:
    return str(pl.Series([t_ns]).cast(pl.Datetime("ns")).dt.strftime("%Y-%m-%dT%H:%M:%S%.9fZ")[0])


@st.composite
def ocels(draw: st.DrawFn) -> Ocel:
    """Any log: events without objects, objects without events, undeclared objects, repeated times, values of every
    kind, changes, O2O with itself, several qualifiers between one pair, unused types."""
    events = draw(
        st.lists(st.tuples(names, st.sampled_from(ACTIVITIES), moments), max_size=7, unique_by=lambda e: e[0])
    )
    objects = draw(st.lists(st.tuples(names, st.sampled_from(TYPES)), max_size=6, unique_by=lambda o: o[0]))
    ids = [o[0] for o in objects]
    anyone = st.one_of(st.sampled_from(ids), names) if ids else names
    e2o = draw(st.lists(st.tuples(st.sampled_from([e[0] for e in events]), anyone, words), max_size=12, unique=True)
               if events else st.just([]))  # fmt: skip
    o2o = draw(st.lists(st.tuples(st.sampled_from(ids), anyone, words), max_size=6, unique=True)
               if ids else st.just([]))  # fmt: skip
    cell = st.sampled_from(sorted(KINDS)).flatmap(lambda a: st.tuples(st.just(a), VALUES[KINDS[a]]))
    event_values = [(e[0], a, v, None) for e in events for a, v in draw(st.lists(cell, max_size=3))]
    object_values = [
        (i, a, draw(st.one_of(st.none(), moments.map(iso))), v, None)
        for i in ids for a, v in draw(st.lists(cell, max_size=4))
    ]  # fmt: skip
    parts = OcelParts(
        part_of("events", [(i, a, iso(t)) for i, a, t in events]),
        part_of("objects", objects),
        part_of("e2o", e2o),
        part_of("o2o", o2o),
        part_of("event_values", event_values),
        part_of("object_values", object_values),
        [(t, a, k) for t in ACTIVITIES for a, k in KINDS.items()],
        [(t, a, k) for t in TYPES for a, k in KINDS.items()],
        ACTIVITIES,
        TYPES,
    )
    return build_ocel(parts, Clock(Path("made")), name="made").ocel


def plain(ocel: Ocel) -> dict[str, Any]:
    """All that a log says, as plain data; the order of attributes and relations does not count."""
    ids = ocel.object_ids.to_list()
    events = ocel.event_ids.to_list()

    def kinds(found: Any) -> set[tuple[str, str, str]]:
        return {(d.of, d.attribute, d.kind) for d in found}

    return {
        "events": list(zip(events, (ocel.event_types[c] for c in ocel.event_type), ocel.t_ns.tolist())),
        "objects": {i: ocel.object_types[c] if c >= 0 else None for i, c in zip(ids, ocel.object_type)},
        "e2o": sorted((events[s], ids[t], ocel.qualifiers[q]) for s, t, q in triples(ocel.e2o)),
        "o2o": sorted((ids[s], ids[t], ocel.qualifiers[q]) for s, t, q in triples(ocel.o2o)),
        "event_values": sorted((events[e], ocel.attributes[a], v) for e, a, v in ocel.event_values.iter_rows()),
        "object_values": sorted((ids[o], ocel.attributes[a], t, v) for o, a, t, v in ocel.object_values.iter_rows()),
        "event_types": set(ocel.event_types),
        "object_types": set(ocel.object_types),
        "event_kinds": kinds(ocel.event_kinds),
        "object_kinds": kinds(ocel.object_kinds),
    }


def triples(links: Any) -> list[tuple[int, int, int]]:
    return list(zip(links.source.tolist(), links.target.tolist(), links.qualifier.tolist()))


def made(
    events: list[tuple[str, str, int, list[str]]], types: dict[str, str], o2o: list[tuple[str, str, str]] | None = None
) -> Ocel:
    """A small log by hand: (id, activity, minute, objects) and the type of every object."""
    parts = OcelParts(
        part_of("events", [(i, a, iso(m * 60 * 10**9)) for i, a, m, _ in events]),
        part_of("objects", list(types.items())),
        part_of("e2o", [(i, o, "") for i, _, _, objects in events for o in objects]),
        part_of("o2o", o2o or []),
        part_of("event_values", []),
        part_of("object_values", []),
    )
    return build_ocel(parts, Clock(Path("made")), name="made").ocel
