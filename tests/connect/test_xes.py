"""Reading and writing XES."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from hoshin.connect import xes
from hoshin.errors import HoshinError, InvalidInput
from hoshin.log.build import Built
from hoshin.log.eventlog import EventLog
from tests.conftest import shared

FULL = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment, with <trace> in it -->
<log xes.version="1849-2016" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="trace"><string key="concept:name" value="?"/></global>
  <global scope="event"><date key="time:timestamp" value="1970-01-01T00:00:00Z"/></global>
  <classifier name="Activity" keys="concept:name lifecycle:transition"/>
  <string key="source" value="ERP &amp; more"><int key="batch" value="7"/></string>
  <trace>
    <string key="concept:name" value="NA"/>
    <float key="amount" value="12.5"/>
    <event>
      <string key="concept:name" value="pay"/>
      <date key="time:timestamp" value="2024-03-31T03:30:00.125+02:00"/>
      <string key="org:resource" value="Ann"/>
      <float key="cost:total" value="3.25"/>
      <string key="cost:currency" value="EUR"/>
      <boolean key="ok" value="true"/>
      <int key="n" value="9007199254740993"/>
      <id key="uid" value="f81d4fae-7dec-11d0-a765-00a0c91e6bf6"/>
      <string key="note" value="a&lt;b &#10; &quot;c&quot;"><date key="when" value="2024-01-01T00:00:00Z"/></string>
      <list key="items"><values><string key="item" value="x"/><int key="item" value="2"/></values></list>
    </event>
    <event>
      <string key="concept:name" value="order"/>
      <string key="lifecycle:transition" value="complete"/>
      <date key="time:timestamp" value="2024-03-31T01:30:00+00:00"/>
    </event>
  </trace>
  <trace><string key="concept:name" value="empty"/></trace>
</log>
"""


def small(events: str, *, head: str = "") -> str:
    return f"<log>{head}<trace><string key='concept:name' value='c'/>{events}</trace></log>"


def event(activity: str, time: str, more: str = "") -> str:
    return (
        f"<event><string key='concept:name' value='{activity}'/>"
        f"<date key='time:timestamp' value='{time}'/>{more}</event>"
    )


def read(tmp_path: Path, text: str | bytes, **options: str) -> Built:
    path = tmp_path / "log.xes"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return xes.read(path, **options)  # type: ignore[arg-type]


def test_every_part_of_a_log_is_read(tmp_path: Path) -> None:
    built = read(tmp_path, FULL)
    log = built.log

    assert built.rejected.is_empty()
    assert log.case_ids.to_list() == ["NA", "empty"]
    assert log.traces() == [("order", "pay"), ()], "sorted by instant, across offsets; the empty trace is kept"
    assert log.source_row is not None
    assert log.source_row.tolist() == [1, 0]
    row = log.to_frame().row(1, named=True)
    assert row["timestamp"].isoformat() == "2024-03-31T01:30:00.125000+00:00"
    assert (row["resource"], row["lifecycle"], row["cost"]) == ("Ann", None, 3.25)
    assert (row["ok"], row["n"], row["uid"][:4]) == (True, 9007199254740993, "f81d")
    assert row["note"] == 'a<b \n "c"'
    assert row["note#nested"] == '{"children": [{"type": "date", "key": "when", "value": "2024-01-01T00:00:00Z"}]}'
    assert '"values": [{"type": "string", "key": "item", "value": "x"}' in row["items"]
    assert log.cases.to_dict(as_series=False) == {"amount": [12.5, None]}
    assert log.currency == "EUR"
    header = log.header
    assert header["extensions"][0]["prefix"] == "concept"
    assert header["classifiers"] == [{"name": "Activity", "keys": "concept:name lifecycle:transition"}]
    assert header["globals"]["trace"] == [{"type": "string", "key": "concept:name", "value": "?"}]
    assert header["attributes"] == [
        {"type": "string", "key": "source", "value": "ERP & more",
         "children": [{"type": "int", "key": "batch", "value": "7"}]}
    ]  # fmt: skip
    assert header["offsets"] == {"+00:00": 1, "+02:00": 1}


