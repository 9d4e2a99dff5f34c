"""Work: an activity takes less or more time, for all who do it or for some."""

from __future__ import annotations

import msgspec

from hoshin.errors import InvalidInput
from hoshin.twin.model import Skill, Twin
from hoshin.twin.roles import people
from hoshin.twin.scenarios._parts import Fields, Positive, Work, replaced, with_activity, work


class Change(Fields, frozen=True, kw_only=True):
    """`activity` is done `speed` times as fast, or takes `duration`; only by `role` or `resource` where given."""

    activity: str
    speed: Positive | None = None
    duration: Work | None = None
    role: str = ""
    resource: str = ""


def apply(change: Change, twin: Twin) -> Twin:
    """A new speed keeps who is faster than whom; a new duration is everybody's, or that of those named."""
    old = twin.activity(change.activity)
    if (change.speed is None) == (change.duration is None):
        raise InvalidInput("scenario.work", "Give a speed or a duration.", hint="E.g. speed: 1.5, or duration: 20min.")
    if change.speed == 1:
        return twin
    if not (change.role or change.resource):
        if change.speed is not None:
            return with_activity(twin, old.name, speed=old.speed * change.speed)
        assert change.duration is not None
        plain = [
            msgspec.structs.replace(s, duration=None, scale=1.0) if s.activity == old.name else s for s in twin.skills
        ]
        return with_activity(replaced(twin, skills=plain), old.name, duration=work(change.duration), speed=1.0)
    able = {s.resource for s in twin.doers(old.name)}
    who = {r.name for r in people(twin, role=change.role, resource=change.resource)} & able
    if not who:
        raise InvalidInput("scenario.nobody", f"None of them does {old.name!r}.",
                           hint="Give them the skill first with a change of kind train.")  # fmt: skip

    def faster(s: Skill) -> Skill:
        if s.activity != old.name or s.resource not in who:
            return s
        if change.speed is not None:
            return msgspec.structs.replace(s, scale=s.scale / change.speed)
        assert change.duration is not None
        return msgspec.structs.replace(s, scale=old.speed, duration=work(change.duration))

    return replaced(twin, skills=[faster(s) for s in twin.skills])
