"""The panel: one outcome per unit (team, site, queue) and period, and from when each unit was treated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.value.finding import Finding, listed, note, warning
from hoshin.value.period import Grid

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]


def some(mask: Mask, axis: int) -> Mask:
    """`mask.any(axis)` as an array."""
    return np.asarray(mask.any(axis=axis))


def every(mask: Mask, axis: int) -> Mask:
    """`mask.all(axis)` as an array."""
    return np.asarray(mask.all(axis=axis))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Panel:
    """Units by periods. Build one with `panel_of` (rows) or `panel_from` (arrays); both validate.

    `outcome` float64 (n_units, n_periods), NaN = missing. `treated` bool, same shape: under treatment.
    `weight` float64, same shape, >= 0: volume behind a cell (cases, hours), or None. `drivers`: routine
    adjusters, each of the same shape. `log` says the outcome is a natural logarithm. Arrays are read-only.
    """

    units: tuple[str, ...]
    grid: Grid
    outcome: Matrix
    treated: Mask
    weight: Matrix | None = None
    drivers: Mapping[str, Matrix] = field(default_factory=dict)
    log: bool = False
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        for column in (self.outcome, self.treated, self.weight, *self.drivers.values()):
            if column is not None:
                column.flags.writeable = False

    def __repr__(self) -> str:
        return f"Panel({self.n_units} units, {self.n_periods} periods, {int(self.ever().sum())} treated)"

    @property
    def n_units(self) -> int:
        return len(self.units)

    @property
    def n_periods(self) -> int:
        return len(self.grid.labels)

    @property
    def periods(self) -> tuple[str, ...]:
        return self.grid.labels

    def first(self) -> NDArray[np.int64]:
        """Index of each unit's first treated period, int64 (n_units,); n_periods for a unit never treated."""
        return np.where(self.treated.any(axis=1), self.treated.argmax(axis=1), self.n_periods).astype(np.int64)

    def ever(self) -> Mask:
        """Units that are treated at some time."""
        return some(self.treated, 1)

    def seen(self) -> Mask:
        """Cells with an outcome."""
        return np.isfinite(self.outcome)

    def staggered(self) -> bool:
        """Once treated, treated for good: a rollout, not a switchback."""
        return bool(np.all(np.diff(self.treated.astype(np.int8), axis=1) >= 0))

    def balanced(self) -> bool:
        return bool(self.seen().all())

    def rows(self, keep: Mask | NDArray[np.int64]) -> Panel:
        """The panel of some units."""
        index = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep
        return replace(
            self,
            units=tuple(self.units[i] for i in index),
            outcome=self.outcome[index],
            treated=self.treated[index],
            weight=None if self.weight is None else self.weight[index],
            drivers={k: v[index] for k, v in self.drivers.items()},
        )

    def columns(self, keep: Mask) -> Panel:
        """The panel of some periods; those left out stay gaps on the grid."""
        grid = replace(
            self.grid,
            labels=tuple(x for x, k in zip(self.periods, keep) if k),
            ordinal=self.grid.ordinal[keep],
        )
        return replace(
            self,
            grid=grid,
            outcome=self.outcome[:, keep],
            treated=self.treated[:, keep],
            weight=None if self.weight is None else self.weight[:, keep],
            drivers={k: v[:, keep] for k, v in self.drivers.items()},
        )

    def with_treated(self, treated: Mask) -> Panel:
        """The same outcomes under another assignment."""
        return replace(self, treated=treated.copy())

    def in_logs(self) -> Panel:
        """The panel of natural logarithms: effects become relative. InvalidInput(value.log) for values <= 0."""
        bad = np.argwhere(self.seen() & (self.outcome <= 0))
        if bad.size:
            unit, period = bad[0]
            raise InvalidInput(
                "value.log",
                f"The outcome of {self.units[unit]!r} in {self.periods[period]} is {self.outcome[unit, period]:g}; "
                "a logarithm needs values above zero.",
                hint="Estimate on the plain scale, or use a KPI that is never zero.",
            )
        return replace(self, outcome=np.log(self.outcome), log=True)

    def at(self, label: str) -> int:
        """Index of a period. InvalidInput(value.period_unknown) names the nearest."""
        if label not in self.periods:
            raise InvalidInput.unknown("value.period_unknown", "period", label, self.periods)
        return self.periods.index(label)

    def without(self, first: str, last: str) -> Panel:
        """The panel with an implementation window left out of both the baseline and the reporting period."""
        a, b = self.at(first), self.at(last)
        if a > b:
            raise InvalidInput("value.window", f"The window {first} to {last} ends before it starts.")
        keep = np.ones(self.n_periods, dtype=bool)
        keep[a : b + 1] = False
        if keep.sum() < 2:
            raise InvalidInput("value.window", f"Nothing is left without {first} to {last}.")
        said = note("window_excluded", f"{first} to {last} is excluded from the baseline and from the effect.")
        return replace(self.columns(keep), findings=(*self.findings, said))

    def frame(self) -> pl.DataFrame:
        """Long rows sorted by unit, then period: unit, period, outcome, treated, [weight], drivers. Seen cells only."""
        n, t = self.outcome.shape
        columns: dict[str, object] = {
            "unit": np.repeat(np.array(self.units, dtype=object), t),
            "period": np.tile(np.array(self.periods, dtype=object), n),
            "outcome": self.outcome.ravel(),
            "treated": self.treated.ravel().astype(np.int8),
        }
        if self.weight is not None:
            columns["weight"] = self.weight.ravel()
        columns |= {name: column.ravel() for name, column in self.drivers.items()}
        text = {"unit": pl.String, "period": pl.String}
        return pl.DataFrame(columns, schema_overrides=text).filter(pl.col("outcome").is_not_nan())


