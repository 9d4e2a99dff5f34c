"""Import a log larger than memory, from Parquet or a pull: sorted, encoded and stored piece by piece.

Three passes. Read: rows that cannot be events are set aside, texts become codes, values go to a file per
column. Place: every value moves to its case's stretch of a mapped file (a counting sort by case). Sort:
stretches of some million events are put in order of time. The result is the log that `parquet.read` gives,
version included, but for text attributes: they are never turned into numbers.

Memory that cannot be given back: some 220 bytes for every case (measured: docs/bench/scale.md), the
vocabularies, one batch of rows, one stretch. What is mapped belongs to the disk cache.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hoshin.connect.columns import propose
from hoshin.connect.rows import roles_of
from hoshin.errors import InvalidInput
from hoshin.kernels import intern as kernel
from hoshin.log.build import OPTIONAL, REQUIRED, constant_within_case, order_events, set_aside, to_utc
from hoshin.log.vocabulary import Vocabulary
from hoshin.store.columnfiles import ColumnFile, TextFile, write_arrow
from hoshin.store.logs import LogStore, describe
from hoshin.store.versions import Stored

TIMES = ("timestamp", "start_timestamp")
CODED = ("activity", "resource", "lifecycle")
STORED_AS = {"timestamp": "t_ns", "start_timestamp": "start_ns"}
BATCH = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """The stored log, the rows set aside (as in `Built.rejected`), and how many rows the file has."""

    stored: Stored
    rejected: pl.DataFrame
    rows: int
    notes: tuple[str, ...]


@dataclass(slots=True)
class Pieces:
    """What the first pass leaves: a file per column, the vocabularies, events per case."""

    folder: Path
    kinds: dict[str, pl.DataType]
    unique: str = ""
    columns: dict[str, ColumnFile] = field(default_factory=dict)
    words: dict[str, Vocabulary | TextFile] = field(default_factory=dict)
    cases: Vocabulary = field(default_factory=Vocabulary)
    per_case: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1024, dtype=np.int64))

    def column(self, name: str, dtype: Any) -> ColumnFile:
        if name not in self.columns:
            self.columns[name] = ColumnFile(self.folder / f"{len(self.columns)}.raw", np.dtype(dtype))
        return self.columns[name]

    def vocabulary(self, name: str) -> Vocabulary | TextFile:
        if name not in self.words:
            self.words[name] = TextFile(self.folder / "keys") if name == self.unique else Vocabulary()
        return self.words[name]


def import_parquet(
    path: Path,
    store: LogStore,
    name: str,
    *,
    columns: Mapping[str, str] | None = None,
    time_zone: str = "",
    currency: str = "",
    attributes: Sequence[str] | None = None,
    source: Callable[[int, pl.DataFrame], dict[str, Any]] = lambda rows, rejected: {},
    stretch: int = 8_000_000,
    advance: Callable[[int], None] = lambda n: None,
) -> Imported:
    """Store the Parquet file `path` as the log `name`.

    `columns` names the columns of roles that are not to be guessed; `attributes` the other columns to keep
    (default: all). `source` makes the stored log's source from the rows and those set aside. `stretch` is how
    many events are sorted at a time. `advance` is told the rows done, twice. Raises
    InvalidInput(bulk.timestamp) if times are text, and those of `propose`.
    """
    with pq.ParquetFile(path) as file:
        head = _head(file)
        proposal = propose(head, columns)
        roles = roles_of(head.columns, proposal)
        kept = _kept(head, roles, attributes)
        kind = head.schema[proposal.columns["timestamp"]]
        naive = isinstance(kind, pl.Datetime) and kind.time_zone is None

        def frames() -> Iterator[pl.DataFrame]:
            for batch in file.iter_batches(batch_size=BATCH, columns=kept):
                frame = pl.from_arrow(pa.table(batch))
                assert isinstance(frame, pl.DataFrame)
                yield frame.select(kept).rename({c: r for c, r in roles.items() if c in kept})

        done = import_frames(
            frames(),
            {roles.get(c, c): head.schema[c] for c in kept},
            store,
            name,
            time_zone=time_zone or "UTC",
            currency=currency,
            header=lambda rows: {"offsets": {"": rows}, "zone_assumed": not time_zone} if naive else {},
            source=source,
            stretch=stretch,
            advance=advance,
        )
    return replace(done, notes=tuple(f"columns: {line}" for line in proposal.lines()))


def import_frames(
    frames: Iterable[pl.DataFrame],
    kinds: Mapping[str, pl.DataType],
    store: LogStore,
    name: str,
    *,
    time_zone: str = "UTC",
    currency: str = "",
    header: Callable[[int], dict[str, Any]] = lambda rows: {},
    mend: Callable[[pl.DataFrame], tuple[pl.DataFrame, pl.DataFrame]] | None = None,
    source: Callable[[int, pl.DataFrame], dict[str, Any]] = lambda rows, rejected: {},
    unique: str = "",
    stretch: int = 8_000_000,
    advance: Callable[[int], object] = lambda n: None,
) -> Imported:
    """Store `frames`, which have the columns `kinds` in canonical names, as the log `name`.

    A frame may have `source_row`; else rows are numbered as they come. A column `#timestamp` is the text of times
    that could not be read: it is shown in the rows set aside and kept nowhere else. `mend` is given the rows set
    aside of each frame and tells which stay so, and what the others have become (`source_row` and columns of
    `kinds`). The rest is as for `import_parquet`.
    """
    scratch = Path(tempfile.mkdtemp(prefix=".bulk-", dir=_made(store.root)))
    try:
        pieces = Pieces(scratch, dict(kinds), unique)
        rows, rejected = _read(frames, pieces, time_zone, mend, advance)
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(pieces.per_case[: pieces.cases.size])])
        _place(pieces, start, advance)
        constant = _sort(pieces, start, stretch)
        done = scratch / "done"
        done.mkdir()
        _write(done, pieces, start, constant)
        words = {role: pieces.words[role].texts().to_list() if role in pieces.words else [] for role in CODED}
        meta = describe(
            activities=words["activity"],
            resources=words["resource"],
            lifecycles=words["lifecycle"],
            currency=currency,
            time_zone=time_zone,
            header=header(rows),
        )
        stored = store.adopt(name, done, meta, source=source(rows, rejected))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Imported(stored, rejected, rows, ())


def count_rows(path: Path) -> int:
    """Rows of a Parquet file, from its footer. InvalidInput(parquet.damaged) if it is none."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(
            "parquet.damaged", f"{path} is not a whole Parquet file: {error}.", hint="Copy it again from its source."
        ) from error


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _head(file: pq.ParquetFile) -> pl.DataFrame:
    """The first rows, to propose columns by."""
    first = next(file.iter_batches(batch_size=5000), None)
    if first is None:
        raise InvalidInput("file.empty", "The Parquet file has no rows.", hint="Export it again, with its events.")
    head = pl.from_arrow(pa.table(first))
    assert isinstance(head, pl.DataFrame)
    return head


