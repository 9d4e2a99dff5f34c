"""Import, directly-follows graph and variants against Polars, DuckDB and pm4py, in one run.

    python -m bench.bench_basics [--events 1000000] [--write]

pm4py (AGPL-3.0) is a peer to measure, not a dependency: its row is skipped where it is not installed. Set
PM4PY_PYTHON to the interpreter of an environment that has it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from numba import njit

from bench.measure import about, keep, measured, table
from hoshin.connect import csv
from hoshin.log.eventlog import EventLog
from hoshin.mine.dfg import discover_dfg
from hoshin.mine.variants import discover_variants

SEED = 1
PEER = """
import json, sys, time, resource
import pm4py, pandas as pd
t = time.perf_counter(); frame = pd.read_csv(sys.argv[1], dtype={"case_id": str})
frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True, format="ISO8601")
log = pm4py.format_dataframe(frame, case_id="case_id", activity_key="activity", timestamp_key="timestamp")
read = time.perf_counter() - t
t = time.perf_counter(); pm4py.discover_dfg(log); dfg = time.perf_counter() - t
t = time.perf_counter(); pm4py.get_variants(log); variants = time.perf_counter() - t
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"read": read, "dfg": dfg, "variants": variants, "peak": peak}))
"""


def generate(path: Path, n_events: int) -> None:
    """A CSV of `n_events` in `n_events` / 10 cases, 20 activities, rows in time order (cases interleaved)."""
    rng = np.random.default_rng(SEED)
    n_cases = n_events // 10
    case = np.repeat(np.arange(n_cases), 10)
    at = np.datetime64("2025-01-01T08:00:00") + np.cumsum(rng.integers(1, 3600, (n_cases, 10)), axis=1).ravel().astype(
        "timedelta64[s]"
    )
    at = at + np.repeat(rng.integers(0, 30_000_000, n_cases), 10).astype("timedelta64[s]")
    step = np.tile(np.arange(10), n_cases)
    activity = np.where(rng.random(n_events) < 0.12, rng.integers(0, 20, n_events), step)
    names = pl.Series([f"Activity {i:02d}" for i in range(20)])
    frame = pl.DataFrame(
        {
            "case_id": pl.Series(case).cast(pl.String).str.pad_start(8, "0").str.replace("^", "case-"),
            "activity": names.gather(activity),
            "timestamp": pl.Series(at.astype("datetime64[us]")),
            "resource": pl.Series([f"user{i}" for i in range(50)]).gather(rng.integers(0, 50, n_events)),
            "amount": rng.integers(1, 10_000, n_events),
        }
    )
    frame.sort("timestamp").with_columns(pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S")).write_csv(path)


@njit(cache=True)
def one_pass(activity, case_start, n_act):  # type: ignore[no-untyped-def]
    """The lower bound: one pass over sorted codes that counts pairs and folds a hash per case."""
    follows = np.zeros((n_act, n_act), dtype=np.int64)
    folded = np.empty(case_start.size - 1, dtype=np.uint64)
    for c in range(case_start.size - 1):
        h = np.uint64(14695981039346656037)
        for e in range(case_start[c], case_start[c + 1]):
            h = (h ^ np.uint64(activity[e] + 1)) * np.uint64(1099511628211)
            if e + 1 < case_start[c + 1]:
                follows[activity[e], activity[e + 1]] += 1
        folded[c] = h
    return follows, folded


def duck(path: Path) -> None:
    import duckdb

    duckdb.sql(
        "SELECT a, b, count(*) FROM (SELECT activity a, lead(activity) OVER (PARTITION BY case_id ORDER BY timestamp) b"
        f" FROM read_csv('{path}')) WHERE b IS NOT NULL GROUP BY a, b"
    ).fetchall()


def peer(path: Path) -> dict[str, float] | None:
    python = os.environ.get("PM4PY_PYTHON")
    if not python:
        return None
    done = subprocess.run([python, "-W", "ignore", "-c", PEER, str(path)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def polars_read(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, try_parse_dates=True)


def load(path: Path) -> EventLog:
    return csv.read(path).log


def bound(log: EventLog) -> object:
    return one_pass(log.activity, log.case_start, len(log.activities))


def graph_and_variants(log: EventLog) -> object:
    return discover_dfg(log), discover_variants(log)


def compare(path: Path, n_events: int) -> list[str]:
    """Both tables for one size."""
    read, ours = measured(polars_read, path), measured(load, path)
    least, both = measured(bound, path, setup=load), measured(graph_and_variants, path, setup=load)
    imports = [("Polars read with parsed dates", read), ("hoshin: CSV to sorted, encoded log", ours)]
    graphs = [("one numba pass over sorted codes", least), ("hoshin: DFG + variants", both)]
    if n_events <= 1_000_000:
        graphs.append(("DuckDB: DFG only, from the CSV", measured(duck, path)))
        if other := peer(path):
            imports.append(("pm4py: read and format", {"seconds": other["read"], "peak_mib": other["peak"]}))
            graphs.append(
                ("pm4py: DFG + variants", {"seconds": other["dfg"] + other["variants"], "peak_mib": other["peak"]})
            )
    log = load(path)
    return [
        f"## {n_events:,} events, {log.n_cases:,} cases, {len(discover_variants(log)):,} variants\n",
        table([_row("CSV import", what, m, read) for what, m in imports]),
        "",
        table([_row("graph and variants", what, m, least) for what, m in graphs]),
        "",
    ]


def _row(head: str, what: str, measure: dict[str, float], against: dict[str, float]) -> dict[str, object]:
    return {
        head: what,
        "s": measure["seconds"],
        "ratio": measure["seconds"] / against["seconds"],
        "peak MiB": measure["peak_mib"],
    }


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--events", type=int, nargs="*", default=[1_000_000, 10_000_000])
    arguments.add_argument("--write", action="store_true")
    parts = [
        "# Import, map and variants\n",
        "`PM4PY_PYTHON=... python -m bench.bench_basics --write`: seed 1, median of 3 runs after a warm-up, each in a",
        "process of its own; memory is the peak above the start (pm4py: the whole process).",
        about("polars", "duckdb", "numba", "numpy") + ".\n",
    ]
    for n in arguments.parse_args().events:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "log.csv"
            generate(path, n)
            parts += compare(path, n)
    keep("basics", "\n".join(parts).rstrip())


if __name__ == "__main__":
    main()
