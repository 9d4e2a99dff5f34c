"""A database by SQLAlchemy URL: opened without showing a password, read with a server-side cursor."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import polars as pl

from hoshin.connect._secret import SCHEMES, Secret, scrub
from hoshin.errors import InvalidInput, Unavailable, Unsupported

if TYPE_CHECKING:
    from sqlalchemy import Connection

# The driver taken for a URL that names none, where it is the one installed: free licences only.
DRIVERS = {"postgresql": ("psycopg", "pg8000"), "mysql": ("MySQLdb", "pymysql"), "mariadb": ("MySQLdb", "pymysql")}


@dataclass(frozen=True, slots=True)
class Database:
    """`url` without a password, or a reference to a whole URL (`env:NAME`); `password` is a reference."""

    url: str
    password: Secret | None = None

    def __post_init__(self) -> None:
        if self.url.partition(":")[0] in SCHEMES:
            return
        _, sqlalchemy_url = _sqlalchemy()
        try:
            parsed = sqlalchemy_url.make_url(self.url)
        except Exception:
            raise InvalidInput(
                "connect.url", "The database URL cannot be read.", hint="Write dialect://user@host:port/database."
            ) from None
        if parsed.password is not None:
            raise InvalidInput(
                "connect.url_secret",
                "The database URL holds a password; it would be stored and shown.",
                hint="Leave it out and add --set password=env:NAME, or give the whole url as env:NAME.",
            )

    def label(self) -> str:
        """The URL for people: a reference, or a URL that never had a password."""
        return self.url

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """A read-only connection where the dialect has such; errors speak without secrets."""
        sa, sqlalchemy_url = _sqlalchemy()
        whole = Secret(self.url).reveal() if self.url.partition(":")[0] in SCHEMES else self.url
        url = sqlalchemy_url.make_url(whole)
        if self.password is not None:
            url = url.set(password=self.password.reveal())
        default, ours = DRIVERS.get(url.drivername, ("", ""))
        if ours and find_spec(default) is None:
            url = url.set(drivername=f"{url.drivername}+{ours}")
        hidden = (url.password or "", whole if whole != self.url else "")
        try:
            engine = sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True)
        except (sa.exc.NoSuchModuleError, ModuleNotFoundError) as error:
            raise Unsupported(
                "connect.driver",
                f"No driver for {url.drivername}: {scrub(str(error), *hidden)}.",
                hint="pip install 'hoshin[sql]' for PostgreSQL and MariaDB/MySQL; others: see SQLAlchemy's dialects.",
            ) from None
        try:
            with engine.connect() as connection:
                if url.get_backend_name() == "postgresql":
                    connection = connection.execution_options(postgresql_readonly=True)
                yield connection
        except sa.exc.DBAPIError as error:
            said = scrub(str(error.orig).strip(), *hidden)
            shown = url.render_as_string(hide_password=True) if whole == self.url else self.url
            if isinstance(error, sa.exc.ProgrammingError) or "syntax" in said or "no such" in said:
                raise InvalidInput(
                    "connect.query", f"{shown} refused the query: {said}", hint="Check table, columns and SQL."
                ) from None
            raise Unavailable("connect.database", f"{shown}: {said}", hint="Check the server, then retry.") from None
        finally:
            engine.dispose()


def quoted(connection: Connection, *names: str) -> str:
    """`schema.table` or a column, quoted for the dialect; empty parts are left out."""
    prepare = connection.dialect.identifier_preparer
    return ".".join(prepare.quote(n) for n in names if n)


def columns_of(connection: Connection, relation: str) -> list[str]:
    """Column names of a table or subquery, without reading a row."""
    from sqlalchemy import text

    return list(connection.execute(text(f"SELECT * FROM {relation} WHERE 1 = 0")).keys())


def stream(
    connection: Connection, sql: str, parameters: Mapping[str, Any], rows: int
) -> Iterator[tuple[list[str], list[Sequence[Any]]]]:
    """(column names, at most `rows` rows) at a time from a server-side cursor."""
    from sqlalchemy import text

    result = connection.execution_options(yield_per=rows).execute(text(sql), dict(parameters))
    names = list(result.keys())
    for part in result.partitions(rows):
        yield names, list(part)


def frame_of(names: list[str], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Rows of Python values as a frame: dates and numbers keep their type, anything unusual becomes text."""
    if not rows:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    return pl.DataFrame([_series(name, [row[i] for row in rows]) for i, name in enumerate(names)])


def _series(name: str, values: list[Any]) -> pl.Series:
    kinds = {type(v) for v in values if v is not None}
    if not kinds:
        return pl.Series(name, values, dtype=pl.String)
    if kinds <= {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds <= {int}:
        return pl.Series(name, values, strict=False)
    if kinds <= {int, float, Decimal}:
        return pl.Series(name, [None if v is None else float(v) for v in values], dtype=pl.Float64)
    if kinds == {datetime}:
        if any(v is not None and v.tzinfo is not None for v in values):
            utc = [None if v is None else v.astimezone(UTC) for v in values]
            return pl.Series(name, utc, dtype=pl.Datetime("us", "UTC"))
        return pl.Series(name, values, dtype=pl.Datetime("us"))
    if kinds == {date}:
        return pl.Series(name, values, dtype=pl.Date)
    if kinds == {time}:
        return pl.Series(name, values, dtype=pl.Time)
    return pl.Series(name, [None if v is None else _shown(v) for v in values], dtype=pl.String)


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, (datetime, date, time)) else str(value)


def digest(row: Sequence[Any]) -> str:
    """16 hex digits that tell rows apart: the BLAKE2b of their values."""
    shown = json.dumps([None if v is None else [type(v).__name__, _shown(v)] for v in row], ensure_ascii=False)
    return hashlib.blake2b(shown.encode(), digest_size=8).hexdigest()


def _sqlalchemy() -> tuple[Any, Any]:
    try:
        import sqlalchemy
        import sqlalchemy.engine.url
    except ModuleNotFoundError:
        raise Unsupported(
            "connect.no_sqlalchemy", "Databases need SQLAlchemy.", hint="pip install 'hoshin[sql]'"
        ) from None
    return sqlalchemy, sqlalchemy.engine.url
