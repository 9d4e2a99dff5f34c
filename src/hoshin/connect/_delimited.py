"""Text tables: bytes to columns of text, whatever the delimiter and encoding. The one reader of CSV in this folder."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from hoshin.connect._damage import whole
from hoshin.errors import InvalidInput

DELIMITERS = (",", ";", "\t", "|")
LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A text table: every column String, blank cells null; `bad` lines have `source_row`, `reason`, `line`."""

    frame: pl.DataFrame
    bad: pl.DataFrame
    encoding: str
    delimiter: str


def read_text(
    data: bytes,
    where: str,
    *,
    delimiter: str = "",
    encoding: str = "",
    doubled: Literal["refuse", "number"] = "refuse",
    bad_bytes: Literal["refuse", "replace"] = "refuse",
    narrowest: int = 2,
) -> Text:
    """The table in `data`, which came from `where` (for messages); what is not said is found out.

    `doubled`: what to do when the header names a column twice; "number" makes the second `Name_2`.
    `bad_bytes`: bytes that are not of the encoding; "replace" puts U+FFFD. `narrowest`: fewer columns than this
    are no table. Lines with more fields than the header are set aside, with their number. Raises
    InvalidInput(csv.*). Memory: about four times `data`.
    """
    text, encoding = decoded(data, encoding, where, bad_bytes)
    lines = head_lines(text, where)
    delimiter = delimiter or sniff(lines, where, narrowest)
    header = named(next(csv.reader(lines, delimiter=one_character(delimiter)), []), where, doubled)
    frame, bad = parse(text, delimiter, header, where)
    return Text(frame, bad, encoding, delimiter)


def unpacked(path: Path, fits: Callable[[str], bool] = lambda name: True) -> tuple[str, bytes]:
    """(name, bytes) of a file, decompressed; of a zip, its one member whose name `fits`.

    A workbook (.xlsx) is a zip too and stays as it is. Raises InvalidInput(file.*) if the file is missing, empty
    or cut short, or if the zip does not hold one such member.
    """
    if not path.is_file():
        raise InvalidInput(
            "file.none", f"There is no file {path}.", hint="Check the path; ~ and globs are the shell's."
        )
    name, raw = path.name.lower(), path.read_bytes()
    with whole(path):
        if raw[:4] == b"PK\x03\x04" and not name.endswith((".xlsx", ".xlsm")):
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                files = [n for n in archive.namelist() if not n.endswith("/") and not n.startswith("__MACOSX")]
                inside = [n for n in files if fits(n)]
                if len(inside) != 1:
                    raise InvalidInput(
                        "file.archive",
                        f"{path} holds {len(files)} files: {', '.join(files[:5])}.",
                        hint="Unpack it and take one file.",
                    )
                name, raw = inside[0].lower(), archive.read(inside[0])
        if raw[:2] == b"\x1f\x8b":
            name, raw = name.removesuffix(".gz"), gzip.decompress(raw)
    if not raw[:4096].strip() and not raw.strip():
        raise InvalidInput(
            "file.empty", f"{path} is empty.", hint="Export it again; an export that failed leaves this."
        )
    return name, raw


def decoded(data: bytes, encoding: str, path: str, bad_bytes: str = "refuse") -> tuple[bytes, str]:
    """The text as UTF-8 bytes without a byte-order mark, and the encoding it was in."""
    if not encoding:
        for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
            if data.startswith(mark):
                encoding = name
                break
    if not encoding and b"\0" in data[:4096]:
        raise InvalidInput(
            "csv.binary",
            f"{path} is not text: it has a zero byte at position {data.index(0)}.",
            hint="If it is a spreadsheet or a database file, import it by its own extension or export it as CSV.",
        )
    guessed = not encoding
    if guessed:
        encoding = "utf-8" if _is_utf8(data) else "cp1252"
    if encoding.lower().replace("-", "").replace("_", "") == "utf8" and (guessed or _is_utf8(data)):
        return data.removeprefix(b"\xef\xbb\xbf"), "utf-8"
    try:
        errors = "strict" if bad_bytes == "refuse" else "replace"
        return data.decode(encoding, errors).removeprefix("\ufeff").encode(), encoding
    except LookupError:
        raise InvalidInput("csv.encoding", f"There is no encoding {encoding!r}.", hint="Try utf-8 or cp1252.") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidInput(
            "csv.decode",
            f"{path}, line {line}: byte 0x{data[error.start]:02x} is not {encoding}.",
            hint="Name the encoding: --encoding cp1252 (Western Windows), utf-8, latin-1 ...",
        ) from error


