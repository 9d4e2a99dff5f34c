"""SAP documents as objects: every event of the case logs once, with all the items and documents it concerns."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Literal

import polars as pl
import pytest

from hoshin.connect._clock import Clock
from hoshin.connect.sap import Connector
from hoshin.errors import InvalidInput
from hoshin.log.flatten import flatten
from hoshin.log.ocel import Ocel
from hoshin.log.ocel_build import build_ocel
from hoshin.log.ocel_check import check_ocel
from hoshin.service import ocel as use
from hoshin.service._workspace import Workspace
from tests import sap_tables as sap
from tests.ocels import plain

Process = Literal["p2p", "o2c"]
NOUN = {"p2p": "purchase order", "o2c": "sales order"}


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sap")
    sap.write_raw(sap.sales(sap.purchases(sap.System(), 40), 30), folder)
    return folder


def connector(folder: Path, process: Process) -> Connector:
    return Connector(process=process, path=str(folder), time_zone=sap.ZONE, documents=7)


def built(folder: Path, process: Process) -> Ocel:
    done = build_ocel(connector(folder, process).objects(), Clock(Path("sap")))
    assert done.rejected.height == 0
    return done.ocel


@pytest.mark.parametrize("process", ["p2p", "o2c"])
def test_flattened_on_items_it_is_the_case_log(process: Process, extract: Path) -> None:
    """Every (item, activity, time) of the case log is in the flat view of the items, and nothing else."""
    ocel = built(extract, process)
    rows = pl.concat([b.frame for b in connector(extract, process).batches()], how="diagonal_relaxed")
    flat = flatten(ocel, f"{NOUN[process]} item").log.to_frame()

    def told(frame: pl.DataFrame) -> list[tuple[object, ...]]:
        times = frame["timestamp"].dt.convert_time_zone("UTC").dt.cast_time_unit("us").to_list()
        return sorted(zip(frame["case_id"], frame["activity"], times))

    assert told(flat) == told(rows)
    assert ocel.n_events < rows.height, "what a case log repeats is one event here"
    assert {c.check for c in check_ocel(ocel) if c.count} <= {"events of an object at the same moment"}


@pytest.mark.parametrize("process", ["p2p", "o2c"])
def test_every_document_follows_its_item_and_every_item_its_order(process: Process, extract: Path) -> None:
    facts = plain(built(extract, process))
    noun = NOUN[process]
    targets = defaultdict(set)
    for source, target, qualifier in facts["o2o"]:
        targets[qualifier].add((source, target))
        assert facts["objects"][source] == (noun if qualifier == "has item" else f"{noun} item")
    items = {o for o, t in facts["objects"].items() if t == f"{noun} item"}
    documents = {o for o, t in facts["objects"].items() if t not in (noun, f"{noun} item")}

    assert {t for _, t in targets["has item"]} == items
    assert all(item.startswith(order) for order, item in targets["has item"])
    assert {t for _, t in targets["is followed by"]} == documents


def test_a_release_is_one_event_of_all_its_items_and_an_invoice_has_both_its_events(extract: Path) -> None:
    ocel = built(extract, "p2p")
    facts = plain(ocel)
    related = defaultdict(set)
    for event, target, _ in facts["e2o"]:
        related[event].add(facts["objects"][target])
    counts = ocel.objects_per_event()[:, ocel.type_code("purchase order item")]
    released = ocel.event_type == ocel.event_types.index("Release purchase order")

    assert released.sum() == 20, "every second of 40 orders"
    assert set(counts[released].tolist()) == {1, 2, 3}
    traces = flatten(ocel, "invoice").log.traces()
    assert ("Vendor issues invoice", "Record invoice receipt") in traces
    assert {len(t) for t in traces} == {1, 2}, "cancellations are documents of their own"


def test_the_command_stores_it_and_refuses_connectors_without_documents(ws: Workspace, extract: Path) -> None:
    done = use.pull(ws, "sap", "buy", set_=["process=p2p", f"path={extract}", f"time_zone={sap.ZONE}"])
    assert (done["set_aside"], use.list_(ws)[0]["ocel"]) == (0, "buy")
    assert use.flatten(ws, "buy", object_type="invoice")["cases"] == 72
    again = use.from_log(ws, "buy-invoice", object_type="invoice")
    assert (again["events"], again["objects"]) == (136, 72)
    with pytest.raises(InvalidInput, match="knows cases, not documents"):
        use.pull(ws, "jsonl", "x", set_=["path=x.jsonl", "mapping=m.toml"])
