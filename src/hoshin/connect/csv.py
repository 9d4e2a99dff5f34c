"""CSV event logs: any delimiter and encoding, compressed or not, with bad lines set aside."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from hoshin.connect._damage import whole
from hoshin.connect.rows import rows_to_log
from hoshin.errors import InvalidInput
from hoshin.log.build import Built
from hoshin.log.eventlog import EventLog

EXTENSIONS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".zip")
DELIMITERS = (",", ";", "\t", "|")
LONGEST_LINE = 1 << 20


def read(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    delimiter: str = "",
    encoding: str = "",
    time_zone: str = "",
    day_first: bool | None = None,
    timestamp_format: str = "",
    decimal: str = "",
    missing: Sequence[str] = (),
    currency: str = "",
    case_columns: Sequence[str] | None = None,
) -> Built:
    """Read a CSV log, guessing what is not said. `path` may be .gz, or a .zip with one file.

    Raises InvalidInput(csv.*) for a file that is not a table, and those of `rows_to_log`. Lines with
    more fields than the header are rejected, with their line number. Memory: about four times the
    uncompressed file.
    """
    data = unpack(path)
    text, encoding = decoded(data, encoding, path)
    lines = head_lines(text, path)
    delimiter = delimiter or sniff(lines, path)
    header = check_header(lines, delimiter, path)
    frame, bad = parse(text, delimiter, header, path)
    if frame.height == 0:
        raise InvalidInput("csv.empty", f"{path} has a header but no rows.", hint="Export it again, with its events.")
    built = rows_to_log(
        frame,
        columns=columns,
        time_zone=time_zone,
        day_first=day_first,
        timestamp_format=timestamp_format,
        decimal=decimal,
        missing=missing,
        currency=currency,
        case_columns=case_columns,
        name=path.name.partition(".")[0],
        where=str(path),
    )
    shown = {"\t": "tab"}.get(delimiter, delimiter)
    rejected = pl.concat([built.rejected, bad], how="diagonal") if bad.height else built.rejected
    return replace(built, rejected=rejected, notes=(f"file: {encoding}, fields divided by {shown}", *built.notes))


def write(log: EventLog, path: Path) -> None:
    """Write events with their case attributes (prefixed `case:`) as CSV; times are ISO 8601 with an offset."""
    frame = flat(log)
    times = [c for c in frame.columns if isinstance(frame[c].dtype, pl.Datetime)]
    frame = frame.with_columns(pl.col(c).dt.strftime("%Y-%m-%dT%H:%M:%S%.f%:z") for c in times)
    frame = frame.with_columns(pl.col(c).struct.json_encode() for c in frame.columns if frame[c].dtype == pl.Struct)
    if str(path).endswith(".gz"):
        frame.write_csv(path, compression="gzip")
    else:
        frame.write_csv(path)


def flat(log: EventLog) -> pl.DataFrame:
    """One row per event with the case attributes repeated, named `case:...`."""
    frame = log.to_frame()
    if log.cases.width:
        cases = log.cases.rename({c: f"case:{c}" for c in log.cases.columns})
        frame = frame.hstack(cases[log.case_of_event()].get_columns())
    return frame


def unpack(path: Path) -> bytes:
    """The bytes of the file, decompressed. InvalidInput(file.*) if it is missing, empty or cut short."""
    if not path.is_file():
        raise InvalidInput(
            "file.none", f"There is no file {path}.", hint="Check the path; ~ and globs are the shell's."
        )
    raw = path.read_bytes()
    with whole(path):
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
        elif raw[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                inside = [n for n in archive.namelist() if not n.endswith("/") and not n.startswith("__MACOSX")]
                if len(inside) != 1:
                    raise InvalidInput(
                        "file.archive",
                        f"{path} holds {len(inside)} files: {', '.join(inside[:5])}.",
                        hint="Unpack it and import one file.",
                    )
                raw = archive.read(inside[0])
    if not raw[:4096].strip() and not raw.strip():
        raise InvalidInput(
            "file.empty", f"{path} is empty.", hint="Export it again; an export that failed leaves this."
        )
    return raw


def decoded(data: bytes, encoding: str, path: Path) -> tuple[bytes, str]:
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
        return data.decode(encoding).removeprefix("\ufeff").encode(), encoding
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


def head_lines(text: bytes, path: Path, count: int = 50) -> list[str]:
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


def sniff(lines: list[str], path: Path) -> str:
    """The delimiter that splits the first `lines` into the most columns, the same number on nearly every line."""
    best, score = ",", (0.0, 0)
    for candidate in DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=candidate) if row]
        width, hits = Counter(widths).most_common(1)[0] if widths else (0, 0)
        if width > 1 and (hits / len(widths), width) > score:
            best, score = candidate, (hits / len(widths), width)
    if score == (0.0, 0):
        raise InvalidInput(
            "csv.delimiter",
            f"{path} has one column only: no comma, semicolon, tab or bar divides its first line {lines[0][:60]!r}.",
            hint="Name it: --delimiter '^'.",
        )
    return best


def check_header(lines: list[str], delimiter: str, path: Path) -> list[str]:
    """The column names in the first of `lines`: present, different and not empty."""
    if len(delimiter) != 1:
        raise InvalidInput(
            "csv.delimiter", f"The delimiter {delimiter!r} is not one character.", hint="Try ',' or ';'."
        )
    header = next(csv.reader(lines, delimiter=delimiter), [])
    for at, name in enumerate(header, 1):
        if not name.strip() and len(header) > 1:
            # A nameless first column is what pandas writes for its index.
            header[at - 1] = f"column_{at}"
    twice = [name for name, n in Counter(header).items() if n > 1]
    if twice:
        raise InvalidInput(
            "csv.header", f"{path}: column {twice[0]!r} stands twice in the header.", hint="Rename one of the two."
        )
    return header


def parse(text: bytes, delimiter: str, header: list[str], path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All columns as text, and the lines that do not fit the header."""
    options: dict[str, Any] = {"separator": delimiter, "infer_schema": False, "has_header": True}
    nothing = pl.DataFrame(schema={"source_row": pl.Int64, "reason": pl.String})
    try:
        frame = pl.read_csv(io.BytesIO(text), new_columns=header, **options)
        return frame, nothing
    except pl.exceptions.PolarsError:
        return parse_slowly(text, delimiter, header, path)


def parse_slowly(text: bytes, delimiter: str, header: list[str], path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
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
