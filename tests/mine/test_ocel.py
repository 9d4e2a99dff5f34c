"""Object-centric directly-follows graph and times: a log computed by hand, and slow twins on any log."""

from __future__ import annotations

import pytest
from hypothesis import given

from hoshin.connect._ocel_files import read_ocel
from hoshin.errors import InvalidInput
from hoshin.log.flatten import flatten
from hoshin.log.ocel import Ocel
from hoshin.mine.dfg import discover_dfg
from hoshin.mine.ocdfg import OcPath, discover_ocdfg
from hoshin.mine.octimes import arrivals, measure_times
from tests import naive_ocel
from tests.conftest import shared
from tests.ocels import GOLDEN, made, ocels

# Minutes. One order of two items; each is picked, both are packed into one parcel, which is shipped; the order paid.
SHOP = made(
    [
        ("e1", "place", 0, ["o1", "i1", "i2"]),
        ("e2", "pick", 10, ["o1", "i1"]),
        ("e3", "pick", 20, ["o1", "i2"]),
        ("e4", "pack", 30, ["p1", "i1", "i2"]),
        ("e5", "ship", 45, ["p1", "i1", "i2"]),
        ("e6", "pay", 50, ["o1"]),
    ],
    {"o1": "order", "i1": "item", "i2": "item", "p1": "parcel"},
)


def test_the_graph_of_a_shop_by_hand() -> None:
    graph = discover_ocdfg(SHOP)

    assert {p for p in graph.paths if p.object_type == "item"} == {
        OcPath("item", "place", "pick", 2, 2, 2, 900.0, 900.0),
        OcPath("item", "pick", "pack", 2, 2, 2, 900.0, 900.0),
        OcPath("item", "pack", "ship", 2, 2, 1, 900.0, 900.0),
    }, "two items take the step from pack to ship in one pair of events"
    assert [(p.source, p.target, p.times, p.mean_s) for p in graph.paths if p.object_type == "order"] == [
        ("pick", "pay", 1, 1800.0), ("pick", "pick", 1, 600.0), ("place", "pick", 1, 600.0)
    ]  # fmt: skip
    nodes = {n.activity: n for n in graph.nodes}
    assert nodes["pick"].objects == {"item": 2, "order": 1}
    assert nodes["place"].starts == {"item": 2, "order": 1}
    assert nodes["ship"].ends == {"item": 2, "parcel": 1}
    assert nodes["pay"].ends == {"order": 1}


def test_the_times_of_a_shop_by_hand() -> None:
    """pack at 30: i1 came at 10, i2 at 20. pick at 20: the order came at 10, its item at 0."""
    times = measure_times(SHOP)
    activity = {t.activity: t for t in times.activities}
    kind = {(t.activity, t.object_type): t for t in times.types}

    pack = activity["pack"]
    assert (pack.flow.mean_s, pack.synchronisation.mean_s, pack.sojourn.mean_s) == (1200.0, 600.0, 600.0)
    assert kind["pack", "item"].pooling.mean_s == 600.0
    assert kind["pack", "item"].lagging is None, "the parcel begins here: nothing else arrives"
    pick = activity["pick"]
    assert (pick.measured, pick.flow.mean_s, pick.synchronisation.mean_s) == (2, 900.0, 300.0)
    order, item = kind["pick", "order"], kind["pick", "item"]
    assert order.lagging is not None
    assert item.lagging is not None
    assert (order.lagging.mean_s, order.last_share) == (300.0, 0.5), "one of two picks waits for the order"
    assert (item.lagging.mean_s, item.last_share) == (0.0, 0.0)
    assert "place" not in activity, "nothing was anywhere before"


@given(ocels())
def test_the_graph_is_that_of_its_slow_twin(ocel: Ocel) -> None:
    found = {
        (p.object_type, p.source, p.target): {
            "times": p.times, "objects": p.objects, "couples": p.couples, "median_s": p.median_s, "mean_s": p.mean_s
        }
        for p in discover_ocdfg(ocel).paths
    }  # fmt: skip
    expected = naive_ocel.directly_follows(ocel)

    assert found.keys() == expected.keys()
    for edge, numbers in expected.items():
        assert found[edge] == pytest.approx(numbers, rel=1e-9, abs=1e-6)


