"""Which staged rows hold: of those with one event key the last, whatever number of rows there are."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.connect._canonical import KEY
from hoshin.connect._stage import Held, Stage
from hoshin.store.columnfiles import ColumnFile

# Rows that are looked at together, and the seeds of the two hashes that stand for a key.
TOGETHER = 1 << 20
SEEDS = (20_240_229, 97)


def once(stage: Stage, held: list[Held], *, together: int = TOGETHER) -> NDArray[np.bool_] | None:
    """bool (rows of `held`,): whether a row is the last of its event key, or has none. None: all are.

    Rows are dealt by the hash of their key into shares of about `together` rows, and each share is settled by
    itself (as in a Grace hash join), so memory is one byte a row and one share. A key is taken for its two
    64-bit hashes: the chance that two of n keys are mixed up is below n^2 / 2^129.
    """
    if KEY not in stage.kinds(held):
        return None
    rows = sum(h.rows for h in held)
    shares = np.uint64(rows // together + 1)
    keep = np.ones(rows, dtype=np.bool_)
    with tempfile.TemporaryDirectory(prefix=".once-", dir=stage.folder) as scratch:
        hashes = [ColumnFile(Path(scratch) / str(k), np.dtype(np.uint64)) for k in range(len(SEEDS))]
        share = ColumnFile(Path(scratch) / "share", np.dtype(np.int32))
        for frame in stage.frames(held):
            key = frame[KEY].cast(pl.String)
            for column, seed in zip(hashes, SEEDS):
                column.append(key.hash(seed).to_numpy())
            dealt = (key.hash(SEEDS[0]).to_numpy() % shares).astype(np.int32)
            dealt[key.is_null().to_numpy()] = -1
            share.append(dealt)
        mapped, where = [h.map() for h in hashes], share.map()
        for number in range(int(shares)):
            mine = _equal_to(where, number, together)
            keys = pl.DataFrame({str(k): column[mine] for k, column in enumerate(mapped)})
            keep[mine] = keys.select(pl.struct(pl.all()).is_last_distinct()).to_series().to_numpy()
    return keep


def _equal_to(column: NDArray[np.int32], value: int, step: int) -> NDArray[np.int64]:
    """Where `column` is `value`, looked for `step` values at a time."""
    found = [np.flatnonzero(column[at : at + step] == value) + at for at in range(0, column.size, step)]
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
