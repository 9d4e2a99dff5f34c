"""The result of every estimator, one shape for all, and the sentence a reader may take away from it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hoshin.errors import InvalidInput
from hoshin.value.finding import Check, Finding
from hoshin.value.panel import Matrix

Status = Literal["shown", "not shown", "harm shown"]
Better = Literal["lower", "higher"]
Grade = Literal["A", "B", "C", "D"]

GRADES: dict[Grade, str] = {
    "A": "randomised assignment, exact inference",
    "B": "comparison with untreated units over time, assignment not randomised",
    "C": "one or few treated units against donors",
    "D": "no comparison units: the baseline is a forecast",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect in one slice: an event time, a unit, a cohort or a period. NaN bounds: no interval."""

    label: str
    effect: float
    low: float = math.nan
    high: float = math.nan
    n_cells: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An average effect over treated cells, with how sure one may be of it.

    `effect`, `low`, `high`, `se`, `baseline` are in outcome units (or log points when `log`); None bounds
    or p-value: inference is impossible, and a finding says why. `baseline` is the mean of the
    counterfactual over the treated cells. `counterfactual` float64 (n_units, n_periods) is NaN where none
    is known. `grade` ranks the design, see GRADES.
    """

    estimator: str
    estimand: str
    effect: float
    low: float | None
    high: float | None
    se: float | None
    p_value: float | None
    alpha: float
    inference: str
    grade: Grade
    n_units: int
    n_treated: int
    n_controls: int
    n_cells: int
    baseline: float
    log: bool = False
    by_event: tuple[Effect, ...] = ()
    by_unit: tuple[Effect, ...] = ()
    by_group: tuple[Effect, ...] = ()
    by_period: tuple[Effect, ...] = ()
    counterfactual: Matrix | None = None
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def relative(self, value: float) -> float:
        """An effect as a share of the baseline: -0.1 is ten percent less."""
        if self.log:
            return math.expm1(value)
        return value / self.baseline if self.baseline else math.nan


@dataclass(frozen=True, slots=True)
class Verdict:
    """`shown` only when the interval excludes zero on the better side and no check of the design failed."""

    status: Status
    says: str


def verdict(estimate: Estimate, better: Better = "lower") -> Verdict:
    """What may be claimed, in plain language."""
    if better not in ("lower", "higher"):
        raise InvalidInput.unknown("value.better", "direction", better, ("lower", "higher"))
    sign = -1.0 if better == "lower" else 1.0
    size = describe_effect(estimate)
    failed = [c for c in estimate.checks if c.passed is False]
    if estimate.low is None or estimate.high is None or estimate.p_value is None:
        return Verdict("not shown", f"Not shown. The estimate is {size}, but no valid interval exists for this design.")
    clear = estimate.low > 0 or estimate.high < 0
    sure = f"{100 * (1 - estimate.alpha):g} % interval {_range(estimate)}, {_p(estimate.p_value)}"
    if not clear or estimate.p_value > estimate.alpha:
        return Verdict("not shown", f"Not shown. The estimate is {size} ({sure}): it may well be zero.")
    if sign * estimate.effect < 0:
        return Verdict("harm shown", f"The outcome got worse: {size} ({sure}).")
    if failed:
        why = "; ".join(c.says for c in failed)
        return Verdict("not shown", f"Not shown. The estimate is {size} ({sure}), but a check failed: {why}")
    tail = "" if estimate.grade in "AB" else f" Evidence of grade {estimate.grade}: {GRADES[estimate.grade]}."
    return Verdict("shown", f"Shown: {size} ({sure}).{tail}")


def describe_effect(estimate: Estimate) -> str:
    """'-0.84 per unit and period (-10.2 %)'."""
    share = estimate.relative(estimate.effect)
    percent = "" if math.isnan(share) else f"{100 * share:+.1f} %"
    if estimate.log:
        return percent
    return f"{estimate.effect:+.4g} per unit and period" + (f" ({percent})" if percent else "")


def _range(estimate: Estimate) -> str:
    assert estimate.low is not None
    assert estimate.high is not None
    if estimate.log:
        return f"{100 * math.expm1(estimate.low):+.1f} % to {100 * math.expm1(estimate.high):+.1f} %"
    return f"{estimate.low:+.4g} to {estimate.high:+.4g}"


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def check_alpha(alpha: float) -> None:
    if not 0 < alpha < 0.5:
        raise InvalidInput("value.alpha", f"alpha is {alpha:g}; it must lie between 0 and 0.5, e.g. 0.05.")