def _kept(head: pl.DataFrame, roles: Mapping[str, str], attributes: Sequence[str] | None) -> list[str]:
    """The columns of the file to read: those with a role, and the attributes asked for."""
    for name in attributes or ():
        if name not in head.columns:
            raise InvalidInput.unknown("columns.unknown", "column", name, head.columns)
    canonical = (*REQUIRED, *OPTIONAL)
    kept = [c for c in head.columns if roles.get(c) in canonical or attributes is None or c in attributes]
    for column in kept:
        kind = head.schema[column]
        if roles.get(column) in TIMES and not kind.is_temporal():
            raise InvalidInput(
                "bulk.timestamp",
                f"Column {column!r} holds {kind}, not times.",
                hint="Write it as a timestamp column, or import without --bulk.",
            )
        if kind.is_nested() or kind in (pl.Binary, pl.Object):
            raise InvalidInput(
                "bulk.nested", f"Column {column!r} holds {kind}, which a bulk import cannot keep.",
                hint="Leave it out: name the columns to keep with --attribute.",
            )  # fmt: skip
    return kept


def _read(
    frames: Iterable[pl.DataFrame],
    pieces: Pieces,
    time_zone: str,
    mend: Callable[[pl.DataFrame], tuple[pl.DataFrame, pl.DataFrame]] | None,
    advance: Callable[[int], object],
) -> tuple[int, pl.DataFrame]:
    """First pass: every column to its file, in the order of the source. The rows, and those set aside."""
    rows, aside = 0, []
    for frame in frames:
        given = _with_texts(frame)
        if "source_row" not in frame.columns:
            frame = frame.with_row_index("source_row", offset=rows).with_columns(pl.col("source_row").cast(pl.Int64))
        read, height = frame["timestamp"], frame.height
        frame = frame.select(pl.exclude("#timestamp")).with_columns(
            pl.col("case_id", "activity").cast(pl.String),
            *(to_utc(frame[c], time_zone) for c in TIMES if c in frame.columns),
        )
        frame, rejected = set_aside(frame, given, read)
        if rejected.height and mend is not None:
            rejected, mended = mend(rejected)
            if mended.height:
                frame = pl.concat([frame, _like(mended, frame)]).sort("source_row")
        if rejected.height:
            aside.append(rejected)
        _append(frame, pieces)
        rows += height
        advance(height)
    empty = pl.DataFrame(schema={"source_row": pl.Int64, "reason": pl.String})
    return rows, pl.concat([empty, *aside], how="diagonal")