@given(ocels())
def test_a_flat_view_has_the_same_graph_as_its_type(ocel: Ocel) -> None:
    for object_type in ocel.object_types:
        flat = discover_dfg(flatten(ocel, object_type).log)
        paths = discover_ocdfg(ocel, (object_type,)).paths
        assert flat.edges() == {(p.source, p.target): p.times for p in paths}


@given(ocels())
def test_times_are_those_of_their_slow_twin(ocel: Ocel) -> None:
    per_activity, per_type = naive_ocel.opera(ocel)
    times = measure_times(ocel)

    assert {t.activity for t in times.activities} == per_activity.keys()
    for t in times.activities:
        rows = per_activity[t.activity]
        means = [sum(row[k] for row in rows) / len(rows) for k in range(3)]
        assert t.measured == len(rows)
        assert [t.flow.mean_s, t.synchronisation.mean_s, t.sojourn.mean_s] == pytest.approx(means, rel=1e-9, abs=1e-3)
        assert t.flow.mean_s == pytest.approx(t.synchronisation.mean_s + t.sojourn.mean_s, rel=1e-9, abs=1e-3)
    assert {(t.activity, t.object_type) for t in times.types} == per_type.keys()
    for k in times.types:
        found = per_type[k.activity, k.object_type]
        both = [(lag, last) for _, lag, last in found if lag is not None]
        assert k.pooling.mean_s == pytest.approx(sum(p for p, _, _ in found) / len(found), rel=1e-9, abs=1e-3)
        assert (k.lagging is None) == (not both)
        if k.lagging is not None:
            assert k.lagging.mean_s == pytest.approx(sum(lag for lag, _ in both) / len(both), rel=1e-9, abs=1e-3)
            assert k.last_share == pytest.approx(sum(last for _, last in both) / len(both))


def test_fewer_paths_keep_every_activity_connected_and_every_number() -> None:
    ocel = read_ocel(GOLDEN / "pm4py_example_log.jsonocel").ocel
    whole = {(p.object_type, p.source, p.target): p for p in discover_ocdfg(ocel).paths}
    few = discover_ocdfg(ocel, paths=0.0)

    assert 0 < len(few.paths) < len(whole)
    assert 0 < few.flow_share < 1
    assert all(whole[p.object_type, p.source, p.target] == p for p in few.paths)
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        discover_ocdfg(ocel, paths=1.5)
    with pytest.raises(InvalidInput, match="Did you mean 'order'"):
        discover_ocdfg(ocel, ("orders",))


def test_a_public_log_as_another_tool_counts_it() -> None:
    """Edges of the simulated order log: pairs of events, objects, both; as pm4py 2.7.23.11 has them."""
    graph = discover_ocdfg(read_ocel(shared("ocel/pm4py_ocel_order_simulated.csv.gz")).ocel)
    orders = {(p.source, p.target): (p.couples, p.objects, p.times) for p in graph.paths if p.object_type == "orders"}

    assert orders == {
        ("place order", "confirm order"): (2_000, 2_000, 2_000),
        ("confirm order", "pay order"): (1_586, 1_586, 1_586),
        ("confirm order", "payment reminder"): (414, 414, 414),
        ("payment reminder", "pay order"): (414, 414, 414),
        ("payment reminder", "payment reminder"): (100, 78, 100),
    }
    totals = {
        t: [sum(getattr(p, n) for p in graph.paths if p.object_type == t) for n in ("couples", "objects", "times")]
        for t in ("items", "packages")
    }
    assert totals == {"items": [19_646, 19_646, 19_646], "packages": [3_041, 2_998, 3_041]}


def test_waits_of_a_public_log_as_another_tool_measures_them() -> None:
    """r4pm 0.6.2: 15,314 events, synchronisation and sojourn in seconds. It reads only the customers and employees
    of this file, whose other ids are stored as numbers, so only these are compared."""
    ocel = read_ocel(shared("ocel/ocpa_ocel2_running-example.sqlite.gz")).ocel
    at = arrivals(ocel)
    two = [ocel.type_code(t) for t in ("customers", "employees")]
    first, last = at.first_of[two].min(axis=0), at.last_of[two].max(axis=0)
    known = last >= first
    seconds = [int((last - first)[known].sum() // 10**9), int((ocel.t_ns - last)[known].sum() // 10**9)]

    assert (int(known.sum()), seconds) == (15_314, [274_094_070, 341_053_710])
