"""Optimal alignments against r4pm (Rust) and pm4py, in one run, on identical models.

    python bench/bench_alignments.py --peer PYTHON LOG.xes.gz ...

`--peer` is the interpreter of an environment that has r4pm and pm4py (AGPL: peers in benchmarks only). pm4py mines the
model (inductive miner, noise 0.2) and writes it as PNML; all three align every variant with that file and the
costs are compared. The clock runs from the loaded net and the loaded log to every variant's moves; ours counts the
conversion of the net too. Compilation is not counted: it is paid once per installation, and shown.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.peers import versions

LIMIT_S = 120


def peer(log: str, model: str) -> None:
    """Mine the model, align by both peers; prints JSON lines as results come (pm4py may be stopped)."""
    import pm4py
    import r4pm
    from r4pm import bindings, petri_net

    frame = pm4py.read_xes(log)
    net, initial, final = pm4py.convert_to_petri_net(pm4py.discover_process_tree_inductive(frame, noise_threshold=0.2))
    pm4py.write_pnml(net, initial, final, model)
    theirs = petri_net.import_pnml(model)
    projection = r4pm.import_item("EventLogActivityProjection", log)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        found = bindings.align_variants(theirs, projection)
        seconds.append(time.perf_counter() - start)
        if seconds[-1] > 30:
            break
    failed = sum("Ok" not in v["result"] for v in found)
    labels = {t["id"]: t["label"] for t in theirs["transitions"].values()}
    cost = sum(v["frequency"] * r4pm_cost(v["result"]["Ok"]["moves"], labels) for v in found if "Ok" in v["result"])
    tell("r4pm", seconds=statistics.median(seconds), cost=cost, failed=failed, variants=len(found))
    one = frame.groupby("case:concept:name", sort=False)["concept:name"].agg(tuple)
    cases = one.value_counts()
    first = one[~one.duplicated()].index
    alone = frame[frame["case:concept:name"].isin(set(first))]
    start = time.perf_counter()
    aligned = pm4py.conformance_diagnostics_alignments(alone, net, initial, final)
    seconds_ = time.perf_counter() - start
    spelled = [tuple(event for event, _ in a["alignment"] if event not in (None, ">>")) for a in aligned]
    total = sum(int(a["cost"] // 10_000) * int(cases[trace]) for a, trace in zip(aligned, spelled))
    tell("pm4py", seconds=seconds_, cost=total, failed=sum(a is None for a in aligned), variants=len(aligned))


def r4pm_cost(moves: list[dict[str, dict[str, object]]], labels: dict[object, str | None]) -> int:
    cost = 0
    for move in moves:
        ((kind, what),) = move.items()
        cost += kind == "LogMove" or (kind == "ModelMove" and labels[what["transition"]] is not None)
    return cost


def ours(log: str, model: str) -> None:
    from hoshin.connect.files import read_file
    from hoshin.connect.model import pnml
    from hoshin.mine.conform.align import align

    events, net = read_file(Path(log)).log, pnml.read(Path(model))
    start = time.perf_counter()
    align(events, net)
    first, seconds = time.perf_counter() - start, []
    for _ in range(5):
        start = time.perf_counter()
        found = align(events, net)
        seconds.append(time.perf_counter() - start)
    tell(
        "hoshin",
        seconds=statistics.median(seconds),
        cost=found.total_cost,
        failed=0,
        variants=found.n_variants,
        first=first,
        method=found.method,
    )


def tell(side: str, **found: object) -> None:
    print("RESULT " + json.dumps({"side": side, **found}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", nargs="+")
    parser.add_argument("--peer", default=sys.executable)
    parser.add_argument("--only", nargs=2, metavar=("SIDE", "MODEL"))
    options = parser.parse_args()
    if options.only:
        {"peer": peer, "hoshin": ours}[options.only[0]](options.logs[0], options.only[1])
        return
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}, {versions(options.peer, 'r4pm', 'pm4py')}\n")
    print("| log | variants | cost | hoshin | r4pm | ratio | pm4py | ratio | costs agree |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|---|")
    for log in options.logs:
        with tempfile.TemporaryDirectory() as folder:
            model = f"{folder}/model.pnml"
            found = {**run(options.peer, "peer", log, model), **run(sys.executable, "hoshin", log, model)}
        print(row(Path(log).name.partition(".")[0], found), flush=True)


def run(python: str, side: str, log: str, model: str) -> dict[str, dict[str, float]]:
    """What the side told before it ended or its time was up."""
    command = [python, __file__, log, "--only", side, model]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S + 60, check=False)
        text = done.stdout
    except subprocess.TimeoutExpired as stopped:
        text = (stopped.stdout or b"").decode()
    lines = [json.loads(line[7:]) for line in text.splitlines() if line.startswith("RESULT ")]
    return {line["side"]: line for line in lines}


def row(name: str, found: dict[str, dict[str, float]]) -> str:
    mine = found["hoshin"]
    cells = [name, f"{mine['variants']:,}", f"{mine['cost']:,}", f"{mine['seconds'] * 1000:,.1f} ms"]
    agree = []
    for side in ("r4pm", "pm4py"):
        other = found.get(side)
        if other is None:
            cells += ["no result", "-"]
            continue
        gave_up = f" ({other['failed']} not aligned)" if other["failed"] else ""
        cells += [f"{other['seconds'] * 1000:,.1f} ms{gave_up}", f"{other['seconds'] / mine['seconds']:,.1f}"]
        if not other["failed"]:
            agree.append(f"{side} {'yes' if other['cost'] == mine['cost'] else other['cost']}")
    return "| " + " | ".join([*cells, ", ".join(agree) or "-"]) + " |"


if __name__ == "__main__":
    main()
