"""A remark of a reviewer on one element of a model, and whether it was settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Record

Verdict = Literal["right", "wrong", "unclear", "workaround", "missing_step", "logged_late", "not_real"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation(Record):
    """Its links say which review, confirmation or model it belongs to. `workaround`, `missing_step`, `logged_late` and
    `not_real` correct the model of a review; the other verdicts are heard and change nothing."""

    element: Annotated[str, Meta(min_length=1, description="Activity, or `from > to` for a path.")]
    remark: Annotated[str, Meta(min_length=1, description="What the reviewer says: why it is so.")]
    verdict: Annotated[Verdict, Meta(description="Whether the model is right there, or what is the matter.")]
    step: Annotated[str, Meta(description="The step that is missing there.")] = ""
    after: Annotated[str, Meta(description="The activity after which a late entry really happens.")] = ""
    answer: Annotated[str, Meta(description="What was done about it.")] = ""

    approval: ClassVar[tuple[Tier, ...]] = (Tier(seats=(Seat("supervisor"),)),)

    def problems(self) -> Iterable[str]:
        if not self.links:
            yield "links is empty: say which record the remark is on."
        if (self.verdict == "missing_step") != bool(self.step):
            yield "step is to be given for a missing_step, and only then."
        if self.after and self.verdict != "logged_late":
            yield "after is for what is logged_late only."
