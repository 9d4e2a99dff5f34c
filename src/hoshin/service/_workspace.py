"""The workspace: the folder that holds everything hoshin knows, and the only place it writes to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hoshin.errors import Conflict, NotFound
from hoshin.log.eventlog import EventLog
from hoshin.store.logs import LogStore

MARKER = "hoshin.toml"
HEADER = """\
# A hoshin workspace. Everything hoshin writes stays in this folder.
# See docs/reference/settings.md for every setting.
"""


class Progress(Protocol):
    """What a long task tells the person waiting. `total` None = unknown length."""

    def task(self, what: str, total: int | None = None) -> AbstractContextManager[Advance]: ...


class Advance(Protocol):
    """Call it with the amount done since the last call."""

    def __call__(self, amount: int = 1) -> None: ...


class Silent:
    """No progress: for programs and tests."""

    @contextmanager
    def task(self, what: str, total: int | None = None) -> Iterator[Advance]:
        yield lambda amount=1: None


@dataclass(frozen=True, slots=True)
class Workspace:
    """An opened workspace at `root`."""

    root: Path
    progress: Progress = field(default_factory=Silent)

    @property
    def logs(self) -> LogStore:
        return LogStore(self.root / "logs")

    def log(self, name: str) -> EventLog:
        """The stored log `name`, or `name@version`."""
        return self.logs.read(name)

    def folder(self, name: str) -> Path:
        """A subfolder for output, created on first use."""
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        return path


def create(root: Path, progress: Progress | None = None) -> Workspace:
    """Make `root` a workspace. Conflict(workspace.exists) if it is one already."""
    marker = root / MARKER
    if marker.exists():
        raise Conflict("workspace.exists", f"{root} is a hoshin workspace already.", hint="Use it as it is.")
    root.mkdir(parents=True, exist_ok=True)
    marker.write_text(HEADER, encoding="utf-8")
    return Workspace(root.resolve(), progress or Silent())


def open_workspace(start: Path | None = None, progress: Progress | None = None) -> Workspace:
    """The workspace at `start`, at $HOSHIN_WORKSPACE, or around the current folder (as git finds a repository)."""
    named = start or (Path(os.environ["HOSHIN_WORKSPACE"]) if os.environ.get("HOSHIN_WORKSPACE") else None)
    here = (named or Path.cwd()).resolve()
    for folder in [here] if named else [here, *here.parents]:
        if (folder / MARKER).is_file():
            return Workspace(folder, progress or Silent())
    raise NotFound(
        "workspace.none",
        f"There is no hoshin workspace at {here}" + ("." if named else " or above it."),
        hint="Make one with: hoshin init" + (f" {here}" if named else ""),
    )
