"""Rollout design: draw by lot who starts in which wave, within what the business can bear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.value.finding import Finding, listed, note, warning
from hoshin.value.plan import Plan
from hoshin.value.shuffle import n_assignments

HOLD_OUT = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the draw must respect.

    `capacity`: at most so many units per wave, () = no limit. `hold_out`: units never treated within the
    horizon. `pinned`: unit to wave (or "" for hold-out), not drawn: pilots, and units that must be late.
    `block`: unit to stratum; each stratum is spread evenly over the waves and drawn for itself.
    """

    capacity: tuple[int, ...] = ()
    hold_out: int = 0
    pinned: Mapping[str, str] | None = None
    block: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plan with what must be said of it."""

    plan: Plan
    findings: tuple[Finding, ...]


def draw(name: str, units: Sequence[str], waves: Sequence[str], limits: Limits, *, seed: int) -> Drawn:
    """Assign `units` to `waves` (start periods, earliest first) by lot. The same arguments draw the same.

    Raises InvalidInput(value.capacity) if the waves cannot hold the units, (value.few_assignments) if
    fewer than 20 draws are possible: then nothing could be shown at 5 %.
    """
    _check(units, waves, limits)
    pinned = dict(limits.pinned or {})
    free = [u for u in units if u not in pinned]
    held = sum(1 for w in pinned.values() if w == HOLD_OUT)
    slots = _slots(len(free), waves, limits, Counter(pinned.values()), max(0, limits.hold_out - held))
    strata: dict[str, list[str]] = {}
    for unit in free:
        strata.setdefault((limits.block or {}).get(unit, ""), []).append(unit)
    rng = np.random.default_rng(seed)
    start, lot, possible, at = dict(pinned), {}, [], 0
    for number, key in enumerate(sorted(strata)):
        members = strata[key]
        share = slots[at : at + len(members)]
        at += len(members)
        possible.append(n_assignments(share))
        for unit, place in zip(members, rng.permutation(len(share))):
            start[unit], lot[unit] = share[int(place)], number
    for number, unit in enumerate(pinned):
        lot[unit] = len(strata) + number
    total = prod(possible)
    if total < 20:
        raise InvalidInput(
            "value.few_assignments",
            f"Only {total} draws are possible: no effect could be shown at 5 %.",
            hint="Pin fewer units, use fewer strata, or make more waves or a hold-out.",
        )
    plan = Plan(
        name=name,
        units=tuple(units),
        start=tuple(start[u] for u in units),
        lot=tuple(lot[u] for u in units),
        seed=seed,
        n_assignments=total,
    )
    return Drawn(plan, _said(plan, pinned, waves))


def _check(units: Sequence[str], waves: Sequence[str], limits: Limits) -> None:
    twice = [u for u, k in Counter(units).items() if k > 1]
    if twice:
        raise InvalidInput("value.duplicate", f"Units named twice: {listed(twice)}.")
    if not waves or list(waves) != sorted(set(waves)):
        raise InvalidInput("value.waves", f"Waves {listed(waves)} are not distinct periods in order.")
    if limits.capacity and len(limits.capacity) != len(waves):
        raise InvalidInput("value.capacity", f"{len(limits.capacity)} capacities for {len(waves)} waves.")
    for unit, wave in (limits.pinned or {}).items():
        if unit not in units:
            raise InvalidInput.unknown("value.unit", "unit", unit, units)
        if wave not in waves and wave != HOLD_OUT:
            raise InvalidInput.unknown("value.wave", "wave", wave, waves)
    for unit in limits.block or {}:
        if unit not in units:
            raise InvalidInput.unknown("value.unit", "unit", unit, units)


def _slots(n_free: int, waves: Sequence[str], limits: Limits, taken: Counter[str], hold_out: int) -> list[str]:
    """One slot per free unit, the waves interleaved so that any stretch of them is spread evenly."""
    if hold_out > n_free:
        raise InvalidInput("value.capacity", f"A hold-out of {hold_out} leaves no unit of the {n_free} to draw.")
    room = {w: (limits.capacity[i] if limits.capacity else 10**9) - taken[w] for i, w in enumerate(waves)}
    short = [w for w, r in room.items() if r < 0]
    if short:
        raise InvalidInput("value.capacity", f"More units are pinned to {listed(short)} than fit.")
    wanted = n_free - hold_out
    if sum(room.values()) < wanted:
        raise InvalidInput(
            "value.capacity",
            f"{wanted} units must start, the waves hold {sum(room.values())}.",
            hint="Raise the capacity, add a wave, or hold out more.",
        )
    count = dict.fromkeys(waves, 0)
    for _ in range(wanted):
        open_ = [w for w in waves if count[w] < room[w]]
        count[min(open_, key=lambda w: (count[w] + taken[w], waves.index(w)))] += 1
    count[HOLD_OUT] = hold_out
    # Spread each wave's slots evenly over the list: slot k of m stands at (k + 1/2)/m.
    placed = [((k + 0.5) / m, w) for w, m in count.items() for k in range(m)]
    return [w for _, w in sorted(placed, key=lambda p: (p[0], p[1] or "~"))]


def _said(plan: Plan, pinned: Mapping[str, str], waves: Sequence[str]) -> tuple[Finding, ...]:
    said = []
    if plan.n_assignments < 200:
        says = f"Only {plan.n_assignments} draws are possible: p-values move in steps of {1 / plan.n_assignments:.3f}."
        said.append(warning("few_assignments", says))
    if not plan.hold_out():
        says = f"No hold-out: from {plan.waves[-1]} on nothing can be certified, everyone is treated."
        said.append(warning("no_hold_out", says))
    unused = [w for w in waves if w not in plan.waves]
    if unused:
        said.append(warning("empty_wave", f"No unit starts in {listed(unused)}."))
    if pinned:
        says = f"{listed(pinned)} were not drawn: they inform the baseline, the lot does not cover them."
        said.append(note("pinned", says))
    return tuple(said)
