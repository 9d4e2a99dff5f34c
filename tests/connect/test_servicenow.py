"""ServiceNow: audit history, references, and exports (the public incident log among them)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from hoshin.connect._connector import make
from hoshin.connect._pull import pull
from hoshin.connect.servicenow import Connector, _frame
from hoshin.errors import InvalidInput, NotFound
from hoshin.service._arrivals import quarantine
from hoshin.service._workspace import Workspace
from tests.conftest import shared
from tests.connect.replay import Replay, serving
from tests.connect.sources import servicenow

EXPORT = """\
number,incident_state,active,sys_mod_count,sys_updated_by,sys_updated_at,made_sla,opened_at,resolved_at,closed_at,reassignment_count,reopen_count
INC1,New,true,0,Updated by 21,29/2/2016 01:23,true,29/2/2016 01:16,?,?,0,0
INC1,-100,true,1,?,1/3/2016 09:00,true,29/2/2016 01:16,?,?,1,0
INC1,Closed,false,2,Updated by 21,5/3/2016 12:00,false,29/2/2016 01:16,2/3/2016 10:00,5/3/2016 12:00,1,0
"""


def test_an_export_with_day_first_dates_and_question_marks(tmp_path: Path) -> None:
    path = tmp_path / "incident.csv"
    path.write_text(EXPORT, encoding="utf-8")
    (batch,) = Connector(path=str(path)).batches()
    frame = batch.frame

    assert frame["activity"].to_list() == ["New", "Unknown state (-100)", "Closed"]
    assert frame["timestamp"][1] == datetime(2016, 3, 1, 9, 0, tzinfo=UTC)
    assert frame["resource"].to_list() == ["Updated by 21", None, "Updated by 21"]
    assert frame["made_sla"].to_list() == [True, True, False]
    assert frame["closed_at"].null_count() == 2
    assert batch.unread == ()


def test_an_export_in_another_zone(tmp_path: Path) -> None:
    path = tmp_path / "incident.csv"
    path.write_text(EXPORT, encoding="utf-8")
    (batch,) = Connector(path=str(path), time_zone="America/Sao_Paulo").batches()

    assert batch.frame["timestamp"][0] == datetime(2016, 2, 29, 4, 23, tzinfo=UTC)


def test_a_list_export_as_excel(tmp_path: Path) -> None:
    path = tmp_path / "incident.xlsx"
    rows = {
        "Number": ["INC1", "INC2"],
        "Opened": ["2024-01-01 08:00:00", "2024-01-02 08:00:00"],
        "Opened by": ["Ann", "Bob"],
        "Resolved": ["2024-01-01 10:00:00", None],
        "Resolved by": ["Eve", None],
        "Closed": ["2024-01-05 10:00:00", "(empty)"],
        "Closed by": ["system", None],
    }
    pl.DataFrame(rows).write_excel(path)
    (batch,) = Connector(path=str(path), mapping="servicenow-list").batches()

    assert batch.frame.sort("case_id", "timestamp").select("case_id", "activity", "resource").rows() == [
        ("INC1", "Opened", "Ann"),
        ("INC1", "Resolved", "Eve"),
        ("INC1", "Closed", "system"),
        ("INC2", "Opened", "Bob"),
    ]


def test_the_public_incident_log(ws: Workspace) -> None:
    """UCI 498, CC BY 4.0: 24,918 incidents, 141,712 updates, 9 states."""
    path = shared("erp/uci_incident_event_log.zip")
    source = make("servicenow", {"path": str(path)})
    done = pull(source, "uci", store=ws.logs, quarantine=quarantine(ws), folder=ws.root / "pulls", kind="servicenow")
    log = ws.log("uci")

    assert (done.cases, done.events, done.held) == (24_918, 141_712, 0)
    assert len(log.activities) == 9
    assert "Unknown state (-100)" in log.activities
    assert len(set(log.traces())) == 2_080
    assert done.unread == ()


def test_audit_rows_come_in_pages_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSHIN_TEST_SECRET", "hunter2-hunter2")
    with servicenow(tmp_path) as made:
        list(make(made.kind, made.settings | {"page_rows": "3"}).batches())
        asked = [p["sysparm_offset"] for path, p in made.notes["server"].asked if path.endswith("sys_audit")]
        assert set(asked) > {"0", "3"}

        made.notes["server"].asked.clear()
        frames = [b.frame for b in make(made.kind, made.settings | {"audit_fields": ""}).batches()]
        assert set(pl.concat(frames, how="diagonal")["activity"]) == {"Opened"}
        assert not any(path.endswith("sys_audit") for path, _ in made.notes["server"].asked)


def test_a_reference_is_its_value_and_a_table_must_exist() -> None:
    assert _frame([{"a": {"link": "https://x", "value": "v"}, "b": 1}, {"a": ""}]).rows() == [("v", "1"), ("", None)]
    with serving(Replay(lambda *a: (404, {"error": {"message": "No Record found", "detail": ""}}))) as server:
        assert list(Connector(url=server.url).batches()) == []
    gone = Replay(lambda *a: (404, {"error": {"message": "no such", "detail": ""}}))
    with serving(gone) as server, pytest.raises(NotFound):
        list(Connector(url=server.url).batches())
    other = Replay(lambda *a: (200, {"records": []}))
    with serving(other) as server, pytest.raises(InvalidInput, match="without a result list"):
        list(Connector(url=server.url).batches())


def test_a_query_narrows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSHIN_TEST_SECRET", "hunter2-hunter2")
    with servicenow(tmp_path) as made:
        got = list(make(made.kind, made.settings | {"query": "number=INC0000004"}).batches())
        assert set(pl.concat([b.frame for b in got], how="diagonal")["case_id"]) == {"INC0000004"}
    with pytest.raises(InvalidInput, match="either url"):
        Connector()
