"""Token replay: play each variant on the net, add the tokens that are missing, count those that remain.

Silent transitions fire where they help. The longest beginning of a trace that the model allows is replayed without
a missing token, the whole trace if it fits; after a missing token the shortest silent ways are taken.
Source: Rozinat, van der Aalst, Conformance Checking of Processes Based on Monitoring Real Behavior (2008); the
search over silent ways is our own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import NotConverged
from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.steps import steps_of
from hoshin.mine.conform.ways import Way, Ways
from hoshin.mine.model.family import Model, as_net

# Ways tried per variant before the shortest ones are taken.
LIMIT = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """Tokens per variant, int64 (n_variants,): `produced`, `consumed`, `missing`, `remaining`. `variant` int32
    (n_cases,); `unknown` int64 (n_variants,) counts events that the model does not have, which are passed over.
    `exact` bool (n_variants,) is false where a limit stopped the search for silent ways: there `missing` and
    `remaining` may be too many."""

    variant: NDArray[np.int32]
    produced: NDArray[np.int64]
    consumed: NDArray[np.int64]
    missing: NDArray[np.int64]
    remaining: NDArray[np.int64]
    unknown: NDArray[np.int64]
    exact: NDArray[np.bool_]

    @property
    def fitness(self) -> float:
        """1/2 (1 - missing/consumed) + 1/2 (1 - remaining/produced), over all cases."""
        p, c, m, r = (x[self.variant].sum() for x in (self.produced, self.consumed, self.missing, self.remaining))
        return float(0.5 * (1 - m / max(c, 1)) + 0.5 * (1 - r / max(p, 1)))

    @property
    def fits_share(self) -> float:
        """Share of cases without missing, remaining or unknown."""
        fits = (self.missing == 0) & (self.remaining == 0) & (self.unknown == 0)
        return float(fits[self.variant].mean()) if self.variant.size else 1.0


def replay(log: EventLog, model: Model, *, limit: int = LIMIT) -> Replay:
    """Token replay of every variant of `log` on `model`; `limit` bounds the silent ways tried per variant."""
    game = _Game(model, limit)
    variant, first_case = group_traces(log.activity, log.case_start)
    rows = np.zeros((first_case.size, 6), dtype=np.int64)
    for v, c in enumerate(first_case):
        trace = log.activity[log.case_start[c] : log.case_start[c + 1]]
        rows[v] = game.play([log.activities[a] for a in trace])
    produced, consumed, missing, remaining, unknown, exact = rows.T.copy()
    return Replay(variant, produced, consumed, missing, remaining, unknown, exact.astype(np.bool_))


class _Game:
    def __init__(self, model: Model, limit: int) -> None:
        self.net = as_net(model)
        self.steps = steps_of(model)
        self.ways = Ways(self.net)
        self.limit = limit

    def play(self, trace: list[str]) -> tuple[int, int, int, int, int, bool]:
        """(produced, consumed, missing, remaining, unknown, exact) of one trace."""
        known = [label for label in trace if label in self.ways.by_label]
        n, complete = self.allowed(known)
        path = self.search(known[:n], complete=complete)
        exact = path is not None
        path = path or []
        missing = 0
        marking = path[-1].marking if path else self.net.initial
        for label in known[sum(self.visible(way) for way in path) :]:
            way = self.ways.to(marking, label)
            if way is None:
                way, lacking = self.ways.forced(marking, label)
                missing += lacking
            path.append(way)
            marking = way.marking
        end = None if exact and complete else self.ways.home(marking)
        if end is not None:
            path.append(end)
            marking = end.marking
        final = self.net.final
        missing += sum(max(f - m, 0) for m, f in zip(marking, final))
        remaining = sum(max(m - f, 0) for m, f in zip(marking, final))
        produced = sum(self.net.initial) + sum(way.produced for way in path)
        consumed = sum(final) + sum(way.consumed for way in path)
        return produced, consumed, missing, remaining, len(trace) - len(known), exact

    def visible(self, way: Way) -> int:
        return sum(self.net.transitions[t].label is not None for t in way.fires)

    def allowed(self, trace: list[str]) -> tuple[int, bool]:
        """How many events of `trace` the model allows from its start, and whether it may stop after all of them."""
        try:
            state = self.steps.start
            for n, label in enumerate(trace):
                state = self.steps.after(state, label)
                if not state:
                    return n, False
            return len(trace), self.steps.complete(state)
        except NotConverged:  # too many silent markings at once: find out by trying
            return len(trace), True

    def search(self, trace: list[str], *, complete: bool) -> list[Way] | None:
        """Ways that do `trace` and, if `complete`, end in the final marking, depth first; None if none was found."""
        path: list[Way] = []
        tried = [0]
        dead: set[tuple[int, tuple[int, ...]]] = set()
        for _ in range(self.limit):
            at = path[-1].marking if path else self.net.initial
            if len(path) == len(trace):
                if not complete:
                    return path
                end = self.ways.home(at)
                if end is not None:
                    return [*path, end]
                way = None
            else:
                way = self.ways.to(at, trace[len(path)], tried[-1])
                tried[-1] += 1
            if way is None:
                dead.add((len(path), at))
                if not path:
                    return None
                path.pop()
                tried.pop()
            elif (len(path) + 1, way.marking) not in dead:
                path.append(way)
                tried.append(0)
        return None
