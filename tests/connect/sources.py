"""Small outside systems for the conformance suite: each builds a source and says what must come out of it."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

Event = tuple[str, str, datetime]


@dataclass(kw_only=True)
class System:
    """A source: the connector's `settings`; `events` it must yield (case, activity, UTC time).

    `later` adds events to the running system and returns them (None: the source is read whole each time).
    `spoil` renames something the connector needs and returns the (missing, nearest) names.
    `secret` is the text that no repr, file or message may hold; it is in the environment as $HOSHIN_TEST_SECRET.
    """

    kind: str
    settings: dict[str, Any]
    events: list[Event]
    later: Callable[[], list[Event]] | None = None
    spoil: Callable[[], tuple[str, str]] | None = None
    secret: str = ""
    batches: int = 3
    notes: dict[str, Any] = field(default_factory=dict)


ZONE_MAPPING = """\
format = 1
name = "steps"
version = "1"
time_zone = "Europe/Berlin"
attributes = "all"
key = ["id"]
[columns]
case_id = "case"
activity = "step"
timestamp = "at"
resource = "who"
"""


def steps(n: int, first: int = 0) -> list[dict[str, Any]]:
    """Rows written out of order, in Berlin wall-clock time."""
    start = datetime(2024, 1, 10, 8, 0)
    rows = []
    for i in range(first, first + n):
        at = start + timedelta(minutes=(i * 7) % (n * 5 + 1), seconds=i)
        rows.append({"id": i, "case": f"c{i % 4}", "step": "abc"[i % 3], "at": at.isoformat(sep=" "), "who": "Zoë"})
    return rows


def utc_of(rows: list[dict[str, Any]]) -> list[Event]:
    """Berlin in January is UTC+1."""
    hour = timedelta(hours=1)
    return [(r["case"], r["step"], datetime.fromisoformat(r["at"]).replace(tzinfo=UTC) - hour) for r in rows]


@contextmanager
def jsonl(folder: Path) -> Iterator[System]:
    mapping = folder / "steps.toml"
    mapping.write_text(ZONE_MAPPING.replace('"case"', '"ref.case"'), encoding="utf-8")
    file = folder / "steps.jsonl.gz"
    rows = steps(25)

    def write(more: list[dict[str, Any]], name: str = "case") -> None:
        with gzip.open(file, "at", encoding="utf-8") as out:
            for row in more:
                out.write(
                    json.dumps({**{k: v for k, v in row.items() if k != "case"}, "ref": {name: row["case"]}}) + "\n"
                )

    def later() -> list[Event]:
        more = steps(5, 25)
        write(more)
        return utc_of(more)

    def spoil() -> tuple[str, str]:
        file.unlink()
        write(rows, "cas")
        return "ref.case", "ref.cas"

    write(rows)
    settings = {"path": str(file), "mapping": str(mapping), "batch_rows": 10}
    yield System(kind="jsonl", settings=settings, events=utc_of(rows), later=later, spoil=spoil)


@contextmanager
def sqlite(folder: Path) -> Iterator[System]:
    """Watermark `changed` has ties: a late row comes in at the last value, with a smaller id."""
    mapping = folder / "steps.toml"
    mapping.write_text(ZONE_MAPPING, encoding="utf-8")
    file = folder / "shop.db"
    rows = steps(25)

    def run(sql: str, many: list[tuple[Any, ...]] | None = None) -> None:
        with closing(sqlite3.connect(file)) as base, base:
            if many is None:
                base.execute(sql)
            else:
                base.executemany(sql, many)

    def insert(more: list[dict[str, Any]], changed: int | None = None) -> None:
        values = [(r["id"], r["case"], r["step"], r["at"], r["who"], changed or r["id"] // 4) for r in more]
        run("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?)", values)

    def later() -> list[Event]:
        more = steps(5, 100)
        insert(more[:3], changed=6)  # the last value already read: 24 // 4
        insert(more[3:], changed=9)
        return utc_of(more)

    def spoil() -> tuple[str, str]:
        run("ALTER TABLE steps RENAME COLUMN who TO whom")
        return "who", "whom"

    run('CREATE TABLE steps (id INTEGER, "case" TEXT, step TEXT, at TEXT, who TEXT, changed INTEGER)')
    insert(rows)
    settings = {
        "url": f"sqlite:///{file}", "table": "steps", "watermark": "changed", "mapping": str(mapping), "batch_rows": 10,
    }  # fmt: skip
    yield System(kind="sql", settings=settings, events=utc_of(rows), later=later, spoil=spoil)


def postgres_url() -> str:
    return os.environ.get("HOSHIN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")


@contextmanager
def postgres_schema() -> Iterator[tuple[Any, str]]:
    """A SQLAlchemy engine and a schema of its own, dropped afterwards; skips where there is no server."""
    import sqlalchemy as sa

    url = postgres_url().replace("postgresql://", "postgresql+pg8000://")
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool, isolation_level="AUTOCOMMIT")
    schema = f"hoshin_{uuid.uuid4().hex[:10]}"
    try:
        with engine.connect() as base:
            base.execute(sa.text(f"CREATE SCHEMA {schema}"))
    except sa.exc.DBAPIError as error:
        pytest.skip(f"no PostgreSQL at $HOSHIN_TEST_POSTGRES: {error.orig}")
    try:
        yield engine, schema
    finally:
        with engine.connect() as base:
            base.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@contextmanager
def postgres(folder: Path) -> Iterator[System]:
    """As `sqlite`, with real timestamps as watermark and a password by reference."""
    import sqlalchemy as sa

    mapping = folder / "steps.toml"
    mapping.write_text(ZONE_MAPPING, encoding="utf-8")
    rows = steps(25)
    with postgres_schema() as (engine, schema):

        def insert(more: list[dict[str, Any]], hour: int | None = None) -> None:
            day = datetime(2024, 2, 1, tzinfo=UTC)
            sql = sa.text(f"INSERT INTO {schema}.steps VALUES (:id, :case, :step, :at, :who, :changed)")
            with engine.connect() as base:
                for r in more:
                    changed = day + timedelta(hours=r["id"] // 4 if hour is None else hour)
                    base.execute(sql, {**r, "at": datetime.fromisoformat(r["at"]), "changed": changed})

        def later() -> list[Event]:
            more = steps(5, 100)
            insert(more[:3], hour=6)
            insert(more[3:], hour=9)
            return utc_of(more)

        def spoil() -> tuple[str, str]:
            with engine.connect() as base:
                base.execute(sa.text(f"ALTER TABLE {schema}.steps RENAME COLUMN who TO whom"))
            return "who", "whom"

        with engine.connect() as base:
            base.execute(
                sa.text(
                    f'CREATE TABLE {schema}.steps (id bigint, "case" varchar(10), step text, at timestamp,'
                    " who text, changed timestamptz)"
                )
            )
        insert(rows)
        settings = {
            "url": postgres_url(), "schema": schema, "table": "steps", "watermark": "changed",
            "mapping": str(mapping), "batch_rows": 10, "password": "env:HOSHIN_TEST_SECRET",
        }  # fmt: skip
        yield System(
            kind="sql", settings=settings, events=utc_of(rows), later=later, spoil=spoil, secret="hunter2-hunter2"
        )


SYSTEMS: dict[str, Callable[[Path], Any]] = {"jsonl": jsonl, "sql-sqlite": sqlite, "sql-postgresql": postgres}
