"""Performance of directly-follows pairs in business hours, against pm4py, in one run.

    python bench/bench_calendar.py [--peer PYTHON] [--events 1000000]

`--peer` is the interpreter of an environment that has pm4py (AGPL: a peer in benchmarks only). Each
side runs in its own process on the same generated log, reads it outside the clock, warms up, and is
timed alone. The figures of every pair must agree before times are compared.
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

SEED = 7
HOURS = "Mon-Fri 07:00-17:00"


def generate(n_events: int, path: Path) -> None:
    """Cases of about ten events over two years, 20 activities, a Markov-like order."""
    rng = np.random.default_rng(SEED)
    n_cases = n_events // 10
    case = np.sort(rng.integers(0, n_cases, n_events))
    activity = np.minimum(rng.geometric(0.15, n_events) - 1, 19)
    begin = rng.uniform(0, 2 * 365 * 86400, n_cases)[case]
    step = rng.exponential(8 * 3600, n_events)
    new = np.append(True, case[1:] != case[:-1])
    since = np.cumsum(step)
    start = np.maximum.accumulate(np.where(new, np.arange(n_events), 0))
    seconds = (1_577_836_800 + begin + since - since[start]).astype(np.int64)
    pl.DataFrame(
        {
            "case_id": pl.Series(case).cast(pl.String),
            "activity": pl.Series([f"activity {a:02}" for a in range(20)]).gather(activity),
            "timestamp": pl.Series(seconds * 1000).cast(pl.Datetime("ms")).dt.cast_time_unit("us"),
        }
    ).write_parquet(path)


def ours(path: str) -> dict[str, object]:
    from hoshin.log.build import build_log
    from hoshin.mine.calendar import parse_calendar
    from hoshin.mine.waiting import transition_times

    log = build_log(pl.read_parquet(path)).log
    calendar = parse_calendar(HOURS)
    transition_times(log.select_cases(np.arange(log.n_cases) < 100), calendar)  # compile outside the clock
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        rows = transition_times(log, calendar)
        times.append(time.perf_counter() - begin)
    import hoshin

    mean = {f"{r['from']}>{r['to']}": r["mean_s"] for r in rows}
    return {"seconds": min(times), "mean": mean, "version": f"hoshin {hoshin.__version__}"}


PEER = """
import sys, time, json, resource, warnings
warnings.simplefilter("ignore")
import pandas as pd, pm4py
df = pd.read_parquet(sys.argv[1])
df = df.rename(columns={"case_id": "case:concept:name", "activity": "concept:name", "timestamp": "time:timestamp"})
df["time:timestamp"] = df["time:timestamp"].dt.tz_localize("UTC")
df = df.sort_values(["case:concept:name", "time:timestamp"], kind="stable").reset_index(drop=True)
slots = [((24 * d + 7) * 3600, (24 * d + 17) * 3600) for d in range(5)]
best = []
for _ in range(int(sys.argv[2])):
    begin = time.perf_counter()
    dfg, _s, _e = pm4py.discover_performance_dfg(df, business_hours=True, business_hour_slots=slots)
    best.append(time.perf_counter() - begin)
mean = {f"{a}>{b}": v["mean"] if isinstance(v, dict) else v for (a, b), v in dfg.items()}
print(json.dumps({"seconds": min(best), "mean": mean, "version": "pm4py " + pm4py.__version__,
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        result = ours(given.one)
        print(json.dumps(result | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        generate(given.events, path)
        mine = run([sys.executable, __file__, "--one", str(path)])
        peer = run([given.peer, "-c", PEER, str(path), "1"])
    a, b = mine["mean"], peer["mean"]
    gap = max(abs(a[k] - b[k]) for k in b)
    print(f"{given.events:,} events, seed {SEED}, {HOURS}; Python {platform.python_version()}, {os.cpu_count()} cores")
    print(f"pairs: {len(a)} and {len(b)}; largest difference of a mean: {gap:.6f} s\n")
    print("| side | seconds | peak MB | ratio |\n|---|---:|---:|---:|")
    for side in (mine, peer):
        ratio = side["seconds"] / mine["seconds"]
        print(f"| {side['version']} | {side['seconds']:.3f} | {side['peak_mb']:.0f} | {ratio:.0f} |")


def run(command: list[str]) -> dict[str, object]:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
