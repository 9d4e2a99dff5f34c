"""Stored logs: what goes in comes out, versions are content, damage is seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from hoshin.connect import csv
from hoshin.errors import Corrupt, InvalidInput, NotFound
from hoshin.log.eventlog import EventLog
from hoshin.store.logs import LogStore
from tests.strategies import traces

TEXT = (
    "case_id,activity,timestamp,start_timestamp,resource,lifecycle,cost,colour,size\n"
    "2,b,2026-01-02 10:00:00,2026-01-02 09:00:00,ann,complete,1.5,red,7\n"
    "2,a,2026-01-02 09:00:00,,bob,complete,,red,8\nNA,a,2026-07-02 09:00:00,,,start,3,blue,\n"
)


@given(traces)
def test_any_log_comes_back(tmp_path_factory: pytest.TempPathFactory, traces: list[str]) -> None:
    store = LogStore(tmp_path_factory.mktemp("logs"))
    log = EventLog.from_traces(traces)
    stored = store.write(log, "l")

    assert store.read("l").traces() == log.traces()
    assert store.write(log, "l").version == stored.version
    assert store.versions("l") == [stored.version]


def test_every_column_comes_back(tmp_path: Path) -> None:
    source = tmp_path / "log.csv"
    source.write_text(TEXT)
    log = csv.read(source, time_zone="Europe/Rome", currency="EUR").log
    store = LogStore(tmp_path / "logs")
    store.write(log, "l")
    again = store.read("l")

    assert again.to_frame().equals(log.to_frame())
    assert again.case_frame().equals(log.case_frame())
    assert (again.currency, again.time_zone, again.name) == ("EUR", "Europe/Rome", "l")


def test_versions_are_kept_and_named(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    old = store.write(EventLog.from_traces(["ab"]), "l").version
    store.write(EventLog.from_traces(["abc"]), "l")

    assert store.read("l").n_events == 3
    assert store.read(f"l@{old}").n_events == 2
    with pytest.raises(NotFound, match="Unknown version"):
        store.read("l@0000")


def test_names_are_checked_and_near_ones_offered(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    store.write(EventLog.from_traces(["ab"]), "incidents")
    with pytest.raises(NotFound, match="Did you mean 'incidents'"):
        store.read("incident")
    with pytest.raises(InvalidInput, match="cannot name a log"):
        store.write(EventLog.from_traces(["ab"]), "../elsewhere")


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    store = LogStore(tmp_path)
    stored = store.write(EventLog.from_traces(["ab"]), "l")
    (tmp_path / "l" / stored.version / "events.arrow").write_bytes(b"ARROW1 not really")
    with pytest.raises(Corrupt) as caught:
        store.read("l")
    assert caught.value.hint
