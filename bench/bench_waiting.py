"""The five causes of waiting on a large log, against the least that any tool must do in pandas, in one run.

    python bench/bench_waiting.py [--events 1000000]

No peer splits waiting into causes. The lower bound is the part that comes first: sort, shift within the case, subtract,
and sum waiting per transition. Each side runs in its own process on the same generated log (starts, ends, resources),
reads it outside the clock and is timed three times. The total waiting of both must agree, and the five causes with it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

SEED = 11


def generate(n_events: int, path: Path) -> None:
    """Cases of ten events in sequence over two years, 20 activities, 200 resources, work of about 20 minutes."""
    rng = np.random.default_rng(SEED)
    n_cases = n_events // 10
    case, position = np.repeat(np.arange(n_cases), 10), np.tile(np.arange(10), n_cases)
    work = rng.exponential(1200, (n_cases, 10)) + 1
    wait = rng.exponential(6 * 3600, (n_cases, 10))
    wait[:, 0] = 0
    ends = rng.uniform(0, 2 * 365 * 86400, (n_cases, 1)) + np.cumsum(work + wait, axis=1)
    end = 1_577_836_800 + ends.ravel()
    pl.DataFrame(
        {
            "case_id": pl.Series(case).cast(pl.String),
            "activity": pl.Series([f"activity {a:02}" for a in range(20)]).gather(
                (2 * position + (rng.random(case.size) < 0.3)).astype(np.int64)
            ),
            "resource": pl.Series([f"r{r:03}" for r in range(200)]).gather(rng.integers(0, 200, case.size)),
            "start_timestamp": pl.Series(((end - work.ravel()) * 1000).astype(np.int64)).cast(pl.Datetime("ms")),
            "timestamp": pl.Series((end * 1000).astype(np.int64)).cast(pl.Datetime("ms")),
        }
    ).write_parquet(path)


def ours(path: str) -> dict[str, object]:
    from hoshin.log.build import build_log
    from hoshin.mine.calendar import parse_calendar
    from hoshin.mine.instance import instances
    from hoshin.mine.waitcause import CAUSES, cause_table, split_waiting

    frame = pl.read_parquet(path).with_columns(pl.col("start_timestamp", "timestamp").dt.cast_time_unit("us"))
    log = build_log(frame).log
    hours = parse_calendar("Mon-Fri 07:00-17:00")
    few = log.select_cases(np.arange(log.n_cases) < 100)
    split_waiting(instances(few), default=hours)  # compile outside the clock
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        work = instances(log)
        split = split_waiting(work, default=hours)
        cause_table(split, "transition")
        times.append(time.perf_counter() - begin)
    total = (split.cause_ns / 1e9).sum(axis=0)
    waiting = float((work.waiting_ns / 1e9).sum())
    assert abs(float(total.sum()) - waiting) < 1e-9 * waiting
    return {"seconds": times, "waiting_s": waiting, "causes_s": dict(zip(CAUSES, total.tolist()))}


def pandas_bound(path: str) -> dict[str, object]:
    import pandas as pd

    frame = pd.read_parquet(path)
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        rows = frame.sort_values(["case_id", "timestamp"], kind="stable")
        by = rows.groupby("case_id", sort=False)
        wait = (rows["start_timestamp"] - by["timestamp"].shift()).clip(lower=pd.Timedelta(0))
        seconds = wait.dt.total_seconds()
        seconds.groupby([by["activity"].shift(), rows["activity"]]).agg(["size", "sum", "mean"])
        times.append(time.perf_counter() - begin)
    return {"seconds": times, "waiting_s": float(seconds.sum())}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--side", choices=["ours", "pandas"])
    parser.add_argument("--file")
    given = parser.parse_args()
    if given.side:
        result = {"ours": ours, "pandas": pandas_bound}[given.side](given.file)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**result, "peak_mb": peak}))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        generate(given.events, path)
        found = {}
        for side in ("ours", "pandas"):
            done = subprocess.run(
                [sys.executable, __file__, "--side", side, "--file", str(path)],
                check=True, capture_output=True, text=True, env=os.environ,
            )  # fmt: skip
            found[side] = json.loads(done.stdout)
    a, b = found["ours"]["waiting_s"], found["pandas"]["waiting_s"]
    assert abs(a - b) < 1e-6 * max(a, b), (a, b)
    print(f"{given.events:,} events, Python {platform.python_version()}; total waiting {a:,.0f} s on both sides\n")
    print("| side | best of three, s | all, s | peak memory, MB |\n|---|---:|---|---:|")
    for side, row in found.items():
        all_ = ", ".join(f"{t:.2f}" for t in row["seconds"])
        print(f"| {side} | {min(row['seconds']):.2f} | {all_} | {row['peak_mb']:.0f} |")
    print("\n" + ", ".join(f"{k} {v / a:.1%}" for k, v in found["ours"]["causes_s"].items()))


if __name__ == "__main__":
    main()
