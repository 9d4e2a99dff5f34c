"""A risk someone decides to live with, for a time (ISO 31000: likelihood, consequence, treatment)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Person, Private, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAcceptance(Record):
    """Expected yearly loss = likelihood per year x consequence; it decides who must sign."""

    likelihood_per_year: Annotated[Decimal, Meta(description="Expected events a year.")]
    consequence: Annotated[Decimal, Meta(description="Loss per event, in `currency`.")]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217.")]
    treatment: Annotated[str, Meta(min_length=1, description="What is done about it meanwhile.")]
    expires_on: Annotated[date, Meta(description="After this day the risk is no longer accepted.")]
    requested_by: Annotated[Person | None, Meta(description="Who asks; does not vote.")] = None
    remark: Annotated[Private, Meta(description="Anything about the owner; can be erased.")] = ""

    approval: ClassVar[tuple[Tier, ...]] = (
        Tier(seats=(Seat("risk"),), deadline_days=10),
        Tier(seats=(Seat("risk"), Seat("owner")), above=Decimal(50_000), deadline_days=7),
        Tier(seats=(Seat("risk"), Seat("executive", 2)), above=Decimal(500_000), deadline_days=5),
    )

    def problems(self) -> Iterable[str]:
        for name in ("likelihood_per_year", "consequence"):
            if getattr(self, name) < 0:
                yield f"{name} {getattr(self, name)} is negative."
        if self.review_on is None:
            yield "review_on is missing: an accepted risk is looked at again."
        elif self.review_on > self.expires_on:
            yield f"review_on {self.review_on} is after expires_on {self.expires_on}."

    def size(self) -> Decimal:
        return self.likelihood_per_year * self.consequence

    def interested(self) -> Iterable[str]:
        return (self.requested_by,) if self.requested_by else ()
