"""Tables in files, read as they are: CSV with any separator or encoding, Parquet, Excel, JSON Lines, gz, zip."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl

from hoshin.connect._damage import whole
from hoshin.connect._delimited import read_text, unpacked
from hoshin.errors import InvalidInput

KINDS = (".csv", ".txt", ".tsv", ".parquet", ".xlsx", ".xls", ".jsonl", ".ndjson")


def read_table(file: str | Path, *, sheet: str = "") -> pl.DataFrame:
    """The table in `file`; every column of a text format is text, unread, so that nothing is guessed.

    A zip must hold one table. Of a text table, a column that is named twice is numbered (`Material_2`) and bytes
    that are not of the encoding become U+FFFD: extracts have both. Raises InvalidInput(file.* | csv.* | excel.*),
    InvalidInput(connect.table) naming the line of a row that has more fields than the header, and
    Unsupported(excel.extra) without the extra.
    """
    path = Path(file)
    name, data = unpacked(path, lambda member: Path(member).suffix.lower() in KINDS)
    suffix = Path(name).suffix
    if suffix == ".parquet":
        try:
            return _trimmed(pl.read_parquet(io.BytesIO(data)))
        except pl.exceptions.PolarsError as error:
            raise InvalidInput("connect.table", f"{path} cannot be read: {error}", hint="Export it again.") from None
    if suffix in (".xlsx", ".xls"):
        from hoshin.connect._sheet import read_sheet

        return read_sheet(data, str(path), sheet=sheet, doubled="number").frame
    if suffix in (".jsonl", ".ndjson"):
        from hoshin.connect.jsonl import flat_rows

        with whole(path):
            return _trimmed(flat_rows(io.BytesIO(data), str(path)))
    if suffix not in KINDS:
        raise InvalidInput(
            "connect.table",
            f"{path} is no table that is known.",
            hint=f"Known endings: {', '.join(KINDS)}, .gz, .zip.",
        )
    read = read_text(data, str(path), doubled="number", bad_bytes="replace", narrowest=1)
    if read.bad.height:
        raise InvalidInput("connect.table", f"{path}: {read.bad['reason'][0]}.", hint="Export it again.")
    return read.frame


def _trimmed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.rename({c: c.strip() for c in frame.columns})
