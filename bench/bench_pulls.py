"""Pull a table of millions of rows from a database into a log: time and peak memory, whole and incremental.

    python bench/bench_pulls.py [--rows 5000000 1000000] [--postgres URL] [--folder FOLDER]

Each pull runs in a process of its own. SQLite is a file made here; with `--postgres` (a SQLAlchemy URL of a server
that may be written to) the same rows are pulled from a table there, which is dropped afterwards. Two sizes tell how
memory grows with rows. The second pull brings one percent more rows: it reads only those and builds the version anew.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.bench_scale import Meter

SEED, PER_CASE = 20_261_125, 10
MAPPING = """\
format = 1
name = "steps"
version = "1"
time_zone = "Europe/Berlin"
key = ["id"]
[columns]
case_id = "order_no"
activity = "step"
timestamp = "done_at"
resource = "clerk"
"""
TABLE = "CREATE TABLE hoshin_steps (id BIGINT PRIMARY KEY, order_no TEXT, step TEXT, done_at TEXT, clerk TEXT)"


def made(first: int, rows: int) -> Iterator[tuple[int, str, str, str, str]]:
    """Rows in order of time over some 2,000 open cases; one in 100,000 has no time that can be read."""
    draw, start = random.Random(SEED + first), datetime(2024, 1, 1)
    for n in range(first, first + rows):
        case = n // (2_000 * PER_CASE) * 2_000 + draw.randrange(2_000)
        at = "unknown" if n % 100_000 == 99_999 else (start + timedelta(seconds=5 * n)).isoformat(sep=" ")
        yield n, f"O{case:08d}", f"Step {draw.randrange(20)}", at, f"clerk {draw.randrange(200)}"


def fill_sqlite(file: Path, first: int, rows: int) -> None:
    with closing(sqlite3.connect(file)) as base, base:
        if not first:
            base.execute(TABLE)
        base.executemany("INSERT INTO hoshin_steps VALUES (?, ?, ?, ?, ?)", made(first, rows))


def fill_postgres(url: str, first: int, rows: int) -> None:
    """By COPY, so that filling does not take longer than pulling."""
    import io

    import sqlalchemy as sa

    engine = sa.create_engine(url.replace("postgresql://", "postgresql+pg8000://"))
    with engine.begin() as connection:
        if not first:
            connection.execute(sa.text("DROP TABLE IF EXISTS hoshin_steps"))
            connection.execute(sa.text(TABLE))
        raw: Any = connection.connection.driver_connection
        for at in range(first, first + rows, 200_000):
            part = made(at, min(200_000, first + rows - at))
            text = "".join("\t".join(map(str, row)) + "\n" for row in part)
            raw.run("COPY hoshin_steps FROM STDIN", stream=io.BytesIO(text.encode()))


def drop_postgres(url: str) -> None:
    import sqlalchemy as sa

    with sa.create_engine(url.replace("postgresql://", "postgresql+pg8000://")).begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS hoshin_steps"))


def pull_once(root: Path, url: str) -> dict[str, Any]:
    from hoshin.service import connect
    from hoshin.service._workspace import open_workspace

    settings = [f"url={url}", "table=hoshin_steps", "watermark=id", f"mapping={root / 'steps.toml'}"]
    before = time.perf_counter()
    with Meter() as meter:
        done = connect.pull(open_workspace(root), "sql", "steps", set_=settings)
    return {
        "seconds": time.perf_counter() - before, "anon": meter.anon, "total": meter.total,
        "read": done["rows_read"], "events": done["events"], "held": done["quarantined"], "cases": done["cases"],
    }  # fmt: skip


def in_process(root: Path, url: str) -> dict[str, Any]:
    ran = subprocess.run([sys.executable, __file__, "--one", str(root), url], capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(ran.stderr)
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found


def measure(name: str, rows: int, folder: Path, postgres: str) -> None:
    from hoshin.service._workspace import create

    with tempfile.TemporaryDirectory(dir=folder) as place:
        root = create(Path(place) / "workspace").root
        (root / "steps.toml").write_text(MAPPING)
        file = Path(place) / "shop.db"
        url = postgres if name == "PostgreSQL" else f"sqlite:///{file}"

        def fill(first: int, n: int) -> None:
            fill_postgres(postgres, first, n) if name == "PostgreSQL" else fill_sqlite(file, first, n)

        try:
            for what, first, n in (("first pull", 0, rows), ("1 % more", rows, rows // 100)):
                fill(first, n)
                r = in_process(root, url)
                assert r["events"] + r["held"] == first + n, "in = accepted + quarantined"
                print(
                    f"| {name} | {what} of {rows:,} | {r['read']:,} | {r['seconds']:.1f} s "
                    f"| {r['read'] / r['seconds']:,.0f} | {r['anon'] / 1e9:.2f} GB | {r['total'] / 1e9:.2f} GB "
                    f"| {r['events']:,} events of {r['cases']:,} cases, {r['held']} held |",
                    flush=True,
                )
        finally:
            if name == "PostgreSQL":
                drop_postgres(postgres)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--postgres", default="")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--one", nargs=2)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(pull_once(Path(given.one[0]), given.one[1])))
        return
    libraries = ", ".join(f"{n} {version(n)}" for n in ("polars", "pyarrow", "sqlalchemy", "pg8000"))
    print(f"Seed {SEED}; CPython {platform.python_version()}, {libraries}.\n")
    print("| source | pull | rows read | time | rows/s | peak anonymous | with mapped files | result |")
    print("|---|---|---:|---:|---:|---:|---:|---|")
    for name in ("SQLite", *(("PostgreSQL",) if given.postgres else ())):
        for rows in given.rows:
            measure(name, rows, given.folder or Path(tempfile.gettempdir()), given.postgres)


if __name__ == "__main__":
    main()
