"""A rollout plan: who starts when, drawn by which lot, judged how; sealed before go-live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from hoshin.errors import Conflict, InvalidInput
from hoshin.value.finding import Finding, listed, note, warning
from hoshin.value.panel import Panel
from hoshin.value.period import first_day
from hoshin.value.seal import opened, sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`start[i]` is the first treated period of `units[i]`, "" for the hold-out.

    `lot[i]` numbers the group within which unit i was drawn: units alone in their group were not drawn.
    `baseline` and `reporting` are (first, last) periods, "" = open. `kpi` is "id@version". `estimator`,
    `options`, `alpha`, `better` are how it will be judged, fixed now. `effect_min` is the smallest effect
    that would be found with 80 % power, None if nobody asked.
    """

    name: str
    units: tuple[str, ...]
    start: tuple[str, ...]
    lot: tuple[int, ...]
    seed: int
    n_assignments: int
    baseline: tuple[str, str] = ("", "")
    reporting: tuple[str, str] = ("", "")
    kpi: str = ""
    better: str = "lower"
    estimator: str = "imputation"
    options: Mapping[str, Any] | None = None
    alpha: float = 0.05
    log: bool = False
    effect_min: float | None = None
    locked_on: str = ""
    locked_by: str = ""

    @property
    def waves(self) -> tuple[str, ...]:
        """Distinct start periods, earliest first."""
        return tuple(sorted({s for s in self.start if s}))

    def hold_out(self) -> tuple[str, ...]:
        return tuple(u for u, s in zip(self.units, self.start) if not s)

    def start_of(self) -> dict[str, str]:
        return dict(zip(self.units, self.start))

    def randomised(self) -> bool:
        """At least two units were drawn in one lot."""
        return len(set(self.lot)) < len(self.units)


def lock(plan: Plan, *, by: str, on: date) -> dict[str, Any]:
    """The sealed document of a plan. Conflict(value.too_late) once the first wave has started."""
    if not by.strip():
        raise InvalidInput("value.signature", "A plan is locked by somebody.", hint="Give a name with --by.")
    first = first_day(plan.waves[0]) if plan.waves else None
    if first and first <= on:
        raise Conflict(
            "value.too_late",
            f"The first wave started on {first}; a plan locked on {on} is chosen after the fact.",
            hint="Estimate without a plan: the result is then of grade B at best.",
        )
    return sealed(replace(plan, locked_on=on.isoformat(), locked_by=by))


def plan_from(document: Mapping[str, Any], what: str = "The plan") -> Plan:
    """The plan in a sealed document. Corrupt(value.seal) if it was changed."""
    return draft_from(opened(document, what), what)


def draft_from(content: Mapping[str, Any], what: str = "The plan") -> Plan:
    """The plan in plain data, sealed or not."""
    unknown = sorted(set(content) - set(Plan.__dataclass_fields__))
    if unknown:
        raise InvalidInput("value.plan", f"{what} has unknown fields: {listed(unknown)}.")
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in content.items()}
    return Plan(**fields)


@dataclass(frozen=True, slots=True)
class Planned:
    """A panel as the plan wants it judged: `panel` treats units as planned (intention to treat)."""

    panel: Panel
    as_treated: Panel
    blocks: tuple[int, ...]
    findings: tuple[Finding, ...]


def under_plan(plan: Plan, panel: Panel) -> Planned:
    """Cut `panel` to the plan's windows and units, and assign treatment as planned.

    Deviations are said, and judged as planned first. Raises InvalidInput(value.plan_units) for units the
    plan does not know or lacks, (value.baseline_moved) when the data do not hold the locked baseline.
    """
    known = plan.start_of()
    strangers = [u for u in panel.units if u not in known]
    missing = [u for u in plan.units if u not in panel.units]
    if strangers or missing:
        parts = [f"not in the plan: {listed(strangers)}"] if strangers else []
        parts += [f"not in the data: {listed(missing)}"] if missing else []
        raise InvalidInput(
            "value.plan_units",
            f"The units are not those of plan {plan.name!r}; {'; '.join(parts)}.",
            hint="Leaving units out after the draw breaks it: give all, with the values they have.",
        )
    panel = _cut(plan, panel)
    order = np.array([panel.units.index(u) for u in plan.units])
    actual = panel.rows(order)
    treated = np.zeros_like(actual.treated)
    for i, start in enumerate(plan.start):
        if start:
            treated[i] = actual.grid.ordinal >= _ordinal(actual, start)
    said = []
    moved = [
        f"{u} ({_label(actual, int(actual.first()[i]))} instead of {plan.start[i] or 'never'})"
        for i, u in enumerate(plan.units)
        if not np.array_equal(treated[i], actual.treated[i])
    ]
    if moved:
        says = f"Not as planned: {listed(moved)}. Judged as planned (intention to treat)."
        said.append(warning("deviation", says))
    said.append(note("plan_locked", f"Plan {plan.name!r} was locked on {plan.locked_on} by {plan.locked_by}."))
    return Planned(replace(actual, treated=treated), actual, plan.lot, tuple(said))


def _ordinal(panel: Panel, label: str) -> int:
    place = panel.grid.place(label)
    if place is None:
        raise InvalidInput("value.off_grid", f"The plan's start {label!r} is no period of the data.")
    return place


def _label(panel: Panel, index: int) -> str:
    return panel.periods[index] if index < panel.n_periods else "never"


def _cut(plan: Plan, panel: Panel) -> Panel:
    keep = np.ones(panel.n_periods, dtype=bool)
    first, end = plan.baseline[0], plan.reporting[1]
    if first:
        place = _ordinal(panel, first)
        if place < panel.grid.ordinal[0]:
            raise InvalidInput(
                "value.baseline_moved",
                f"The locked baseline starts in {first}, the data in {panel.periods[0]}: a shorter baseline would be "
                "chosen after the fact.",
                hint=f"Give the data from {first} on.",
            )
        keep &= panel.grid.ordinal >= place
    if end:
        keep &= panel.grid.ordinal <= _ordinal(panel, end)
    return panel.columns(keep)
