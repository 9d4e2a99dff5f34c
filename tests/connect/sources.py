"""Small outside systems for the conformance suite: each builds a source and says what must come out of it."""

from __future__ import annotations

import base64
import gzip
import json
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests import sap_tables
from tests.connect import camunda_history, replay

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


@contextmanager
def mariadb_database() -> Iterator[tuple[Any, str]]:
    """A SQLAlchemy engine and a database of its own, dropped afterwards; skips where there is no server."""
    import sqlalchemy as sa

    url = os.environ.get("HOSHIN_TEST_MARIADB", "mariadb://root@127.0.0.1:3306/test")
    engine = sa.create_engine(url.replace("mariadb://", "mariadb+pymysql://"), poolclass=sa.pool.NullPool)
    name = f"hoshin_{uuid.uuid4().hex[:10]}"
    try:
        with engine.begin() as base:
            base.execute(sa.text(f"CREATE DATABASE {name}"))
    except sa.exc.DBAPIError as error:
        pytest.skip(f"no MariaDB at $HOSHIN_TEST_MARIADB: {error.orig}")
    try:
        yield engine, f"{url.rpartition('/')[0]}/{name}"
    finally:
        with engine.begin() as base:
            base.execute(sa.text(f"DROP DATABASE {name}"))
        engine.dispose()


