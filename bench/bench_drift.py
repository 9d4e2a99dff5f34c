"""Process drift on the public drift logs: what is located, how far off, and what is invented.

    HOSHIN_TEST_DATA=FOLDER python bench/bench_drift.py [--peer PYTHON]

Truths are those of the data sets (last case of the old way; the usual lag window is 200 cases): F1 over all
logs, mean distance of what was found, seconds. Stationary stretches between the truths, and generated logs
without drift, must stay silent. `--peer` is the interpreter of an environment with pm4py (AGPL: a peer in
benchmarks only), whose Bose variant runs on the same files with its defaults.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from hoshin.connect.files import read_file
from hoshin.log.eventlog import EventLog
from hoshin.mine.drift import find_drifts, flow_signals

LAG = 200
TRUTH = {"Ceravolo": None, "Ostovar": [999, 1999], "bose": [1199, 2399, 3599, 4799]}

PEER = """
import sys, json, time, warnings, contextlib, io
warnings.simplefilter("ignore")
import pm4py
from pm4py.algo.concept_drift import algorithm
log = pm4py.read_xes(sys.argv[1], return_legacy_log_object=True)
if sys.argv[2] == "time":
    log = pm4py.objects.log.obj.EventLog(sorted(log, key=lambda t: t[0]["time:timestamp"]))
begin = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    _, points, _ = algorithm.apply(log)
starts = [c[0]["time:timestamp"].timestamp() for c in log]
print(json.dumps([sorted(starts.index(p) - 1 for p in points), time.perf_counter() - begin, pm4py.__version__]))
"""


def truth_of(name: str, n_cases: int) -> tuple[list[int], str]:
    family = next(f for f in TRUTH if name.startswith(f))
    return TRUTH[family] or [n_cases // 2 - 1], "log" if family == "bose" else "time"


def score(found: list[int], truth: list[int]) -> tuple[int, int, int, list[int]]:
    """Hits, extra, missed, distances: each truth is matched with the nearest free find within the lag."""
    free, distance = list(found), []
    for t in truth:
        near = min(free, key=lambda f: abs(f - t), default=None)
        if near is not None and abs(near - t) <= LAG:
            free.remove(near)
            distance.append(abs(near - t))
    return len(distance), len(free), len(truth) - len(distance), distance


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer")
    given = parser.parse_args()
    data = Path(os.environ["HOSHIN_TEST_DATA"]) / "drift"
    totals = {"hoshin": [0, 0, 0, [], 0.0], "peer": [0, 0, 0, [], 0.0]}
    stretches = alarms = 0
    find_drifts(flow_signals(EventLog.from_traces(["ab", "ac"] * 200)))  # compile outside the clock
    print("| log | truth | hoshin | seconds | peer | seconds |\n|---|---|---|---:|---|---:|")
    version = ""
    for path in sorted(data.glob("*.xes.gz")):
        log = read_file(path).log
        truth, order = truth_of(path.name, log.n_cases)
        begin = time.perf_counter()
        found = find_drifts(flow_signals(log, by=order))
        took = time.perf_counter() - begin
        note(totals["hoshin"], score([d.after for d in found], truth), took)
        shown = ", ".join(f"{d.first}..{d.last}" if d.first != d.last else f"{d.after}" for d in found)
        theirs, their_s = "-", float("nan")
        if given.peer:
            done = subprocess.run([given.peer, "-c", PEER, str(path), order], capture_output=True, text=True)
            points, their_s, version = json.loads(done.stdout.splitlines()[-1])
            note(totals["peer"], score(points, truth), their_s)
            theirs = ", ".join(map(str, points)) or "none"
        name = path.name.removesuffix(".xes.gz")
        print(f"| {name} | {', '.join(map(str, truth))} | {shown} | {took:.2f} | {theirs} | {their_s:.2f} |")
        # Between truths, away from the overlap around each, nothing changes.
        ordered = np.argsort(log.case_begin_ns(), kind="stable") if order == "time" else np.arange(log.n_cases)
        edges = [-1, *truth, log.n_cases - 1]
        for lo, hi in pairwise(edges):
            inner = ordered[lo + 1 + (0 if lo < 0 else 50) : hi + 1 - (0 if hi == log.n_cases - 1 else 150)]
            if inner.size >= 150:
                keep = np.zeros(log.n_cases, dtype=np.bool_)
                keep[inner] = True
                stretches += 1
                alarms += len(find_drifts(flow_signals(log.select_cases(keep), by=order)))
    print()
    for side, (hit, extra, missed, distance, took) in totals.items():
        if hit + extra + missed:
            f1 = 2 * hit / (2 * hit + extra + missed)
            mean = float(np.mean(distance)) if distance else float("nan")
            label = "hoshin" if side == "hoshin" else f"pm4py {version} (Bose)"
            print(f"{label}: F1 {f1:.3f} ({hit} found, {extra} extra, {missed} missed), "
                  f"mean distance {mean:.1f} cases, {took:.1f} s")  # fmt: skip
    print(f"stationary stretches of these logs: {alarms} alarms in {stretches}")
    generated = sum(bool(find_drifts(flow_signals(stationary(seed)))) for seed in range(200))
    print(f"generated logs without drift (500 cases, half with alike neighbours): {generated} of 200 raise an alarm")


def note(total: list, scored: tuple[int, int, int, list[int]], took: float) -> None:
    for k in range(3):
        total[k] += scored[k]
    total[3] += scored[3]
    total[4] += took


def stationary(seed: int) -> EventLog:
    rng = np.random.default_rng(seed)
    mood = np.repeat(rng.random(100), 5) if seed % 2 else np.full(500, 0.5)
    return EventLog.from_traces(
        "a" + ("cb" if rng.random() < 0.4 else "bc") + ("" if rng.random() < 0.2 + 0.3 * m else "d") + "e"
        + "f" * int(rng.integers(0, 3))
        for m in mood
    )  # fmt: skip


if __name__ == "__main__":
    main()
