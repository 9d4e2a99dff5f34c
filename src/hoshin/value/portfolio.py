"""All claims together: what is counted twice, what survives many tests, and the total as intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from hoshin.errors import InvalidInput
from hoshin.value.claim import Claim
from hoshin.value.estimate import Estimate, verdict
from hoshin.value.finding import Finding, listed, note, warning
from hoshin.value.kpi import refuse_twins
from hoshin.value.panel import Panel
from hoshin.value.range import Interval, interval_of
from hoshin.value.worth import Worth, saved_draws


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim with its estimate, worth and the cells (unit, period) it claims."""

    claim: Claim
    estimate: Estimate
    worth: Worth
    cells: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Overlap:
    """`later` claims what `earlier` claims already: the share of its cells, and why that is the same money."""

    earlier: str
    later: str
    cells: int
    share: float
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One claim in the total: how much of it counts, and what for."""

    id: str
    kind: str
    recurrence: str
    p_value: float | None
    certified: bool
    counted_share: float
    realised: Interval
    net: Interval
    npv: Interval


@dataclass(frozen=True, slots=True)
class Total:
    """`totals` by (kind, recurrence), cash, capacity and avoidance apart; in one currency."""

    currency: str
    lines: tuple[Line, ...]
    totals: dict[str, Interval]
    overlaps: tuple[Overlap, ...]
    bankable: float
    findings: tuple[Finding, ...] = field(default=())


def cells_of(panel: Panel) -> frozenset[tuple[str, str]]:
    """Treated cells, by name."""
    rows, columns = np.nonzero(panel.treated & panel.seen())
    return frozenset((panel.units[i], panel.periods[j]) for i, j in zip(rows, columns))


def overlaps_of(entries: Sequence[Entry]) -> list[Overlap]:
    """Pairs that claim the same cells for the same money; `entries` in order of registration.

    The same money: the same KPI definition, or both price the same thing (hours) of the same units.
    """
    found = []
    for j, later in enumerate(entries):
        for earlier in entries[:j]:
            shared = later.cells & earlier.cells
            if not shared:
                continue
            if later.claim.kpi.definition == earlier.claim.kpi.definition:
                reason = f"the same KPI definition ({later.claim.kpi.id})"
            elif later.claim.money.price.what.casefold() == earlier.claim.money.price.what.casefold():
                reason = f"both price the same {later.claim.money.price.what} of the same units"
            else:
                continue
            found.append(Overlap(earlier.claim.id, later.claim.id, len(shared), len(shared) / len(later.cells), reason))
    return found


def false_discoveries(p_values: Sequence[float | None], rate: float = 0.05) -> list[bool]:
    """Benjamini-Hochberg (1995): which results stand when so many were tested. None never stands.

    >>> false_discoveries([0.001, 0.03, 0.04, 0.9, None])
    [True, False, False, False, False]
    """
    known = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    last = 0
    for rank, (p, _) in enumerate(known, start=1):
        if p <= rate * rank / len(known):
            last = rank
    keep = {i for _, i in known[:last]}
    return [i in keep for i in range(len(p_values))]


def total_of(entries: Sequence[Entry], *, rate: float = 0.05, alpha: float = 0.05) -> Total:
    """Net the claims: each cell counts once (for the claim registered first), only shown effects count.

    Raises InvalidInput(value.currency) for several currencies, Conflict(value.kpi_twins).
    """
    if not entries:
        raise InvalidInput("value.no_claims", "There is no claim.", hint="Register one: hoshin value register FILE")
    currencies = sorted({e.worth.currency for e in entries})
    if len(currencies) > 1:
        raise InvalidInput(
            "value.currency", f"Claims are in {listed(currencies)}.", hint="Convert at a signed rate, then register."
        )
    entries = sorted(entries, key=lambda e: (e.claim.registered_on, e.claim.id))
    refuse_twins(e.claim.kpi for e in entries)
    overlaps = overlaps_of(entries)
    stands = false_discoveries([e.estimate.p_value for e in entries], rate)
    lines: list[Line] = []
    sums: dict[str, list[np.ndarray]] = {}
    said = []
    for entry, stand in zip(entries, stands):
        taken: set[tuple[str, str]] = set()
        for overlap in overlaps:
            if overlap.later == entry.claim.id:
                taken |= entry.cells & next(e.cells for e in entries if e.claim.id == overlap.earlier)
        share = 1 - len(taken) / len(entry.cells) if entry.cells else 0.0
        shown = verdict(entry.estimate, entry.claim.kpi.better).status == "shown"  # type: ignore[arg-type]
        certified = shown and stand
        if shown and not stand:
            says = f"{entry.claim.id} is significant alone, not among {len(entries)} tests: not certified."
            said.append(warning("many_tests", says))
        lines.append(_line(entry, certified, share))
        if certified:
            key = f"{entry.worth.kind}, {entry.worth.recurrence}"
            sums.setdefault(key, []).append(share * _realised(entry))
    for overlap in overlaps:
        says = f"{overlap.later} repeats {overlap.share:.0%} of its cells from {overlap.earlier}: {overlap.reason}."
        said.append(warning("counted_twice", says))
    if any(e.worth.kind == "avoidance" for e in entries):
        said.append(note("avoidance", "Cost avoidance stands beside cash and is not added to it."))
    return Total(
        currency=currencies[0],
        lines=tuple(lines),
        totals={k: interval_of(np.sum(v, axis=0), alpha) for k, v in sorted(sums.items())},
        overlaps=tuple(overlaps),
        bankable=sum(max(0.0, line.net.low) for line in lines if line.certified and line.kind != "avoidance"),
        findings=tuple(said),
    )


def _realised(entry: Entry) -> np.ndarray:
    """Draws of the realised yearly value, independent between claims by their ids."""
    claim = entry.claim
    rng = np.random.default_rng([claim.seed, *claim.id.encode()])
    saved = saved_draws(claim, entry.estimate, rng)
    n = saved.size
    m = claim.money
    value = saved * m.volume_per_year.draw(rng, n) * m.per_unit.draw(rng, n) * m.price.amount.draw(rng, n)
    return np.asarray(value * (1 - m.rework_share.draw(rng, n)) * m.realised_share.draw(rng, n))


def _line(entry: Entry, certified: bool, share: float) -> Line:
    worth = entry.worth
    return Line(
        id=entry.claim.id,
        kind=worth.kind,
        recurrence=worth.recurrence,
        p_value=entry.estimate.p_value,
        certified=certified,
        counted_share=share if certified else 0.0,
        realised=_times(worth.realised, share),
        net=_reduced(worth, share),
        npv=worth.npv,
    )


def _times(interval: Interval, share: float) -> Interval:
    return Interval(interval.low * share, interval.likely * share, interval.high * share)


def _reduced(worth: Worth, share: float) -> Interval:
    """Net when only `share` of the realised value counts; the costs stay whole."""
    lost = (1 - share) * worth.realised.likely
    return Interval(worth.net.low - lost, worth.net.likely - lost, worth.net.high - lost)


def due(claims: Sequence[Claim], on: date) -> list[dict[str, object]]:
    """Claims whose day of re-measurement has come, longest overdue first."""
    late = [c for c in claims if c.remeasure_on and c.remeasure_on <= on]
    return [
        {"id": c.id, "owner": c.owner, "due_on": str(c.remeasure_on), "overdue_days": (on - c.remeasure_on).days}
        for c in sorted(late, key=lambda c: (c.remeasure_on or on, c.id))
        if c.remeasure_on
    ]
