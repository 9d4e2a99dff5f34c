"""A model is laid before those who do the work; their remarks are the annotations that link to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from msgspec import Meta

from hoshin.records.approval import Seat, Tier
from hoshin.records.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReview(Record):
    """Names the exact model and log under review, so that a remark cannot come to be about something else."""

    log: Annotated[str, Meta(min_length=1, description="The log, NAME@VERSION.")]
    model: Annotated[str, Meta(min_length=1, description="The stored model under review, kept for it alone.")]
    digest: Annotated[str, Meta(min_length=64, max_length=64, description="SHA-256 of that model's file.")]
    made_from: Annotated[str, Meta(description="The model it is a copy of; empty: discovered for it.")] = ""

    approval: ClassVar[tuple[Tier, ...]] = (Tier(seats=(Seat("supervisor"),)),)
