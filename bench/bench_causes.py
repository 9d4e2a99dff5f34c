"""Drivers under simulation: false discoveries, and how often intervals hold the true effect.

    python bench/bench_causes.py [--worlds 200] [--cases 2000] [--first 0] [--folds 5] [--row 1]

In each world severity drives the outcome and decides which team works on a case; a product truly adds to the share of
slow cases; fifteen values of other attributes do nothing. Teams have no effect once severity is held equal. A reported
feature with adjusted q <= 0.05 is a discovery; it is false if its true effect, others held equal, is nil. The false
discovery rate is the mean over worlds of false discoveries / discoveries (none: 0).
"""

from __future__ import annotations

import argparse
import platform
import time

import numpy as np
import polars as pl

from hoshin.mine import drivers
from hoshin.mine.design import design, features
from hoshin.mine.drivers import adjust, find_drivers

NULL = ("colour", "day", "amount", "team")


def world(seed: int, n: int, effect: float, confounded: float) -> tuple[pl.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    grave = rng.random(n) < 0.4
    team = np.where(rng.random(n) < np.where(grave, 0.7, 0.25), "B", "A")
    product = rng.choice(["P", "Q", "R"], n)
    slow = rng.random(n) < 0.15 + confounded * grave + effect * (product == "P")
    table = pl.DataFrame(
        {
            "grave": np.where(grave, "yes", "no"), "team": team, "product": product,
            "colour": rng.choice(list("rgbcmy"), n), "day": rng.choice(list("1234567"), n),
            "amount": rng.exponential(100, n),
        }
    )  # fmt: skip
    return table, slow


def judge(worlds: range, n: int, effect: float, confounded: float) -> str:
    rate, any_false, found, crude = 0.0, 0, 0, 0.0
    for seed in worlds:
        rows = find_drivers(*world(seed, n, effect, confounded), seed=seed)
        sure = [r for r in rows if r["adjusted_q"] is not None and r["adjusted_q"] <= 0.05]
        wrong = [r for r in sure if _false(r["driver"], effect, confounded)]
        rate += len(wrong) / max(len(sure), 1)
        any_false += bool(wrong)
        found += any(r["driver"] == "product = P" for r in sure)
        raw = [r for r in rows if r["q"] <= 0.05]
        crude += len([r for r in raw if _false(r["driver"], effect, confounded)]) / max(len(raw), 1)
    shares = [rate / len(worlds), any_false / len(worlds), crude / len(worlds)]
    shares.append(found / len(worlds) if effect else float("nan"))
    return f"| {effect:g} | {confounded:g} | " + " | ".join(f"{share:.3f}" for share in shares) + " |"


def _false(driver: str, effect: float, confounded: float) -> bool:
    """Products Q and R truly differ from P; severity truly matters."""
    name = driver.partition(" ")[0]
    return name in NULL or (name == "product" and not effect) or (name == "grave" and not confounded)


def cover(worlds: range, n: int, effect: float, confounded: float) -> str:
    cells = []
    for column, values, truth in (("product", ("product = P",), effect), ("team", ("team = A", "team = B"), 0.0)):
        held, error, width = 0, [], []
        for seed in worlds:
            table, slow = world(seed, n, effect, confounded)
            feature = next(f for f in features(table) if f.name in values)
            own = adjust(feature, slow.astype(float), design(table).without(column), seed=seed)
            held += own.low <= truth <= own.high
            error.append(own.effect - truth)
            width.append(own.high - own.low)
        cells.append(f"{held / len(worlds):.3f} | {np.mean(error):+.4f} | {np.mean(width):.3f}")
    return f"| {effect:g} | {confounded:g} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first world")
    parser.add_argument("--folds", type=int, default=drivers.FOLDS, help="parts of the cross-fitting")
    parser.add_argument("--row", type=int, choices=range(5), help="only this row of the grid")
    given = parser.parse_args()
    drivers.FOLDS = given.folds
    worlds = range(given.first, given.first + given.worlds)
    begin = time.perf_counter()
    grid = [(0.0, 0.0), (0.0, 0.4), (0.1, 0.0), (0.1, 0.4), (0.2, 0.4)]
    grid = grid if given.row is None else grid[given.row : given.row + 1]
    print(f"Python {platform.python_version()}, {given.worlds} worlds of {given.cases:,} cases, {given.folds} folds\n")
    print("| product adds | severity adds | FDR, adjusted | worlds with a false one | FDR, crude | product found |")
    print("|---:|---:|---:|---:|---:|---:|")
    for effect, confounded in grid:
        print(judge(worlds, given.cases, effect, confounded), flush=True)
    print("\n| product adds | severity adds | product: covered | bias | width | team: covered | bias | width |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for effect, confounded in grid:
        print(cover(worlds, given.cases, effect, confounded), flush=True)
    print(f"\n{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
