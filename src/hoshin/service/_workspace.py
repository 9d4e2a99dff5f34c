"""The workspace: the folder that holds everything hoshin knows, and the only place it writes to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hoshin.errors import Conflict, Denied, NotFound
from hoshin.log.eventlog import EventLog
from hoshin.records.actor import LOCAL, Actor
from hoshin.settings import MARKER, Settings, load, workspace_named
from hoshin.store.logs import LogStore
from hoshin.store.twins import TwinStore

if TYPE_CHECKING:
    from hoshin.records.book import Book
    from hoshin.records.decide import Decisions
    from hoshin.records.ledger import Ledger
    from hoshin.records.policy import Policy
    from hoshin.store.cache import Cache
    from hoshin.store.database import Database
    from hoshin.store.ocels import OcelStore

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
    """An opened workspace at `root`, as `actor` may use it. Alone and embedded, that is one local user who may
    do everything; with accounts (`hoshin access ...`) or through the server it is whoever signed in."""

    root: Path
    progress: Progress = field(default_factory=Silent)
    actor: Actor = LOCAL
    settings: Settings = field(default_factory=Settings)
    _opened: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def acting(self, actor: Actor) -> Workspace:
        """The same workspace for another actor."""
        return replace(self, actor=actor)

    @property
    def logs(self) -> LogStore:
        """The stored logs; for an actor bound to business units, only the rows that are theirs to see."""
        if "logs" in self._opened:
            watched: LogStore = self._opened["logs"]
            return watched
        if self.actor.solo:
            return LogStore(self.root / "logs")
        from hoshin.service._scope import ScopedLogs

        return ScopedLogs(self.root / "logs", self.actor, self.policy)

    @property
    def ocels(self) -> OcelStore:
        """The stored object-centric logs; an actor bound to business units sees none that the policy narrows."""
        from hoshin.store.ocels import OcelStore

        if "ocels" in self._opened:
            watched: OcelStore = self._opened["ocels"]
            return watched
        if self.actor.solo:
            return OcelStore(self.root / "ocels")
        from hoshin.service._scope import ScopedOcels

        return ScopedOcels(self.root / "ocels", self.actor, self.policy)

    @property
    def twins(self) -> TwinStore:
        """The stored digital twins."""
        watched: TwinStore | None = self._opened.get("twins")
        return watched or TwinStore(self.root / "twins")

    @property
    def alignments(self) -> Cache:
        """Alignments kept between calls; safe to delete."""
        from hoshin.store.cache import Cache

        return Cache(self.root / "cache" / "alignments")

    @property
    def database(self) -> Database:
        """Where records are kept."""
        if "database" not in self._opened:
            from hoshin.store.database import Database

            url = self.settings.records_url or f"sqlite:///{self.root / 'records' / 'records.db'}"
            self._opened["database"] = Database(url)
        found: Database = self._opened["database"]
        return found

    @property
    def ledger(self) -> Ledger:
        from hoshin.records.ledger import Ledger

        return Ledger(self.database, self.root / "records", self.settings.records_checkpoint_every)

    @property
    def book(self) -> Book:
        """The records."""
        from hoshin.records.book import Book

        return Book(self.ledger)

    @property
    def decisions(self) -> Decisions:
        """Decisions on records, under the workspace's policy."""
        from hoshin.records.decide import Decisions
        from hoshin.store import people

        def roles_of(subject: str) -> frozenset[str]:
            with self.database.read() as held:
                return people.roles(held, subject)

        return Decisions(self.book, self.policy.tiers, roles_of, alone=self.settings.approvals_alone)

    @property
    def policy(self) -> Policy:
        """The policy of the workspace."""
        from hoshin.records.policy import load

        return load(self.root / self.settings.access_policy)

    def watching(self, **stores: LogStore | OcelStore | TwinStore) -> Workspace:
        """The same workspace, its `logs`, `ocels` and `twins` read through these."""
        return replace(self, _opened={**self._opened, **stores})

    def require(self, verb: str, what: str, unit: str = "") -> None:
        """Denied(access.denied) unless the actor may do `verb` on `what` (`area.name`, `record/kind`) in `unit`."""
        if self.actor.solo:
            return
        allowed = self.policy.allows(self.actor.roles, verb, what)
        if allowed and self.actor.in_unit(unit):
            return
        reason = f"in unit {unit!r}" if allowed else f"as {', '.join(sorted(self.actor.roles)) or 'no role'}"
        raise Denied(
            "access.denied",
            f"{self.actor.name} may not {verb} {what} {reason}.",
            hint="Ask an administrator: hoshin access explain shows the rules.",
            verb=verb,
            what=what,
            unit=unit,
        )

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
    return Workspace(root.resolve(), progress or Silent(), settings=load(root))


def open_workspace(start: Path | None = None, progress: Progress | None = None) -> Workspace:
    """The workspace at `start`, at $HOSHIN_WORKSPACE, or around the current folder (as git finds a repository)."""
    named = start or workspace_named()
    here = (named or Path.cwd()).resolve()
    for folder in [here] if named else [here, *here.parents]:
        if (folder / MARKER).is_file():
            return Workspace(folder, progress or Silent(), settings=load(folder))
    raise NotFound(
        "workspace.none",
        f"There is no hoshin workspace at {here}" + ("." if named else " or above it."),
        hint="Make one with: hoshin init" + (f" {here}" if named else ""),
    )
