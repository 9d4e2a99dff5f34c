"""Draw a plan and learn what it could show: the longer bodies behind `hoshin value design` and `mde`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hoshin.errors import InvalidInput
from hoshin.service import _savings

if TYPE_CHECKING:
    from hoshin.service._workspace import Workspace
    from hoshin.value.plan import Plan
    from hoshin.value.power import Noise


def drawn(
    ws: Workspace,
    name: str,
    units: Path,
    waves: list[str],
    seed: int,
    hold_out: int,
    capacity: tuple[int, ...],
    judged: Mapping[str, Any],
) -> dict[str, Any]:
    """Draw, store as a draft, and say what was drawn. `judged` are fields of the plan."""
    from hoshin.value.design import Limits, draw
    from hoshin.value.seal import plain

    rows = _savings.read_rows(units)
    if "unit" not in rows.columns:
        raise InvalidInput.unknown("value.column", f"column of {units.name}", "unit", rows.columns)
    names = [u or "" for u in rows["unit"].to_list()]

    def column(which: str) -> dict[str, str]:
        values = rows[which].to_list() if which in rows.columns else []
        return {u: v for u, v in zip(names, values) if v}

    pinned = {u: "" if v == "never" else v for u, v in column("wave").items()}
    limits = Limits(capacity=capacity, hold_out=hold_out, pinned=pinned, block=column("block"))
    found = draw(_savings.named(name), names, waves, limits, seed=seed)
    plan = replace(found.plan, **judged)
    _savings.write_plan(ws, name, {"content": plain(plan)})
    return {
        "plan": name,
        "assignments": plan.n_assignments,
        "hold_out": list(plan.hold_out()),
        "starts": [{"unit": u, "start": s or "(hold-out)"} for u, s in zip(plan.units, plan.start)],
        "findings": [{"severity": f.severity, "says": f.says} for f in found.findings],
        "next": f"hoshin value mde {name} ..., then hoshin value lock {name} --by NAME",
    }


@dataclass(frozen=True, slots=True)
class Noisy:
    """Where the noise is learnt from: a CSV of past outcomes with its columns, or stated figures."""

    history: Path | None
    columns: Mapping[str, str]
    periods: int
    noise: float
    rho: float


def smallest_effect(
    ws: Workspace, name: str, given: Noisy, after: int, effects: list[float], ramp: int
) -> dict[str, Any]:
    """Power of a stored plan; the smallest effect is written into the plan while it is a draft."""
    from hoshin.value.period import form_of, ordinal_of
    from hoshin.value.plan import draft_from
    from hoshin.value.power import power_of

    document = _savings.read_plan(ws, name)
    plan = draft_from(document["content"])
    noise, before = _noise(plan, given)
    form = form_of(plan.waves[0])
    wave = {w: ordinal_of(w, form) for w in plan.waves}
    first_wave = min(wave.values())
    if after <= max(wave.values()) - first_wave:
        raise InvalidInput(
            "value.after",
            f"{after} periods after the first wave end before the last wave starts.",
            hint="Give a larger --after.",
        )
    first = [before + wave[s] - first_wave if s else before + after for s in plan.start]
    with ws.progress.task("simulating rollouts", None):
        found = power_of(first, before + after, noise, blocks=plan.lot, effects=effects, ramp=ramp, alpha=plan.alpha)
    smallest = None if math.isinf(found.effect_min) else found.effect_min
    if not document.get("sha256"):
        document["content"]["effect_min"] = smallest
        _savings.write_plan(ws, name, document)
    says = (
        "No effect of any size would be found."
        if smallest is None
        else f"An effect of {smallest:.3g} is found with 80 % chance; a smaller one may be there and stay unseen."
    )
    return {
        "plan": name,
        "effect_min": smallest,
        "effect_min_share": _share(smallest, plan, noise),
        "noise": float(noise.sd.mean()),
        "autocorrelation": noise.rho,
        "chances": [{"effect": e, "chance_share": c} for e, c in zip(found.effects, found.chance)],
        "says": says,
    }


def _share(smallest: float | None, plan: Plan, noise: Noise) -> float | None:
    if smallest is None:
        return None
    if plan.log:
        return -math.expm1(-smallest)
    return smallest / abs(noise.level) if math.isfinite(noise.level) and noise.level else None


def _noise(plan: Plan, given: Noisy) -> tuple[Noise, int]:
    """(noise of the plan's units, periods before the first wave)."""
    import numpy as np
    import polars as pl

    from hoshin.value.power import Noise, noise_of
    from hoshin.value.rows import panel_of

    if given.history is None:
        if given.noise <= 0 or given.periods < 4:
            raise InvalidInput(
                "value.noise",
                "Nothing says how noisy the outcome is.",
                hint="Give --history or --noise.",
            )
        return Noise(np.full(len(plan.units), given.noise), given.rho, math.nan), given.periods
    rows = _savings.read_rows(given.history).with_columns(_never=pl.lit(""))
    past = panel_of(rows, treated_from="_never", source=given.history.name, **given.columns)
    missing = [u for u in plan.units if u not in past.units]
    if missing:
        raise InvalidInput("value.plan_units", f"{given.history.name} lacks {', '.join(missing[:5])}.")
    past = past.rows(np.array([past.units.index(u) for u in plan.units]))
    return noise_of(past.in_logs() if plan.log else past), past.n_periods
