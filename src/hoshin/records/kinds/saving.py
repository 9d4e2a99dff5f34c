"""A saving claimed by a project: what finance signs, with the hash of the audit pack it rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Person, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving(Record):
    """Yearly net value as an interval. The pack recomputes it: `hoshin value verify`."""

    verified_by: Annotated[Person, Meta(description="Who checked it; not the owner.")]
    kpi: Annotated[str, Meta(min_length=3, description="KPI and version it was measured with, id@version.")]
    saving_kind: Annotated[Literal["cash", "capacity", "avoidance"], Meta(description="What sort of money it is.")]
    recurrence: Annotated[Literal["recurring", "one-off"], Meta(description="Every year, or once.")]
    shown: Annotated[bool, Meta(description="Whether the effect was shown; else nothing is bankable.")]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217.")]
    net_low: Annotated[Decimal, Meta(description="Lower bound of the yearly net value.")]
    net_likely: Annotated[Decimal, Meta(description="Median of the yearly net value.")]
    net_high: Annotated[Decimal, Meta(description="Upper bound of the yearly net value.")]
    bankable: Annotated[Decimal, Meta(description="What may be booked a year.")]
    pack_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 of the pack's manifest.")]

    approval: ClassVar[tuple[Tier, ...]] = (
        Tier(seats=(Seat("owner"),)),
        Tier(seats=(Seat("owner"), Seat("executive")), above=Decimal(100_000)),
    )

    def problems(self) -> Iterable[str]:
        if not self.net_low <= self.net_likely <= self.net_high:
            yield "net_low, net_likely and net_high do not rise."
        if self.bankable > max(self.net_low, Decimal(0)):
            yield f"bankable {self.bankable} is more than the lower bound {self.net_low}."
        if self.bankable > 0 and not self.shown:
            yield "something is bankable although the effect was not shown."
        if self.verified_by.casefold() == self.owner.casefold():
            yield "the owner verifies the claim."

    def size(self) -> Decimal:
        return max(self.net_likely, Decimal(0))

    def interested(self) -> Iterable[str]:
        return (self.owner,)
