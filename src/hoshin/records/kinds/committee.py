"""A committee: who sits on it, how many must be there, and what majority decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from hoshin.records.approval import Majority, Seat, Tier
from hoshin.records.record import Person, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Committee(Record):
    """Once in force, `committee: <id>` can be a seat in an approval rule."""

    charter: Annotated[str, Meta(min_length=1, description="What it decides.")]
    chair: Annotated[Person, Meta(description="Who leads it; a member.")]
    members: Annotated[tuple[Person, ...], Meta(min_length=1, description="Who votes.")]
    quorum: Annotated[int, Meta(ge=1, description="How many must vote for a decision to count.")]
    majority: Annotated[Majority, Meta(description="Of the votes cast.")] = "simple"

    approval: ClassVar[tuple[Tier, ...]] = (Tier(seats=(Seat("executive"),)),)

    def problems(self) -> Iterable[str]:
        if len(set(self.members)) < len(self.members):
            yield "members lists a person twice."
        if self.chair not in self.members:
            yield f"the chair {self.chair!r} is not a member."
        if self.quorum > len(set(self.members)):
            yield f"quorum {self.quorum} is more than its {len(set(self.members))} members."
        if 2 * self.quorum <= len(set(self.members)):
            yield f"quorum {self.quorum} is no majority of {len(set(self.members))} members: two halves could decide."
