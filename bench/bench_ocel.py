"""Reading object-centric logs, the object-centric graph and waiting times, against r4pm (Rust) and pm4py, in one run.

    python bench/bench_ocel.py [--peer PYTHON] [--events 100000] [--log FILE ...]

`--peer` is the interpreter of an environment that has r4pm and pm4py (AGPL: peers in benchmarks only). Every task
happens in its own process, alone: the best of three (pm4py: once), and the peak resident memory of the process.
All must agree on what they count; where they do not, the row says so.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.peers import peak_mb, run, versions

SEED = 11


def generate(n_events: int, folder: Path) -> list[Path]:
    """Orders of one to six items, packed over orders, with attributes and price changes, in the three encodings."""
    import numpy as np

    from hoshin.connect._clock import Clock
    from hoshin.connect._ocel_files import write_ocel
    from hoshin.log.ocel_build import OcelParts, build_ocel, part_of

    rng = np.random.default_rng(SEED)
    n_orders = max(n_events // 9, 1)
    events: list[tuple[Any, ...]] = []
    e2o: list[tuple[Any, ...]] = []
    o2o: list[tuple[Any, ...]] = []
    objects: list[tuple[str, str]] = []
    values: list[tuple[Any, ...]] = []
    changes: list[tuple[Any, ...]] = []

    def happen(kind: str, second: float, *related: str) -> None:
        name = f"e{len(events)}"
        moment = np.datetime64(int(1_600_000_000 + second), "s")
        events.append((name, kind, f"{moment}Z"))
        e2o.extend((name, o, o.partition("-")[0]) for o in related)
        values.append((name, "clerk", f"clerk {int(rng.integers(40))}", "string"))

    waiting: list[str] = []
    for k in range(n_orders):
        order, begin = f"order-{k}", k * 600.0
        items = [f"item-{k}-{j}" for j in range(int(rng.integers(1, 7)))]
        objects += [(order, "order"), *((i, "item") for i in items)]
        o2o += [(order, i, "has item") for i in items]
        changes += [(i, "price", None, str(float(rng.integers(1, 900))), "float") for i in items]
        happen("place order", begin, order, *items)
        happen("confirm order", begin + rng.exponential(9_000), order)
        for i in items:
            happen("pick item", begin + 9_000 + rng.exponential(90_000), order, i)
        waiting += items
        if k % 3 == 2:
            parcel = f"parcel-{k}"
            objects.append((parcel, "parcel"))
            happen("pack", begin + 400_000, parcel, *waiting)
            happen("ship", begin + 460_000, parcel, *waiting)
            waiting = []
        happen("pay order", begin + 800_000 + rng.exponential(90_000), order)
    parts = OcelParts(
        part_of("events", events), part_of("objects", objects), part_of("e2o", e2o), part_of("o2o", o2o),
        part_of("event_values", values), part_of("object_values", changes),
    )  # fmt: skip
    ocel = build_ocel(parts, Clock(folder)).ocel
    files = [folder / f"generated.{e}" for e in ("jsonocel", "xmlocel", "sqlite")]
    for file in files:
        write_ocel(ocel, file)
    return files


def hoshin(path: str) -> dict[str, Callable[[Any], Any]]:
    from hoshin.connect._ocel_files import read_ocel
    from hoshin.mine.ocdfg import discover_ocdfg
    from hoshin.mine.octimes import arrivals

    def waits(ocel: Any) -> list[int]:
        at = arrivals(ocel)
        known = at.last >= at.first
        micros = [((at.last - at.first)[known] // 1000).sum(), ((ocel.t_ns - at.last)[known] // 1000).sum()]
        return [int(known.sum()), *(round(int(m) / 1e6) for m in micros)]

    return {
        "read": lambda _: read_ocel(Path(path)).ocel,
        "counts": lambda o: [o.n_events, o.n_objects, len(o.e2o), len(o.o2o)],
        "graph": lambda o: sorted([p.object_type, p.source, p.target, p.times] for p in discover_ocdfg(o).paths),
        "waits": waits,
    }


def r4pm(path: str) -> dict[str, Callable[[Any], Any]]:
    import r4pm as peer
    from r4pm import bindings

    plain = unpacked(path)

    def waits(held: Any) -> list[int]:
        slim = peer.convert_item(held, "SlimLinkedOCEL")
        sync, stay = bindings.locel_oc_perf_sync_per_event(slim), bindings.locel_oc_perf_sojourn_per_event(slim)
        return [len(sync), round(sum(row[1] for row in sync) / 1e6), round(sum(row[1] for row in stay) / 1e6)]

    return {
        "read": lambda _: peer.import_item("OCEL", plain),
        "counts": lambda held: None,
        "graph": lambda held: bindings.discover_dfg_from_ocel(peer.convert_item(held, "SlimLinkedOCEL")) and None,
        "waits": waits,
    }


def pm4py(path: str) -> dict[str, Callable[[Any], Any]]:
    import pm4py as peer

    plain = unpacked(path)
    if plain.endswith(".csv") or "ocel:events" in Path(plain).read_bytes()[:200_000].decode("latin-1"):
        read = peer.read_ocel
    else:
        kind = next(k for k in ("json", "xml", "sqlite") if k in plain.rpartition(".")[2])
        read = getattr(peer, f"read_ocel2_{kind}")

    def graph(ocel: Any) -> list[list[Any]]:
        edges = peer.discover_ocdfg(ocel)["edges"]["total_objects"]
        return sorted([t, a, b, len(found)] for t, by in edges.items() for (a, b), found in by.items())

    return {
        "read": lambda _: read(plain),
        "counts": lambda o: [len(o.events), len(o.objects), len(o.relations), len(o.o2o)],
        "graph": graph,
    }


def unpacked(path: str) -> str:
    """The peers read no gzip."""
    if not path.endswith(".gz"):
        return path
    plain = Path(tempfile.mkdtemp()) / Path(path).name.removesuffix(".gz")
    with gzip.open(path) as source, plain.open("wb") as target:
        shutil.copyfileobj(source, target)
    return str(plain)


SIDES = {"hoshin": (hoshin, 3), "r4pm": (r4pm, 3), "pm4py": (pm4py, 1)}


def measure(side: str, path: str) -> dict[str, Any]:
    make, times = SIDES[side]
    found: dict[str, Any] = {}
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        tasks = make(path)
        held = None
        for task, work in tasks.items():
            seconds = []
            for _ in range(times):
                before = time.perf_counter()
                answer = work(held)
                seconds.append(time.perf_counter() - before)
            if task == "read":
                held = answer
            else:
                found[f"{task}_says"] = answer
            found[task] = min(seconds)
    found["peak_mb"] = peak_mb()
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--log", nargs="*", default=[], type=Path)
    parser.add_argument("--only", nargs=2, metavar=("SIDE", "FILE"))
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(*options.only)))
        return 0
    print(f"seed {SEED}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"{versions(options.peer, 'r4pm', 'pm4py')}\n")  # fmt: skip
    print("| file | size | reader | read s | graph s | waits s | peak MB | reading, hoshin is |")
    print("|---|---|---|---:|---:|---:|---:|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for file in [*options.log, *generate(options.events, Path(scratch))]:
            found = {s: run(options.peer if s != "hoshin" else sys.executable, __file__, s, file) for s in SIDES}
            for side, r in found.items():
                shown = f"{file.name} | {file.stat().st_size / 1e6:.1f} MB | {side}"
                if "error" in r:
                    print(f"| {shown} | failed: {r['error'][:120]} | | | | |")
                    continue
                ratio = r["read"] / found["hoshin"]["read"]
                faster = "" if side == "hoshin" else f"{ratio:.1f}x faster" if ratio > 1 else f"{1 / ratio:.1f}x slower"
                waits = f"{r['waits']:.3f}" if "waits" in r else "-"
                print(f"| {shown} | {r['read']:.3f} | {r['graph']:.3f} | {waits} | {r['peak_mb']:,.0f} | {faster} |",
                      flush=True)  # fmt: skip
            differ(found)
    return 0


def differ(found: dict[str, dict[str, Any]]) -> None:
    """A row for every count on which two sides differ."""
    for what in ("counts_says", "graph_says", "waits_says"):
        said = {s: r[what] for s, r in found.items() if r.get(what) is not None}
        if len({json.dumps(v) for v in said.values()}) > 1:
            short = {s: (v if what != "graph_says" else f"{len(v)} edges") for s, v in said.items()}
            print(f"|  |  | {what.partition('_')[0]} differ: {short} | | | | | |")


if __name__ == "__main__":
    sys.exit(main())