@pytest.mark.parametrize("name", ["back.xes", "back.xes.gz"])
def test_writing_and_reading_again_gives_the_same_log(tmp_path: Path, name: str) -> None:
    log = read(tmp_path, FULL).log

    assert xes.write(log, tmp_path / name) == []
    again = xes.read(tmp_path / name).log

    same(log, again)
    kept = [{k: v for k, v in one.header.items() if k != "offsets"} for one in (log, again)]
    assert kept[0] == kept[1]


def same(a: EventLog, b: EventLog) -> None:
    assert a.to_frame().to_dict(as_series=False) == b.to_frame().to_dict(as_series=False)
    assert a.to_frame().schema == b.to_frame().schema
    assert a.case_frame().to_dict(as_series=False) == b.case_frame().to_dict(as_series=False)
    assert a.case_start.tolist() == b.case_start.tolist()
    assert a.currency == b.currency


def test_a_name_met_again_is_another_case(tmp_path: Path) -> None:
    names = ["1", "1", None, "1", "1#2", ""]
    labels = ["" if n is None else f"<string key='concept:name' value='{n}'/>" for n in names]
    traces = [f"<trace>{label}{event('a', '2024-01-01T00:00:00Z')}</trace>" for label in labels]
    log = read(tmp_path, f"<log>{''.join(traces)}</log>").log

    assert log.case_ids.to_list() == ["1", "1#3", "3", "1#4", "1#2", "6"]
    assert log.cases["concept:name"].to_list() == names
    assert log.n_cases == 6

    xes.write(log, tmp_path / "back.xes")
    same(log, xes.read(tmp_path / "back.xes").log)


def test_ties_keep_the_order_of_the_file(tmp_path: Path) -> None:
    text = small("".join(event(a, "2024-01-01T00:00:00Z") for a in "cab") + event("z", "2023-01-01T00:00:00Z"))

    assert read(tmp_path, text).log.traces() == [("z", "c", "a", "b")]


def test_an_event_without_activity_or_time_is_set_aside(tmp_path: Path) -> None:
    text = small(
        "<event><string key='concept:name' value='a'/></event>"
        + event("b", "soon")
        + "<event><date key='time:timestamp' value='2024-01-01T00:00:00Z'/></event>"
        + event("c", "2024-01-01T00:00:00Z")
    )
    built = read(tmp_path, text)

    assert built.log.traces() == [("c",)]
    assert built.log.source_row is not None
    assert built.log.source_row.tolist() == [3]
    assert built.rejected.rows() == [
        (0, "no timestamp, or one that its time zone skips", "c", "a", None),
        (1, "a timestamp that is no valid date", "c", "b", "soon"),
        (2, "no activity", "c", None, "2024-01-01T00:00:00.000000000Z"),
    ]


def test_a_log_without_any_time_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    text = small("".join(f"<event><string key='concept:name' value='{a}'/></event>" for a in "cab"))
    built = read(tmp_path, text)

    assert built.log.traces() == [("c", "a", "b")]
    assert built.rejected.is_empty()
    assert "no event has a time" in built.log.header["notes"][0]
    xes.write(built.log, tmp_path / "back.xes")
    assert "time:timestamp" not in (tmp_path / "back.xes").read_text()
    same(built.log, xes.read(tmp_path / "back.xes").log)


def test_a_key_of_several_types_keeps_every_value(tmp_path: Path) -> None:
    values = ["<int key='k' value='1'/>", "<int key='k' value='2'/>", "<string key='k' value='two'/>",
              "<int key='k' value='1e3'/>", "<float key='f' value='1.5'/>", "<float key='f' value='n/a'/>",
              "<float key='f' value='INF'/>", "<date key='d' value='9999-12-31T00:00:00Z'/>"]  # fmt: skip
    text = small("".join(event("a", f"2024-01-0{i + 1}T00:00:00Z", v) for i, v in enumerate(values)))
    log = read(tmp_path, text).log

    assert log.events["k"].to_list()[:4] == [1, 2, None, None]
    assert log.events["k#string"][2] == "two"
    assert log.events["k#text"][3] == "1e3"
    assert log.events["f"].to_list()[4:7] == [1.5, None, float("inf")]
    assert log.events["f#text"][5] == "n/a"
    assert log.events["d"][7] == "9999-12-31T00:00:00Z", "outside the years a nanosecond clock can tell"
    assert sum("no valid" in note for note in log.header["notes"]) == 3
    xes.write(log, tmp_path / "back.xes")
    same(log, xes.read(tmp_path / "back.xes").log)


