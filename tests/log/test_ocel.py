"""The object-centric log: what is set aside, what is found, what a flat view of it repeats, mixes and loses."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from hypothesis import given

from hoshin.connect._clock import Clock
from hoshin.log.eventlog import EventLog
from hoshin.log.flatten import Converging, Deficient, Diverging, flatten, from_log
from hoshin.log.ocel import Ocel
from hoshin.log.ocel_build import OcelParts, build_ocel, part_of
from hoshin.log.ocel_check import check_ocel
from tests.ocels import made, ocels, plain, triples
from tests.strategies import traces

# Two orders, three items; items are picked one by one, packed together over both orders.
SHOP = made(
    [
        ("e1", "place", 0, ["o1", "i1", "i2"]),
        ("e2", "place", 5, ["o2", "i3"]),
        ("e3", "pick", 10, ["o1", "i1"]),
        ("e4", "pick", 20, ["o1", "i2"]),
        ("e5", "pick", 25, ["o2", "i3"]),
        ("e6", "pack", 30, ["p1", "i1", "i2", "i3"]),
        ("e7", "ship", 40, ["p1"]),
        ("e8", "pay", 50, ["o1"]),
    ],
    {"o1": "order", "o2": "order", "i1": "item", "i2": "item", "i3": "item", "p1": "package"},
)


def test_a_shop_seen_by_order_item_and_package() -> None:
    order = flatten(SHOP, "order")
    item = flatten(SHOP, "item")

    assert order.log.traces() == [("place", "pick", "pick", "pay"), ("place", "pick")]
    assert order.convergence == ()
    assert order.divergence == (Diverging("pick", "item", 1, 2),), "two picks of o1 are of two items"
    assert order.deficiency == (Deficient("pack", 1), Deficient("ship", 1))
    assert item.log.traces() == [("place", "pick", "pack")] * 3
    assert item.convergence == (Converging("pack", 1, 3), Converging("place", 1, 2))
    assert item.divergence == ()
    assert (item.events_in, item.events, item.rows, item.lost) == (8, 6, 9, 2)
    assert [item.log.source_row.tolist()[k] for k in (0, 3)] == [0, 0], "a row knows the event it came from"  # type: ignore[union-attr]


@given(ocels())
def test_a_flat_view_is_the_events_of_each_object(ocel: Ocel) -> None:
    """Against sets of Python objects: rows, cases, and events in = events kept + events lost."""
    facts = plain(ocel)
    for object_type in ocel.object_types:
        of = defaultdict(set)
        for event, target, _ in facts["e2o"]:
            if facts["objects"][target] == object_type:
                of[target].add(event)
        done = flatten(ocel, object_type)

        cases = dict(zip(done.log.case_ids.to_list(), done.log.traces()))
        expected = {o: tuple(a for e, a, _ in facts["events"] if e in events) for o, events in of.items()}
        assert cases == expected
        assert done.rows == sum(len(events) for events in of.values()) == done.log.n_events
        assert done.events == len(set().union(*of.values()))
        assert done.events + done.lost == done.events_in == ocel.n_events
        assert sum(d.events for d in done.deficiency) == done.lost
        repeated = sum(c.rows - c.events for c in done.convergence)
        assert repeated == done.rows - done.events
        members = sum(t == object_type for t in facts["objects"].values())
        assert done.objects_without_events == members - len(of)


@given(traces)
def test_a_case_log_is_one_view_of_its_objects(traces: list[str]) -> None:
    log = EventLog.from_traces(traces)
    ocel = from_log(log, "claim")
    back = flatten(ocel, "claim")

    assert back.log.traces() == [t for t in log.traces() if t]
    assert sorted(back.log.t_ns.tolist()) == sorted(log.t_ns.tolist())
    assert back.convergence == back.divergence == back.deficiency == ()
    assert ocel.n_objects == log.n_cases


def test_attributes_of_a_case_log_come_back_with_their_types() -> None:
    import polars as pl

    from hoshin.log.build import build_log

    frame = pl.DataFrame(
        {
            "case_id": ["1", "1", "2"],
            "activity": ["a", "b", "a"],
            "timestamp": pl.Series([1, 2, 3]).cast(pl.Datetime("ns")),
            "start_timestamp": pl.Series([0, 2, 3]).cast(pl.Datetime("ns")),
            "resource": ["ann", None, "bob"],
            "cost": [1.5, None, 2.0],
            "urgent": [True, False, None],
            "region": ["n", "n", "s"],
        }
    )
    log = build_log(frame, case_columns=["region"]).log
    back = flatten(from_log(log), "case").log

    assert back.to_frame().drop("event_id").equals(log.to_frame())
    assert back.cases.equals(log.cases)


def test_what_cannot_be_part_of_a_log_is_set_aside_with_its_reason() -> None:
    parts = OcelParts(
        part_of("events", [("e1", "a", "2026-01-01T00:00:00Z"), ("e1", "b", "2026-01-02T00:00:00Z"),
                           ("e2", "a", "soon"), (None, "a", "2026-01-02T00:00:00Z"),
                           ("e3", "", "2026-01-02T00:00:00Z")]),
        part_of("objects", [("o1", "order"), ("o1", "item"), ("o2", None)]),
        part_of("e2o", [("e1", "o1", "x"), ("e1", "o1", "x"), ("e1", "o1", "y"), ("e9", "o1", "x"),
                        ("e1", "gone", None)]),
        part_of("o2o", [("o1", "gone", "part"), ("o1", "gone", "part"), ("o1", None, "part")]),
        part_of("event_values", [("e1", "n", "1", None), ("e1", "n", "2", None), ("e2", "n", "3", None)]),
        part_of("object_values", [("o1", "m", None, "1.0", None), ("o1", "m", "1970-01-01T01:00:00", "7", None),
                                  ("gone", "m", None, "1", None), ("o1", "m", "later", "1", None)]),
        object_kinds=[("order", "m", "integer")],
    )  # fmt: skip
    built = build_ocel(parts, Clock(Path("made")))
    ocel = built.ocel

    assert (ocel.n_events, ocel.n_objects, ocel.n_undeclared, len(ocel.e2o), len(ocel.o2o)) == (1, 1, 2 - 1, 3, 1)
    assert built.rejected.select("part", "row", "reason").rows() == [
        ("event", 3, "no id"),
        ("event", 4, "no type"),
        ("event", 2, "no time that can be read"),
        ("event", 1, "an event with this id came before"),
        ("object", 2, "no type"),
        ("object", 1, "an object with this id came before"),
        ("e2o", 3, "no event with this id"),
        ("e2o", 1, "the same relation came before"),
        ("o2o", 2, "no target"),
        ("o2o", 1, "the same relation came before"),
        ("event value", 2, "no event with this id"),
        ("event value", 1, "the event has a value of this attribute"),
        ("object value", 2, "no object with this id is declared"),
        ("object value", 3, "no time that can be read"),
        ("object value", 1, "the object has a value of this attribute at this moment"),
    ]
    assert ocel.object_values["value"].to_list() == ["1"], "1.0 is the integer 1"


def test_checks_find_what_was_planted_and_nothing_else() -> None:
    found = {f.check: f.count for f in check_ocel(SHOP)}
    assert set(found.values()) == {0}

    ocel = made(
        [("e1", "a", 0, ["o1", "ghost"]), ("e2", "b", 0, ["o1"]), ("e3", "c", 9, [])],
        {"o1": "order", "o2": "order"},
        [("o1", "o1", ""), ("o1", "phantom", "")],
    )
    bad = {f.check: (f.count, f.of) for f in check_ocel(ocel) if f.count}
    assert bad == {
        "objects without events": (1, 2),
        "events without objects": (1, 3),
        "undeclared objects": (2, 4),
        "O2O relations to undeclared objects": (1, 2),
        "O2O relations of an object with itself": (1, 2),
        "events of an object at the same moment": (1, 2),
    }


def test_a_change_after_the_last_event_and_a_value_of_another_type_are_found() -> None:
    parts = OcelParts(
        part_of("events", [("e1", "a", "2026-01-01T00:00:00Z"), ("e2", "b", "2026-01-03T00:00:00Z")]),
        part_of("objects", [("o1", "order")]),
        part_of("e2o", [("e1", "o1", ""), ("e2", "o1", "")]),
        part_of("o2o", []),
        part_of("event_values", [("e1", "n", "many", None)]),
        part_of("object_values", [("o1", "m", None, "1", None), ("o1", "m", "2026-01-02T00:00:00Z", "2", None),
                                  ("o1", "m", "2026-01-04T00:00:00Z", "3", None)]),
        event_kinds=[("a", "n", "integer")],
        object_types=["order", "nobody"],
    )  # fmt: skip
    found = {f.check: f.examples for f in check_ocel(build_ocel(parts, Clock(Path("made"))).ocel) if f.count}

    assert found == {
        "changes outside the life of the object": ("o1 (order): m = '3' since 2026-01-04T00:00:00Z",),
        "values not of their declared type": ("e1 (a): n = 'many'",),
        "types without a member": ("nobody",),
    }


@given(ocels())
def test_objects_per_event_counts_distinct_objects(ocel: Ocel) -> None:
    expected = np.zeros((ocel.n_events, len(ocel.object_types)), dtype=int)
    for event, target in {(s, t) for s, t, _ in triples(ocel.e2o)}:
        if ocel.object_type[target] >= 0:
            expected[event, ocel.object_type[target]] += 1
    assert (ocel.objects_per_event() == expected).all()
