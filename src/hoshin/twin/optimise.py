"""Optimise: the values of a scenario's parameters that meet every goal at least cost, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.twin.model import Twin
from hoshin.twin.scenario import Goal, Read, Value
from hoshin.twin.study import KPIS, Sample, half_width, sample, trial, warm_up

SMALL = 150
MEETS, OPEN, FAILS = "meets", "open", "fails"
Point = tuple[Value, ...]


@dataclass(slots=True)
class Bench:
    """Simulates points on demand, all on the same cases and luck, and remembers what it found."""

    read: Read
    base: Twin
    goals: list[Goal]
    least: str
    executor: Executor | None
    warm_s: float
    held: dict[Point, Sample] = field(default_factory=dict)
    twins: dict[Point, Twin] = field(default_factory=dict)

    def sample(self, point: Point, n: int) -> Sample:
        """At least `n` replications of `point`."""
        how = self.read.scenario.run
        choose = self.read.scenario.optimise
        assert choose is not None
        have = next(iter(self.held[point].values())).size if point in self.held else 0
        if have < n:
            if point not in self.twins:
                self.twins[point] = self.read.twin(self.base, dict(zip(choose.choose, point)))
            new = sample(trial([self.twins[point]], self.base, how, self.warm_s), range(have, n), self.executor)
            for kpi in (self.least, *(g.kpi for g in self.goals)):
                if kpi not in new:
                    hint = "within_sla_share needs run.sla; costs need a change of kind cost."
                    raise InvalidInput("twin.kpi", f"{kpi} does not apply here.", hint=hint)
            old = self.held.get(point)
            self.held[point] = new if old is None else {k: np.concatenate([old[k], new[k]]) for k in new}
        return self.held[point]

    def cost(self, point: Point) -> float:
        return float(self.held[point][self.least].mean())

    def miss(self, point: Point) -> float:
        """By how much the worst goal is missed on average, relative; 0 or less when all are met."""
        return max((float(_short(g, self.held[point]).mean()) / _size(g) for g in self.goals), default=-1.0)

    def verdict(self, point: Point, level: float) -> str:
        """Whether the intervals of all goals lie on the right side, or one on the wrong."""
        found = MEETS
        for g in self.goals:
            short = _short(g, self.held[point])
            half = half_width(short, level)
            if short.mean() - half > 0:
                return FAILS
            if short.mean() + half > 0:
                found = OPEN
        return found

    def surely_dearer(self, point: Point, best: Point, level: float) -> bool:
        n = min(self.held[p][self.least].size for p in (point, best))
        more = self.held[point][self.least][:n] - self.held[best][self.least][:n]
        return bool(more.mean() - half_width(more, level) > 0)


def _short(goal: Goal, found: Sample) -> Any:
    """How far each replication falls short of `goal`: above 0 is a miss."""
    values = found[goal.kpi]
    return goal.at_least - values if goal.at_least is not None else values - float(goal.at_most or 0.0)


def _size(goal: Goal) -> float:
    bound = goal.at_least if goal.at_least is not None else goal.at_most
    return abs(bound or 1.0)


def optimise(read: Read, base: Twin, *, executor: Executor | None = None) -> dict[str, Any]:
    """The chosen values, whether that is certain at the level asked for, and every alternative looked at.

    Small grids are gone through point by point: each starts with `run.replications`, and those that might still be
    the cheapest that meets the goals get more, up to `run.most`; intervals are Bonferroni-corrected for the number
    of comparisons. Larger grids: a search along one and two coordinates from the middle, then the same among what
    it met. Deterministic by seed. Source: selection with a stochastic constraint (Andradottir & Kim 2010), here
    with common random numbers.
    """
    asked = read.scenario.optimise
    if asked is None:
        raise InvalidInput("scenario.optimise", f"{read.document.name} has nothing to optimise.",
                           hint="E.g. optimise: {choose: {staff.delta: [0, 1, 2]}, meet: [...]}")  # fmt: skip
    goals = list(asked.meet) + ([Goal(kpi="total_cost", at_most=asked.budget)] if asked.budget is not None else [])
    for kpi in (asked.minimise, *(g.kpi for g in goals)):
        if kpi not in KPIS:
            raise InvalidInput.unknown("twin.kpi", "KPI", kpi, KPIS)
    if any((g.at_least is None) == (g.at_most is None) for g in goals):
        raise InvalidInput("scenario.goal", "A goal is at_least or at_most something.", hint="Give one of them.")
    how = read.scenario.run
    bench = Bench(read, base, goals, asked.minimise, executor, warm_up([base], how))
    grid = [tuple(point.values()) for point in read.points(asked.choose)]
    everything = asked.method == "all" or (asked.method == "auto" and len(grid) <= SMALL)
    points = grid if everything else _walk(bench, [list(v) for v in asked.choose.values()], how.replications)
    level = 1 - (1 - how.level) / max(len(points) * (len(goals) + 1), 1)
    for point in points:
        bench.sample(point, how.replications)
    n = how.replications
    while n < how.most and (rivals := _undecided(bench, points, level)):
        n = min(how.most, n + max(10, n // 2))
        for point in rivals:
            bench.sample(point, n)
    return _told(bench, points, level, everything)


def _best(bench: Bench, points: Iterable[Point]) -> Point | None:
    """The cheapest that meets the goals on average; of equals the one that meets them best."""
    able = [p for p in points if bench.miss(p) <= 0]
    return min(able, key=lambda p: (bench.cost(p), bench.miss(p)), default=None)


def _undecided(bench: Bench, points: list[Point], level: float) -> list[Point]:
    """Points that may still matter: not surely failing, not surely dearer than the best that surely meets."""
    sure = [p for p in points if bench.verdict(p, level) == MEETS]
    best = min(sure, key=bench.cost, default=None)
    rivals = [
        p for p in points
        if bench.verdict(p, level) != FAILS and (best is None or not bench.surely_dearer(p, best, level))
    ]  # fmt: skip
    return rivals if any(bench.verdict(p, level) == OPEN for p in rivals) or len(_rank(bench, rivals)) > 1 else []


def _rank(bench: Bench, rivals: list[Point]) -> set[float]:
    """Distinct costs among rivals: equal ones cannot be told apart by more replications."""
    return {round(bench.cost(p), 9) for p in rivals}


def _walk(bench: Bench, options: list[list[Value]], n: int) -> list[Point]:
    """Points met on the way from the middle of the grid to where no change of one or two parameters helps."""
    met: dict[Point, None] = {}

    def rank(point: Point) -> tuple[float, float]:
        bench.sample(point, n)
        met[point] = None
        miss = bench.miss(point)
        return (0.0, bench.cost(point)) if miss <= 0 else (1.0 + miss, bench.cost(point))

    here = tuple(values[len(values) // 2] for values in options)
    while True:
        before = here
        for k, values in enumerate(options):
            here = min((_with(here, {k: v}) for v in values), key=rank)
        if here == before:
            here = min((here, *_swaps(here, options)), key=rank)
        if here == before:
            return list(met)


def _swaps(point: Point, options: list[list[Value]]) -> list[Point]:
    """Neighbours with one parameter a step up and another a step down."""
    at = [values.index(v) for values, v in zip(options, point)]
    return [
        _with(point, {i: options[i][at[i] + 1], j: options[j][at[j] - 1]})
        for i in range(len(options))
        for j in range(len(options))
        if i != j and at[i] + 1 < len(options[i]) and at[j] > 0
    ]


def _with(point: Point, values: dict[int, Value]) -> Point:
    return tuple(values.get(k, v) for k, v in enumerate(point))


def _told(bench: Bench, points: list[Point], level: float, everything: bool) -> dict[str, Any]:
    best = _best(bench, points)
    asked = bench.read.scenario.optimise
    assert asked is not None
    rivals = [
        p for p in points
        if p != best and bench.verdict(p, level) != FAILS
        and (best is None or not bench.surely_dearer(p, best, level))
    ]  # fmt: skip
    sure = best is not None and bench.verdict(best, level) == MEETS and not rivals
    rows = []
    for p in sorted(points, key=lambda p: (p != best, bench.miss(p) > 0, bench.cost(p))):
        row: dict[str, Any] = dict(zip(asked.choose, p))
        row["verdict"] = "chosen" if p == best else {MEETS: "meets", FAILS: "fails", OPEN: "uncertain"}[
            bench.verdict(p, level)]  # fmt: skip
        for kpi in dict.fromkeys((bench.least, *(g.kpi for g in bench.goals))):
            values = bench.held[p][kpi]
            row[kpi], row[f"{kpi}_plus_minus"] = float(values.mean()), half_width(values, bench.read.scenario.run.level)
        row["replications"] = next(iter(bench.held[p].values())).size
        rows.append(row)
    chosen = dict(zip(asked.choose, best)) if best is not None else None
    said = "no combination meets the goals" if best is None else "certain" if sure else "best estimate"
    return {"chosen": chosen, "how_sure": said, "rivals": len(rivals), "every_point": everything, "alternatives": rows}