@contextmanager
def mariadb(folder: Path) -> Iterator[System]:
    """As `sqlite`, with DATETIME columns, and a watermark kept by the server's own clock type to the microsecond."""
    import sqlalchemy as sa

    mapping = folder / "steps.toml"
    mapping.write_text(ZONE_MAPPING, encoding="utf-8")
    rows = steps(25)
    with mariadb_database() as (engine, url):
        table = f"{url.rpartition('/')[2]}.steps"

        def run(sql: str, many: list[dict[str, Any]] | None = None) -> None:
            with engine.begin() as base:
                base.execute(sa.text(sql), many) if many else base.execute(sa.text(sql))

        def insert(more: list[dict[str, Any]], hour: int | None = None) -> None:
            day = datetime(2024, 2, 1, microsecond=250_000)
            made = [{**r, "changed": day + timedelta(hours=r["id"] // 4 if hour is None else hour)} for r in more]
            run(f"INSERT INTO {table} VALUES (:id, :case, :step, :at, :who, :changed)", made)

        def later() -> list[Event]:
            more = steps(5, 100)
            insert(more[:3], hour=6)
            insert(more[3:], hour=9)
            return utc_of(more)

        def spoil() -> tuple[str, str]:
            run(f"ALTER TABLE {table} RENAME COLUMN who TO whom")
            return "who", "whom"

        run(
            f"CREATE TABLE {table} (id BIGINT UNSIGNED, `case` VARCHAR(10), step TEXT, at DATETIME, who VARCHAR(20),"
            " changed DATETIME(6)) CHARACTER SET utf8mb4"
        )
        insert(rows)
        settings = {"url": url, "table": "steps", "watermark": "changed", "mapping": str(mapping), "batch_rows": 10}
        yield System(kind="sql", settings=settings, events=utc_of(rows), later=later, spoil=spoil)


def incidents(n: int, first: int = 0) -> tuple[list[dict[str, str]], list[dict[str, str]], list[Event]]:
    """(incident records, sys_audit rows, the events they stand for); raw values, times in UTC."""
    records, audit, made = [], [], []
    for i in range(first, first + n):
        opened = datetime(2024, 3, 1, 9, tzinfo=UTC) + timedelta(hours=i)
        steps_ = [("1", "2", 5), ("2", "3", 9), ("3", "2", 30), ("2", "6", 31), ("6", "7", 90)][: 1 + i % 5]
        number, updated = f"INC{i:07d}", opened
        made.append((number, "Opened", opened))
        for k, (old, new, minutes) in enumerate(steps_):
            updated = opened + timedelta(minutes=minutes)
            audit.append(
                {
                    "sys_id": f"a{i:04d}{k}", "tablename": "incident", "documentkey": f"{i:032x}", "fieldname": "state",
                    "oldvalue": old, "newvalue": new, "user": f"user{k}",
                    "sys_created_on": f"{updated:%Y-%m-%d %H:%M:%S}",
                }
            )  # fmt: skip
            words = {"2": "In Progress", "3": "On Hold", "6": "Resolved", "7": "Closed"}
            made.append((number, words[new], updated))
        # Three records share one change time: the pages must not lose any of them.
        shared_ = datetime(2024, 3, 10, tzinfo=UTC) + timedelta(hours=i // 3)
        records.append(
            {
                "sys_id": f"{i:032x}", "number": number, "opened_at": f"{opened:%Y-%m-%d %H:%M:%S}", "opened_by": "ann",
                "sys_updated_on": f"{shared_:%Y-%m-%d %H:%M:%S}", "sys_mod_count": str(len(steps_)), "priority": "3",
                "category": "network", "assignment_group": "", "reassignment_count": "0", "state": "7",
            }
        )  # fmt: skip
    return records, audit, made


@contextmanager
def servicenow(folder: Path) -> Iterator[System]:
    records, audit, made = incidents(10)
    tables = {"incident": records, "sys_audit": audit}
    basic = "Basic " + base64.b64encode(b"reader:hunter2-hunter2").decode()

    def later() -> list[Event]:
        """New incidents, and one read before that changed again."""
        more, changes, events = incidents(3, 10)
        records.extend(more)
        audit.extend(changes)
        again = datetime(2024, 4, 1, 12, tzinfo=UTC)
        records[2] |= {"sys_updated_on": f"{again:%Y-%m-%d %H:%M:%S}", "sys_mod_count": "99"}
        audit.append(audit[0] | {"sys_id": "late", "documentkey": records[2]["sys_id"], "oldvalue": "7",
                                 "newvalue": "2", "sys_created_on": f"{again:%Y-%m-%d %H:%M:%S}"})  # fmt: skip
        return [*events, (records[2]["number"], "In Progress", again)]

    def spoil() -> tuple[str, str]:
        for record in records:
            record["opened_on"] = record.pop("opened_at")
        return "opened_at", "opened_on"

    with replay.serving(replay.servicenow(tables, basic)) as server:
        settings = {"url": server.url, "user": "reader", "password": "env:HOSHIN_TEST_SECRET", "page_rows": 4}
        yield System(
            kind="servicenow", settings=settings, events=made, later=later, spoil=spoil, secret="hunter2-hunter2",
            notes={"server": server},
        )  # fmt: skip


def issues(n: int, first: int = 0) -> tuple[list[dict[str, Any]], list[Event]]:
    """(issues with changelogs, the events they stand for); each time has an offset of its own."""
    made: list[Event] = []
    found = []

    def shown(when: datetime, hours: int) -> str:
        local = when.astimezone(timezone(timedelta(hours=hours)))
        return local.strftime("%Y-%m-%dT%H:%M:%S.") + f"{local.microsecond // 1000:03d}" + local.strftime("%z")

    def change(name: str, old: str | None, new: str) -> dict[str, Any]:
        return {"field": name, "fieldtype": "jira", "from": None, "fromString": old, "to": "1", "toString": new}

    for i in range(first, first + n):
        created = datetime(2024, 3, 1, 9, 0, 12, 345000, tzinfo=UTC) + timedelta(hours=i)
        key, histories = f"OPS-{i + 1}", []
        made.append((key, "Created", created))
        before = "To Do"
        for k, status in enumerate(["In Progress", "In Review", "In Progress", "Done"][: i % 5]):
            at = created + timedelta(minutes=20 * (k + 1))
            items = [change("status", before, status)]
            if k == 1:
                items.insert(0, change("assignee", None, "Bob"))
            author = {"displayName": "Ann"}
            histories.append({"id": f"{i}{k}", "author": author, "created": shown(at, 1), "items": items})
            made.append((key, status, at))
            before = status
        # Several issues change within one minute, which is all that JQL can tell apart.
        updated = datetime(2024, 3, 20, 7, tzinfo=UTC) + timedelta(minutes=i // 3, seconds=i)
        fields_ = {
            "created": shown(created, -5), "updated": shown(updated, 2), "creator": {"displayName": "Ann"},
            "status": {"name": before}, "issuetype": {"name": "Task"}, "project": {"key": "OPS"}, "resolution": None,
            "priority": {"name": "High"},
        }  # fmt: skip
        found.append({"id": str(10_000 + i), "key": key, "fields": fields_, "changelog": {"histories": histories}})
    return found, made


@contextmanager
def jira(folder: Path, api: str = "cloud") -> Iterator[System]:
    held, made = issues(10)
    word = base64.b64encode(b"me@example.org:hunter2-hunter2").decode()
    expected = f"Basic {word}" if api == "cloud" else "Bearer hunter2-hunter2"

    def later() -> list[Event]:
        more, events = issues(3, 10)
        held.extend(more)
        again = datetime(2024, 4, 1, 12, tzinfo=UTC)
        held[2]["fields"]["updated"] = "2024-04-01T12:00:00.000+0000"
        item = {"field": "status", "fromString": "In Review", "toString": "Reopened"}
        entry = {
            "id": "late",
            "author": {"displayName": "Eve"},
            "created": "2024-04-01T12:00:00.000+0000",
            "items": [item],
        }
        held[2]["changelog"]["histories"].append(entry)
        return [*events, (held[2]["key"], "Reopened", again)]

    def spoil() -> tuple[str, str]:
        for issue in held:
            issue["fields"]["createdAt"] = issue["fields"].pop("created")
        return "fields.created", "fields.createdAt"

    with replay.serving(replay.jira(held, expected, api=api, zone="America/New_York")) as server:
        settings = {"url": server.url, "token": "env:HOSHIN_TEST_SECRET", "page_rows": 4, "api": api}
        settings |= {"user": "me@example.org"} if api == "cloud" else {}
        yield System(
            kind="jira", settings=settings, events=made, later=later, spoil=spoil, secret="hunter2-hunter2",
            notes={"server": server},
        )  # fmt: skip


def jira_server(folder: Path) -> Any:
    return jira(folder, "server")


@contextmanager
def sap_extract(folder: Path) -> Iterator[System]:
    system = sap_tables.purchases(sap_tables.System(), 9)
    place = folder / "extract"
    place.mkdir()
    sap_tables.write_us(system, place)

    def spoil() -> tuple[str, str]:
        file = place / "EKPO.csv"
        file.write_text(file.read_text(encoding="utf-8-sig").replace("EBELP", "EBELPP"), encoding="utf-8")
        return "EBELP", "EBELPP"

    settings = {"process": "p2p", "path": str(place), "time_zone": sap_tables.ZONE, "documents": 3}
    yield System(kind="sap", settings=settings, events=[e[:3] for e in system.p2p], spoil=spoil)


@contextmanager
def sap_database(folder: Path) -> Iterator[System]:
    import sqlalchemy as sa

    system = sap_tables.sales(sap_tables.System(), 9)
    with postgres_schema() as (engine, schema):
        with engine.connect() as connection:
            sap_tables.write_database(system, connection, schema)

        def spoil() -> tuple[str, str]:
            with engine.connect() as connection:
                connection.execute(sa.text(f'ALTER TABLE {schema}."VBAP" RENAME COLUMN "POSNR" TO "POSNRR"'))
            return "POSNR", "POSNRR"

        settings = {
            "process": "o2c", "url": postgres_url(), "schema": schema, "time_zone": sap_tables.ZONE, "documents": 3,
            "password": "env:HOSHIN_TEST_SECRET",
        }  # fmt: skip
        yield System(
            kind="sap", settings=settings, events=[e[:3] for e in system.o2c], spoil=spoil, secret="hunter2-hunter2"
        )


@contextmanager
def camunda(folder: Path) -> Iterator[System]:
    import sqlalchemy as sa

    with postgres_schema() as (engine, schema):
        with engine.connect() as connection:
            camunda_history.create(connection, schema)
            made = [e for number in range(10) for e in camunda_history.run(connection, schema, number)]

        def later() -> list[Event]:
            """A new run, a task that ends now, and one that ended before the last event but commits only now."""
            with engine.connect() as connection:
                last = max(e[2] for e in made)
                more = [camunda_history.finish(connection, schema, 4, last - timedelta(seconds=200))]
                more.append(camunda_history.finish(connection, schema, 9, last + timedelta(hours=2)))
                return more + camunda_history.run(connection, schema, 12)  # begins after the last event

        def spoil() -> tuple[str, str]:
            with engine.connect() as connection:
                connection.execute(sa.text(f"ALTER TABLE {schema}.ACT_HI_ACTINST RENAME COLUMN ASSIGNEE_ TO ASSIGNED_"))
            return "ASSIGNEE_", "ASSIGNED_"

        settings = {
            "url": postgres_url(), "schema": schema, "time_zone": camunda_history.ZONE, "batch_rows": 15,
            "password": "env:HOSHIN_TEST_SECRET", "variables": "amount",
        }  # fmt: skip
        yield System(kind="camunda", settings=settings, events=made, later=later, spoil=spoil, secret="hunter2-hunter2")


@contextmanager
def uilog(folder: Path) -> Iterator[System]:
    """A recording of one user who types rows of a sheet into a form; the recorder writes cells a row late."""
    file, at, made, rows = folder / "ui.csv", datetime(2024, 3, 1, 9, tzinfo=UTC), [], []
    for record in range(8):
        for event, element, text, who in [
            ("getCell", f"A{record + 2}", "", "ann"),
            ("copy", "", "", ""),
            ("paste", "name", "", "ann"),
            ("clickButton", "b1", "Submit", "ann"),
        ]:
            at += timedelta(seconds=3)
            shown = {"getCell": "getCell A", "paste": "paste name", "clickButton": "clickButton Submit"}.get(
                event, event
            )
            made.append((f"ann-{record + 1:04d}", shown, at))
            rows.append(f"{at:%Y-%m-%dT%H:%M:%S}.000Z,{who},Chrome,{event},{element},{text}")
    rows[0::4], rows[1::4] = rows[1::4], rows[0::4]
    head = "timeStamp,userID,targetApp,eventType,target.id,target.innerText"

    def write(head: str) -> None:
        file.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")

    def spoil() -> tuple[str, str]:
        write(head.replace("eventType", "eventTypes"))
        return "eventType", "eventTypes"

    write(head)
    yield System(kind="uilog", settings={"path": str(file), "batch_cases": 3}, events=made, spoil=spoil)


SYSTEMS: dict[str, Callable[[Path], Any]] = {
    "jsonl": jsonl,
    "sql-sqlite": sqlite,
    "sql-postgresql": postgres,
    "sql-mariadb": mariadb,
    "servicenow": servicenow,
    "jira-cloud": jira,
    "jira-server": jira_server,
    "camunda": camunda,
    "uilog": uilog,
    "sap-extract": sap_extract,
    "sap-database": sap_database,
}
