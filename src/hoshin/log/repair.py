"""Repair rows that could not become events: by a patch of values, or by an expression over the row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from hoshin.errors import InvalidInput

# What a patch says for a cell that stays as it is.
KEEP = ""


@dataclass(frozen=True, slots=True, eq=False)
class Repaired:
    """The rows as they are now, and which cells changed: `source_row`, `column`, `before`, `after`."""

    rows: pl.DataFrame
    changes: pl.DataFrame


def patch_rows(rows: pl.DataFrame, patch: pl.DataFrame) -> Repaired:
    """`rows` with the values of `patch`, which has `source_row` and any columns of `rows`, all as text.

    An empty cell of the patch leaves the value alone. Raises InvalidInput(repair.column) for a column that
    the rows do not have, InvalidInput(repair.row) for a row that is not held or stands twice in the patch.
    """
    if "source_row" not in patch.columns:
        raise InvalidInput(
            "repair.key", f"The patch has no column 'source_row'; it has: {', '.join(patch.columns)}.",
            hint="Start from: hoshin quarantine show LOG --format csv > patch.csv",
        )  # fmt: skip
    columns = [c for c in patch.columns if c not in ("source_row", "reason", "state", "batch")]
    for column in columns:
        if column not in rows.columns:
            raise InvalidInput.unknown("repair.column", "column", column, rows.columns)
    patch = patch.with_columns(pl.col("source_row").cast(pl.Int64, strict=False))
    known = set(rows["source_row"].to_list())
    for line, row in enumerate(patch["source_row"].to_list(), 2):
        if row not in known:
            raise InvalidInput(
                "repair.row", f"Line {line} of the patch is for source row {row}, which is not held.",
                hint="See the held rows with: hoshin quarantine show LOG",
            )  # fmt: skip
    if patch["source_row"].is_duplicated().any():
        twice = patch.filter(patch["source_row"].is_duplicated())["source_row"][0]
        raise InvalidInput("repair.row", f"The patch has source row {twice} twice.", hint="Keep one of the two lines.")
    texts = patch.select("source_row", *(pl.col(c).cast(pl.String).alias(f"@{c}") for c in columns))
    joined = rows.join(texts, on="source_row", how="left", maintain_order="left")
    new = joined.with_columns(
        pl.when(pl.col(f"@{c}").fill_null(KEEP) != KEEP).then(pl.col(f"@{c}")).otherwise(pl.col(c)).alias(c)
        for c in columns
    )
    return _repaired(rows, new.select(rows.columns), columns)


def set_rows(rows: pl.DataFrame, assignments: Sequence[str], *, where: str = "") -> Repaired:
    """`rows` after `column = EXPRESSION` for each assignment, on the rows for which the condition `where` holds.

    Expressions are SQL over the columns, which are all text: `timestamp = replace(timestamp, ' 24:', ' 00:')`,
    `where` "reason like 'no case%'". Raises InvalidInput(repair.set) if one cannot be understood.
    """
    context = rows
    changed: list[str] = []
    chosen = _expression(where, context, "condition") if where else pl.lit(True)
    for assignment in assignments:
        found = re.fullmatch(r"\s*(?:\"([^\"]+)\"|([^\s=]+))\s*=\s*(.+)", assignment, re.DOTALL)
        if not found:
            raise InvalidInput(
                "repair.set",
                f"{assignment!r} is not an assignment.",
                hint="Write: column = EXPRESSION, e.g. case_id = '17'",
            )
        column = found[1] or found[2]
        if column not in rows.columns or column in ("source_row", "reason", "state"):
            raise InvalidInput.unknown("repair.column", "column", column, [c for c in rows.columns if c != "state"])
        value = _expression(found[3], context, "expression").cast(pl.String)
        context = context.with_columns(pl.when(chosen).then(value).otherwise(pl.col(column)).alias(column))
        changed.append(column)
    return _repaired(rows, context, list(dict.fromkeys(changed)))


def _expression(text: str, rows: pl.DataFrame, what: str) -> pl.Expr:
    try:
        expression = pl.sql_expr(text)
        rows.head(0).select(expression)
    except (pl.exceptions.PolarsError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise InvalidInput(
            "repair.set",
            f"The {what} {text!r} cannot be understood: {reason}.",
            hint=f"Columns: {', '.join(rows.columns)}. Texts stand in single quotes.",
        ) from None
    return expression


def _repaired(before: pl.DataFrame, after: pl.DataFrame, columns: list[str]) -> Repaired:
    changes = []
    for column in columns:
        pair = before.select("source_row", pl.lit(column).alias("column"), pl.col(column).alias("before"))
        pair = pair.with_columns(after[column].alias("after"))
        changes.append(pair.filter(pl.col("before").ne_missing(pl.col("after"))))
    empty = pl.DataFrame(schema={"source_row": pl.Int64, "column": pl.String, "before": pl.String, "after": pl.String})
    return Repaired(after, pl.concat([empty, *changes]).sort("source_row", maintain_order=True))
