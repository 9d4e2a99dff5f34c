"""Arrays that can be computed again, a file per key: safe to delete, bounded, and never a reason to fail."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE_BYTES = 16 * 2**20
TOTAL_BYTES = 128 * 2**20
DIGEST = 32


@dataclass(frozen=True, slots=True)
class Cache:
    """Files `KEY.npz` in `root`, each behind the SHA-256 of its content. What would be larger than `file_bytes` is not
    kept; beyond `total_bytes` the files unused for longest go. A damaged file counts as absent."""

    root: Path
    file_bytes: int = FILE_BYTES
    total_bytes: int = TOTAL_BYTES

    def read(self, key: str) -> dict[str, NDArray[Any]] | None:
        """What was written under `key`, or None."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        if len(data) < DIGEST or hashlib.sha256(data[DIGEST:]).digest() != data[:DIGEST]:
            return None
        with suppress(OSError):
            os.utime(path)
        with np.load(io.BytesIO(data[DIGEST:]), allow_pickle=False) as held:
            return {name: held[name] for name in held.files}

    def write(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep `arrays` under `key`, whole or not at all; a disk that cannot take them is no error."""
        if sum(a.nbytes for a in arrays.values()) > self.file_bytes:
            return
        packed = io.BytesIO()
        np.savez(packed, allow_pickle=False, **dict(arrays))
        data = packed.getvalue()
        with suppress(OSError):
            self.root.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self.root, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(data).digest() + data)
                Path(part).replace(self._path(key))
            finally:
                Path(part).unlink(missing_ok=True)
            self._shrink()

    def _shrink(self) -> None:
        found = sorted(((p.stat().st_mtime_ns, p) for p in self.root.glob("*.npz")), reverse=True)
        size = 0
        for _, path in found:
            size += path.stat().st_size
            if size > self.total_bytes:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.root / f"{key}.npz"
