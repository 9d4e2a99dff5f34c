"""A remark of a reviewer on one element of a model, and whether it was settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation(Record):
    """Its links say which confirmation or model it belongs to."""

    element: Annotated[str, Meta(min_length=1, description="Activity, or `from > to` for an edge.")]
    remark: Annotated[str, Meta(min_length=1, description="What the reviewer says.")]
    verdict: Annotated[Literal["right", "wrong", "unclear"], Meta(description="Whether the model is right there.")]
    answer: Annotated[str, Meta(description="What was done about it.")] = ""

    approval: ClassVar[tuple[Tier, ...]] = (Tier(seats=(Seat("supervisor"),)),)

    def problems(self) -> Iterable[str]:
        if not self.links:
            yield "links is empty: say which record the remark is on."
