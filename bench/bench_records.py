"""Records at size: a page out of 100,000, appends per second, and a thousand kill -9.

    python -m bench.bench_records [--records 100000] [--kills 1000] [--write]

SQLite on this disk by default; set HOSHIN_TEST_POSTGRES to measure PostgreSQL beside it. The lower bound of an append
is a bare INSERT and COMMIT with the same durability.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from tests.records.test_durable import killed_at_random

from bench.measure import about, keep, table
from hoshin.records.actor import LOCAL
from hoshin.records.book import Book
from hoshin.records.ledger import Ledger
from hoshin.records.verify import verify
from hoshin.store.database import Database


def milliseconds(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median and 95th percentile of `work`, in ms."""
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        took.append((time.perf_counter() - start) * 1000)
    took.sort()
    return statistics.median(took), took[int(0.95 * len(took))]


def fill(database: Database, count: int) -> None:
    """`count` rows of the list people see, as `Book` writes them, without their ledger entries."""
    states = ("draft", "proposed", "approved", "in_force", "retired")
    rows = [
        (
            "threshold", f"t{n:07d}", 1, states[n % 5], None, f"Threshold {n}", f"owner{n % 50}", f"unit{n % 9}",
            f"2027-{n % 12 + 1:02d}-01", "local", "2026-11-25T00:00:00+00:00", n + 1, "0" * 64, f"threshold {n}", None,
        )
        for n in range(count)
    ]  # fmt: skip
    with database.write() as held:
        held.many(f"INSERT INTO record VALUES ({', '.join('?' * 15)})", rows)


def pages(book: Book) -> list[tuple[str, Callable[[], object]]]:
    deep = book.page(LOCAL, limit=100, after="")["next"]
    for _ in range(20):
        deep = book.page(LOCAL, limit=100, after=deep)["next"]
    return [
        ("first page of 100", lambda: book.page(LOCAL, limit=100)),
        ("page 22", lambda: book.page(LOCAL, limit=100, after=deep)),
        ("those in force", lambda: book.page(LOCAL, limit=100, state="in_force")),
        ("to review by March", lambda: book.page(LOCAL, limit=100, review_by="2027-03-01")),
        ("words that few hold", lambda: book.page(LOCAL, limit=100, text="99999")),
    ]


def bare(path: Path) -> Callable[[], object]:
    """The lower bound: INSERT and COMMIT, WAL and synchronous=FULL."""
    held = sqlite3.connect(path, isolation_level=None)
    held.execute("PRAGMA journal_mode=WAL")
    held.execute("PRAGMA synchronous=FULL")
    held.execute("CREATE TABLE e (n INTEGER PRIMARY KEY, body TEXT)")

    def insert() -> None:
        held.execute("BEGIN IMMEDIATE")
        held.execute("INSERT INTO e (body) VALUES (?)", ("x" * 200,))
        held.execute("COMMIT")

    return insert


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--records", type=int, default=100_000)
    arguments.add_argument("--kills", type=int, default=1000)
    arguments.add_argument("--write", action="store_true")
    asked = arguments.parse_args()
    parts = [
        "# Records and the ledger\n",
        "`python -m bench.bench_records --write`, seed 5. " + about("sqlalchemy", "pg8000", "cryptography") + ".\n",
        f"## A page out of {asked.records:,} records\n",
    ]
    with tempfile.TemporaryDirectory() as folder:
        urls = [f"sqlite:///{folder}/records.db"]
        if server := os.environ.get("HOSHIN_TEST_POSTGRES"):
            urls.append(f"{server}?schema=bench_{uuid.uuid4().hex[:8]}")
        rows: list[dict[str, object]] = []
        for url in urls:
            database = Database(url)
            fill(database, asked.records)
            for what, work in pages(Book(Ledger(database, Path(folder) / "keys"))):
                median, slow = milliseconds(work, 30)
                rows.append({"store": database.dialect, "page": what, "median ms": median, "95% ms": slow})
            if database.dialect == "postgresql":
                database.connection().rows(f'DROP SCHEMA "{url.rpartition("=")[2]}" CASCADE')
            database.close()
        parts += [table(rows), "", "## One append, durable\n"]
        least, _ = milliseconds(bare(Path(folder) / "bare.db"), 500)
        ledger = Ledger(Database(f"sqlite:///{folder}/l.db"), Path(folder) / "l")
        ours, slow = milliseconds(lambda: ledger.append("test.write", by="local", body={"text": "x" * 200}), 500)
        appended: list[dict[str, object]] = [
            {"what": "INSERT and COMMIT alone", "median ms": least, "ratio": 1.0},
            {"what": "ledger entry, hash-chained, checkpoint every 256", "median ms": ours, "ratio": ours / least},
        ]
        parts += [table(appended), "", f"## {asked.kills:,} times kill -9 while writing\n"]
        start = time.perf_counter()
        killed, told = killed_at_random(Database(f"sqlite:///{folder}/k.db"), Path(folder) / "k", asked.kills, seed=5)
        kept = {e.id: e.seq for e in killed.entries(action="test.write", limit=10_000_000)}
        lost = len(told.items() - kept.items())
        parts.append(
            f"{len(told):,} entries were acknowledged; {lost} of them are missing; {len(verify(killed))} findings when "
            f"verified ({time.perf_counter() - start:.0f} s)."
        )
    keep("records", "\n".join(parts))


if __name__ == "__main__":
    main()