def test_times_without_a_zone_follow_the_stated_policy(tmp_path: Path) -> None:
    bare = small(event("a", "2024-07-01T12:00:00") + event("b", "2024-07-01 13:00"))
    mixed = small(event("a", "2024-07-01T12:00:00") + event("b", "2024-07-01T12:00:00Z"))

    assert read(tmp_path, bare).log.to_frame()["timestamp"][0].hour == 12
    assert read(tmp_path, bare).log.header["notes"] == ["2 times without a zone were read as UTC"]
    berlin = read(tmp_path, bare, time_zone="Europe/Berlin").log
    assert berlin.t_ns[0] == read(tmp_path, bare).log.t_ns[0] - 2 * 3_600_000_000_000
    with pytest.raises(InvalidInput, match=r"first: event 1, time:timestamp = 2024-07-01T12.*--time-zone") as raised:
        read(tmp_path, mixed)
    assert raised.value.code == "xes.mixed_zones"
    assert read(tmp_path, mixed, time_zone="Europe/Berlin").log.traces() == [("a", "b")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1", "windows-1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    declared = encoding if encoding in ("iso-8859-1", "windows-1252") else "UTF-16" if "16" in encoding else "UTF-8"
    text = f'<?xml version="1.0" encoding="{declared}"?>\n' + small(event("Prüfung", "2024-01-01T00:00:00Z"))

    assert read(tmp_path, text.encode(encoding)).log.traces() == [("Prüfung",)]


ENTITIES = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij"))
BOMB = f'<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaaaaaa">{ENTITIES}]><log><string key="x" value="&j;"/></log>'
FETCH = b'<?xml version="1.0"?>\n<!DOCTYPE log SYSTEM "http://127.0.0.1:9/x.dtd"><log/>'
ONE = small(event("a", "2024-01-01T00:00:00Z"))
MALFORMED = {
    "empty": (b"", "file.empty", "0 bytes"),
    "blank": (b"  \n\n ", "file.format", "no XML element"),
    "binary": (bytes(range(256)) * 40, "file.format", "XML was expected"),
    "zip": (b"PK\x03\x04" + bytes(100), "file.format", "unpack it first"),
    "json": (b'{"ocel:events": {}}', "file.format", "line 1"),
    "truncated gz": (gzip.compress(ONE.encode())[:-20], "file.truncated", "ends at byte"),
    "damaged gz": (gzip.compress(b"x")[:10] + b"\xff" * 60, "file.damaged", "invalid near byte"),
    "gz of nothing": (gzip.compress(b""), "file.empty", "unpacks to nothing"),
    "truncated xml": (ONE[:-20].encode(), "xml.malformed", "line 1"),
    "crossed tags": (b"<log>\n<trace>\n<event></trace></event></log>", "xml.malformed", "line 3"),
    "unquoted": (b"<log>\n<trace><string key=a value='b'/></trace></log>", "xml.malformed", "line 2"),
    "two roots": (ONE.encode() * 2, "xml.malformed", "line 1"),
    "not utf-8": (ONE.encode().replace(b"'a'", b"'\xff'"), "xml.malformed", "line 1"),
    "bad reference": (ONE.replace("'a'", "'&nosuch;'").encode(), "xml.malformed", "nosuch"),
    "control character": (ONE.replace("'a'", "'\x01'").encode(), "xml.malformed", "line 1"),
    "unknown encoding": (b'<?xml version="1.0" encoding="klingon"?>' + ONE.encode(), "file.encoding", "klingon"),
    "wrong encoding": (b'<?xml version="1.0" encoding="utf-7"?><log a="+AAAAA"/>', "file.encoding", "utf-7"),
    "codec that is no encoding": (b'<?xml version="1.0" encoding="zlib"?><log/>', "file.encoding", "zlib"),
    "billion laughs": (BOMB.encode(), "xml.dtd", "line 1"),
    "external entity": (FETCH, "xml.dtd", "line 2"),
    "file entity": (b'<!-- --><!DOCTYPE l [<!ENTITY f SYSTEM "file:///f">]><log>&f;</log>', "xml.dtd", "refused"),
    "utf-16 bomb": (BOMB.encode("utf-16"), "xml.dtd", "line 1"),
    "other root": (b"<html>\n<body/></html>", "xes.structure", "root is <html>"),
    "event without trace": (b"<log>\n" + event("a", "2024-01-01").encode() + b"</log>", "xes.structure", "line 2"),
    "trace in trace": (b"<log><trace>\n<trace/></trace></log>", "xes.structure", "line 2"),
    "deep nesting": (small(event("a", "2024-01-01", "<string key='k' value='v'>" * 400 + "</string>" * 400)).encode(),
                     "xml.malformed", "line 1"),
    "huge value": (small(event("a" * 11_000_000, "2024-01-01")).encode(), "xml.malformed", "line 1"),
    "endless comment": (b"<!--" + b"x" * 100_000, "file.format", "no XML element"),
}  # fmt: skip


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_files_name_the_place_and_the_remedy(tmp_path: Path, what: str) -> None:
    content, code, says = MALFORMED[what]

    with pytest.raises(HoshinError) as raised:
        read(tmp_path, content)

    assert raised.value.code == code
    assert says in raised.value.message
    assert "log.xes" in raised.value.message
    assert raised.value.hint


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no file .*none\.xes"):
        xes.read(tmp_path / "none.xes")


def test_a_whole_log_on_one_line_of_ten_megabytes_is_fine(tmp_path: Path) -> None:
    one = event("activity", "2024-01-01T00:00:00Z", "<string key='note' value='" + "x" * 400 + "'/>")

    assert read(tmp_path, small(one * 20_000)).log.n_events == 20_000


def test_gzip_of_several_members_and_padding(tmp_path: Path) -> None:
    data = ONE.encode()
    built = read(tmp_path, gzip.compress(data[:50]) + gzip.compress(data[50:]) + bytes(600))

    assert built.log.traces() == [("a",)]


def test_odd_but_harmless_parts_are_noted(tmp_path: Path) -> None:
    text = small(event("a", "2024-01-01T00:00:00Z", "<string key='x' value='1'/><string key='x' value='2'/><wat/>"
                       "<string value='keyless'/><string key='e'/>"), head="<foo/>")  # fmt: skip
    log = read(tmp_path, text).log

    assert log.events.to_dict(as_series=False) == {"x": ["1"], "e": [""]}
    assert len(log.header["notes"]) == 5


def test_what_xes_cannot_hold_is_said(tmp_path: Path) -> None:
    log = EventLog.from_traces(["ab"], name="made")
    log = replace(log, events=pl.DataFrame({"s": [[1], [2]], "c": ["\x01", "\t<"], "d": [date(2024, 1, 1), None]}))

    notes = xes.write(log, tmp_path / "x.xes")
    again = xes.read(tmp_path / "x.xes").log

    assert ["JSON" in notes[0], "control" in notes[1]] == [True, True]
    assert again.events["c"].to_list() == ["\ufffd", "\t<"]
    assert again.events["s"].to_list() == ["[1]", "[2]"]
    assert again.traces() == log.traces()
    assert again.header["attributes"] == [{"type": "string", "key": "concept:name", "value": "made"}]


def test_case_na_and_duplicate_names_in_real_logs() -> None:
    sepsis = xes.read(shared("logs/Sepsis_4tu.xes.gz")).log
    bose = xes.read(shared("drift/bose_log.xes.gz")).log

    assert dict(zip(sepsis.case_ids, sepsis.events_per_case()))["NA"] == 24
    assert (bose.n_cases, bose.case_ids.n_unique(), bose.cases["concept:name"].n_unique()) == (6000, 6000, 1200)
