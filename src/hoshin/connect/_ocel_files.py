"""Read or write an object-centric log by the extension of the file."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

from hoshin.errors import Conflict, InvalidInput
from hoshin.log.ocel import Ocel
from hoshin.log.ocel_build import OcelBuilt
from hoshin.shelf import Shelf

formats = Shelf("hoshin.connect.ocel", "object-centric format")
STANDARDS = ("2.0", "1.0")


@cache
def extensions() -> dict[str, str]:
    """Extension to the module that reads it."""
    return {e: name for name in formats.names() for e in formats.take(name).EXTENSIONS}


def format_of(path: Path) -> ModuleType:
    """The module for `path`: the longest extension that fits. InvalidInput(ocel.extension) if none does."""
    fits = [e for e in extensions() if path.name.lower().endswith(e)]
    if not fits:
        raise InvalidInput(
            "ocel.extension",
            f"{path.name} has no extension of an object-centric log.",
            hint=f"Known: {', '.join(sorted(extensions()))}. Rename it to say what it is.",
        )
    return formats.take(extensions()[max(fits, key=len)])


def read_ocel(path: Path, *, time_zone: str | None = None) -> OcelBuilt:
    """Read `path` with the reader for its extension; `time_zone` is that of times without one."""
    module = format_of(path)
    built: OcelBuilt = module.read(path, time_zone=time_zone or None)
    extension = max((e for e in module.EXTENSIONS if path.name.lower().endswith(e)), key=len)
    return replace(built, ocel=replace(built.ocel, name=path.name[: -len(extension)]))


def write_ocel(ocel: Ocel, path: Path, *, standard: str = "2.0", overwrite: bool = False) -> list[str]:
    """Write `ocel` in the format of the extension of `path`, whole or not at all; returns what was lost.

    Raises Conflict(file.exists) unless `overwrite`, InvalidInput(ocel.standard) where the format is not written
    in that version of the standard.
    """
    module = format_of(path)
    if standard not in module.WRITES:
        can = [f"{e} ({', '.join(formats.take(n).WRITES)})" for e, n in extensions().items() if formats.take(n).WRITES]
        raise InvalidInput(
            "ocel.standard",
            f"hoshin does not write {path.name} as OCEL {standard}.",
            hint=f"It writes {', '.join(sorted(can))}.",
        )
    if path.exists() and not overwrite:
        raise Conflict("file.exists", f"{path} exists.", hint="Choose another name, or say --overwrite.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as scratch:
        part = Path(scratch) / path.name
        notes: list[str] = module.write(ocel, part, standard=standard)
        os.replace(part, path)
    return notes
