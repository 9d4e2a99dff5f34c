"""Reading XES against r4pm (Rust) and pm4py, in one run.

    python bench/bench_xes.py [--peer PYTHON] [--events 1000000] [--log FILE ...]

`--peer` is the interpreter of an environment that has r4pm and pm4py (AGPL: peers in benchmarks only).
Every reading happens in its own process, alone: the best of three, and the peak resident memory of the
process; "first" is the first reading, with kernels compiled before (they are cached on disk). "CPU" is the
processor time of all threads, which other work on the machine disturbs least. All must agree on the
number of cases and events.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.peers import peak_mb, run, versions

SEED = 11


def generate(n_events: int, folder: Path) -> list[Path]:
    """Cases of about ten events with seven attributes each, two of them unique per event; plain and gzipped."""
    import numpy as np
    import polars as pl

    from hoshin.connect import xes
    from hoshin.log.build import build_log

    rng = np.random.default_rng(SEED)
    n_cases = max(n_events // 10, 1)
    case = np.sort(rng.integers(0, n_cases, n_events))
    seconds = 1_600_000_000 + rng.integers(0, 365 * 86_400, n_cases)[case] + np.arange(n_events) % 97 * 1800
    frame = pl.DataFrame(
        {
            "case_id": pl.Series(case).cast(pl.String),
            "activity": pl.Series([f"activity {a:02}" for a in range(20)]).gather(rng.integers(0, 20, n_events)),
            "timestamp": pl.Series(seconds * 1000 + rng.integers(0, 1000, n_events)).cast(pl.Datetime("ms")),
            "resource": pl.Series([f"Resource {a}" for a in range(200)]).gather(rng.integers(0, 200, n_events)),
            "lifecycle": "complete",
            "amount": np.round(rng.lognormal(5, 1, n_events), 2),
            "items": rng.integers(1, 50, n_events),
            "document": pl.Series("d", np.arange(n_events)).cast(pl.String).str.zfill(10),
        }
    )
    plain = folder / f"generated_{n_events}.xes"
    xes.write(build_log(frame, case_columns=[]).log, plain)
    packed = plain.with_suffix(".xes.gz")
    with plain.open("rb") as source, gzip.open(packed, "wb", compresslevel=6) as target:
        shutil.copyfileobj(source, target)
    return [plain, packed]


def hoshin(path: str) -> tuple[int, int]:
    from hoshin.connect import xes

    log = xes.read(Path(path)).log
    return log.n_cases, log.n_events


def r4pm(path: str) -> tuple[int, int]:
    from r4pm import df

    frame, _ = df.import_xes(path)
    return frame["case:concept:name"].n_unique(), frame.height


def pm4py(path: str) -> tuple[int, int]:
    import pm4py as peer

    frame = peer.read_xes(path)
    return int(frame["case:concept:name"].nunique()), len(frame)


SIDES: dict[str, tuple[Callable[[str], tuple[int, int]], int]] = {
    "hoshin": (hoshin, 3),
    "r4pm": (r4pm, 3),
    "pm4py": (pm4py, 1),
}


def measure(side: str, path: str) -> dict[str, object]:
    read, times = SIDES[side]
    wall, cpu = [], []
    for _ in range(times):
        begin, used = time.perf_counter(), time.process_time()
        counts = read(path)
        wall.append(time.perf_counter() - begin)
        cpu.append(time.process_time() - used)
    return {"first_s": wall[0], "best_s": min(wall), "cpu_s": min(cpu), "peak_mb": peak_mb(), "counts": counts}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--log", nargs="*", default=[], type=Path)
    parser.add_argument("--only", nargs=2, metavar=("SIDE", "FILE"))
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(*options.only)))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        files = [*options.log, *generate(options.events, Path(scratch))]
        hoshin(str(files[-1]))  # compile and cache the kernels
        print(f"seed {SEED}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
              f"{versions(options.peer, 'r4pm', 'pm4py', 'polars', 'lxml')}\n")  # fmt: skip
        print("| file | size | reader | first s | best s | CPU s | peak MB | hoshin is |")
        print("|---|---|---|---:|---:|---:|---:|---|")
        for file in files:
            found = {
                side: run(options.peer if side != "hoshin" else sys.executable, __file__, side, file) for side in SIDES
            }
            counts = {side: r["counts"] for side, r in found.items() if "counts" in r}
            base = found["hoshin"]
            for side, r in found.items():
                shown = f"{file.name} | {file.stat().st_size / 1e6:.0f} MB | {side}"
                if "error" in r:
                    print(f"| {shown} | failed: {r['error']} | | | | | |")
                    continue
                ratio = "" if side == "hoshin" else f"{r['best_s'] / base['best_s']:.1f}x faster"
                print(
                    f"| {shown} | {r['first_s']:.2f} | {r['best_s']:.2f} | {r['cpu_s']:.2f} | {r['peak_mb']:,.0f} "
                    f"| {ratio} |",
                    flush=True,
                )
            if len({tuple(c) for c in counts.values()}) > 1:
                print(f"|  |  | (cases, events) differ: {counts} | | | | | |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
