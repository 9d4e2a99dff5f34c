"""Following a process: which component is named, how late, and what is invented.

    python bench/bench_follow.py [--runs N] [--calm N]
    HOSHIN_TEST_DATA=FOLDER python bench/bench_follow.py --logs

Systems simulated by a program of its own (tests/twin/planted.py, seeds 0 .. N - 1): 100 days (70 without a change), a
change in one component at day 60, learned from the first third. Two systems: round the clock, 72 cases a day; office
hours, 40 a working day.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.twin.planted import CHANGES, OFFICE, Way, planted

from bench.bench_drift import truth_of
from hoshin.connect.files import read_file
from hoshin.log.eventlog import EventLog
from hoshin.twin.follow import Options, Step, follow

AT = 60
SYSTEMS = {"round the clock": Way(), "office hours": OFFICE}


def one(system: str, change: str, seed: int, days: int = 100) -> tuple[float, list[tuple[int, str, str, int, float]]]:
    log = planted(change, seed, way=SYSTEMS[system], days=days, at=AT)
    begin = time.perf_counter()
    _, steps = follow(log, Options(seed=seed))
    return time.perf_counter() - begin, [brief(s) for s in steps]


def brief(s: Step) -> tuple[int, str, str, int, float]:
    return s.day, s.action, s.shift.component, s.shift.since, s.moves


def row(system: str, change: str, runs: list[tuple[float, list[tuple[int, str, str, int, float]]]]) -> str:
    first = [next((s for s in steps if s[1] == "drift" and s[0] > AT), None) for _, steps in runs]
    early = sum(any(s[1] == "drift" and s[0] <= AT for s in steps) for _, steps in runs)
    again = [next((s for s in steps if s[1] == "recalibrated"), None) for _, steps in runs]
    seen = [f for f in first if f]
    right = [f for f in seen if f[2] == change]
    delay = np.array([f[0] - AT for f in right])
    late = np.array([s[0] - AT for s in again if s])
    off = np.array([f[3] - AT for f in right])
    extra = sum(len({s[2] for s in steps if s[1] == "recalibrated"} - {change}) > 0 for _, steps in runs)
    others = Counter(f[2] for f in seen if f[2] != change)

    def span(x: np.ndarray) -> str:
        return f"{np.median(x):.0f} ({np.quantile(x, 0.9):.0f})" if x.size else "-"

    return (f"| {system} | {change} | {len(runs)} | {len(seen)} | {len(right)} | {span(delay)} | {span(np.abs(off))} | "
            f"{sum(a is not None and a[2] == change for a in again)} | {span(late)} | {extra} | {early} | "
            f"{', '.join(f'{k} {n}' for k, n in others.items()) or '-'} | "
            f"{np.median([t for t, _ in runs]):.1f} |")  # fmt: skip


HEAD = ("| system | change | runs | noticed | right component first | days late, median (90 %) | date off by, days | "
        "recalibrated it | days until then | another recalibrated too | alarms before | named instead | s |\n"
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|")  # fmt: skip


def evenly(log: EventLog, order: NDArray[np.int64], days: int = 120) -> EventLog:
    """`log` with its cases at even distances in `order` over `days` days, and its times within cases to that scale: the
    public drift logs span one to three weeks, or eleven years in another order than that of their truth."""
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    begin = log.case_begin_ns()
    scale = days * 86_400e9 / float(log.t_ns.max() - begin.min())
    new = (place * (days * 86_400e9 / order.size)).astype(np.int64)
    case = log.case_of_event()

    def moved(t: NDArray[np.int64]) -> NDArray[np.int64]:
        return ((t - begin[case]) * scale).astype(np.int64) + new[case]

    return replace(log, t_ns=moved(log.t_ns), start_ns=None if log.start_ns is None else moved(log.start_ns))


def logs() -> None:
    """The process-drift logs: every change should raise routing, and nothing else should be raised."""
    print("| log | cases | changes after case | routing alarms: looked at after case (dated) | others | recalibrated |")
    print("|---|---:|---|---|---|---|")
    for path in sorted((Path(os.environ["HOSHIN_TEST_DATA"]) / "drift").glob("*.xes.gz")):
        log = read_file(path).log
        truth, by = truth_of(path.name, log.n_cases)
        order = np.arange(log.n_cases) if by == "log" else np.argsort(log.case_begin_ns(), kind="stable")
        per_day = log.n_cases / 120
        _, steps = follow(evenly(log, order), Options(learn_share=0.15 if len(truth) > 2 else 0.25))
        # Days count from a Monday, four days into 1970; after the last arrival only stragglers are left.
        alarms = [s for s in steps if s.action == "drift" and s.day + 4 <= 120]
        said = "; ".join(f"{(s.day + 4) * per_day:.0f} ({(s.shift.since + 4) * per_day:.0f})" for s in alarms
                         if s.shift.component == "routing")  # fmt: skip
        others = ", ".join(
            f"{s.shift.component} {(s.day + 4) * per_day:.0f}" for s in alarms if s.shift.component != "routing"
        )
        again = ", ".join(f"{s.shift.component} {s.kpi} {s.moves:+.0%}" for s in steps if s.action == "recalibrated")
        name = path.name.removesuffix(".xes.gz")
        print(f"| {name} | {log.n_cases:,} | {', '.join(map(str, truth))} | {said or 'none'} | {others or '-'} | "
              f"{again or '-'} |", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--calm", type=int, default=120)
    parser.add_argument("--logs", action="store_true")
    given = parser.parse_args()
    if given.logs:
        logs()
        return
    print(HEAD, flush=True)
    with ProcessPoolExecutor(2) as pool:
        for system in SYSTEMS:
            for change in [c for c in CHANGES if c != "none"]:
                print(row(system, change, list(pool.map(partial(one, system, change), range(given.runs)))), flush=True)
        print()
        for system in SYSTEMS:
            calm = list(pool.map(partial(one, system, "none", days=70), range(given.calm)))
            alarms = [steps for _, steps in calm if steps]
            kinds = Counter(s[2] for steps in alarms for s in steps if s[1] == "drift")
            again = sum(any(s[1] == "recalibrated" for s in steps) for steps in alarms)
            print(f"{system}, no change: {len(alarms)} of {given.calm} runs raise an alarm {dict(kinds)}, "
                  f"{again} recalibrate", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
