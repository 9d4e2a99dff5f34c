"""Routing: other shares of what comes after an activity."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput, NotConverged
from hoshin.twin.model import Twin, Way
from hoshin.twin.scenarios._parts import Fields, Share, replaced
from hoshin.twin.visits import state_visits

END = "end"


class Change(Fields, frozen=True, kw_only=True):
    """After `after` (nothing: at the start of a case), `set` gives the share of cases that go on with each activity
    (`end`: the case ends); the others keep their proportions."""

    after: str = ""
    set: dict[str, Share]


def apply(change: Change, twin: Twin) -> Twin:
    """What a case's past says of its future is kept: in every state the odds move by the same factor, so that the
    shares asked for come out on average (iterative proportional fitting)."""
    states = _states_after(change.after, twin)
    followers = {w.activity for w in twin.ways if w.state in states}
    wanted = {(name if name != END or END in followers else ""): share for name, share in change.set.items()}
    known = {f or END for f in followers}
    for name in change.set:
        if name not in known:
            raise InvalidInput.unknown("scenario.follower", f"activity after {change.after or 'the start'!r}:", name,
                                       known)  # fmt: skip
    asked = sum(wanted.values())
    if asked > 1 + 1e-9 or (set(wanted) == followers and abs(asked - 1) > 1e-9):
        raise InvalidInput("scenario.shares", f"The shares after {change.after!r} add up to {asked:g}.",
                           hint="They may not exceed 1, and must be 1 when every way on is given.")  # fmt: skip
    ways = _fitted(twin, states, wanted)
    return replaced(twin, ways=ways, said=f"Routing after {change.after or 'the start'!r} is set, not learnt.")


def _states_after(activity: str, twin: Twin) -> set[int]:
    if not activity:
        return {s.state for s in twin.sorts}
    name = twin.activity(activity).name
    return {w.next for w in twin.ways if w.activity == name}


def _fitted(twin: Twin, states: set[int], wanted: Mapping[str, float]) -> list[Way]:
    """Ways whose mean shares over visits are `wanted`, to 1e-9."""
    mine = [k for k, w in enumerate(twin.ways) if w.state in states]
    state = np.array([twin.ways[k].state for k in mine])
    group = np.array([_group(twin.ways[k].activity, wanted) for k in mine])
    share = np.array([twin.ways[k].share for k in mine])
    targets = [*wanted.values(), 1 - sum(wanted.values())]
    ways = list(twin.ways)
    for _ in range(200):
        visits = state_visits(twin, ways)[state]
        share, error = _scaled(share, state, group, visits, targets)
        for k, at in enumerate(mine):
            ways[at] = msgspec.structs.replace(twin.ways[at], share=float(share[k]))
        if error < 1e-9:
            return ways
    raise NotConverged("scenario.routing", f"The shares {dict(wanted)} cannot be reached in every context of a case.",
                       hint="Some of its pasts allow only one way on; ask for less of a change.")  # fmt: skip


def _group(activity: str, wanted: Mapping[str, float]) -> int:
    return list(wanted).index(activity) if activity in wanted else len(wanted)


def _scaled(
    share: NDArray[np.float64], state: NDArray[np.int64], group: NDArray[np.int64], visits: NDArray[np.float64],
    targets: list[float],
) -> tuple[NDArray[np.float64], float]:  # fmt: skip
    """One round: scale each group to its target, then each state back to 1; and how far off the targets were."""
    size = int(state.max()) + 1
    share = share / np.bincount(state, share, minlength=size)[state]
    once = np.bincount(state, minlength=size)[state]
    total = (visits / once).sum()
    now = np.array([(visits * share)[group == g].sum() / total for g in range(len(targets))])
    want = np.array(targets)
    factor = np.divide(want, now, out=np.zeros(want.size), where=now > 0)
    scaled = share * factor[group]
    sums = np.bincount(state, scaled, minlength=size)[state]
    kept = np.where(sums > 0, np.divide(scaled, sums, out=np.zeros(scaled.size), where=sums > 0), share)
    return kept, float(np.abs(now - want).max())
