"""Damaged, foreign and hostile object-centric files: the error names file, element or table, row and value."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from hoshin.connect._ocel_files import formats, read_ocel, write_ocel
from hoshin.errors import Conflict, InvalidInput, NotFound
from hoshin.log.ocel_build import OcelBuilt
from tests.conftest import shared
from tests.ocels import GOLDEN, made, plain

EVENT = {"id": "e1", "type": "a", "time": "2026-01-01T00:00:00Z", "relationships": [{"objectId": "o1"}]}
OBJECT = {"id": "o1", "type": "order"}
BAD = {
    "a.json": ('{"events": [', "is no JSON object"),
    "b.json": ('{"traceEvents": []}', r"its keys are 'traceEvents'"),
    "c.json": ('{"events": [{"id": "e1", "type": ["a"]}], "objects": []}', r"c.json: events\[0\] .*\['a'\]"),
    "d.json": ('{"ocel:events": {"e1": {"ocel:omap": "o1"}}, "ocel:objects": {}}', r"ocel:events\['e1'\]"),
    "e.json": ('{"events": 7, "objects": []}', "'events' is not as OCEL has it"),
    "f.xml": ("<log><events><event id='1'></log>", "not well-formed XML: .*line 1"),
    "g.xml": ("<pnml><net/></pnml>", "it is <pnml>, and in it <net>"),
    "h.xml": ("<log><trace/></log>", "it is <log>, and in it <trace>"),
    "i.xml": ("<!DOCTYPE log [<!ENTITY a 'b'>]><log>&a;</log>", "document type declaration"),
    "j.sqlite": ("not a database at all", "is no SQLite database: it starts with b'not a database a'"),
    "k.csv": ("case,activity\n1,a\n", "'ocel:eid'"),
    "l.csv": ("ocel:eid,ocel:activity,ocel:timestamp\n1,a,2026-01-01\n", "names no objects"),
    "m.csv": ("ocel:eid,ocel:activity,ocel:timestamp,ocel:type:x\n1,a,2026-01-01,o1\n",
              "row 1 of data, column 'ocel:type:x': 'o1' is no list"),
    "n.json": ("", "is empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_such_log_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    text, message = BAD[name]
    path = tmp_path / name
    path.write_text(text)

    with pytest.raises(InvalidInput, match=message) as caught:
        read_ocel(path)
    assert name in str(caught.value)


@pytest.mark.parametrize("file", sorted(GOLDEN.iterdir()), ids=lambda f: f.name)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_cut_short_is_never_read_as_a_shorter_log(file: Path, share: float, tmp_path: Path) -> None:
    whole = file.read_bytes()
    for path, content in (
        (tmp_path / file.name, whole[: int(len(whole) * share)]),
        (tmp_path / f"{file.name}.gz", gzip.compress(whole)[: int(len(gzip.compress(whole)) * share)]),
    ):
        path.write_bytes(content)
        with pytest.raises(InvalidInput):
            read_ocel(path)


def database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as held:
        for statement in statements:
            held.execute(statement)
        held.commit()
    return path


OCEL_TABLES = (
    "create table event (ocel_id text, ocel_type text)",
    "create table object (ocel_id text, ocel_type text)",
    "create table event_object (ocel_event_id text, ocel_object_id text, ocel_qualifier text)",
    "create table event_map_type (ocel_type text, ocel_type_map text)",
    "create table object_map_type (ocel_type text, ocel_type_map text)",
    "insert into event values ('e1', 'a')",
    "insert into event_map_type values ('a', 'A')",
)


def test_tables_and_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="but persons"):
        read_ocel(database(tmp_path / "a.sqlite", "create table persons (id text)"))
    with pytest.raises(InvalidInput, match="table 'event_A' has no column 'ocel_time', but 'ocel_id'"):
        read_ocel(database(tmp_path / "b.sqlite", *OCEL_TABLES, "create table event_A (ocel_id text)"))
    with pytest.raises(NotFound, match="no file"):
        read_ocel(tmp_path / "c.sqlite")
    with pytest.raises(InvalidInput, match="no extension of an object-centric log"):
        read_ocel(tmp_path / "c.docx")


def test_rows_that_belong_nowhere_are_set_aside(tmp_path: Path) -> None:
    """An event that only its type table has, one without a time, an object that only its type table has, a change
    to nothing, ids stored as numbers."""
    path = database(
        tmp_path / "a.sqlite",
        *OCEL_TABLES,
        "create table event_A (ocel_id text, ocel_time text)",
        "insert into event_A values ('e1', '2026-01-01 10:00:00'), ('e7', '2026-01-01 10:00:00')",
        "insert into event values ('e2', 'a'), (NULL, 'a')",
        "insert into object values (1, 'order')",
        "insert into object_map_type values ('order', 'Order')",
        "create table object_Order (ocel_id integer, ocel_time text, ocel_changed_field text, price real)",
        "insert into object_Order values (1, '1970-01-01 01:00:00', null, 3), (9, '1970-01-01 01:00:00', null, 4)",
        "insert into object_Order values (1, '2026-01-02 00:00:00', 'price', null)",
        "insert into event_object values ('e1', 1, 2.5), ('e3', 1, null)",
    )
    built = read_ocel(path)

    assert reasons(built) == [
        ("event", "no id"),
        ("event", "no type"),
        ("event", "no time that can be read"),
        ("object", "no type"),
        ("e2o", "no event with this id"),
        ("object value", "no object with this id is declared"),
    ]
    assert (built.ocel.n_events, built.ocel.n_objects, built.ocel.qualifiers) == (1, 1, ("2.5",))
    assert "1 changes of an attribute to nothing were left out" in built.notes
    assert built.ocel.object_values["value"].to_list() == ["3.0"]


def reasons(built: OcelBuilt) -> list[tuple[Any, ...]]:
    return built.rejected.select("part", "reason").rows()


def test_a_mix_of_times_with_and_without_zone_is_refused_until_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    local = {**EVENT, "id": "e2", "time": "2026-07-01T10:00:00"}
    path.write_text(json.dumps({"events": [EVENT, local], "objects": [OBJECT]}))

    with pytest.raises(InvalidInput, match="1 times with a zone and 1 without, the first '2026-07-01T10:00:00'"):
        read_ocel(path)
    built = read_ocel(path, time_zone="Europe/Rome")
    assert built.ocel.event_frame()["timestamp"].dt.convert_time_zone("UTC").dt.hour().to_list() == [0, 8]
    with pytest.raises(InvalidInput, match="no time zone"):
        read_ocel(path, time_zone="Mars/Olympus")


def test_a_wall_clock_time_that_the_zone_skips_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"events": [{**EVENT, "time": "2026-03-29T02:30:00"}], "objects": [OBJECT]}))
    built = read_ocel(path, time_zone="Europe/Rome")

    assert reasons(built)[0] == ("event", "no time that can be read")
    assert "1 of them do not exist there" in built.notes[0]


def test_ocel_1_without_globals_and_with_its_version_as_a_list(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonocel"
    event = {"ocel:activity": "a", "ocel:timestamp": "2026-01-01T00:00:00Z", "ocel:omap": ["o1", "o1"], "ocel:vmap": {}}
    log = {"ocel:version": ["1.0"], "ocel:object-types": ["order", "nobody"]}
    objects = {"o1": {"ocel:type": "order", "ocel:ovmap": {"size": 3, "tags": ["x"]}}}
    path.write_text(json.dumps({"ocel:global-log": log, "ocel:events": {"e1": event}, "ocel:objects": objects}))
    built = read_ocel(path)

    assert (built.ocel.n_events, len(built.ocel.e2o), built.rejected.height) == (1, 1, 0)
    assert built.ocel.object_types == ("nobody", "order")
    assert built.ocel.object_frame().select("size", "tags").rows() == [(3, '["x"]')]


def test_what_a_format_cannot_hold_is_said_or_refused(tmp_path: Path) -> None:
    ocel = made([("e1", "a\x01", 0, ["o1", "gone"])], {"o1": "order"}, [("gone", "o1", "")])

    assert write_ocel(ocel, tmp_path / "a.xml") == [
        "1 O2O relations whose source is not declared are left out",
        "2 characters that XML cannot hold were replaced by \ufffd",
    ]
    assert write_ocel(ocel, tmp_path / "a.json") == ["1 O2O relations whose source is not declared are left out"]
    assert write_ocel(ocel, tmp_path / "a.sqlite") == []
    assert len(read_ocel(tmp_path / "a.sqlite").ocel.o2o) == 1
    assert "OCEL 1.0 has no place for 1 O2O relations" in write_ocel(ocel, tmp_path / "1.json", standard="1.0")
    with pytest.raises(InvalidInput, match=r"does not write a\.csv as OCEL 2\.0"):
        write_ocel(ocel, tmp_path / "a.csv")
    with pytest.raises(Conflict, match="exists"):
        write_ocel(ocel, tmp_path / "a.json")
    twice = tmp_path / "twice.json"
    kinds = [{"name": "order", "attributes": [{"name": "Size", "type": "float"}, {"name": "size", "type": "float"}]}]
    twice.write_text(json.dumps({"events": [EVENT], "objects": [OBJECT], "objectTypes": kinds}))
    with pytest.raises(InvalidInput, match="attribute 'size', which SQLite cannot tell from its column 'Size'"):
        write_ocel(read_ocel(twice).ocel, tmp_path / "twice.sqlite")
    assert not (tmp_path / "twice.sqlite").exists()


def test_every_format_says_what_it_reads_and_writes() -> None:
    assert {n: formats.take(n).WRITES for n in formats.names()} == {
        "csv": ("1.0",), "json": ("2.0", "1.0"), "sqlite": ("2.0",), "xml": ("2.0", "1.0")
    }  # fmt: skip


def test_two_events_with_one_id_in_ocel_1_are_both_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonocel"
    one = '"ocel:timestamp": "2026-01-01T00:00:00Z", "ocel:omap": [], "ocel:vmap": {"n": [1, {"m": 2}]}'
    members = f'"e1": {{"ocel:activity": "a", {one}}}, "e1": {{"ocel:activity": "b", {one}}}'
    path.write_text(f'{{"ocel:events": {{{members}}}, "ocel:objects": {{}}}}')
    built = read_ocel(path)

    assert built.ocel.event_types == ("a",)
    assert reasons(built)[0] == ("event", "an event with this id came before")


def test_text_that_looks_like_a_local_time_is_no_time(tmp_path: Path) -> None:
    """Only times count as such: a text attribute next to a declared time must not make the zones of a file mixed."""
    path = tmp_path / "a.json"
    kinds = [{"name": "a", "attributes": [{"name": "note", "type": "string"}, {"name": "due", "type": "time"}]}]
    values = [{"name": "note", "value": "2026-01-01T10:00:00"}, {"name": "due", "value": "2026-01-02T10:00:00+02:00"}]
    path.write_text(json.dumps({"events": [{**EVENT, "attributes": values}], "objects": [OBJECT], "eventTypes": kinds}))
    built = read_ocel(path)

    assert built.notes == ()
    assert built.ocel.event_values["value"].to_list() == ["2026-01-02T08:00:00Z", "2026-01-01T10:00:00"]


@pytest.mark.parametrize("relation", ["object", "relobj"])
def test_relations_of_older_xml_are_read_alike(relation: str, tmp_path: Path) -> None:
    """The first schema calls a relation <object>, nested in the <objects> of an event or of another object."""
    text = (GOLDEN / "pm4py_ocel20_example.xmlocel").read_text()
    path = tmp_path / "pm4py_ocel20_example.xmlocel"
    path.write_text(text.replace("<relationship ", f"<{relation} "))

    assert plain(read_ocel(path).ocel) == plain(read_ocel(GOLDEN / path.name).ocel)


def test_written_xml_keeps_to_the_published_schema(tmp_path: Path) -> None:
    """But for the name of a relation, which is <relationship> in all newer files."""
    schema = etree.XMLSchema(etree.parse(str(shared("ocel/pm4py_ocel2-validation.xsd"))))
    path = tmp_path / "a.xml"
    write_ocel(read_ocel(GOLDEN / "pm4py_ocel20_example.xmlocel").ocel, path)
    path.write_text(path.read_text().replace("<relationship ", "<object type='' "))
    schema.validate(etree.parse(str(path)))

    assert list(schema.error_log) == []
