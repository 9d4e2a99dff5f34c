"""Rows to panel: every cell of a long table is read strictly, and an error names row, column and value."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import polars as pl

from hoshin.errors import InvalidInput
from hoshin.value.finding import Finding, listed, note, warning
from hoshin.value.panel import Mask, Matrix, Panel, panel_from
from hoshin.value.period import Grid, grid_of

NEVER = ("", "never")


def panel_of(
    frame: pl.DataFrame,
    *,
    unit: str = "unit",
    period: str = "period",
    outcome: str = "outcome",
    treated_from: str = "treated_from",
    treated: str = "",
    weight: str = "",
    drivers: Sequence[str] = (),
    never: Sequence[str] = (),
    source: str = "the table",
) -> Panel:
    """The panel in long rows: one row per unit and period.

    `treated_from` names the column with the first treated period of the row's unit: empty or "never" for a
    unit that is never treated (or a word of `never`). Or `treated` names a 0/1 column: treated in this very
    period. Rows are counted from 2, as a spreadsheet shows a file with a header. Raises InvalidInput
    (value.column, value.number, value.duplicate, value.never_code, value.off_grid, value.treated_differs).
    """
    table = frame.select(pl.all().cast(pl.String).fill_null("").str.strip_chars())
    flag = treated or treated_from
    for name in (unit, period, outcome, flag, *([weight] if weight else []), *drivers):
        if name not in table.columns:
            raise InvalidInput.unknown("value.column", f"column of {source}", name, table.columns)
    if table.height == 0:
        raise InvalidInput("value.empty", f"{source} has no rows.", hint="Give one row per unit and period.")
    labels, places = table[period].to_list(), table[unit].to_list()
    for column in (unit, period):
        empty = table[column].eq("").arg_max()
        if empty is not None and table[column][empty] == "":
            raise InvalidInput("value.blank", f"{source}, row {empty + 2}: column {column!r} is empty.")
    units = tuple(dict.fromkeys(places))
    grid = _grid(labels, source)
    where = {label: j for j, label in enumerate(grid.labels)}
    row_of = {name: i for i, name in enumerate(units)}
    i = np.array([row_of[x] for x in places])
    j = np.array([where[x] for x in labels])
    _refuse_twice(i * len(grid.labels) + j, places, labels, source)
    shape = (len(units), len(grid.labels))

    def spread(column: str, *, least: float = -math.inf) -> Matrix:
        cells = np.full(shape, np.nan)
        cells[i, j] = _numbers(table[column], column, source, least)
        return cells

    said: list[Finding] = []
    if treated:
        on = _flags(table[treated], treated, source)
        matrix = np.zeros(shape, dtype=bool)
        matrix[i, j] = on
    else:
        matrix, said = _from(table[treated_from].to_list(), places, units, grid, (*NEVER, *never), source)
    return panel_from(
        units,
        grid,
        spread(outcome),
        matrix,
        weight=np.nan_to_num(spread(weight, least=0.0)) if weight else None,
        drivers={name: spread(name) for name in drivers},
        findings=tuple(said),
    )


def _grid(labels: list[str], source: str) -> Grid:
    try:
        return grid_of(list(dict.fromkeys(labels)))
    except InvalidInput as error:
        row = next((r for r, label in enumerate(labels) if repr(label) in error.message), None)
        if row is None:
            raise
        message = f"{source}, row {row + 2}: {error.message}"
        raise InvalidInput(
            "value.period", message, hint=error.hint or "Write 2026-W07, 2026-02, 2026-02-16 or a number."
        ) from error


def _refuse_twice(cell: np.ndarray, places: list[str], labels: list[str], source: str) -> None:
    order = np.argsort(cell, kind="stable")
    again = np.flatnonzero(np.diff(cell[order]) == 0)
    if again.size:
        a, b = order[again[0]], order[again[0] + 1]
        raise InvalidInput(
            "value.duplicate",
            f"{source}, rows {a + 2} and {b + 2}: unit {places[a]!r} has period {labels[a]} twice.",
            hint="One row per unit and period: aggregate first, or correct the unit names.",
        )


def _numbers(column: pl.Series, name: str, source: str, least: float) -> Matrix:
    values = column.cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(values) | (values < least))
    if bad.size:
        row = int(bad[0])
        hint = "Write plain decimals (1500.5), no thousands separators; leave the row out if the value is missing."
        raise InvalidInput(
            "value.number",
            f"{source}, row {row + 2}, column {name!r}: {column[row]!r} is not a number"
            + (f" of at least {least:g}." if least > -math.inf else ".")
            + (f" ({bad.size} rows like this.)" if bad.size > 1 else ""),
            hint=hint,
        )
    return values


def _flags(column: pl.Series, name: str, source: str) -> np.ndarray:
    known = {"1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}
    for row, value in enumerate(column):
        if value.lower() not in known:
            raise InvalidInput("value.flag", f"{source}, row {row + 2}, column {name!r}: {value!r} is not 0 or 1.")
    return np.array([known[v.lower()] for v in column], dtype=bool)


def _from(
    starts: list[str], places: list[str], units: tuple[str, ...], grid: Grid, never: tuple[str, ...], source: str
) -> tuple[Mask, list[Finding]]:
    """`treated_from` labels to a (n_units, n_periods) mask, with what must be said of them."""
    given: dict[str, tuple[str, int]] = {}
    for row, (place, start) in enumerate(zip(places, starts)):
        before, first_row = given.setdefault(place, (start, row))
        if before != start:
            raise InvalidInput(
                "value.treated_differs",
                f"{source}, row {row + 2}: unit {place!r} is treated from {start or 'never'!r} here, "
                f"from {before or 'never'!r} in row {first_row + 2}.",
                hint="A unit has one start; a treatment that switches goes into a 0/1 column (--treated).",
            )
    mask = np.zeros((len(units), len(grid.labels)), dtype=bool)
    late, always = [], []
    for i, name in enumerate(units):
        start, row = given[name]
        if start.lower() in never:
            continue
        ordinal = _start(start, row, grid, source)
        if ordinal > grid.ordinal[-1]:
            late.append(name)
        elif ordinal <= grid.ordinal[0]:
            always.append(name)
        mask[i] = grid.ordinal >= ordinal
    said = []
    if late:
        says = f"{listed(late)} start after the last period: controls throughout; look for anticipation."
        said.append(note("starts_later", says))
    if always:
        says = f"{listed(always)} are treated from the first period on: they have no baseline and are left out."
        said.append(warning("always_treated", says))
    return mask, said


def _start(start: str, row: int, grid: Grid, source: str) -> int:
    where = f"{source}, row {row + 2}"
    odd = start.lower() in ("nan", "inf", "-inf", "none", "null", "na", "nat", "-1")
    outside = grid.step == "number" and start.lstrip("-").isdigit() and int(start) < grid.ordinal[0] and int(start) <= 0
    if odd or outside:
        raise InvalidInput(
            "value.never_code",
            f"{where}: treated from {start!r} may mean never, or a period that is not there.",
            hint="Leave the cell empty or write never (or name your own word with --never).",
        )
    try:
        ordinal = grid.place(start)
    except InvalidInput as error:
        raise InvalidInput("value.off_grid", f"{where}: {error.message}", hint=error.hint) from error
    if ordinal is None or (grid.ordinal[0] <= ordinal <= grid.ordinal[-1] and ordinal not in grid.ordinal):
        raise InvalidInput(
            "value.off_grid",
            f"{where}: treated from {start!r}, which is no period of the table "
            f"({grid.labels[0]} to {grid.labels[-1]}, one per {grid.step}).",
            hint="Write the first period in which the unit was treated, as it is written in the period column.",
        )
    return ordinal
