"""Public object-centric logs: what is in them, counted in the raw files, and why other tools count less.

The small ones ship with the tests; the others are read where they are present.
"""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from hoshin.connect._ocel_files import read_ocel
from hoshin.log.flatten import flatten
from hoshin.log.ocel_check import check_ocel
from tests.conftest import shared
from tests.ocels import GOLDEN, plain

# events, objects, objects only referred to, E2O, O2O, values that do not hold from the start
COUNTS = {
    "pm4py_ocel_order_simulated.csv.gz": (22_367, 11_484, 0, 38_685, 0, 0),
    "pm4py_recruiting-red.jsonocel.gz": (6_607, 1_051, 0, 6_877, 0, 0),
    # Published for both: without the objects that no event names, or the events and relations of those that are
    # not declared. See the two tests below.
    "ocpa_ocel2_running-example.sqlite.gz": (18_211, 10_031, 0, 35_857, 25_336, 120),
    "ocpa_ocel2_logistics.sqlite.gz": (8_727, 970, 2_540, 16_738, 3_960, 1_420),
    # The 716 are first values, known from a later moment on: no value ever changes.
    "QEL_Inventory_Management_extended.xml.gz": (3_622, 2_727, 0, 11_990, 861, 716),
    "pm4py_ocel20_example.jsonocel": (13, 9, 0, 20, 7, 3),
    "pm4py_ocel20_example.xmlocel": (13, 9, 0, 20, 7, 3),
    "pm4py_ocel20_example.sqlite.gz": (13, 9, 0, 20, 7, 3),
    "ocpa_ocel1_order_process.jsonocel.gz": (2_391, 796, 0, 4_381, 0, 0),
    "ocpa_ocel1_p2p-normal.jsonocel.gz": (720, 781, 0, 3_952, 0, 0),
    "pm4py_newocel.jsonocel": (20, 15, 0, 51, 0, 0),
    "pm4py_example_log.jsonocel": (23, 15, 0, 39, 0, 0),
    "pm4py_example_log.xmlocel": (23, 15, 0, 39, 0, 0),
    "pm4py_example_log.sqlite": (23, 15, 0, 39, 0, 0),
    "pm4py_example_log.csv": (23, 15, 0, 39, 0, 0),
    "pallet-logistics-v0.9.sqlite": (14, 11, 0, 29, 0, 0),
}


def found(name: str) -> Path:
    return GOLDEN / name if (GOLDEN / name).exists() else shared(f"ocel/{name}")


@pytest.mark.parametrize("name", COUNTS)
def test_every_public_log_is_read_whole(name: str) -> None:
    built = read_ocel(found(name))
    ocel = built.ocel

    assert built.rejected.height == 0
    counts = (ocel.n_events, ocel.n_objects, ocel.n_undeclared, len(ocel.e2o), len(ocel.o2o), ocel.n_changes)
    assert counts == COUNTS[name]


def test_one_event_in_three_encodings_is_one_moment_once_its_zone_is_said() -> None:
    """JSON has 14:00+00:00, XML (and SQLite) 15:00 without a zone: Central European Time, read wrongly as UTC."""
    xml = GOLDEN / "pm4py_ocel20_example.xmlocel"
    naive = read_ocel(xml)
    local = read_ocel(xml, time_zone="Europe/Berlin").ocel

    assert naive.notes == (
        "16 times without a zone, the first '2022-01-09T15:00:00', were read as UTC "
        "(say --time-zone if they are local times)",
    )
    assert str(naive.ocel.t_ns[:1].view("datetime64[ns]")[0]) == "2022-01-09T15:00:00.000000000"
    assert str(local.t_ns[:1].view("datetime64[ns]")[0]) == "2022-01-09T14:00:00.000000000"
    for name in ("pm4py_ocel20_example.jsonocel", "pm4py_ocel20_example.sqlite.gz"):
        other = read_ocel(found(name), time_zone="Europe/Berlin").ocel
        assert plain(other) == plain(local), "the same log, to the last value"


