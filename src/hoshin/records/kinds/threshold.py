"""A limit agreed beforehand: what is measured, the bound, and what happens when it is crossed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold(Record):
    """Signed by business, engineering and risk alike, so that no one side sets it alone."""

    measure: Annotated[str, Meta(min_length=1, description="What is compared, e.g. `debt_interest_eur_per_month`.")]
    bound: Annotated[Literal["at_most", "at_least"], Meta(description="Which side is allowed.")]
    limit: Annotated[Decimal, Meta(description="The bound, in the unit of the measure.")]
    warn_at: Annotated[Decimal | None, Meta(description="Warn from here on, before the limit.")] = None
    action: Annotated[str, Meta(min_length=1, description="What happens on a breach.")]
    valid_until: Annotated[date | None, Meta(description="The threshold ends on this day.")] = None

    approval: ClassVar[tuple[Tier, ...]] = (Tier(seats=(Seat("owner"), Seat("engineer"), Seat("risk"))),)

    def problems(self) -> Iterable[str]:
        if self.warn_at is not None:
            early = self.warn_at < self.limit if self.bound == "at_most" else self.warn_at > self.limit
            if not early:
                yield f"warn_at {self.warn_at} does not come before the limit {self.limit} ({self.bound})."
        if self.valid_until and self.review_on and self.review_on > self.valid_until:
            yield f"review_on {self.review_on} is after valid_until {self.valid_until}."

    def breached(self, value: Decimal) -> bool:
        """Whether `value` is on the wrong side."""
        return value > self.limit if self.bound == "at_most" else value < self.limit