def _like(mended: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """`mended` with the columns of `frame`."""
    return mended.select(
        (pl.col(n) if n in mended.columns else pl.lit(None)).cast(kind).alias(n) for n, kind in frame.schema.items()
    )


def _with_texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows as they are shown if they are set aside."""
    if "#timestamp" not in frame.columns:
        return frame
    shown = pl.coalesce(pl.col("timestamp").cast(pl.String), pl.col("#timestamp"))
    return frame.with_columns(shown.alias("timestamp")).drop("#timestamp")


def _append(frame: pl.DataFrame, pieces: Pieces) -> None:
    code = pieces.cases.encode(frame["case_id"])
    if pieces.cases.size > pieces.per_case.size:
        more = np.zeros(pieces.cases.size * 3 // 2 - pieces.per_case.size, dtype=np.int64)
        pieces.per_case = np.concatenate([pieces.per_case, more])
    counted = np.bincount(code) if code.size else np.zeros(0, dtype=np.int64)
    pieces.per_case[: counted.size] += counted
    pieces.column("#case", np.int32).append(code)
    for column in frame.get_columns():
        name, kind = column.name, column.dtype
        if name == "case_id":
            continue
        if name in CODED or kind in (pl.String, pl.Categorical, pl.Enum):
            pieces.column(name, np.int32).append(pieces.vocabulary(name).encode(column.cast(pl.String)))
        elif name in TIMES:
            moments = column.to_physical().fill_null(frame["timestamp"].to_physical())
            pieces.column(name, np.int64).append(moments.to_numpy())
        elif name == "cost":
            pieces.column(name, np.float64).append(column.cast(pl.Float64).fill_null(float("nan")).to_numpy())
        else:
            plain = column.to_physical()
            missing = plain.is_null().to_numpy() if plain.null_count() else None
            values = plain.fill_null(False if kind == pl.Boolean else 0).to_numpy()
            pieces.column(name, values.dtype).append(values, missing)


def _place(pieces: Pieces, start: NDArray[np.int64], advance: Callable[[int], object]) -> None:
    """Second pass: each column moves to the order of cases, one column after the other."""
    case = pieces.columns.pop("#case")
    names = list(pieces.columns)
    for k, name in enumerate(names):
        old = pieces.columns[name]
        new = old.target()
        values, valid = new.map(), new.map_valid()
        free = start[:-1].copy()
        for first in range(0, old.size, BATCH):
            n = min(BATCH, old.size - first)
            where = kernel.place(case.read(first, n), free)
            values[where] = old.read(first, n)
            if valid is not None:
                valid[where] = old.read_valid(first, n)
            if k == 0:
                advance(n)
        old.remove()
        pieces.columns[name] = new
    case.remove()


def _stretches(start: NDArray[np.int64], size: int) -> Iterator[tuple[int, int]]:
    """Runs of whole cases with at most `size` events, or one case."""
    first, n_cases = 0, start.size - 1
    while first < n_cases:
        last = max(int(np.searchsorted(start, start[first] + size, side="right")) - 1, first + 1)
        yield first, last
        first = last


def _sort(pieces: Pieces, start: NDArray[np.int64], stretch: int) -> list[str]:
    """Third pass: order within cases. Returns the attributes that never change within a case."""
    maps = {name: (column.map(), column.map_valid()) for name, column in pieces.columns.items()}
    own = [c for c in maps if c not in (*REQUIRED, *OPTIONAL, "source_row")]
    constant = [] if start[-1] == start.size - 1 else list(own)
    for first, last in _stretches(start, stretch):
        lo, hi = int(start[first]), int(start[last])
        local = start[first : last + 1] - lo
        case = np.repeat(np.arange(last - first, dtype=np.int32), np.diff(local))
        begin = np.array(maps["start_timestamp"][0][lo:hi]) if "start_timestamp" in maps else None
        order = order_events(case, np.array(maps["timestamp"][0][lo:hi]), begin, local)
        for values, valid in maps.values():
            if order is not None:
                values[lo:hi] = values[lo:hi][order]
                if valid is not None:
                    valid[lo:hi] = valid[lo:hi][order]
        if constant:
            frame = pl.DataFrame({c: np.array(maps[c][0][lo:hi]) for c in constant})
            for name in constant:
                valid = maps[name][1]
                if valid is not None:
                    frame = frame.with_columns(pl.when(pl.Series(np.array(valid[lo:hi]))).then(pl.col(name)))
            constant = constant_within_case(frame, local) if local.size - 1 < hi - lo else constant
    return constant


def _write(folder: Path, pieces: Pieces, start: NDArray[np.int64], constant: list[str]) -> None:
    """The two Arrow files of a stored log."""
    names: list[str] = []
    arrays: list[pa.Array] = []
    for role in ("activity", "timestamp", "start_timestamp", "resource", "lifecycle", "cost", "source_row"):
        if role in pieces.columns:
            column = pieces.columns[role]
            names.append(f"#{STORED_AS.get(role, role)}")
            arrays.append(column.to_arrow(pa.from_numpy_dtype(column.dtype)))
    case_names = ["#case_id", "#first"]
    case_arrays = [pieces.cases.to_arrow(), pa.array(start[:-1])]
    for name, column in pieces.columns.items():
        if name in (*REQUIRED, *OPTIONAL, "source_row"):
            continue
        array = _attribute(column, pieces, name)
        if name in constant:
            case_names.append(name)
            case_arrays.append(array.take(pa.array(start[:-1])))
        else:
            names.append(name)
            arrays.append(array)
    write_arrow(folder / "events.arrow", names, arrays)
    write_arrow(folder / "cases.arrow", case_names, case_arrays)


def _attribute(column: ColumnFile, pieces: Pieces, name: str) -> pa.Array:
    if name in pieces.words:
        codes = column.map()
        if name == pieces.unique:
            return pieces.words[name].to_arrow().take(pa.array(codes, mask=codes < 0))
        bits = pa.py_buffer(np.packbits(codes >= 0, bitorder="little"))
        indices = pa.Array.from_buffers(pa.int32(), column.size, [bits, pa.py_buffer(codes)])
        return pa.DictionaryArray.from_arrays(indices, pieces.words[name].to_arrow(), safe=False)
    kind = pl.Series([], dtype=pieces.kinds[name]).to_arrow().type
    return column.to_arrow(kind)
