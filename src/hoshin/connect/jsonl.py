"""JSON Lines, plain or gzipped: one event per line, nested fields by dotted path, through a mapping."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

import msgspec
import polars as pl

from hoshin.connect._canonical import to_canonical, with_optional
from hoshin.connect._connector import About, Batch, State
from hoshin.connect._damage import whole
from hoshin.connect._mapping import load_mapping
from hoshin.connect.rows import rows_to_log
from hoshin.errors import InvalidInput, NotFound
from hoshin.log.build import Built, build_log

EXTENSIONS = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """The file at `path` through `mapping`, whose columns are dotted paths ("issue.fields.status.name").

    Lines are taken to be appended only: a later pull reads on where the last one ended. `batch_rows`:
    lines in memory at a time.
    """

    path: str
    mapping: str
    batch_rows: int = 50_000

    @property
    def mode(self) -> Literal["append", "snapshot"]:
        return "append"

    def about(self) -> About:
        mapping = load_mapping(self.mapping)
        return About(self.path, mapping.style.time_zone, mapping.currency, mapping.described())

    def batches(self, state: State | None = None) -> Iterator[Batch]:
        """Canonical rows; the state is the number of whole lines read."""
        mapping, done = load_mapping(self.mapping), int((state or {}).get("lines", 0))
        with opened(Path(self.path)) as file:
            numbered = islice(_whole_lines(file), done, None)
            while lines := list(islice(numbered, self.batch_rows)):
                rows = flat_rows(lines, self.path, first_line=done)
                made = to_canonical(with_optional(rows, mapping), mapping, where=self.path, first_row=done)
                done += len(lines)
                yield Batch(made.frame, {"lines": done}, made.unread)


def read(
    path: Path,
    *,
    mapping: str = "",
    columns: dict[str, str] | None = None,
    time_zone: str = "",
    day_first: bool | None = None,
    timestamp_format: str = "",
    missing: Sequence[str] = (),
    currency: str = "",
) -> Built:
    """The log in the file `path`: through `mapping`, or guessing what the other options do not say."""
    name = path.name.partition(".")[0]
    with opened(path) as file:
        rows = flat_rows(file, str(path))
    if rows.is_empty():
        raise InvalidInput("connect.empty", f"{path} has no rows.", hint="Export it again, with its events.")
    if not mapping:
        return rows_to_log(
            rows,
            columns=columns,
            time_zone=time_zone,
            day_first=day_first,
            timestamp_format=timestamp_format,
            missing=missing,
            currency=currency,
            name=name,
            where=str(path),
        )
    chosen = load_mapping(mapping)
    made = to_canonical(with_optional(rows, chosen), chosen, where=str(path))
    return build_log(made.frame, name=name, time_zone=chosen.style.time_zone, currency=chosen.currency)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    if not path.is_file():
        raise NotFound("connect.no_file", f"There is no file {path}.", hint="Check the path.")
    with whole(path), gzip.open(path) if path.name.endswith(".gz") else path.open("rb") as file:
        yield file  # type: ignore[misc]


def flat_rows(lines: Iterable[bytes], where: str, *, first_line: int = 0) -> pl.DataFrame:
    """JSON objects as rows with dotted column names; a list stays JSON text.

    InvalidInput(connect.json) names the line that is no JSON object. Numbers and booleans keep their type
    where a column has one type only; otherwise the column is text.
    """
    rows = []
    for number, line in enumerate(lines, first_line + 1):
        try:
            found = msgspec.json.decode(line) if line.strip() else {}
        except msgspec.DecodeError as error:
            raise InvalidInput(
                "connect.json",
                f"{where}, line {number} is not JSON: {error} ({line[:60].decode(errors='replace')!r}).",
                hint="Correct or remove that line.",
                line=number,
            ) from None
        if not isinstance(found, dict):
            raise InvalidInput(
                "connect.json",
                f"{where}, line {number} is a {type(found).__name__}, not an object.",
                hint="Write one {...} per line.",
                line=number,
            )
        rows.append(found)
    return rows_frame(rows)


def rows_frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Nested objects as rows with dotted column names; a list stays JSON text."""
    columns: dict[str, list[Any]] = {}
    for height, row in enumerate(rows):
        for name, value in flat(row):
            held = columns.setdefault(name, [])
            held.extend([None] * (height - len(held)))
            held.append(value)
    return pl.DataFrame([_column(n, v + [None] * (len(rows) - len(v))) for n, v in columns.items()])


def flat(found: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted path, value) of a nested object.

    >>> dict(flat({"a": {"b": 1, "c": [1, 2]}, "d": None}))
    {'a.b': 1, 'a.c': '[1,2]', 'd': None}
    """
    for key, value in found.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            yield prefix + key, msgspec.json.encode(value).decode()
        else:
            yield prefix + key, value


def _column(name: str, values: list[Any]) -> pl.Series:
    kinds = {type(v) for v in values if v is not None}
    if len(kinds) == 1 or kinds == {int, float}:
        return pl.Series(name, values, strict=False)
    if not kinds:
        return pl.Series(name, values, dtype=pl.String)
    shown = [v if v is None or isinstance(v, str) else msgspec.json.encode(v).decode() for v in values]
    return pl.Series(name, shown, dtype=pl.String)


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines of `file`; a last one that has no end yet and is no JSON is still being written: left for later."""
    for line in file:
        if not line.endswith(b"\n"):
            try:
                msgspec.json.decode(line)
            except msgspec.DecodeError:
                return
        yield line
