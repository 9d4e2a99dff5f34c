"""Supervisors confirm that a mined model shows how work is really done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Person, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfirmation(Record):
    """Rests on a sealed model; whoever made the model does not confirm it."""

    process: Annotated[str, Meta(min_length=1, description="The process the model is of.")]
    fitness_share: Annotated[float, Meta(ge=0, le=1, description="Share of behaviour the model replays.")]
    least_fitness_share: Annotated[float, Meta(ge=0, le=1, description="What was agreed as enough.")] = 0.8
    made_by: Annotated[tuple[Person, ...], Meta(description="Who mined the model; they do not vote.")] = ()
    reservations: Annotated[tuple[str, ...], Meta(description="What the supervisors do not agree with.")] = ()

    approval: ClassVar[tuple[Tier, ...]] = (Tier(seats=(Seat("supervisor", 2),)),)

    def problems(self) -> Iterable[str]:
        if not self.evidence:
            yield "evidence is missing: seal the model that is confirmed."
        if self.fitness_share < self.least_fitness_share:
            yield f"fitness_share {self.fitness_share} is below the agreed {self.least_fitness_share}."

    def interested(self) -> Iterable[str]:
        return self.made_by
