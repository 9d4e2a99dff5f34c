"""Sweeps: every point of a grid over a scenario's parameters, and one parameter at a time (tornado)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from hoshin.errors import InvalidInput
from hoshin.twin.change import change
from hoshin.twin.document import dotted
from hoshin.twin.how import How
from hoshin.twin.loads import work_s
from hoshin.twin.model import Twin
from hoshin.twin.roles import roles
from hoshin.twin.scenario import Read, leaves
from hoshin.twin.study import KPIS, Sample, half_width, sample, trial, warm_up
from hoshin.twin.uncertain import distribution

STEP = 0.1


def sweep(read: Read, base: Twin, kpis: Sequence[str], *, executor: Executor | None = None) -> list[dict[str, Any]]:
    """A row per grid point: its values, and per KPI its mean and the paired difference to `base` with its interval.

    All points meet the same cases with the same random numbers.
    """
    if not read.scenario.sweep:
        raise InvalidInput("scenario.sweep", f"{read.document.name} has nothing to sweep.",
                           hint="E.g. sweep: {coverage: [0.5, 0.7, 0.9]}")  # fmt: skip
    how = read.scenario.run
    points = read.scenario.sweep
    grid = read.points(points)
    twins = [read.twin(base, point) for point in grid]
    samples = _samples([base, *twins], base, how, executor)
    return [
        {**point, **_against(samples[0], found, kpi, how)}
        for point, found in zip(grid, samples[1:], strict=True)
        for kpi in checked(kpis, found)
    ]


def checked(kpis: Sequence[str], found: Mapping[str, Any]) -> list[str]:
    """`kpis`, each known; InvalidInput(twin.kpi)."""
    for kpi in kpis:
        if kpi not in found:
            raise InvalidInput.unknown("twin.kpi", "KPI, or one that does not apply here:", kpi,
                                       [k for k in KPIS if k in found])  # fmt: skip
    return list(kpis)


def _samples(twins: Sequence[Twin], base: Twin, how: How, executor: Executor | None) -> list[Sample]:
    warm_s = warm_up([base], how)
    return [sample(trial([t], base, how, warm_s), range(how.replications), executor) for t in twins]


def _against(base: Sample, found: Sample, kpi: str, how: How) -> dict[str, Any]:
    change = found[kpi] - base[kpi] if kpi in base else found[kpi]
    half = half_width(change, how.level)
    mean = float(change.mean())
    return {"measure": kpi, "value": float(found[kpi].mean()), "difference": mean, "low": mean - half,
            "high": mean + half}  # fmt: skip


def tornado(
    base: Twin, kpi: str, *, read: Read | None = None, how: How | None = None, executor: Executor | None = None
) -> list[dict[str, Any]]:
    """A row per parameter, the most effective first: what `kpi` does when it alone is lower or higher.

    With a scenario: its uncertain parameters at their 5 % and 95 % quantiles, its other numbers 10 % down and up
    (whole ones by one), against the scenario. Without: demand, speeds (10 %) and head counts (one) of the twin.
    """
    how = how or (read.scenario.run if read else How())
    centre = read.twin(base) if read else base
    sides = _of_scenario(read, base) if read else _of_twin(base)
    known = [t for _, low, high in sides for t in (low[1], high[1]) if t is not None]
    samples = _samples([centre, *known], base, how, executor)
    checked([kpi], samples[0])
    found = iter(samples[1:])
    rows = []
    for name, low, high in sides:
        row: dict[str, Any] = {"parameter": name}
        for side, (value, twin) in (("low", low), ("high", high)):
            effect = _against(samples[0], next(found), kpi, how) if twin is not None else None
            row |= {f"at_{side}": value, f"effect_{side}": effect["difference"] if effect else None,
                    f"plus_minus_{side}": (effect["high"] - effect["low"]) / 2 if effect else None}  # fmt: skip
        rows.append(row)
    return sorted(rows, key=lambda r: -max(abs(r["effect_low"] or 0.0), abs(r["effect_high"] or 0.0)))


Side = tuple[Any, Twin | None]


def _of_scenario(read: Read, base: Twin) -> list[tuple[str, Side, Side]]:
    found = []
    uncertain = read.scenario.uncertain
    at = {read.parameter(name): name for name in uncertain}
    for path, value in leaves(read.scenario.changes):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        name = dotted(path[1:])
        name = name if _single(read, name) else f"[{path[0]}].{name}"
        if path in at:
            spread = distribution(uncertain[at[path]])
            low, high = float(spread.ppf(0.05)), float(spread.ppf(0.95))
        else:
            low, high = (value - 1, value + 1) if isinstance(value, int) else (value * (1 - STEP), value * (1 + STEP))
        found.append((name, _side(read, base, name, low), _side(read, base, name, high)))
    return found


def _single(read: Read, name: str) -> bool:
    try:
        read.parameter(name)
    except InvalidInput:
        return False
    return True


def _side(read: Read, base: Twin, name: str, value: float) -> Side:
    """The scenario with one other value; nothing where that value is not allowed."""
    try:
        return value, read.twin(base, {name: value})
    except InvalidInput:
        return value, None


def _of_twin(base: Twin) -> list[tuple[str, Side, Side]]:
    def with_(*changes: dict[str, Any]) -> Twin | None:
        try:
            return change(base, *changes)
        except InvalidInput:
            return None

    found: list[tuple[str, Side, Side]] = [
        ("demand", *((f, with_({"demand": {"factor": f}})) for f in (1 - STEP, 1 + STEP)))  # type: ignore[list-item]
    ]
    for activity, work in work_s(base).items():
        if work > 0:
            low, high = ((f, with_({"work": {"activity": activity, "speed": f}})) for f in (1 - STEP, 1 + STEP))
            found.append((f"speed of {activity}", low, high))
    for role, who in roles(base).items():
        low, high = ((len(who) + d, with_({"staff": {"role": role, "delta": d}})) for d in (-1, 1))
        found.append((f"people: {role}", low, high))
    return found
