"""Outage: people or systems are away between two dates, or break down at random."""

from __future__ import annotations

import msgspec

from hoshin.errors import InvalidInput
from hoshin.twin.model import Resource, Twin
from hoshin.twin.roles import people
from hoshin.twin.scenarios._parts import Fields, Span, away, each, replaced, seconds, window


class Change(Fields, frozen=True, kw_only=True, rename={"since": "from"}):
    """A `role`, those who do `activity`, or one `resource`: away `from` a date `until` another, or down at random
    with mean time between failures `mtbf` and mean time to repair `mttr`."""

    role: str = ""
    activity: str = ""
    resource: str = ""
    since: str = ""
    until: str = ""
    mtbf: Span | None = None
    mttr: Span | None = None


def apply(change: Change, twin: Twin) -> Twin:
    """Work in hand stops and goes on afterwards (unless its activity does not pause)."""
    who = {r.name for r in people(twin, role=change.role, resource=change.resource, activity=change.activity)}
    if (change.mtbf is None) != (change.mttr is None):
        raise InvalidInput("scenario.outage", "mtbf and mttr go together.", hint="Give both, or dates.")
    if change.mtbf is None and not (change.since and change.until):
        raise InvalidInput("scenario.outage", "When is not said.", hint="Give from and until, or mtbf and mttr.")

    def broken(r: Resource) -> Resource:
        if change.mtbf is not None and change.mttr is not None:
            return msgspec.structs.replace(r, mtbf_s=seconds(change.mtbf), mttr_s=seconds(change.mttr))
        return away(r, [window(change.since, change.until)])

    return replaced(twin, resources=each(twin.resources, who, broken))
