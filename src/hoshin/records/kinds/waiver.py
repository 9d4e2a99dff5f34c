"""A rule is not kept, knowingly, for one thing and until a day: a failed test, a model deviation, a breach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Person, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver(Record):
    """Ends by itself; whoever asks for it does not vote."""

    rule: Annotated[str, Meta(min_length=1, description="What is not kept.")]
    reason: Annotated[str, Meta(min_length=10, description="Why, in a sentence.")]
    compensation: Annotated[str, Meta(description="What is done instead.")] = ""
    expires_on: Annotated[date, Meta(description="The rule holds again after this day.")]
    requested_by: Annotated[Person | None, Meta(description="Who asks; does not vote.")] = None

    approval: ClassVar[tuple[Tier, ...]] = (Tier(seats=(Seat("risk"),), deadline_days=5),)

    def problems(self) -> Iterable[str]:
        if self.review_on and self.review_on > self.expires_on:
            yield f"review_on {self.review_on} is after expires_on {self.expires_on}."

    def interested(self) -> Iterable[str]:
        return (self.requested_by,) if self.requested_by else ()
