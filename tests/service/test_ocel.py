"""Object-centric logs through the use cases: import, look, check, flatten with lineage, export."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoshin.errors import Denied, InvalidInput
from hoshin.records.actor import Actor
from hoshin.service import log as logs
from hoshin.service import ocel
from hoshin.service._arguments import use_named
from hoshin.service._evidence import sealed, stale
from hoshin.service._workspace import Workspace
from tests.ocels import GOLDEN

EXAMPLE = GOLDEN / "pm4py_example_log.jsonocel"


def test_from_a_file_to_a_case_log_and_back_out(ws: Workspace, tmp_path: Path) -> None:
    done = ocel.import_(ws, EXAMPLE, name="shop")
    assert (done["events"], done["objects"], done["e2o"], done["set_aside"]) == (23, 15, 39, 0)
    assert "23 times without a zone" in done["assumed"][0]
    assert [line["ocel"] for line in ocel.list_(ws)] == ["shop"]

    shown = ocel.show(ws, "shop")
    assert [(t["object_type"], t["objects"], t["most_per_event"]) for t in shown["object_type"]] == [
        ("delivery", 3, 1), ("element", 9, 4), ("order", 3, 1)
    ]  # fmt: skip
    assert {c["check"] for c in ocel.check(ws, "shop") if c["found"]} == set()

    flat = ocel.flatten(ws, "shop", object_type="element")
    assert flat["events"] + flat["lost_events"] == 23
    assert flat["rows"] - flat["events"] == flat["repeated_by_convergence"] == 9
    traced = logs.lineage(ws, flat["log"], "i1")
    assert [(t["row"], t["file"].partition("@")[0]) for t in traced] == [(0, "events of shop"), (3, "events of shop")]

    out = ocel.export(ws, "shop", tmp_path / "out.json")
    assert out["left_out"] == []
    assert ocel.import_(ws, tmp_path / "out.json", name="shop")["version"] == done["version"]


def test_a_dry_run_stores_nothing_and_a_wrong_type_names_the_nearest(ws: Workspace) -> None:
    ocel.import_(ws, EXAMPLE, dry_run=True)
    assert ocel.list_(ws) == []
    ocel.import_(ws, EXAMPLE, name="shop")
    ocel.flatten(ws, "shop", object_type="order", dry_run=True)
    assert logs.list_(ws) == []
    with pytest.raises(InvalidInput, match="Did you mean 'order'"):
        ocel.flatten(ws, "shop", object_type="orders")


def test_who_is_bound_to_a_unit_sees_no_log_that_cannot_be_cut_to_it(ws: Workspace) -> None:
    ocel.import_(ws, EXAMPLE, name="shop")
    bound = ws.acting(Actor("ann", "ann", frozenset({"analyst"}), frozenset({"de"})))

    with pytest.raises(Denied, match="cannot be cut to the units"):
        ocel.show(bound, "shop")


def test_evidence_names_the_version_it_was_computed_on_and_computes_it_again(ws: Workspace) -> None:
    first = ocel.import_(ws, EXAMPLE, name="shop")
    body = sealed(ws, use_named("ocel.map"), {"ocel": "shop"}, {})
    assert body["logs"] == {"ocel/shop": first["version"]}
    second = ocel.import_(ws, GOLDEN / "pm4py_ocel20_example.xmlocel", name="shop")

    assert stale(ws, body) == [f"log ocel/shop is now {second['version']}, was {first['version']}"]
    assert sealed(ws, use_named("ocel.map"), {"ocel": "shop"}, body["logs"])["result"] == body["result"]
    assert sealed(ws, use_named("ocel.map"), {"ocel": "shop"}, {})["result"] != body["result"]