def test_initial_values_are_initial_in_any_zone() -> None:
    """'1970-01-01 01:00:00' is the Unix epoch on a clock in Central Europe, not a change at one o'clock."""
    built = read_ocel(GOLDEN / "pm4py_ocel20_example.xmlocel", time_zone="Asia/Tokyo")
    assert built.ocel.n_changes == 3


def test_logistics_names_handling_units_that_it_does_not_declare(tmp_path: Path) -> None:
    """Others report 6,187 events, 11,658 E2O, 1,420 O2O: they join on the table `object`, which lacks all 2,540
    handling units, and so lose the 2,540 'Collect Goods' events that concern nothing else."""
    path = unpacked("ocpa_ocel2_logistics.sqlite.gz", tmp_path)
    with sqlite3.connect(path) as held:
        known = "(select ocel_id from object)"
        dangling = held.execute(
            f"select count(*), count(distinct ocel_object_id) from event_object where ocel_object_id not in {known}"
        ).fetchone()
        links = held.execute(
            f"select count(*) from object_object where ocel_target_id not in {known}"
        ).fetchone()  # fmt: skip
    assert (dangling, links) == ((5_080, 2_540), (2_540,))
    ocel = read_ocel(path).ocel
    declared = np.zeros(ocel.n_events, dtype=bool)
    declared[ocel.e2o.source[ocel.object_type[ocel.e2o.target] >= 0]] = True
    lost = ocel.event_type[~declared]

    assert {ocel.event_types[a] for a in lost} == {"Collect Goods"}
    assert ocel.n_events - lost.size == 6_187
    assert len(ocel.e2o) - dangling[0] == 11_658
    assert len(ocel.o2o) - links[0] == 1_420
    checked = {f.check: f.count for f in check_ocel(ocel) if f.count}
    assert checked["undeclared objects"] == 2_540
    assert checked["O2O relations to undeclared objects"] == 2_540


def test_running_example_has_products_that_no_event_names() -> None:
    """Others report 10,011 objects, 17,666 O2O and no change: they leave out the 20 products, which are in no
    event, and with them 7,670 O2O relations (item to product) and all 120 price changes."""
    ocel = read_ocel(found("ocpa_ocel2_running-example.sqlite.gz")).ocel
    product = ocel.type_code("products")
    members = ocel.object_type == product

    assert int(members.sum()) == 20
    assert not members[ocel.e2o.target].any()
    assert int(members[ocel.o2o.target].sum()) == 7_670 == 25_336 - 17_666
    owners = ocel.object_values.filter(ocel.object_values["t_ns"] != 0)["object"].to_numpy()
    assert members[owners].sum() == owners.size == 120
    orphans = next(f for f in check_ocel(ocel) if f.check == "objects without events")
    assert orphans.count == 20


def test_pallets_have_no_times_of_values_and_a_foreign_table() -> None:
    """Object tables without ocel_time and ocel_changed_field; an O2O table with a REAL qualifier; app state."""
    built = read_ocel(GOLDEN / "pallet-logistics-v0.9.sqlite")
    ocel = built.ocel

    assert built.notes == ("tables that OCEL does not have were left out: ocean_app_state",)
    assert ocel.object_frame().filter(object_type="Vehicle")["consumption"].to_list() == [0.1, 0.125]
    assert ocel.event_frame()["distance"].drop_nulls().to_list() == [52.0, 20.0, 40.0, 118.0, 115.0]
    flat = flatten(ocel, "Order")
    assert (flat.events, flat.lost, flat.log.n_cases) == (6, 8, 2), "two orders received, four items got for them"


def unpacked(name: str, folder: Path) -> Path:
    path = folder / name.removesuffix(".gz")
    with gzip.open(found(name)) as packed, path.open("wb") as out:
        shutil.copyfileobj(packed, out)
    return path


def test_four_encodings_of_ocel_1_are_one_log() -> None:
    first = plain(read_ocel(GOLDEN / "pm4py_example_log.jsonocel").ocel)
    for extension in ("xmlocel", "sqlite", "csv"):
        other = plain(read_ocel(found(f"pm4py_example_log.{extension}")).ocel)
        for part in ("events", "objects", "e2o"):
            assert other[part] == first[part]
