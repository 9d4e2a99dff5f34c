"""What every file format must do, whatever its bytes look like: the same rows give the same log, in order, in UTC,
with nothing merged, doubled or dropped; what is missing is named; a killed import leaves nothing or all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hoshin.connect import csv
from hoshin.connect.files import extensions, read_file, write_file
from hoshin.errors import InvalidInput
from hoshin.log.build import Built
from hoshin.log.check import check_log
from hoshin.mine.dfg import discover_dfg
from hoshin.mine.summary import summarise
from hoshin.service import log as service
from hoshin.service._workspace import Workspace
from tests.conftest import shared
from tests.connect.test_excel import book

ROWS: list[dict[str, Any]] = [
    {"case_id": "NA", "activity": "b", "timestamp": datetime(2026, 3, 2, 11), "note": "late"},
    {"case_id": "NA", "activity": "a", "timestamp": datetime(2026, 3, 2, 9), "note": "0017"},
    {"case_id": "7", "activity": "a", "timestamp": datetime(2026, 3, 3, 9), "note": None},
    {"case_id": "7", "activity": "a", "timestamp": datetime(2026, 3, 3, 9), "note": None},
    {"case_id": None, "activity": "a", "timestamp": datetime(2026, 3, 3, 9), "note": "no case"},
    {"case_id": "1", "activity": "c", "timestamp": datetime(1948, 1, 1), "note": None},
    {"case_id": "7", "activity": "b", "timestamp": datetime(2026, 3, 29, 2, 30), "note": "skipped"},
]


def as_csv(frame: pl.DataFrame, path: Path) -> None:
    frame.with_columns(pl.col(pl.Datetime).dt.strftime("%d.%m.%Y %H:%M")).write_csv(path, separator=";")


def as_excel(frame: pl.DataFrame, path: Path) -> None:
    book(path, {"Sheet": [frame.columns, *(list(row) for row in frame.rows())]})


def as_parquet(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path)


def as_jsonl(frame: pl.DataFrame, path: Path) -> None:
    frame.with_columns(pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M")).write_ndjson(path)


TABLES: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    ".csv": as_csv,
    ".xlsx": as_excel,
    ".parquet": as_parquet,
    ".jsonl": as_jsonl,
}


@pytest.fixture(params=TABLES)
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Built]:
    """Write rows in a format and read them back."""

    def written(rows: list[dict[str, Any]] = ROWS, **options: Any) -> Built:
        path = tmp_path / f"log{request.param}"
        TABLES[request.param](pl.DataFrame(rows, infer_schema_length=None), path)
        return read_file(path, **options)

    return written


def test_every_format_takes_part() -> None:
    """XES has its own suites for what only it has (test_xes.py); here it takes part in the round trip."""
    assert set(extensions().values()) == {"csv", "excel", "jsonl", "parquet", "xes"}


def test_order_zone_duplicates_and_rows_set_aside(read: Callable[..., Built]) -> None:
    built = read(time_zone="Europe/Rome")
    log = built.log

    assert log.case_ids.to_list() == ["NA", "7", "1"], "NA is a case"
    assert log.traces() == [("a", "b"), ("a", "a"), ("c",)], "in order of time, the same event twice is two"
    assert log.source_row is not None
    assert log.source_row.tolist() == [1, 0, 2, 3, 5]
    assert log.to_frame()["timestamp"].dt.convert_time_zone("UTC").dt.to_string("%F %R").to_list() == [
        "2026-03-02 08:00", "2026-03-02 10:00", "2026-03-03 08:00", "2026-03-03 08:00", "1947-12-31 23:00",
    ]  # fmt: skip
    assert log.events["note"].to_list() == ["0017", "late", None, None, None], "0017 is a key"
    assert built.rejected.select("source_row", "reason").rows() == [
        (4, "no case id"), (6, "a time that its time zone skips"),
    ]  # fmt: skip
    assert log.n_events + built.rejected.height == len(ROWS)


def test_a_missing_column_is_named_with_the_nearest(read: Callable[..., Built]) -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'activity'") as caught:
        read(columns={"activity": "activty"})
    assert caught.value.code == "columns.unknown"
    with pytest.raises(InvalidInput, match="case id") as caught:
        read([{"note": "x", "timestamp": datetime(2026, 1, 1)}] * 2)
    assert caught.value.code == "columns.none"


@pytest.mark.parametrize("extension", [".csv", ".csv.gz", ".xlsx", ".parquet", ".xes.gz"])
def test_a_log_goes_out_and_comes_back(extension: str, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    as_csv(pl.DataFrame(ROWS), path)
    log = csv.read(path, columns={"case_id": "case_id", "activity": "activity", "timestamp": "timestamp"}).log
    lost = write_file(log, tmp_path / f"out{extension}")
    again = read_file(tmp_path / f"out{extension}").log

    assert lost == []
    assert again.traces() == log.traces()
    assert (again.t_ns == log.t_ns).all()
    assert again.case_ids.to_list() == log.case_ids.to_list()


@pytest.mark.parametrize("extension", [".csv", ".xlsx", ".parquet", ".xes"])
def test_an_import_that_is_killed_leaves_nothing_and_can_be_done_again(extension: str, ws: Workspace) -> None:
    path = ws.root / f"rows{extension}"
    as_csv(pl.DataFrame(ROWS[:4]), ws.root / "in.csv")
    write_file(read_file(ws.root / "in.csv").log, path)
    killer = (
        "import os, pathlib, signal, sys\n"
        "from hoshin.service import log\n"
        "from hoshin.service._workspace import open_workspace\n"
        "pathlib.Path.rename = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        "log.import_(open_workspace(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]))\n"
    )
    dead = subprocess.run([sys.executable, "-c", killer, str(ws.root), str(path)], env={**os.environ}, timeout=120)
    assert dead.returncode == -signal.SIGKILL
    assert ws.logs.names() == [], "a log appears only when it is whole"

    assert service.import_(ws, path)["events"] == 4
    assert ws.log("rows").n_events == 4


def test_traps_of_public_logs_in_every_format(read: Callable[..., Built]) -> None:
    """Cases of one event have no duration and no edge; a time of 1948 among those of 2026 is kept and flagged."""
    log = read(ROWS[:4] * 50 + ROWS[5:6], columns={c: c for c in ("case_id", "activity", "timestamp")}).log
    summary = summarise(log)

    assert summary.dfg_total == log.n_events - log.n_cases == 198
    assert discover_dfg(log).frequency.sum() == 198
    one = log.select_cases(pl.Series(log.case_ids == "1").to_numpy())
    assert summarise(one).cycle_time.max_s == 0.0
    assert check_log(log).rows(log, "implausible", 5)["case_id"].to_list() == ["1"]


@pytest.mark.parametrize("file", ["logs/PurchasingExample_Fluxicon.csv.gz"])
def test_a_public_log_has_the_same_counts_as_excel(file: str, tmp_path: Path) -> None:
    log = csv.read(shared(file)).log
    assert write_file(log, tmp_path / "log.xlsx") == []
    again = read_file(tmp_path / "log.xlsx").log

    assert summarise(again) == summarise(log)
