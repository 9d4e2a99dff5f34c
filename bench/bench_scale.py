"""A log larger than a laptop's memory: import from Parquet, map, variants, durations and filters, with time and memory.

    python bench/bench_scale.py [--events 100000000] [--folder FOLDER] [--duckdb]

Every step runs in a process of its own. Anonymous memory (`RssAnon`) is what a step really needs; mapped file
pages (`RssFile`) count as resident but the system takes them back when it wants. Needs about 90 bytes of free
disk per event. `--duckdb` adds the same questions asked of DuckDB on the same Parquet file.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

SEED, PER_CASE, N_ACT, N_PEOPLE = 20_260_101, 10, 30, 500


class Meter:
    """Peak anonymous, file-mapped and total resident bytes of this process, sampled every 20 ms."""

    def __init__(self) -> None:
        self.anon = self.file = self.total = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            lines = Path("/proc/self/status").read_text().splitlines()
            kb = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Rss")}
            anon, file = kb["RssAnon"] * 1024, (kb["RssFile"] + kb["RssShmem"]) * 1024
            self.anon, self.file = max(self.anon, anon), max(self.file, file)
            self.total = max(self.total, anon + file)


def generate(path: Path, n_events: int) -> None:
    """Cases of 2 to 18 events in a Markov chain of 30 activities, interleaved in order of time like an export."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(SEED)
    chain = np.cumsum(rng.dirichlet(np.full(N_ACT, 0.15), N_ACT), axis=1)
    names = pa.array([f"Activity {k:02d}" for k in range(N_ACT)])
    people = pa.array([f"user{k:03d}" for k in range(N_PEOPLE)])
    schema = pa.schema(
        [("case_id", pa.string()), ("activity", pa.dictionary(pa.int8(), pa.string())),
         ("timestamp", pa.timestamp("us", tz="UTC")), ("resource", pa.dictionary(pa.int16(), pa.string()))]
    )  # fmt: skip
    block = 2_000_000
    done = case = 0
    with pq.ParquetWriter(path, schema) as writer:
        while done < n_events:
            n_cases = block // PER_CASE
            size = rng.integers(2, 2 * PER_CASE - 1, n_cases)
            owner = np.repeat(np.arange(n_cases), size)
            n = min(owner.size, n_events - done)
            first = np.concatenate([[0], np.cumsum(size)[:-1]])
            position = np.arange(owner.size) - np.repeat(first, size)
            activity = np.zeros(owner.size, dtype=np.int64)
            state = rng.integers(0, 3, n_cases)
            for k in range(int(size.max())):
                rows = first[size > k] + k
                activity[rows] = state[size > k]
                draw = rng.random(n_cases)
                state = np.minimum((chain[state] < draw[:, None]).sum(axis=1), N_ACT - 1)
            t = (case + owner) * 10_000_000 + position * 3_600_000_000 + rng.integers(0, 3_000_000_000, owner.size)
            order = np.argsort(t, kind="stable")[:n]
            ids = pa.array(np.char.add("case-", np.char.zfill((case + owner[order]).astype("U9"), 9)))
            columns = [
                ids,
                pa.DictionaryArray.from_arrays(activity[order].astype(np.int8), names),
                pa.array(t[order] + 1_700_000_000_000_000).cast(schema.field(2).type),
                pa.DictionaryArray.from_arrays(rng.integers(0, N_PEOPLE, n).astype(np.int16), people),
            ]
            writer.write_table(pa.table(columns, schema=schema), row_group_size=1_000_000)
            done, case = done + n, case + n_cases