def panel_from(
    units: tuple[str, ...],
    grid: Grid,
    outcome: Matrix,
    treated: Mask,
    *,
    weight: Matrix | None = None,
    drivers: Mapping[str, Matrix] | None = None,
    findings: tuple[Finding, ...] = (),
) -> Panel:
    """A checked panel from arrays of shape (n_units, n_periods). Copies them."""
    shape = (len(units), len(grid.labels))
    for name, array in (("outcome", outcome), ("treated", treated), ("weight", weight), *(drivers or {}).items()):
        if array is not None and array.shape != shape:
            raise InvalidInput("value.shape", f"{name} has shape {array.shape}; expected {shape}: units by periods.")
    if np.isinf(outcome).any():
        raise InvalidInput("value.infinite", "An outcome is infinite.", hint="Correct it or leave the row out.")
    panel = Panel(
        units=units,
        grid=grid,
        outcome=np.array(outcome, dtype=np.float64),
        treated=np.array(treated, dtype=np.bool_),
        weight=None if weight is None else np.array(weight, dtype=np.float64),
        drivers={k: np.array(v, dtype=np.float64) for k, v in (drivers or {}).items()},
        findings=findings,
    )
    return replace(panel, findings=(*findings, *_looked(panel)))


def _looked(panel: Panel) -> list[Finding]:
    """What can be said of a panel before any estimator sees it."""
    said = []
    absent = panel.grid.absent
    if absent:
        names = listed(panel.grid.name_of(a) for a in absent)
        said.append(warning("periods_missing", f"No unit has a value in {names}: the series has gaps."))
    empty = int((~panel.seen()).sum())
    if empty:
        unit, period = np.argwhere(~panel.seen())[0]
        said.append(
            warning(
                "cells_missing",
                f"{empty} of {panel.outcome.size} cells have no value, first {panel.units[unit]} in "
                f"{panel.periods[period]}; they are left out, not filled.",
            )
        )
    folded: dict[str, str] = {}
    for unit_name in panel.units:
        twin = folded.setdefault(" ".join(unit_name.casefold().split()), unit_name)
        if twin != unit_name:
            said.append(warning("unit_twins", f"Units {twin!r} and {unit_name!r} differ only by case or spaces."))
    return said
