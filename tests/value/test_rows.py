"""Rows to panel: what is refused, where it says it is, and what is only said."""

from __future__ import annotations

import polars as pl
import pytest

from hoshin.errors import InvalidInput
from hoshin.value.panel import Panel
from hoshin.value.rows import panel_of

ROWS = [
    ("north", "2026-01", "10", "2026-03"),
    ("north", "2026-02", "11", "2026-03"),
    ("north", "2026-03", "8", "2026-03"),
    ("south", "2026-01", "12", ""),
    ("south", "2026-02", "12.5", ""),
    ("south", "2026-03", "12", ""),
]


def read(rows: list[tuple[str, ...]], **options: object) -> Panel:
    frame = pl.DataFrame(rows, schema=["unit", "period", "outcome", "treated_from"], orient="row")
    return panel_of(frame, source="kpi.csv", **options)  # type: ignore[arg-type]


def changed(row: int, column: int, value: str) -> list[tuple[str, ...]]:
    rows = [list(r) for r in ROWS]
    rows[row][column] = value
    return [tuple(r) for r in rows]


def test_reads() -> None:
    panel = read(ROWS)

    assert panel.units == ("north", "south")
    assert panel.first().tolist() == [2, 3]
    assert panel.outcome.tolist() == [[10, 11, 8], [12, 12.5, 12]]
    assert panel.findings == ()


def test_frame_round_trips() -> None:
    again = panel_of(read(ROWS).frame(), treated="treated")

    assert again.outcome.tolist() == read(ROWS).outcome.tolist()
    assert again.treated.tolist() == read(ROWS).treated.tolist()


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        (changed(1, 1, "2026-01"), "value.duplicate", "rows 2 and 3: unit 'north' has period 2026-01 twice"),
        (changed(2, 2, "1,500.00"), "value.number", "row 4, column 'outcome': '1,500.00' is not a number"),
        (changed(2, 2, "nan"), "value.number", "row 4"),
        (changed(2, 2, "inf"), "value.number", "row 4"),
        (changed(4, 1, "2026-13"), "value.period", "row 6"),
        (changed(4, 1, "2026-02-30"), "value.period", "row 6: '2026-02-30' is not a month like the other"),
        (changed(4, 1, "Feb"), "value.period", "row 6: 'Feb' is not a month like the other"),
        (changed(0, 3, ""), "value.treated_differs", "row 3: unit 'north' is treated from '2026-03' here"),
        ([(*r[:3], "2026-03-15" if r[3] else "") for r in ROWS], "value.off_grid", "row 2"),
        ([(*r[:3], r[3] or "-1") for r in ROWS], "value.never_code", "row 5: treated from '-1'"),
        ([(*r[:3], r[3] or "NaN") for r in ROWS], "value.never_code", "row 5"),
        (changed(3, 0, ""), "value.blank", "row 5: column 'unit' is empty"),
        ([], "value.empty", "no rows"),
    ],
)
def test_refuses_and_says_where(rows: list[tuple[str, ...]], code: str, says: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read(rows)
    assert error.value.code == code
    assert says in str(error.value)


def test_a_wrong_column_names_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'outcome'"):
        read(ROWS, outcome="outcom")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (ROWS[:4] + ROWS[5:], "cells_missing"),
        ([(r[0], r[1].replace("-03", "-05"), r[2], r[3].replace("-03", "-05")) for r in ROWS], "periods_missing"),
        ([(r[0].replace("south", "North "), *r[1:]) for r in ROWS], "unit_twins"),
        ([(*r[:3], "2026-01" if r[3] else "") for r in ROWS], "always_treated"),
        ([(*r[:3], r[3] or "2026-07") for r in ROWS], "starts_later"),
    ],
)
def test_says(rows: list[tuple[str, ...]], code: str) -> None:
    assert code in [f.code for f in read(rows).findings]


def test_weekends_are_no_gap_and_a_missing_monday_is() -> None:
    days = [f"2026-03-{d:02d}" for d in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 17, 18)]
    panel = read([("a", d, "1", "2026-03-12") for d in days])

    assert panel.grid.working_days
    assert [panel.grid.name_of(a) for a in panel.grid.absent] == ["2026-03-16"]


def test_days_seven_apart_are_weeks_across_a_clock_change() -> None:
    panel = read([("a", d, "1", "2020-03-30") for d in ("2020-03-16", "2020-03-23", "2020-03-30", "2020-04-06")])

    assert panel.grid.step == "week"
    assert panel.grid.absent == ()
    assert panel.first().tolist() == [2]
