"""Priority: who waits behind whom at an activity, and which cases are urgent."""

from __future__ import annotations

from typing import Literal

import msgspec

from hoshin.errors import InvalidInput
from hoshin.twin.model import Sort, Twin
from hoshin.twin.scenarios._parts import Fields, Span, each, replaced, seconds


class Change(Fields, frozen=True, kw_only=True):
    """`activity` (or all) is queued by `queue`; cases where `when` holds get `priority` (lower goes first) and are
    `due` so long after they arrive; `boost` moves this activity's tasks ahead of others at those who do several."""

    activity: str = ""
    queue: Literal["fifo", "lifo", "shortest", "priority", "deadline"] | None = None
    when: str = ""
    priority: float | None = None
    due: Span | None = None
    boost: float | None = None


def apply(change: Change, twin: Twin) -> Twin:
    """Queues are reordered; nobody who is being served is interrupted."""
    if change.queue is None and change.priority is None and change.due is None and change.boost is None:
        raise InvalidInput("scenario.priority", "Nothing is to change.", hint="Give queue, priority, due or boost.")
    names = {twin.activity(change.activity).name} if change.activity else {a.name for a in twin.activities}
    fields = {k: v for k, v in {"queue": change.queue, "boost": change.boost}.items() if v is not None}
    activities = each(twin.activities, names, lambda a: msgspec.structs.replace(a, **fields))
    return replaced(twin, activities=activities, sorts=_sorts(change, twin))


def _sorts(change: Change, twin: Twin) -> list[Sort]:
    if change.priority is None and change.due is None:
        return twin.sorts
    from hoshin.twin.simulate import eligible

    holds = eligible(twin, {(change.when, -1.0): 0}) if change.when else [1] * len(twin.sorts)
    fields: dict[str, float] = {}
    if change.priority is not None:
        fields["priority"] = change.priority
    if change.due is not None:
        fields["due_s"] = seconds(change.due)
    return [msgspec.structs.replace(s, **fields) if bit else s for s, bit in zip(twin.sorts, holds, strict=True)]