def steps(folder: Path) -> dict[str, Callable[[], Any]]:
    """The work of every step, on what the steps before left in `folder`."""
    import numpy as np

    from hoshin.kernels import dfg, variants
    from hoshin.log.filter import filter_log
    from hoshin.log.where import parse
    from hoshin.store.logs import LogStore

    store = LogStore(folder / "logs")
    conditions = {
        "filter: duration > 8h": "duration > 8h",
        "filter: follows within a day": 'follows("Activity 03", "Activity 05", within 1d)',
        "filter: variant top 100": "variant top 100",
        "filter: resource": 'resource in ("user001", "user002")',
    }

    def bulk() -> str:
        from hoshin.connect.bulk import import_parquet

        done = import_parquet(folder / "log.parquet", store, "big")
        return f"{done.rows:,} rows"

    def directly() -> str:
        log = store.read("big")
        counts = dfg.count_follows(log.activity, log.case_start, len(log.activities))
        return f"{int(counts.sum()):,} pairs, {int((counts > 0).sum())} edges"

    def group() -> str:
        log = store.read("big")
        return f"{variants.group_traces(log.activity, log.case_start)[1].size:,} variants"

    def durations() -> str:
        spent = store.read("big").cycle_time_s()
        return f"median {np.median(spent):,.0f} s of {spent.size:,} cases"

    def judge(where: str) -> str:
        condition: Any = parse(where)
        return f"{int(condition.cases(store.read('big')).sum()):,} cases"

    def stored() -> str:
        done = filter_log(store.read("big"), "duration > 8h")
        store.write(done.log, "kept")
        return f"{done.log.n_events:,} events stored as a new log"

    return {
        "import": bulk,
        "open": lambda: f"{store.read('big').n_cases:,} cases",
        "directly-follows graph": directly,
        "variants": group,
        "durations": durations,
        **{name: (lambda where=where: judge(where)) for name, where in conditions.items()},
        "filter and store": stored,
        "verify the hash": lambda: store.verify("big").version,
    }


DUCKDB = {
    "directly-follows graph": """select count(*) from (select a, b, count(*) n from (select activity a, lead(activity)
        over (partition by case_id order by timestamp) b from '{file}') where b is not null group by a, b)""",
    "variants": """select count(distinct v) from (select string_agg(activity, ',' order by timestamp) v from '{file}'
        group by case_id)""",
    "durations": """select median(d) from (select epoch(max(timestamp)) - epoch(min(timestamp)) d from '{file}'
        group by case_id)""",
}  # fmt: skip


def ask_duckdb(folder: Path, step: str) -> str:
    import duckdb

    with tempfile.TemporaryDirectory(dir=folder) as spill:
        connection = duckdb.connect(config={"memory_limit": "8GB", "threads": 2, "temp_directory": spill})
        try:
            return str(connection.execute(DUCKDB[step].format(file=folder / "log.parquet")).fetchall())
        except duckdb.OutOfMemoryException:
            return "gave up: out of the 8 GB it was given"


def run_one(folder: Path, step: str) -> None:
    """A step in this process: compiled kernels come from the cache, so a warm-up is a small log's run before."""
    work = steps(folder)[step] if not step.startswith("duckdb ") else lambda: ask_duckdb(folder, step[7:])
    with Meter() as meter:
        begin = time.perf_counter()
        said = work()
        spent = time.perf_counter() - begin
    print(
        json.dumps(
            {"step": step, "s": spent, "anon": meter.anon, "file": meter.file, "total": meter.total, "said": said}
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--folder", type=Path, help="keep the log here; default: a temporary folder")
    parser.add_argument("--duckdb", action="store_true")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        run_one(given.folder, given.step)
        return
    folder = given.folder or Path(tempfile.mkdtemp(prefix="bench-scale-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        compare(folder, given.events, duckdb=given.duckdb)
    finally:
        if not given.folder:
            shutil.rmtree(folder)


def compare(folder: Path, n_events: int, *, duckdb: bool) -> None:
    # A small log first: compiles every kernel into the cache, outside the clock.
    with tempfile.TemporaryDirectory() as small:
        generate(Path(small) / "log.parquet", 20_000)
        for step in steps(Path(small)):
            start(Path(small), step)
    begin = time.perf_counter()
    if not (folder / "log.parquet").exists():
        generate(folder / "log.parquet", n_events)
    made = time.perf_counter() - begin
    shutil.rmtree(folder / "logs", ignore_errors=True)
    size = (folder / "log.parquet").stat().st_size
    print(f"{n_events:,} events, Parquet {size / 1e9:.2f} GB (made in {made:.0f} s), seed {SEED}")
    told = ", ".join(f"{p} {version(p)}" for p in ("numpy", "numba", "polars", "pyarrow", "duckdb"))
    print(f"{platform.python_implementation()} {platform.python_version()}, {told}, 2 cores\n")
    print(
        "| step | time | M events/s | peak anonymous | peak with mapped files | result |\n|---|---:|---:|---:|---:|---|"
    )
    for step in [*steps(folder), *(f"duckdb {s}" for s in DUCKDB if duckdb)]:
        r = start(folder, step)
        rate = n_events / r["s"] / 1e6
        memory = f"{r['anon'] / 1e9:.2f} GB | {r['total'] / 1e9:.2f} GB"
        print(f"| {step} | {r['s']:.2f} s | {rate:,.1f} | {memory} | {r['said']} |", flush=True)


def start(folder: Path, step: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, "--folder", str(folder), "--step", step], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{step}: {done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    main()
