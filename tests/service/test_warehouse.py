"""The warehouse on the command line: the answers of the stored log, from where the events lie."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hoshin.cli.app import run
from hoshin.errors import HoshinError
from hoshin.log.build import build_log
from hoshin.log.filter import filter_log
from hoshin.mine.variants import discover_variants
from hoshin.service import warehouse
from hoshin.service._use_case import load
from hoshin.service._workspace import Workspace
from tests.clean_log import clean_rows

pytest.importorskip("ibis")
duckdb = pytest.importorskip("duckdb")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
WHERE = 'follows("Check credit", "Ship", within 2d) and duration > 1d'


@pytest.fixture
def events(ws: Workspace) -> Path:
    path = ws.root / "events.parquet"
    clean_rows(60).write_parquet(path)
    ws.logs.write(build_log(clean_rows(60), case_columns=[]).log, "events")
    return path


def test_the_answers_are_those_of_the_stored_log(ws: Workspace, events: Path) -> None:
    kept = filter_log(ws.log("events"), WHERE).log
    counts = warehouse.counts(ws, str(events), where=WHERE)
    assert 0 < counts["n_cases"] < counts["of_n_cases"] == ws.log("events").n_cases
    assert (counts["n_cases"], counts["n_events"]) == (kept.n_cases, kept.n_events)

    found = discover_variants(kept)
    top = warehouse.variants(ws, str(events), where=WHERE, top=3)
    assert [v["cases"] for v in top] == [v.cases for v in found.top(3)]
    assert sum(p["n"] for p in warehouse.map(ws, str(events), where=WHERE, top=0)) == kept.n_events - kept.n_cases

    spent = warehouse.durations(ws, str(events), where=WHERE)
    assert spent["cases"] == kept.n_cases
    assert spent["cycle_time_mean_s"] == pytest.approx(kept.cycle_time_s().mean())
    assert spent["cycle_time_max_s"] == pytest.approx(kept.cycle_time_s().max())


def test_a_table_of_a_database_with_columns_of_its_own(
    ws: Workspace, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = ws.root / "shop.duckdb"
    engine = duckdb.connect(str(file))
    renamed = "SELECT * EXCLUDE (case_id, timestamp), case_id AS order_no, timestamp AS at"
    engine.execute(f"CREATE TABLE steps AS {renamed} FROM '{events}'")
    engine.execute("CREATE TABLE other (x INTEGER)")
    engine.close()
    columns = ["case_id=order_no", "timestamp=at"]
    wanted = warehouse.counts(ws, str(events))

    assert warehouse.counts(ws, str(file), table="steps", column=columns) == wanted
    monkeypatch.setenv("SHOP", f"duckdb://{file}")
    assert warehouse.counts(ws, "env:SHOP", table="steps", column=columns) == wanted
    for table, column, code in (
        ("", columns, "warehouse.table"),
        ("stps", columns, "warehouse.table"),
        ("steps", ["case_id=order_no"], "warehouse.column"),
        ("steps", ["case_id=order_no", "timestamp=activity"], "warehouse.timestamp"),
        ("steps", ["case=order_no"], "warehouse.role"),
    ):
        with pytest.raises(HoshinError) as caught:
            warehouse.counts(ws, str(file), table=table, column=column)
        assert caught.value.code == code
        assert caught.value.hint


def test_sources_that_are_none_and_passwords(ws: Workspace) -> None:
    for source, code in (
        ("nowhere.parquet", "warehouse.file"),
        ("oracle://host/db", "warehouse.source"),
        ("clickhouse://me:hunter2@127.0.0.1/db", "connect.url_secret"),
    ):
        with pytest.raises(HoshinError) as caught:
            warehouse.map(ws, source)
        assert caught.value.code == code
        assert "hunter2" not in str(caught.value)


def test_the_statement_alone(ws: Workspace) -> None:
    said = warehouse.sql(
        ws, "variants", dialect="snowflake", table="SALES.EVENTS", column=["case_id=ORDER_NO"], where="duration > 5d"
    )
    assert '"SALES"."EVENTS"' in said
    assert "ORDER_NO" in said


def test_the_command_line_prints_json_and_http_does_not_offer_it(
    ws: Workspace, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["warehouse", "map", str(events), "--json", "-w", str(ws.root)]) == 0
    assert json.loads(capsys.readouterr().out)[0].keys() == {"source", "target", "n"}
    assert load("warehouse", "map").local, "a server would read any file or address it is told"
