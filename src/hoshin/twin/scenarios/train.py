"""Train: people learn an activity that they could not do."""

from __future__ import annotations

from hoshin.errors import InvalidInput
from hoshin.twin.model import Skill, Twin
from hoshin.twin.roles import people
from hoshin.twin.scenarios._parts import Fields, Positive, replaced


class Change(Fields, frozen=True, kw_only=True):
    """A `role` or `resource` can do `activity` too, at `speed` times the speed of the usual one."""

    activity: str
    role: str = ""
    resource: str = ""
    speed: Positive = 1.0


def apply(change: Change, twin: Twin) -> Twin:
    """New skills, as likely to be used as the average one."""
    name = twin.activity(change.activity).name
    known = twin.doers(name)
    if not known:
        raise InvalidInput("scenario.train", f"{name!r} is done by nobody in the twin: it only takes time.", got=name)
    able = {s.resource for s in known}
    weight = sum(s.weight for s in known) / len(known)
    new = [
        Skill(r.name, name, weight=weight, scale=1 / change.speed)
        for r in people(twin, role=change.role, resource=change.resource)
        if r.name not in able
    ]
    return replaced(twin, skills=[*twin.skills, *new])
