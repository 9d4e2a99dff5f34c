"""Processor seconds of a first and a second alignment of the same log with the same model, and without a cache.

python bench/bench_alignment_cache.py LOG ...
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from hoshin.connect import files
from hoshin.log.eventlog import EventLog
from hoshin.mine.choose import make
from hoshin.mine.conform.align import align
from hoshin.mine.model.family import Model
from hoshin.store.cache import Cache

ROUNDS = 5


def measure(log: EventLog, model: Model) -> tuple[list[float], str, int]:
    """Medians without a cache, of the first call and of the second; the method, and the bytes kept."""
    align(log, model)  # compiles
    rounds = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            memory, took = Cache(Path(folder)), []
            for kept in (None, memory, memory):
                began = time.process_time()
                found = align(log, model, memory=kept)
                took.append(time.process_time() - began)
            rounds.append(took)
            size = sum(p.stat().st_size for p in Path(folder).iterdir())
    return [statistics.median(column) for column in zip(*rounds)], found.method, size


if __name__ == "__main__":
    for name in sys.argv[1:]:
        log = files.read_file(Path(name)).log
        for miner, noise in (("inductive", 0.2), ("split", 0.4), ("heuristics", 0.1)):
            took, method, size = measure(log, make(log, miner, noise).model)
            times = " | ".join(f"{1000 * t:,.1f} ms" for t in took)
            print(f"| {Path(name).name} | {miner} {noise} | {method} | {times} | {size / 1024:,.0f} kB |", flush=True)