def _is_utf8(data: bytes) -> bool:
    try:
        data.isascii() or data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def head_lines(text: bytes, path: str, count: int = 50) -> list[str]:
    """The first lines; InvalidInput(csv.line) if one is over a mebibyte."""
    cut = text[: 4 * LONGEST_LINE]
    lines = cut.splitlines()
    for at, line in enumerate(lines[:count], 1):
        if len(line) > LONGEST_LINE:
            raise InvalidInput(
                "csv.line",
                f"{path}, line {at} is longer than 1 MiB: this is not a table with a row per event.",
                hint="Check the line breaks and quotes of the export; JSON is imported as .json or .jsonl.",
            )
    return [line.decode("utf-8", "replace") for line in lines[:count]]


def sniff(lines: list[str], path: str, narrowest: int) -> str:
    """The delimiter that splits the first `lines` into the most columns, the same number on nearly every line."""
    best, score = ",", (0.0, 0)
    for candidate in DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=candidate) if row]
        width, hits = Counter(widths).most_common(1)[0] if widths else (0, 0)
        if width > 1 and (hits / len(widths), width) > score:
            best, score = candidate, (hits / len(widths), width)
    if score == (0.0, 0) and narrowest > 1:
        raise InvalidInput(
            "csv.delimiter",
            f"{path} has one column only: no comma, semicolon, tab or bar divides its first line {lines[0][:60]!r}.",
            hint="Name it: --delimiter '^'.",
        )
    return best


def one_character(delimiter: str) -> str:
    if len(delimiter) != 1:
        raise InvalidInput(
            "csv.delimiter", f"The delimiter {delimiter!r} is not one character.", hint="Try ',' or ';'."
        )
    return delimiter


def named(header: Sequence[str | None], path: str, doubled: str = "refuse") -> list[str]:
    """The names of columns: trimmed, none empty, all different.

    A column without a name becomes `column_<number>`: what pandas writes for its index has none.
    """
    names = [(name or "").strip() or (f"column_{at}" if len(header) > 1 else "") for at, name in enumerate(header, 1)]
    if doubled == "number":
        taken: set[str] = set()
        for at, name in enumerate(names):
            fresh, n = name, 1
            while fresh in taken:
                n += 1
                fresh = f"{name}_{n}"
            names[at] = fresh
            taken.add(fresh)
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise InvalidInput(
            "csv.header", f"{path}: column {twice[0]!r} stands twice in the header.", hint="Rename one of the two."
        )
    return names


def parse(text: bytes, delimiter: str, header: list[str], path: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All columns as text, and the lines that do not fit the header."""
    options: dict[str, Any] = {"separator": delimiter, "infer_schema": False, "has_header": True}
    nothing = pl.DataFrame(schema={"source_row": pl.Int64, "reason": pl.String})
    try:
        frame = pl.read_csv(io.BytesIO(text), new_columns=header, **options)
        return frame, nothing
    except pl.exceptions.PolarsError:
        return parse_slowly(text, delimiter, header, path)


def parse_slowly(text: bytes, delimiter: str, header: list[str], path: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """As `parse`, row by row, for files with lines that do not fit: those are set aside."""
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(io.StringIO(text.decode("utf-8"), newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str | None]] = []
    kept: list[int] = []
    bad: list[dict[str, Any]] = []
    at = -1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            raise InvalidInput(
                "csv.quotes",
                f"{path}, line {reader.line_num}: {error}.",
                hint="Close the quote there, or double the quotes inside a field.",
            ) from error
        at += 1
        if at == 0 or not row:
            continue
        if len(row) > len(header):
            why = f"line {reader.line_num} has {len(row)} fields, the header {len(header)}"
            bad.append({"source_row": at - 1, "reason": why, "line": delimiter.join(row)})
            continue
        rows.append([value or None for value in row] + [None] * (len(header) - len(row)))
        kept.append(at - 1)
    frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    schema = {"source_row": pl.Int64, "reason": pl.String, "line": pl.String}
    return frame.with_columns(pl.Series("source_row", kept, dtype=pl.Int64)), pl.DataFrame(bad, schema=schema)
