"""What-if answers of a twin against the truth, on processes simulated in SimPy: python bench/bench_whatif.py

    python bench/bench_whatif.py --truth    simulate what is true (minutes; kept in bench/whatif_truth.json)
    python bench/bench_whatif.py --write    fit, predict, compare; the table goes to docs/bench/whatif.md

A twin sees one log of 5,000 cases of each process; the truth of each change is the process itself, changed, and run
until its Monte Carlo error is below 1.2 % (or 160,000 cases). Needs SimPy (the extra `dev`).
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import statistics
import sys
import tempfile
import time
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from bench.whatif_report import rates, row, table
from bench.whatif_systems import Change, full, poor
from bench.whatif_twin import apply, log_of, predict
from bench.whatif_world import World, changed, mean_cycle_s, observe
from hoshin.twin.fit import fit_twin
from hoshin.twin.uncertainty import resample

ANSWERS = Path(tempfile.gettempdir()) / "whatif_answers.json"
TRUTH = Path(__file__).parent / "whatif_truth.json"
PAGE = Path(__file__).parent.parent / "docs" / "bench" / "whatif.md"
MARK = "<!-- figures -->"
RATES = (
    "| Logs | (a) mean after within 10 % | what logs so short allow | (b) effect within 10 % of the base "
    "| (c) effect within 10 % of itself | right sign | interval of the mean covers | of the effect covers |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |"
)
DRAWS, INNER = 16, 2
SEED, CASES, LEAST, MOST, ERROR = 1000, 10_000, 3, 16, 0.012


def key(world: World, change: Change | None) -> str:
    """Names a truth by all that it depends on."""
    plain = dataclasses.asdict(changed(world, change) if change else world)
    plain = {k: v for k, v in plain.items() if k not in ("name", "n_log")}
    plain["log"] = {"arrival": world.log.get("arrival", True)}
    return hashlib.sha256(repr((plain, SEED, CASES)).encode()).hexdigest()[:16]


def true_mean(job: tuple[World, Change | None]) -> tuple[str, dict[str, float]]:
    """Mean cycle time of a changed world in seconds, with its standard error: runs until it is small."""
    world, change = job
    now = changed(world, change) if change else world
    runs: list[float] = []
    while len(runs) < MOST:
        runs.append(mean_cycle_s(now, SEED + len(runs), CASES))
        if len(runs) >= LEAST and statistics.stdev(runs) / len(runs) ** 0.5 < ERROR * statistics.mean(runs):
            break
    error = statistics.stdev(runs) / len(runs) ** 0.5
    return key(*job), {"mean_s": round(statistics.mean(runs), 2), "se_s": round(error, 2), "runs": len(runs)}


def find_truth() -> None:
    known: dict[str, Any] = json.loads(TRUTH.read_text()) if TRUTH.exists() else {}
    jobs = [(w, c) for w, changes in [*full(), *poor()] for c in (None, *changes)]
    wanted = [j for j in jobs if key(*j) not in known]
    with ProcessPoolExecutor(2) as pool:
        for k, (name, found) in enumerate(pool.map(true_mean, wanted)):
            known[name] = found
            print(f"{k + 1}/{len(wanted)} {wanted[k][0].name}: {wanted[k][1]} {found}", flush=True)
            kept = {key(*j): known[key(*j)] for j in jobs if key(*j) in known}
            TRUTH.write_text("{\n" + ",\n".join(f'"{k}": {json.dumps(v)}' for k, v in kept.items()) + "\n}\n")


def judge(job: tuple[World, list[Change], dict[str, Any], int, int]) -> dict[str, Any]:
    """Fit a twin to one log of a world, number `sample`, and predict each change, with intervals."""
    world, changes, known, draws, sample = job
    rows, seen = observe(world, zlib.crc32(world.name.encode()) % 100_000 + 100_000 * sample)
    log = log_of(rows)
    begin = time.perf_counter()
    twin = fit_twin(log)
    fit_s = time.perf_counter() - begin
    drawn = [resample(twin, k) for k in range(draws)]
    found = []
    base, base_draws = predict(twin), np.array([predict(t, replications=INNER) for t in drawn])
    for what in (None, *changes):
        now = base if what is None else predict(apply(twin, what))
        now_draws = (
            base_draws if what is None else np.array([predict(apply(t, what), replications=INNER) for t in drawn])
        )
        found.append({
            "change": what, "truth": known[key(world, what)], "mean_s": float(now.mean()),
            "sd_fit": spread(np.log(now_draws)), "se": standard_error(np.log(now)),
            "effect_s": float(now.mean() - base.mean()), "effect_sd_s": spread(now_draws - base_draws),
            "effect_se_s": standard_error(now[: base.size] - base[: now.size]),
        })  # fmt: skip
    return {"world": world.name, "fit_s": fit_s, "log_s": seen, "rows": found}


def standard_error(values: np.ndarray[Any, Any]) -> float:
    return float(values.std(ddof=1) / values.size**0.5)


def spread(values: np.ndarray[Any, Any]) -> float:
    """Standard deviation between draws of the fit, each the mean of its replications; the replications of all draws
    have the same random numbers, so that chance within them cancels. (draws, replications)"""
    return float(values.mean(axis=1).std(ddof=1))


def answer(only: str, draws: int, cases: int, sample: int) -> dict[str, dict[str, Any]]:
    """Fit and predict for each world whose name holds `only`, from logs of `cases`; what was found is kept in ANSWERS
    as it comes."""
    known = json.loads(TRUTH.read_text())
    jobs = [
        (dataclasses.replace(w, n_log=cases), changes, known, draws, sample) for w, changes in [*full(), *poor()]
        if only in w.name and all(key(w, c) in known for c in (None, *changes))
    ]  # fmt: skip
    usual = cases == 5000 and not sample
    kept: dict[str, dict[str, Any]] = json.loads(ANSWERS.read_text()) if ANSWERS.exists() and usual else {}
    with ProcessPoolExecutor(2) as pool:
        for k, one in enumerate(pool.map(judge, jobs)):
            kept[one["world"]] = one
            if usual:
                ANSWERS.write_text(json.dumps(kept))
            print(f"{k + 1}/{len(jobs)} {one['world']}", file=sys.stderr, flush=True)
    return kept


def report(kept: dict[str, dict[str, Any]], write: bool) -> None:
    """The figures of what was found, into the page with `write`."""
    sets = {"arrivals, starts and resources recorded": full(), "poorer logs": poor()}
    lines, rows, fits = [RATES], [], []
    for title, worlds in sets.items():
        found = [kept[w.name] for w, _ in worlds if w.name in kept]
        answers = [row(f, one) for f in found for one in f["rows"]]
        if answers:
            lines.append(rates(title, [r for r in answers if r["change"]]))
        rows += answers
        fits += [f["fit_s"] for f in found]
    lines += ["", f"Fit: median {statistics.median(fits):.1f} s, most {max(fits):.1f} s.", "", table(rows)]
    print("\n".join(lines))
    if write:
        PAGE.write_text(PAGE.read_text().split(MARK)[0] + MARK + "\n\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--truth", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="", help="worlds whose name holds this; the others' last answers are kept")
    parser.add_argument("--again", action="store_true", help="report the last answers without asking again")
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--cases", type=int, default=5000, help="cases of each log")
    parser.add_argument("--sample", type=int, default=0, help="another log of each process: 1, 2, ...")
    asked = parser.parse_args()
    if asked.truth:
        find_truth()
    else:
        last = (
            json.loads(ANSWERS.read_text())
            if asked.again
            else answer(asked.only, asked.draws, asked.cases, asked.sample)
        )
        report(last, asked.write)
