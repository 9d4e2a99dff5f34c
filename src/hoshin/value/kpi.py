"""A pinned KPI: which definition, in which version, a saving was measured with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hoshin.errors import Conflict, InvalidInput
from hoshin.value.panel import Matrix
from hoshin.value.seal import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """`expression` over `window`, `additive` or not, is the definition; names do not decide equality."""

    id: str
    version: str
    unit: str
    better: str
    expression: str
    window: str = ""
    additive: bool = False

    @property
    def definition(self) -> str:
        """12 hex digits that change when the meaning does: expression, window, additivity, unit."""
        text = " ".join(self.expression.split())
        return digest([text, self.window, self.additive, self.unit])[:12]


def pin_of(data: Mapping[str, Any]) -> Pin:
    """The pin in plain data. InvalidInput(value.kpi) names what is missing or wrong."""
    fields = set(Pin.__dataclass_fields__)
    missing = sorted({"id", "version", "unit", "better", "expression"} - set(data))
    strange = sorted(set(data) - fields)
    if missing or strange:
        says = f"missing {', '.join(missing)}" if missing else f"unknown {', '.join(strange)}"
        raise InvalidInput(
            "value.kpi", f"The KPI is not pinned: {says}.", hint="Pin id, version, unit, better, expression."
        )
    if data["better"] not in ("lower", "higher"):
        raise InvalidInput.unknown("value.better", "direction", str(data["better"]), ("lower", "higher"))
    texts = {k: str(v) for k, v in data.items() if k != "additive"}
    return Pin(**texts, additive=bool(data.get("additive", False)))


def refuse_twins(pins: Iterable[Pin]) -> None:
    """Conflict(value.kpi_twins) for ids that differ by case only, or one id and version with two meanings.

    The same expression over another window, or additive where the other is not, is another KPI: no twin.
    """
    by_name: dict[str, Pin] = {}
    for pin in pins:
        other = by_name.setdefault(f"{pin.id.casefold()}@{pin.version}", pin)
        if other.id != pin.id:
            raise Conflict(
                "value.kpi_twins",
                f"KPIs {other.id!r} and {pin.id!r} differ by case only.",
                hint="Rename one, or use the other.",
            )
        if other.definition != pin.definition:
            raise Conflict(
                "value.kpi_twins",
                f"KPI {pin.id!r} version {pin.version} has two definitions.",
                hint="A changed definition is a new version; savings measured with the old one keep it.",
            )


def ratio(numerator: Matrix, denominator: Matrix, *, missing_is_zero: bool = False) -> Matrix:
    """Ratio of sums per cell: (n_units, n_periods), NaN where the denominator is missing or zero.

    A missing numerator (NaN) where the denominator is known is refused, value.ratio, unless
    `missing_is_zero`: no rework recorded may mean none, or a failed import, and only people know which.

    >>> ratio(np.array([[2.0, np.nan]]), np.array([[4.0, 5.0]]), missing_is_zero=True).tolist()
    [[0.5, 0.0]]
    """
    known = np.isfinite(denominator) & (denominator != 0)
    lost = known & ~np.isfinite(numerator)
    if lost.any() and not missing_is_zero:
        unit, period = np.argwhere(lost)[0]
        raise InvalidInput(
            "value.ratio",
            f"{int(lost.sum())} cells have a denominator but no numerator, first unit {unit + 1}, period {period + 1}.",
            hint="Say that missing means zero, or correct the import.",
        )
    top = np.where(lost, 0.0, numerator)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(known, top / denominator, np.nan)
