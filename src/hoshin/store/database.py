"""One small door to SQLite and PostgreSQL: `?` placeholders, tuples back, one writer at a time.

    sqlite:///folder/records.db                        the default: WAL, synchronous=FULL
    postgresql://user:password@host:port/db?schema=s   pg8000; the schema is made if absent

A write transaction holds the one write lock of the database from its first statement, so what it read
stays true until it commits: sequence numbers have no gaps and two approvers cannot both be "the first".
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hoshin.errors import Conflict, InvalidInput, Unavailable

BUSY_S = 120.0
Row = tuple[Any, ...]


@dataclass(slots=True)
class Connection:
    """An open connection. `dialect` is 'sqlite' or 'postgresql'; `raw` is the driver's own."""

    raw: Any
    dialect: str

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run `sql` and return its rows; an empty list for a statement that has none."""
        cursor = self.raw.cursor()
        try:
            if self.dialect == "postgresql":
                cursor.execute(sql.replace("%", "%%").replace("?", "%s"), tuple(values))
                return [tuple(r) for r in cursor.fetchall()] if cursor.description else []
            cursor.execute(sql, tuple(values))
            return cursor.fetchall() if cursor.description else []
        finally:
            cursor.close()

    def one(self, sql: str, values: Sequence[Any] = ()) -> Row | None:
        found = self.rows(sql, values)
        return found[0] if found else None

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run `sql` once for each row."""
        if self.dialect == "sqlite":
            self.raw.executemany(sql, rows)
        else:
            for row in rows:
                self.rows(sql, row)


@dataclass(frozen=True, slots=True)
class Database:
    """A database at `url`; connections are kept one per thread, and opened on first use."""

    url: str
    _local: threading.local = field(default_factory=threading.local, repr=False, compare=False)

    @property
    def dialect(self) -> str:
        scheme = urlsplit(self.url).scheme
        if scheme in ("sqlite", "postgresql"):
            return scheme
        raise InvalidInput(
            "store.url",
            f"{shown(self.url)!r} is not a database hoshin knows.",
            hint="Write sqlite:///path/records.db or postgresql://user@host/database?schema=name.",
        )

    @property
    def path(self) -> Path:
        """The file of an SQLite database."""
        return Path(unquote(self.url.removeprefix("sqlite:///")))

    def connection(self) -> Connection:
        """This thread's connection, its schema made or checked."""
        held: Connection | None = getattr(self._local, "connection", None)
        if held is None:
            from hoshin.store.schema import prepare

            held = _open_sqlite(self.path) if self.dialect == "sqlite" else _open_postgres(self.url)
            prepare(self, held)
            self._local.connection = held
        return held

    def close(self) -> None:
        """Close this thread's connection."""
        held: Connection | None = getattr(self._local, "connection", None)
        if held is not None:
            self._local.connection = None
            with suppress(Exception):
                held.raw.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Statements that change nothing, all seeing one moment; inside `write` they see that transaction."""
        with self._guarded() as held:
            if getattr(self._local, "inside", False):
                yield held
                return
            held.rows("BEGIN" if held.dialect == "sqlite" else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._local.inside = True
            try:
                yield held
            finally:
                self._local.inside = False
                _end(held, "COMMIT")

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction with the write lock: all of it is durable when the block ends, or none of it."""
        with self._guarded() as held:
            if getattr(self._local, "inside", False):
                yield held
                return
            begin(held)
            self._local.inside, self._local.after = True, []
            try:
                yield held
            except BaseException:
                _end(held, "ROLLBACK")
                raise
            else:
                held.rows("COMMIT")
            finally:
                self._local.inside = False
            for act in self._local.after:
                act()

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do `act` once the write transaction we are in has been committed; never, if it is rolled back."""
        self._local.after.append(act)

    @contextmanager
    def _guarded(self) -> Iterator[Connection]:
        """Driver errors as ours; a connection that broke is forgotten."""
        try:
            yield self.connection()
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise Conflict(
                    "store.busy", f"The records were locked for {BUSY_S:.0f} s.", hint="Try again; nothing was written."
                ) from error
            raise
        except Exception as error:
            # pg8000: InterfaceError = the connection is gone; it has no module-level base we could name lazily.
            if type(error).__module__.startswith("pg8000") and type(error).__name__ == "InterfaceError":
                self.close()
                raise Unavailable(
                    "store.lost", f"The database went away: {error}", hint="Try again; nothing was written."
                ) from error
            raise


def begin(held: Connection) -> None:
    """Start a transaction that is the only writer until it ends."""
    if held.dialect == "sqlite":
        held.rows("BEGIN IMMEDIATE")
    else:
        held.rows("BEGIN")
        held.rows("SELECT pg_advisory_xact_lock(hashtext('hoshin:' || current_schema()))")


def _end(held: Connection, how: str) -> None:
    """Leave the transaction; whatever went wrong before is the error that matters."""
    with suppress(Exception):
        held.rows(how)


def _open_sqlite(path: Path) -> Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        raw.execute(f"PRAGMA {pragma}").close()
    return Connection(raw, "sqlite")


def _open_postgres(url: str) -> Connection:
    try:
        import pg8000.dbapi as driver
    except ImportError as error:
        from hoshin.errors import Unsupported

        raise Unsupported(
            "store.postgres", "PostgreSQL needs a driver.", hint="pip install 'hoshin[postgres]'"
        ) from error
    parts = urlsplit(url)
    schema = parse_qs(parts.query).get("schema", ["public"])[0]
    try:
        raw = driver.connect(
            user=unquote(parts.username or "postgres"),
            password=unquote(parts.password) if parts.password else None,
            host=parts.hostname or "localhost",
            port=parts.port or 5432,
            database=parts.path.lstrip("/") or "postgres",
            timeout=BUSY_S,
        )
    except driver.Error as error:
        raise Unavailable(
            "store.connect", f"No connection to {shown(url)}: {error}", hint="Is the server up, the name right?"
        ) from error
    raw.autocommit = True
    held = Connection(raw, "postgresql")
    name = schema.replace('"', '""')
    # Two first users at once: the lock keeps CREATE SCHEMA from racing with itself.
    held.rows("BEGIN")
    held.rows("SELECT pg_advisory_xact_lock(hashtext('hoshin-schema'))")
    held.rows(f'CREATE SCHEMA IF NOT EXISTS "{name}"')
    held.rows("COMMIT")
    held.rows(f'SET search_path TO "{name}"')
    held.rows("SET synchronous_commit TO on")
    return held


def shown(url: str) -> str:
    """`url` without its password, for messages."""
    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":***@") if parts.password else url
