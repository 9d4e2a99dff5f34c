"""Tables in files, read as they are: CSV with any separator or encoding, Parquet, Excel, JSON Lines, gz, zip."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from hoshin.connect._damage import whole
from hoshin.errors import InvalidInput, NotFound, Unsupported

KINDS = (".csv", ".txt", ".tsv", ".parquet", ".xlsx", ".xls", ".jsonl", ".ndjson")


def read_table(file: str | Path, *, sheet: str = "") -> pl.DataFrame:
    """The table in `file`; every column of a text format is text, unread, so that nothing is guessed.

    A zip must hold one table. Raises NotFound(connect.no_file), InvalidInput(connect.table) and
    Unsupported(connect.excel) without the extra.
    """
    path = Path(file)
    if not path.is_file():
        raise NotFound("connect.no_file", f"There is no file {path}.", hint="Check the path.")
    name, data = path.name.lower(), path.read_bytes()
    with whole(path):
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                inside = [n for n in archive.namelist() if Path(n).suffix.lower() in KINDS and "__MACOSX" not in n]
                if len(inside) != 1:
                    raise InvalidInput(
                        "connect.table", f"{path} holds {len(inside)} tables, not one.", hint="Unpack it."
                    )
                name, data = inside[0].lower(), archive.read(inside[0])
        if name.endswith(".gz"):
            name, data = name.removesuffix(".gz"), gzip.decompress(data)
    suffix = Path(name).suffix
    try:
        if suffix == ".parquet":
            frame = pl.read_parquet(io.BytesIO(data))
        elif suffix in (".xlsx", ".xls"):
            frame = _excel(data, sheet)
        elif suffix in (".jsonl", ".ndjson"):
            from hoshin.connect.jsonl import flat_rows

            frame = flat_rows(io.BytesIO(data), str(path))
        elif suffix in KINDS:
            frame = read_csv(data, str(path))
        else:
            raise InvalidInput(
                "connect.table",
                f"{path} is no table that is known.",
                hint=f"Known endings: {', '.join(KINDS)}, .gz, .zip.",
            )
    except (pl.exceptions.PolarsError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("connect.table", f"{path} cannot be read: {error}", hint="Export it again.") from None
    return frame.rename({c: c.strip().lstrip("\ufeff") for c in frame.columns})


def read_csv(data: bytes, where: str) -> pl.DataFrame:
    """CSV as text columns. The separator is that of the header: comma, semicolon, tab or bar.

    UTF-8 with or without BOM, UTF-16 with BOM, else Windows-1252. A header that names a column twice
    keeps the first and numbers the others (`Material_2`). InvalidInput(connect.table) names the line of a
    row that has more fields than the header.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16").encode()
    else:
        data = data.removeprefix(b"\xef\xbb\xbf")
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            data = data.decode("windows-1252", errors="replace").encode()
    first = data.partition(b"\n")[0].decode().rstrip("\r")
    if not first.strip():
        raise InvalidInput("connect.table", f"{where} is empty.", hint="Export it again, with a header.")
    separator = max(",;\t|", key=first.count)
    header = next(csv.reader([first], delimiter=separator))
    names = list(_distinct(h.strip() or "column" for h in header))
    return pl.read_csv(
        io.BytesIO(data),
        separator=separator,
        has_header=False,
        skip_rows=1,
        new_columns=names,
        schema=dict.fromkeys(names, pl.String),
        truncate_ragged_lines=False,
        raise_if_empty=False,
    )


def _distinct(names: Iterator[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}_{seen[name]}"


def _excel(data: bytes, sheet: str) -> pl.DataFrame:
    try:
        return pl.read_excel(io.BytesIO(data), sheet_name=sheet or None)
    except ModuleNotFoundError:
        raise Unsupported("connect.excel", "Excel needs a reader.", hint="pip install 'hoshin[excel]'") from None
