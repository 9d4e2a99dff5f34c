"""How often a case passes through each routing state and each activity, by the traffic equations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, identity
from scipy.sparse.linalg import splu

from hoshin.errors import InvalidInput
from hoshin.twin.model import Twin, Way

Floats = NDArray[np.float64]


def state_visits(twin: Twin, ways: Sequence[Way] | None = None) -> Floats:
    """Expected visits of a case to each routing state, float64 (n_states,); with `ways` in place of the twin's.

    Source: the traffic equations of a network (Jackson 1957). InvalidInput(twin.routing) if cases never end.
    """
    ways = twin.ways if ways is None else ways
    n = 1 + max(max(w.state, w.next) for w in ways)
    rows = np.array([w.next for w in ways if w.activity])
    columns = np.array([w.state for w in ways if w.activity])
    share = np.array([w.share for w in ways if w.activity])
    total = np.bincount([w.state for w in ways], [w.share for w in ways], minlength=n)
    start = np.zeros(n)
    for s in twin.sorts:
        start[s.state] += s.share
    moves = csc_matrix((share / total[columns], (rows, columns)), shape=(n, n))
    try:
        visits: Floats = splu(csc_matrix(identity(n) - moves)).solve(start / start.sum())
    except RuntimeError:
        visits = np.full(n, np.nan)
    if not (np.isfinite(visits).all() and (visits > -1e-6).all()):
        raise InvalidInput("twin.routing", "Cases never end: some routing states have no way out.",
                           hint="Leave a share of the cases a way to the end.")  # fmt: skip
    return np.maximum(visits, 0.0)


def activity_visits(twin: Twin) -> dict[str, float]:
    """Expected tasks of a case per activity: the bot's share and what fails are counted where they are done.

    A bot with a condition gets the share of cases for which it holds, as if conditions and paths were independent.
    """
    from hoshin.twin.compile import bot_condition, bot_conditions
    from hoshin.twin.simulate import eligible

    states = state_visits(twin)
    total = np.bincount([w.state for w in twin.ways], [w.share for w in twin.ways], minlength=states.size)
    found = {a.name: 0.0 for a in twin.activities}
    for w in twin.ways:
        if w.activity:
            found[w.activity] += float(states[w.state] * w.share / total[w.state])
    conditions = bot_conditions(twin)
    bits = eligible(twin, conditions) if conditions else np.full(len(twin.sorts), -1)
    mix = np.array([s.share for s in twin.sorts])
    for a in twin.activities:
        if a.bot:
            bit = conditions.get(bot_condition(a))
            holds = np.ones(mix.size) if bit is None or not a.bot_when else (bits >> bit) & 1
            moved = found[a.name] * a.bot_share * float((mix * holds).sum() / mix.sum())
            found[a.name] -= moved
            found[a.bot] += moved
    by_name = {a.name: a for a in twin.activities}
    for start in twin.activities:
        a, amount = start, found[start.name]
        for _ in range(len(by_name)):
            if not (a.fails and a.fails_to and amount > 0):
                break
            amount *= a.fails
            found[a.fails_to] += amount
            a = by_name[a.fails_to]
    return found
