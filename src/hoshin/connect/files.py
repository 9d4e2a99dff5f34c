"""Read or write a log file by its extension."""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from hoshin.errors import Conflict, InvalidInput
from hoshin.log.build import Built
from hoshin.log.eventlog import EventLog
from hoshin.shelf import Shelf

formats = Shelf("hoshin.connect", "format")


@cache
def extensions() -> dict[str, str]:
    """Extension to the module that reads it. A file format is a module with EXTENSIONS and `read`."""
    found = {}
    for name in formats.names():
        if "EXTENSIONS" in (formats.folder() / f"{name}.py").read_text(encoding="utf-8") and name != "files":
            module = formats.take(name)
            found.update(dict.fromkeys(module.EXTENSIONS, name))
    return found


def format_of(path: Path) -> ModuleType:
    """The module for `path`: the longest extension that fits. InvalidInput(file.extension) if none does."""
    known = extensions()
    fits = [e for e in known if path.name.lower().endswith(e)]
    if not fits:
        raise InvalidInput(
            "file.extension",
            f"{path.name} has no extension hoshin knows.",
            hint=f"Known: {', '.join(sorted(known))}. Rename it to say what it is. "
            "Object-centric logs (OCEL) are read by: hoshin ocel import",
        )
    return formats.take(known[max(fits, key=len)])


def read_file(path: Path, **options: Any) -> Built:
    """Read `path` with the reader for its extension.

    Raises InvalidInput(file.option) for an option that was set but that this format does not have.
    """
    reader = format_of(path).read
    takes = inspect.signature(reader).parameters
    given = {k: v for k, v in options.items() if v not in (None, "", (), {}, [])}
    for option in given:
        if option not in takes:
            raise InvalidInput(
                "file.option",
                f"The option {option!r} means nothing for {path.name}.",
                hint=f"It takes: {', '.join(sorted(k for k in takes if k != 'path'))}.",
            )
    built: Built = reader(path, **given)
    return built


def accepted_options(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `options` that the reader of `path` takes."""
    takes = inspect.signature(format_of(path).read).parameters
    return {name: value for name, value in options.items() if name in takes}


def write_file(log: EventLog, path: Path, *, overwrite: bool = False) -> list[str]:
    """Write `log` in the format of the extension of `path`, whole or not at all. Returns what the format could
    not hold, in words.

    Raises Conflict(file.exists) unless `overwrite`, InvalidInput(file.read_only) for a format that is only read.
    """
    module = format_of(path)
    if not hasattr(module, "write"):
        writable = [e for e, n in extensions().items() if hasattr(formats.take(n), "write")]
        raise InvalidInput(
            "file.read_only", f"hoshin reads {path.name} but cannot write it.", hint=f"Write {writable}."
        )
    if path.exists() and not overwrite:
        raise Conflict("file.exists", f"{path} exists.", hint="Choose another name, or say --overwrite.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as scratch:
        part = Path(scratch) / path.name
        lost: list[str] = module.write(log, part)
        os.replace(part, path)
    return lost
