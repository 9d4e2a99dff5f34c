"""A bot or workflow release that may go live, with its tests and its way back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Person, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseApproval(Record):
    """The engineers who built it do not approve it."""

    automation: Annotated[str, Meta(min_length=1, description="What is released.")]
    release: Annotated[str, Meta(min_length=1, description="Its version.")]
    go_live_on: Annotated[date, Meta(description="First day of use.")]
    built_by: Annotated[tuple[Person, ...], Meta(description="Who built it; they do not vote.")] = ()
    tests_passed: Annotated[int, Meta(ge=0, description="Acceptance tests passed.")]
    tests_failed: Annotated[int, Meta(ge=0, description="Acceptance tests failed; must be explained by a waiver.")] = 0
    rollback: Annotated[str, Meta(min_length=1, description="How to go back.")]

    approval: ClassVar[tuple[Tier, ...]] = (
        Tier(seats=(Seat("owner"), Seat("coe_lead")), deadline_days=5, escalate_to="executive"),
    )

    def problems(self) -> Iterable[str]:
        if self.tests_passed == 0:
            yield "tests_passed is 0: nothing shows that it works."
        if self.tests_failed and not any("waiver/" in link for link in self.links):
            yield f"{self.tests_failed} tests failed and no waiver is linked."

    def interested(self) -> Iterable[str]:
        return self.built_by
