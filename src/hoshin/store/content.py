"""The hash of a log's content: over values, not over bytes of a file, and not over the order of attributes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import polars as pl

STEP = 1_000_000


def hash_content(events: pl.DataFrame, cases: pl.DataFrame, meta: dict[str, Any]) -> str:
    """First 12 hex digits of the SHA-256 over `meta` and every column's name, type and values.

    A million rows at a time, so a memory-mapped log is hashed in bounded memory.
    """
    digest = hashlib.sha256(json.dumps(meta, sort_keys=True, ensure_ascii=False).encode())
    for frame in (events, cases):
        for name in sorted(frame.columns):
            column = frame[name]
            kind = "text" if column.dtype in (pl.String, pl.Categorical) else str(column.dtype)
            digest.update(f"{name}\0{kind}\0{len(column)}\0".encode())
            digest.update(_hash_column(column))
    return digest.hexdigest()[:12]


def _hash_column(column: pl.Series) -> bytes:
    """Three streams, each hashed: which values are missing, how long texts are, the values."""
    missing, lengths, values = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    for first in range(0, len(column), STEP):
        part = column.slice(first, STEP)
        if column.null_count():
            missing.update(part.is_null().to_numpy().tobytes())
        if part.dtype.is_numeric() or part.dtype.is_temporal() or part.dtype == pl.Boolean:
            plain = part.to_physical()
            values.update(
                np.ascontiguousarray(plain.fill_null(False if part.dtype == pl.Boolean else 0).to_numpy()).data
            )
        else:
            text = _text(part).fill_null("")
            lengths.update(text.str.len_bytes().cast(pl.Int64).to_numpy().tobytes())
            values.update("".join(text.to_list()).encode())
    return missing.digest() + lengths.digest() + values.digest()


def _text(part: pl.Series) -> pl.Series:
    if part.dtype.is_nested() or part.dtype in (pl.Object, pl.Binary):
        return pl.Series(
            [None if v is None else json.dumps(v, default=str, sort_keys=True) for v in part.to_list()], dtype=pl.String
        )
    return part.cast(pl.String)
