"""Batch: tasks of an activity gather and are released, or done, together."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hoshin.twin.model import Twin
from hoshin.twin.scenarios._parts import Fields, Span, seconds, with_activity


class Change(Fields, frozen=True, kw_only=True):
    """`size` tasks of `activity` make a batch, released when full or when the first has waited `wait`; `together`:
    one person does them as one job. Size 1: no batches."""

    activity: str
    size: Annotated[int, msgspec.Meta(ge=1)]
    wait: Span | None = None
    together: bool | None = None


def apply(change: Change, twin: Twin) -> Twin:
    """Another size; wait and manner stay as they are unless given."""
    old = twin.activity(change.activity)
    wait = old.batch_wait_s if change.wait is None else seconds(change.wait)
    together = old.together if change.together is None else change.together
    return with_activity(twin, old.name, batch=change.size, batch_wait_s=wait, together=together)
