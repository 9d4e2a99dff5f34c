"""Columns on disk that are written piece by piece: what an import larger than memory works on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(slots=True)
class ColumnFile:
    """One column: raw values in `path`, and a byte per value in `path`.valid once a value was missing."""

    path: Path
    dtype: np.dtype[Any]
    size: int = 0
    _any_missing: bool = False
    _out: Any = field(default=None, repr=False)

    @property
    def valid_path(self) -> Path:
        return self.path.with_name(self.path.name + ".valid")

    def append(self, values: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> None:
        """Write values behind those before."""
        with self.path.open("ab") as file:
            np.ascontiguousarray(values, dtype=self.dtype).tofile(file)
        if missing is not None and missing.any() and not self._any_missing:
            self._any_missing = True
            np.ones(self.size, dtype=np.bool_).tofile(self.valid_path)
        if self._any_missing:
            with self.valid_path.open("ab") as file:
                (np.ones(values.size, dtype=np.bool_) if missing is None else ~missing).tofile(file)
        self.size += values.size

    def read(self, first: int, n: int) -> NDArray[Any]:
        """A copy of values first ... first + n - 1."""
        return np.fromfile(self.path, dtype=self.dtype, count=n, offset=first * self.dtype.itemsize)

    def read_valid(self, first: int, n: int) -> NDArray[np.bool_] | None:
        if not self._any_missing:
            return None
        return np.fromfile(self.valid_path, dtype=np.bool_, count=n, offset=first)

    def target(self) -> ColumnFile:
        """An empty column of the same kind and size, to be written in any order through `map`."""
        other = ColumnFile(self.path.with_name(self.path.name + ".sorted"), self.dtype, self.size, self._any_missing)
        for path, width in ((other.path, self.dtype.itemsize), (other.valid_path, 1)):
            if width > 1 or path == other.path or self._any_missing:
                with path.open("wb") as file:
                    file.truncate(self.size * width)
        return other

    def map(self) -> NDArray[Any]:
        """The values, mapped for reading and writing."""
        if not self.size:
            return np.empty(0, dtype=self.dtype)
        return np.memmap(self.path, dtype=self.dtype, mode="r+", shape=(self.size,))

    def map_valid(self) -> NDArray[np.bool_] | None:
        if not self._any_missing:
            return None
        return np.memmap(self.valid_path, dtype=np.bool_, mode="r+", shape=(self.size,))

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.valid_path.unlink(missing_ok=True)

    def to_arrow(self, kind: pa.DataType) -> pa.Array:
        """The mapped values as an Arrow array of type `kind`, without a copy (booleans are packed)."""
        values, valid = self.map(), self.map_valid()
        bits = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
        if pa.types.is_boolean(kind):
            return pa.Array.from_buffers(kind, self.size, [bits, pa.py_buffer(np.packbits(values, bitorder="little"))])
        return pa.Array.from_buffers(kind, self.size, [bits, pa.py_buffer(values)])


@dataclass(slots=True)
class TextFile:
    """Texts that never repeat, such as keys: numbered as they come, kept on disk and not in memory."""

    path: Path
    size: int = 0
    _bytes: int = 0

    @property
    def ends_path(self) -> Path:
        return self.path.with_name(self.path.name + ".ends")

    def encode(self, column: pl.Series) -> NDArray[np.int32]:
        """int32 codes of a String column, -1 for null; every other text is taken for a new one."""
        texts = column.cast(pl.String).drop_nulls()
        codes = np.full(len(column), -1, dtype=np.int32)
        codes[column.is_not_null().to_numpy()] = np.arange(self.size, self.size + len(texts), dtype=np.int32)
        data = "".join(texts.to_list()).encode()
        ends = self._bytes + np.cumsum(texts.str.len_bytes().cast(pl.Int64).to_numpy(), dtype=np.int64)
        with self.path.open("ab") as file, self.ends_path.open("ab") as others:
            file.write(data)
            if not others.tell():
                np.zeros(1, dtype=np.int64).tofile(others)
            ends.tofile(others)
        self._bytes += len(data)
        self.size += len(texts)
        return codes

    def to_arrow(self) -> pa.Array:
        """The texts as LargeString, mapped."""
        if not self.size:
            return pa.array([], type=pa.large_string())
        data = np.memmap(self.path, dtype=np.uint8, mode="r") if self._bytes else np.zeros(0, dtype=np.uint8)
        ends = np.memmap(self.ends_path, dtype=np.int64, mode="r")
        return pa.LargeStringArray.from_buffers(self.size, pa.py_buffer(ends), pa.py_buffer(data))

    def texts(self) -> pl.Series:
        return pl.Series(pl.from_arrow(self.to_arrow()), dtype=pl.String)


def write_arrow(path: Path, names: list[str], arrays: list[pa.Array]) -> None:
    """One uncompressed record batch, so that reading maps every column in one piece."""
    batch = pa.RecordBatch.from_arrays(arrays, names=names)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
