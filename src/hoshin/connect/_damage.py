"""Compressed files that are damaged, cut short or locked: one error for every reader."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hoshin.errors import InvalidInput


@contextmanager
def whole(path: Path) -> Iterator[None]:
    """Reads inside the block that meet damage raise InvalidInput(file.compressed) naming `path`."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise InvalidInput(
            "file.compressed", f"{path} is damaged or cut short: {error}.", hint="Copy or download it again."
        ) from error
    except RuntimeError as error:
        if "encrypted" not in str(error):
            raise
        raise InvalidInput("file.locked", f"{path} has a password.", hint="Unpack it and import the file.") from error
