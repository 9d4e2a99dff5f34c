"""A vocabulary that grows while a log is read piece by piece."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from hoshin.kernels import codes as code_kernel
from hoshin.kernels import intern as kernel
from hoshin.log.eventlog import Codes


class Vocabulary:
    """Distinct texts, numbered in order of first appearance over all batches.

    Memory per text: its bytes, 16 bytes for hash and end, and 8 to 16 for the table.

    >>> words = Vocabulary()
    >>> words.encode(pl.Series(["b", "a", None])).tolist(), words.encode(pl.Series(["c", "a"])).tolist()
    ([0, 1, -1], [2, 1])
    >>> words.texts().to_list()
    ['b', 'a', 'c']
    """

    def __init__(self) -> None:
        self.size = 0
        self._table = np.full(1024, -1, dtype=np.int32)
        self._hashes = np.empty(512, dtype=np.uint64)
        self._ends = np.zeros(513, dtype=np.int64)
        self._arena = np.empty(8192, dtype=np.uint8)

    def encode(self, column: pl.Series) -> Codes:
        """int32 codes of a String or Categorical column, -1 for null; new texts are added."""
        array = column.rechunk().to_arrow()
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if not pa.types.is_dictionary(array.type):
            array = array.cast(pa.large_string()).dictionary_encode()
        indices = array.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        local, used = code_kernel.renumber(np.ascontiguousarray(indices), len(array.dictionary))
        texts = array.dictionary.cast(pa.large_string()).take(pa.array(used))
        lookup = np.append(self._intern(texts), np.int32(-1))
        return np.asarray(lookup[local], dtype=np.int32)

    def texts(self) -> pl.Series:
        return pl.Series(pl.from_arrow(self.to_arrow()), dtype=pl.String)

    def to_arrow(self) -> pa.Array:
        """The texts as LargeString, without a copy."""
        ends = self._ends[: self.size + 1]
        data = self._arena[: int(ends[-1])]
        return pa.LargeStringArray.from_buffers(self.size, pa.py_buffer(ends), pa.py_buffer(data))

    def _intern(self, texts: pa.Array) -> Codes:
        _, ends, data = texts.buffers()
        offsets = np.frombuffer(ends, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
        held = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.empty(0, dtype=np.uint8)
        self._make_room(len(texts), int(offsets[-1] - offsets[0]))
        codes, self.size = kernel.intern(held, offsets, self._table, self._hashes, self._arena, self._ends, self.size)
        return np.asarray(codes, dtype=np.int32)

    def _make_room(self, n_more: int, n_bytes: int) -> None:
        most = self.size + n_more
        if most > self._hashes.size:
            room = max(most, self._hashes.size * 3 // 2)
            self._hashes = np.concatenate([self._hashes[: self.size], np.empty(room - self.size, dtype=np.uint64)])
            self._ends = np.concatenate([self._ends[: self.size + 1], np.zeros(room - self.size, dtype=np.int64)])
        used = int(self._ends[self.size])
        if used + n_bytes > self._arena.size:
            room = max(used + n_bytes, self._arena.size * 3 // 2)
            self._arena = np.concatenate([self._arena[:used], np.empty(room - used, dtype=np.uint8)])
        if 2 * most > self._table.size:
            size = self._table.size
            while size < 2 * most:
                size *= 2
            self._table = np.full(size, -1, dtype=np.int32)
            kernel.fill_table(self._hashes, self.size, self._table)
