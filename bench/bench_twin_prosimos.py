"""Speed of the twin's engine beside Prosimos on the same models, with and without calendars and log rows, in one run.

`python bench/bench_twin_prosimos.py PYTHON`: PYTHON is an interpreter that has prosimos 2.1.0 (`pip install prosimos`
in an environment of its own). Both write every task with its times; hoshin is also timed without rows. CPU
seconds, best of five for hoshin, best of two for Prosimos. The engine's first call (compilation) is outside.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from hoshin.twin.compile import compile_twin
from hoshin.twin.engine import Room, make_arrivals, simulate
from hoshin.twin.model import Duration
from hoshin.twin.network import Station, network

SEED, CASES = 1, 10_000
DAY_S = 86_400.0
OFFICE = [(d * DAY_S + 9 * 3600, d * DAY_S + 17 * 3600) for d in range(5)]
MMC = {"desk": (60.0, 3, {})}
NET = {"a": (60.0, 3, {"b": 1.0}), "b": (90.0, 4, {"c": 0.7, "d": 0.3}), "c": (50.0, 3, {"e": 1.0}),
       "d": (80.0, 2, {"b": 0.5, "e": 0.5}), "e": (40.0, 2, {})}  # fmt: skip
MODELS = {"M/M/3, rho 0.85": (MMC, 60 / 3 / 0.85), "5 activities with rework": (NET, 35.0)}
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
WORKER = """
import csv, sys, time, datetime
from prosimos.simulation_engine import run_simulation
best = 1e9
for _ in range(2):
    begin = time.process_time()
    run_simulation(sys.argv[1], sys.argv[2], int(sys.argv[3]), log_out_path=sys.argv[4],
                   starting_at="2026-01-05T09:00:00+00:00")
    best = min(best, time.process_time() - begin)
print(best, sum(1 for _ in open(sys.argv[4])) - 1)
"""


def main(python: str) -> None:
    print(f"{CASES:,} cases, seed {SEED}; activities per second")
    for name, (model, gap) in MODELS.items():
        for hours in (False, True):
            plain, rows = ours(model, gap, hours, log=False), ours(model, gap, hours, log=True)
            theirs = prosimos(python, model, gap, hours)
            label = f"{name}{', Mon-Fri 9-17' if hours else ''}"
            print(f"{label:42} hoshin {plain / 1e6:5.2f} M, with rows {rows / 1e6:5.2f} M; Prosimos with rows "
                  f"{theirs / 1e3:6.1f} k; ratio {rows / theirs:5.0f}", flush=True)  # fmt: skip


def ours(model: dict[str, tuple[float, int, dict[str, float]]], gap: float, hours: bool, *, log: bool) -> float:
    roster = "office" if hours else ""
    stations = {n: Station(Duration("exponential", w), c, to, roster) for n, (w, c, to) in model.items()}
    twin = network(stations, mean_gap_s=gap, rosters={"office": OFFICE} if hours else {})
    t = np.cumsum(np.random.default_rng(SEED).exponential(gap, CASES))
    if hours:  # the same arrivals, in office hours only
        t = (t // 144_000) * 7 * DAY_S + (t % 144_000) // 28_800 * DAY_S + 9 * 3600 + t % 28_800
    plan, arrivals, room = compile_twin(twin), make_arrivals(t, SEED), Room()
    simulate(plan, arrivals, room=room, log=log)
    best = np.inf
    for _ in range(5):
        begin = time.process_time()
        run = simulate(plan, arrivals, room=room, log=log)
        best = min(best, time.process_time() - begin)
    return (run.n_events - CASES) / best


def prosimos(python: str, model: dict[str, tuple[float, int, dict[str, float]]], gap: float, hours: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        bpmn, parameters, out = (Path(folder, f) for f in ("model.bpmn", "model.json", "log.csv"))
        bpmn.write_text(as_bpmn(model))
        parameters.write_text(json.dumps(as_parameters(model, gap, hours)))
        done = subprocess.run([python, "-W", "ignore", "-c", WORKER, bpmn, parameters, str(CASES), out],
                              capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr)
        took, tasks = done.stdout.split()[-2:]
        return int(tasks) / float(took)


def as_bpmn(model: dict[str, tuple[float, int, dict[str, float]]]) -> str:
    """Each station a task, preceded by a join where several flows meet and followed by a split where it branches."""
    nodes, flows = ['<startEvent id="start"/>', '<endEvent id="end"/>'], []
    into = {n: [m for m, (_, _, to) in model.items() if n in to] for n in model}
    first = next(iter(model))
    ends = [n for n, (_, _, to) in model.items() if sum(to.values()) < 1]

    def flow(a: str, b: str) -> None:
        flows.append(f'<sequenceFlow id="{a}-{b}" sourceRef="{a}" targetRef="{b}"/>')

    for name, (_, _, to) in model.items():
        nodes.append(f'<task id="{name}" name="{name}"/>')
        joined = len(into[name]) + (name == first) > 1
        if joined:
            nodes.append(f'<exclusiveGateway id="join-{name}"/>')
            flow(f"join-{name}", name)
        options = [*to, *(["end"] if name in ends else [])]
        out = name
        if len(options) > 1:
            nodes.append(f'<exclusiveGateway id="split-{name}"/>')
            flow(name, out := f"split-{name}")
        for option in options:
            target = option if option == "end" or len(into[option]) + (option == first) < 2 else f"join-{option}"
            flow(out, target)
    flow("start", first)
    return f'<definitions xmlns="{BPMN}"><process id="p">{"".join(nodes + flows)}</process></definitions>'


def as_parameters(model: dict[str, tuple[float, int, dict[str, float]]], gap: float, hours: bool) -> dict[str, object]:
    span = ("MONDAY", "FRIDAY", "09:00:00", "17:00:00") if hours else ("MONDAY", "SUNDAY", "00:00:00", "23:59:59.999")
    week = [dict(zip(("from", "to", "beginTime", "endTime"), span))]

    def expon(mean: float) -> dict[str, object]:
        return {"distribution_name": "expon", "distribution_params": [{"value": v} for v in (mean, 0.0, 1e9)]}

    gateways = []
    for name, (_, _, to) in model.items():
        if len(to) > 1:
            target = {o: o if sum(o in m[2] for m in model.values()) < 2 else f"join-{o}" for o in to}
            shares = [{"path_id": f"split-{name}-{target[o]}", "value": p} for o, p in to.items()]
            gateways.append({"gateway_id": f"split-{name}", "probabilities": shares})
    return {
        "resource_profiles": [
            {"id": f"pool-{n}", "name": n, "resource_list": [
                {"id": f"r-{n}", "name": f"r-{n}", "cost_per_hour": 1, "amount": c, "calendar": "week",
                 "assignedTasks": [n]}]}
            for n, (_, c, _) in model.items()
        ],
        "arrival_time_distribution": expon(gap),
        "arrival_time_calendar": week,
        "gateway_branching_probabilities": gateways,
        "task_resource_distribution": [
            {"task_id": n, "resources": [{"resource_id": f"r-{n}", **expon(w)}]} for n, (w, _, _) in model.items()
        ],
        "resource_calendars": [{"id": "week", "name": "week", "time_periods": week}],
    }  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
