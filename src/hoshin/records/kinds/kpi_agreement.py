"""A KPI agreed between the business unit and the analysts: what is measured, how, and the target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiAgreement(Record):
    """One definition, one target. `owner` is the business owner; `measure` names the KPI and its unit."""

    measure: Annotated[str, Meta(min_length=1, description="The KPI, e.g. `cycle_time_s` or `cost_per_case`.")]
    measured_in: Annotated[str, Meta(min_length=1, description="Unit of the value: h, EUR, share, cases/day.")]
    direction: Annotated[Literal["lower", "higher"], Meta(description="Which way is better.")]
    target: Annotated[Decimal, Meta(description="The value agreed on.")]
    baseline: Annotated[Decimal | None, Meta(description="The value before, from sealed evidence.")] = None
    population: Annotated[str, Meta(description="Which cases count, in words or as a filter.")] = "all cases"

    approval: ClassVar[tuple[Tier, ...]] = (Tier(seats=(Seat("owner"), Seat("analyst"))),)

    def problems(self) -> Iterable[str]:
        if self.baseline is not None:
            if not self.evidence:
                yield "baseline is given without evidence: seal the result it comes from."
            better = self.target < self.baseline if self.direction == "lower" else self.target > self.baseline
            if not better:
                yield f"target {self.target} is not better than baseline {self.baseline} ({self.direction} is better)."
