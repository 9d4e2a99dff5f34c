"""A person lets another vote in their place, for some kinds of record and for a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Person, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation(Record):
    """`owner` delegates to `delegate`. The delegate votes with the owner's roles, never for the owner's own records."""

    delegate: Annotated[Person, Meta(description="Who votes instead.")]
    kinds: Annotated[tuple[str, ...], Meta(description="For which kinds of record; empty: all.")] = ()
    from_on: Annotated[date, Meta(description="First day.")]
    until_on: Annotated[date, Meta(description="Last day.")]

    approval: ClassVar[tuple[Tier, ...]] = (Tier(seats=(Seat("admin"),)),)

    def problems(self) -> Iterable[str]:
        if self.delegate == self.owner:
            yield "delegate and owner are the same person."
        if self.until_on < self.from_on:
            yield f"until_on {self.until_on} is before from_on {self.from_on}."
        if (self.until_on - self.from_on).days > 366:
            yield "a delegation lasts a year at most."

    def holds(self, kind: str, on: date) -> bool:
        """Whether it covers `kind` on that day."""
        return (not self.kinds or kind in self.kinds) and self.from_on <= on <= self.until_on
