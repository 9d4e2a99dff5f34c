"""Treated block and donor pool: what synthetic control and synthetic difference-in-differences start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.value.finding import Finding, listed, note, warning
from hoshin.value.panel import Matrix, Panel, every


@dataclass(frozen=True, slots=True)
class Block:
    """Units treated together from period `start`: their mean path (T,), and donor paths (J, T)."""

    treated: NDArray[np.float64]
    donors: Matrix
    names: tuple[str, ...]
    treated_names: tuple[str, ...]
    treated_index: NDArray[np.int64]
    donor_index: NDArray[np.int64]
    start: int
    n_units: int
    findings: tuple[Finding, ...]

    @property
    def n_treated(self) -> int:
        return len(self.treated_names)

    def spread(self, path: NDArray[np.float64]) -> Matrix:
        """`path` for the treated units, NaN elsewhere: (n_units, T)."""
        result = np.full((self.n_units, path.size), np.nan)
        result[self.treated_index] = path
        return result


def block_of(panel: Panel, donors: Sequence[str] = ()) -> Block:
    """The block of `panel`. Refuses waves, missing cells of the treated, fewer than two periods before."""
    for name in donors:
        if name not in panel.units:
            raise InvalidInput.unknown("value.donor", "donor", name, panel.units)
    ever = panel.ever()
    starts = sorted({int(f) for f in panel.first()[ever]})
    if not starts:
        raise InvalidInput("value.no_treated", "No unit is treated.")
    if len(starts) > 1 or not panel.staggered():
        raise InvalidInput(
            "value.not_a_block",
            f"Units start in {listed(panel.periods[s] for s in starts)}; this estimator needs one common start.",
            hint="Use imputation for waves, or estimate one wave at a time.",
        )
    start = starts[0]
    if start < 2:
        raise InvalidInput(
            "value.short_baseline",
            f"{start} period{'' if start == 1 else 's'} before go-live: donors cannot be matched on that.",
            hint="Give at least 2 periods before go-live, better 8 or more.",
        )
    complete = every(panel.seen(), 1)
    if not complete[ever].all():
        broken = [panel.units[i] for i in np.flatnonzero(ever & ~complete)]
        raise InvalidInput(
            "value.treated_gaps", f"Treated units miss periods: {listed(broken)}.", hint="Fill or drop them."
        )
    allowed = np.array([not donors or name in donors for name in panel.units])
    pool = np.flatnonzero(~ever & complete & allowed)
    said = []
    gone = [panel.units[i] for i in np.flatnonzero(~ever & ~complete & allowed)]
    if gone:
        said.append(warning("incomplete_units", f"Donors left out, periods are missing: {listed(gone)}."))
    if pool.size < 2:
        raise InvalidInput(
            "value.no_controls",
            f"{pool.size} untreated unit{'' if pool.size == 1 else 's'} to serve as donors; at least 2 are needed.",
            hint="Add untreated units, or use interrupted (a forecast, lowest grade).",
        )
    index = np.flatnonzero(ever)
    if index.size > 1:
        said.append(note("treated_averaged", f"{index.size} treated units are averaged."))
    return Block(
        treated=panel.outcome[index].mean(axis=0),
        donors=panel.outcome[pool],
        names=tuple(panel.units[i] for i in pool),
        treated_names=tuple(panel.units[i] for i in index),
        treated_index=index,
        donor_index=pool,
        start=start,
        n_units=panel.n_units,
        findings=tuple(said),
    )
