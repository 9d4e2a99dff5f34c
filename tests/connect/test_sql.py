"""Watermarks at their limits, awkward column types, the errors of databases, and memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoshin.connect._database import Database, frame_of
from hoshin.connect._secret import Secret
from hoshin.connect._watermark import Seen, value_of, written
from hoshin.connect.sql import Connector
from hoshin.errors import HoshinError, InvalidInput, Unavailable
from tests.connect.sources import postgres_schema, postgres_url

MAPPING = 'format = 1\nname = "t"\nversion = "1"\n[columns]\ncase_id = "c"\nactivity = "a"\ntimestamp = "t"\n'


@pytest.fixture
def mapping(tmp_path: Path) -> str:
    path = tmp_path / "m.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return str(path)


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 6), st.text("ab", max_size=1)), max_size=12), max_size=6),
    st.integers(0, 3),
    st.integers(1, 4),
)
def test_nothing_is_lost_or_doubled_whatever_comes_in_at_or_within_the_overlap(
    arrivals: list[list[tuple[int, str]]], overlap: int, size: int
) -> None:
    """Rows arrive in rounds, never earlier than `overlap` before the last watermark; each round is pulled."""
    table: list[tuple[int, str]] = []
    state: dict[str, Any] | None = None
    got: list[tuple[int, str]] = []
    for arriving in arrivals:
        last = max((mark for mark, _ in got), default=0)
        table += [(max(mark + last // 2, last - overlap if got else 0), name) for mark, name in arriving]
        seen = Seen.resume(state, overlap)
        floor = None if seen.last is None else seen.floor()
        rows = sorted((r for r in table if floor is None or r[0] >= floor), key=lambda r: r[0])
        for at in range(0, len(rows), size):
            fresh = [r for r in rows[at : at + size] if seen.take(r[0], r)]
            got += fresh
            if fresh:
                state = seen.state()

    assert sorted(got) == sorted(table)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), datetime(2024, 1, 2), date(2024, 1, 2), 7, 1.1,
        Decimal("1.10"), "0042",
    ],
)  # fmt: skip
def test_a_watermark_is_kept_exactly(value: Any) -> None:
    assert value_of(written(value)) == value
    assert type(value_of(written(value))) is type(value)


def test_rows_of_any_type_become_columns() -> None:
    rows = [(1, Decimal("1.5"), datetime(2024, 1, 1, tzinfo=UTC), time(8), b"\x01", {"a": 1}, None, 1),
            (2, None, None, None, None, None, None, "x")]  # fmt: skip
    frame = frame_of(["i", "d", "t", "c", "b", "j", "n", "m"], rows)

    assert frame.row(0) == (1, 1.5, datetime(2024, 1, 1, tzinfo=UTC), time(8), "01", '{"a": 1}', None, "1")
    assert frame["n"].dtype == pl.String


def test_rows_without_a_watermark_are_counted(tmp_path: Path, mapping: str) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as base, base:
        base.execute("CREATE TABLE e (c, a, t, w)")
        base.executemany("INSERT INTO e VALUES ('1', 'a', '2024-01-01', ?)", [(1,), (None,), (2,)])
    source = Connector(url=f"sqlite:///{tmp_path}/x.db", table="e", watermark="w", mapping=mapping)

    (batch,) = source.batches()

    assert batch.frame.height == 2
    assert [(u.column, u.count) for u in batch.unread] == [("w", 1)]


def test_a_query_serves_as_a_table(tmp_path: Path, mapping: str) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as base, base:
        base.execute("CREATE TABLE e (c, a, t)")
        base.executemany("INSERT INTO e VALUES (?, 'a', '2024-01-01')", [(i,) for i in range(10)])
    source = Connector(url=f"sqlite:///{tmp_path}/x.db", query="SELECT * FROM e WHERE c > 4;", mapping=mapping)

    assert source.mode == "snapshot"
    assert sum(b.frame.height for b in source.batches()) == 5


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"url": "sqlite://", "table": "e", "query": "q"}, "connect.sql_what"),
        ({"url": "postgresql://u:pw@h/d", "table": "e"}, "connect.url_secret"),
        ({"url": "no url", "table": "e"}, "connect.url"),
        ({"url": "nosuchdb://h/d", "table": "e"}, "connect.driver"),
        ({"url": "sqlite://", "table": "nowhere"}, "connect.query"),
        ({"url": "postgresql://u@127.0.0.1:1/d", "table": "e"}, "connect.database"),
        ({"url": "env:HOSHIN_NOT_SET", "table": "e"}, "connect.no_secret"),
    ],
)
def test_errors_say_what_is_wrong(settings: dict[str, str], code: str, mapping: str) -> None:
    with pytest.raises(HoshinError) as caught:
        list(Connector(mapping=mapping, **settings).batches())  # type: ignore[arg-type]

    assert caught.value.code == code
    assert caught.value.hint
    assert "pw" not in str(caught.value)


def test_a_whole_url_by_reference_is_not_shown_when_it_fails(monkeypatch: pytest.MonkeyPatch, mapping: str) -> None:
    monkeypatch.setenv("HOSHIN_TEST_URL", "postgresql://u:hunter2@127.0.0.1:1/d")
    with pytest.raises(Unavailable) as caught:
        list(Connector(url="env:HOSHIN_TEST_URL", table="e", mapping=mapping).batches())

    assert "hunter2" not in str(caught.value)
    assert "env:HOSHIN_TEST_URL" in str(caught.value)


@pytest.fixture
def million(mapping: str) -> Iterator[tuple[str, int]]:
    with postgres_schema() as (engine, schema):
        import sqlalchemy as sa

        n = 200_000
        with engine.connect() as base:
            base.execute(
                sa.text(
                    f"CREATE TABLE {schema}.e AS SELECT g AS w, g % 500 AS c, 'a' AS a,"
                    f" timestamp '2024-01-01' + g * interval '1 second' AS t, repeat('x', 200) AS pad"
                    f" FROM generate_series(1, {n}) g"
                )
            )
        yield schema, n


def test_a_large_table_is_streamed_from_a_server_side_cursor(million: tuple[str, int], mapping: str) -> None:
    """Memory follows the batch, not the table: the peak of Python objects stays near one batch."""
    import tracemalloc

    schema, n = million
    source = Connector(url=postgres_url(), schema=schema, table="e", watermark="w", mapping=mapping, batch_rows=5_000)
    tracemalloc.start()
    rows = sum(batch.frame.height for batch in source.batches())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert rows == n
    assert peak < 30e6, f"{peak / 1e6:.0f} MB for a table of {n * 230 / 1e6:.0f} MB of text"


def test_postgresql_is_opened_read_only(million: tuple[str, int]) -> None:
    import sqlalchemy as sa

    schema, _ = million
    with pytest.raises(HoshinError, match="read-only"), Database(postgres_url()).open() as connection:
        connection.execute(sa.text(f"DELETE FROM {schema}.e"))


def test_a_secret_is_a_reference() -> None:
    with pytest.raises(InvalidInput) as caught:
        Secret("hunter2")
    assert "hunter2" not in str(caught.value)
