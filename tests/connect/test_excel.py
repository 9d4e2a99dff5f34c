"""Excel logs: sheets, headers, dates, what a cell cannot hold, and the round trip."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from hoshin.connect import csv, excel
from hoshin.connect.files import read_file, write_file
from hoshin.errors import HoshinError, InvalidInput
from hoshin.log.eventlog import EventLog

HEADER = ["case_id", "activity", "timestamp"]
ROWS: list[list[Any]] = [
    [1001, "a", datetime(2026, 1, 2, 10)],
    [1001, "b", datetime(2026, 1, 2, 11, 0, 0, 250_000)],
    ["NA", "a", datetime(2026, 1, 3, 9)],
]


def book(path: Path, sheets: dict[str, list[list[Any]]], *, number_format: str = "dd.mm.yyyy hh:mm") -> Path:
    """A workbook with these sheets; dates get `number_format`."""
    with xlsxwriter.Workbook(str(path)) as made:
        dated = made.add_format({"num_format": number_format})
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, (datetime, date)):
                        page.write_datetime(r, c, value, dated)
                    elif value is not None:
                        page.write(r, c, value)
    return path


def test_numbers_texts_and_dates_of_cells(tmp_path: Path) -> None:
    rows = [[*ROWS[0], "007", 1.5, True], [*ROWS[1], "012", 2, False], [*ROWS[2], "003", None, None]]
    built = excel.read(book(tmp_path / "log.xlsx", {"Log": [[*HEADER, "key", "amount", "urgent"], *rows]}))

    assert built.log.case_ids.to_list() == ["1001", "NA"], "1001 is no 1001.0, and NA is a case"
    assert built.log.to_frame()["timestamp"].dt.replace_time_zone(None).to_list() == [r[2] for r in ROWS]
    assert built.log.events["key"].to_list() == ["007", "012", "003"]
    assert built.log.events["amount"].to_list() == [1.5, 2.0, None]
    assert built.log.events["urgent"].to_list() == [True, False, None]


def test_a_decimal_comma_never_touches_numbers_that_are_numbers(tmp_path: Path) -> None:
    path = book(tmp_path / "log.xlsx", {"Log": [[*HEADER, "cost"], *([*r, 1234.5] for r in ROWS)]})

    assert excel.read(path, decimal=",").log.cost.tolist() == [1234.5] * 3  # type: ignore[union-attr]


def test_the_sheet_is_chosen_by_name_or_number_and_others_are_named(tmp_path: Path) -> None:
    other = [HEADER, ["x", "z", datetime(2020, 1, 1)]]
    path = book(tmp_path / "log.xlsx", {"Log": [HEADER, *ROWS], "Old": other})

    first = excel.read(path)
    assert first.log.n_events == 3
    assert "'Log', header in row 1 (not read: 'Old')" in first.notes[0]
    for sheet in ("Old", "2"):
        assert excel.read(path, sheet=sheet).log.activities == ("z",)
    with pytest.raises(InvalidInput, match="Did you mean 'Old'") as caught:
        excel.read(path, sheet="Odl")
    assert caught.value.code == "excel.sheet"


def test_a_title_above_the_header_and_merged_headers_are_told_with_the_row(tmp_path: Path) -> None:
    path = book(tmp_path / "log.xlsx", {"Log": [["Cases of 2026"], [], HEADER, *ROWS]})
    with pytest.raises(InvalidInput, match="column B has values but no name") as caught:
        excel.read(path)
    assert caught.value.code == "excel.header"
    assert "--header-row 3" in caught.value.hint
    built = excel.read(path, header_row=3)
    assert built.log.n_events == 3
    assert built.log.source_row is not None
    assert built.log.source_row.tolist() == [0, 1, 2]
    with pytest.raises(InvalidInput, match="row 2 is blank"):
        excel.read(path, header_row=2)

    merged = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(str(merged)) as made:
        page, dated = made.add_worksheet(), made.add_format({"num_format": "dd.mm.yyyy"})
        page.merge_range("A1:B1", "Order")
        page.write("C1", "When")
        page.write_row("A2", HEADER)
        for r, (case, activity, at) in enumerate(ROWS, 2):
            page.write_row(r, 0, [case, activity])
            page.write_datetime(r, 2, at, dated)
    with pytest.raises(InvalidInput, match="column B has values but no name") as caught:
        excel.read(merged)
    assert "--header-row 2" in caught.value.hint
    assert excel.read(merged, header_row=2).log.n_events == 3


def test_dates_left_as_numbers_are_refused_or_read_as_excel_counts(tmp_path: Path) -> None:
    serial = [[c, a, (t - datetime(1899, 12, 30)) / timedelta(days=1)] for c, a, t in ROWS]
    path = book(tmp_path / "log.xlsx", {"Log": [HEADER, *serial]})

    with pytest.raises(InvalidInput, match="is a number, not a date") as caught:
        excel.read(path)
    assert caught.value.code == "excel.serial"
    assert "row 2" in caught.value.message
    again = read_file(path, timestamp_format="excel").log
    assert again.to_frame()["timestamp"].dt.replace_time_zone(None).to_list() == [r[2] for r in ROWS]


def test_dates_beside_texts_in_one_column_lose_no_row(tmp_path: Path) -> None:
    """Someone typed one date as text: it is read where it fits the form of the others, else set aside."""
    mixed = [ROWS[0], ["1001", "b", "2026-01-02 11:30:00"], ROWS[2], ["1002", "c", "last week"]]
    built = excel.read(book(tmp_path / "log.xlsx", {"Log": [HEADER, *mixed]}))

    assert built.log.n_events == 3
    assert built.rejected.select("source_row", "timestamp").rows() == [(3, "last week")]


def test_blank_rows_between_are_no_events_and_rows_keep_their_number(tmp_path: Path) -> None:
    path = book(tmp_path / "log.xlsx", {"Log": [HEADER, ROWS[0], [None] * 3, [None, "b", ROWS[1][2]], ROWS[2]]})
    built = excel.read(path)

    assert built.log.source_row is not None
    assert built.log.source_row.tolist() == [0, 3]
    assert built.rejected.select("source_row", "reason").rows() == [(2, "no case id")]


def test_a_column_name_twice_a_missing_column_and_empty_sheets(tmp_path: Path) -> None:
    for rows, code in (
        ([[*HEADER, "activity"], *([*r, "x"] for r in ROWS)], "csv.header"),
        ([["a", "b"], [1, 2]], "columns.none"),
        ([HEADER], "excel.empty"),
        ([], "excel.empty"),
    ):
        path = book(tmp_path / f"{code}{len(rows)}.xlsx", {"Log": rows})
        with pytest.raises(InvalidInput) as caught:
            excel.read(path)
        assert caught.value.code == code
        assert caught.value.hint


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    whole = book(tmp_path / "whole.xlsx", {"Log": [HEADER, *ROWS]}).read_bytes()
    for data in (b"case_id,activity\n", whole[: len(whole) // 2], b"\xd0\xcf\x11\xe0" + bytes(600)):
        path = tmp_path / "log.xlsx"
        path.write_bytes(data)
        with pytest.raises(InvalidInput) as caught:
            excel.read(path)
        assert caught.value.code == "excel.damaged"
        assert "log.xlsx" in caught.value.message


def log_of(text: str, tmp_path: Path, **more: Any) -> EventLog:
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8")
    return csv.read(path, **more).log


def test_a_round_trip_says_what_it_loses(tmp_path: Path) -> None:
    log = log_of(
        "case_id,activity,timestamp,ticket,ratio,formula\n"
        "1,a,2026-01-02 10:00:00.123456,9007199254740993,0.30000000000000004,=1+1\n"
        "1,b,1899-05-01 10:00:00,9007199254740995,0.5,https://x.example\n",
        tmp_path,
    )
    path = tmp_path / "out.xlsx"
    lost = write_file(log, path)
    again = excel.read(path).log

    assert again.to_frame()["timestamp"].equals(log.to_frame()["timestamp"]), "written as text because of 1899"
    assert again.events["ticket"].equals(log.events["ticket"]), "every digit"
    assert again.events["formula"].to_list() == log.events["formula"].to_list(), "no formula, no link"
    assert any("before 1901" in line for line in lost)
    assert any("16 digits" in line for line in lost)
    assert len(lost) == 2

    log = log_of("case_id,activity,timestamp\n1,a,2026-10-25 02:30:00.0001\n", tmp_path, time_zone="Europe/Rome")
    lost = write_file(log, path, overwrite=True)
    assert [line.partition(":")[0] for line in lost] == ["times are wall-clock times", "column 'timestamp'"]


def test_an_autumn_hour_that_comes_twice_is_told(tmp_path: Path) -> None:
    log = log_of("case_id,activity,timestamp\n1,a,2026-10-25T01:30:00Z\n", tmp_path, time_zone="Europe/Rome")

    assert any("repeats" in line for line in write_file(log, tmp_path / "out.xlsx"))


def test_what_no_sheet_holds_is_refused_with_the_next_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = log_of("case_id,activity,timestamp,note\n" + f"1,a,2026-01-02,{'x' * 32_768}\n" * 3, tmp_path)
    with pytest.raises(InvalidInput, match="32,768 characters") as caught:
        write_file(log, tmp_path / "out.xlsx")
    assert caught.value.code == "excel.text"
    with pytest.raises(InvalidInput, match="read but not written"):
        write_file(log, tmp_path / "out.xlsm")
    assert excel.SHEET_ROWS == 1_048_576
    monkeypatch.setattr(excel, "SHEET_ROWS", 3)
    with pytest.raises(InvalidInput, match="3 events; a sheet holds 2 below its header") as caught:
        write_file(log, tmp_path / "out.xlsx")
    assert ".parquet" in caught.value.hint
    assert [p.name for p in tmp_path.iterdir()] == ["log.csv"], "nothing half-written"


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
TIME = st.datetimes(datetime(1901, 1, 1), datetime(2261, 1, 1)).map(
    lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000, tzinfo=UTC)
)


@settings(max_examples=30)
@given(
    rows=st.lists(
        st.tuples(
            TEXT.filter(str.strip),
            TEXT.filter(str.strip),
            TIME,
            st.integers(-(10**9), 10**9).map(lambda n: n / 64),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_log_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    from hoshin.log.build import build_log

    frame = pl.DataFrame(rows, schema=["case_id", "activity", "timestamp", "amount", "flag"], orient="row")
    log = build_log(frame, case_columns=[]).log
    path = tmp_path_factory.mktemp("round") / "out.xlsx"
    assert write_file(log, path) == []
    try:
        again = excel.read(path, columns={c: c for c in HEADER}, case_columns=[]).log
    except HoshinError as error:  # pragma: no cover
        raise AssertionError(error) from error

    assert again.to_frame().with_columns(pl.col("amount").cast(pl.Float64)).equals(log.to_frame())
