"""Token replay: play each variant on the net, add the tokens that are missing, count those that remain.

Faster to explain than alignments and less exact: silent transitions are fired only along the shortest
silent way. Source: Rozinat, van der Aalst, Conformance Checking of Processes Based on Monitoring Real
Behavior (2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog
from hoshin.mine.model.family import Model, as_net
from hoshin.mine.model.petri import Marking, PetriNet

LIMIT = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """Tokens per variant, int64 (n_variants,): `produced`, `consumed`, `missing`, `remaining`. `variant` int32
    (n_cases,); `unknown` int64 (n_variants,) counts events that the model does not have, which are passed over."""

    variant: NDArray[np.int32]
    produced: NDArray[np.int64]
    consumed: NDArray[np.int64]
    missing: NDArray[np.int64]
    remaining: NDArray[np.int64]
    unknown: NDArray[np.int64]

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


def replay(log: EventLog, model: Model) -> Replay:
    """Token replay of every variant of `log` on `model`."""
    game = _Game(as_net(model))
    variant, first_case = group_traces(log.activity, log.case_start)
    rows = np.zeros((first_case.size, 5), dtype=np.int64)
    for v, c in enumerate(first_case):
        trace = log.activity[log.case_start[c] : log.case_start[c + 1]]
        rows[v] = game.play([log.activities[a] for a in trace])
    return Replay(variant, *(rows[:, i].copy() for i in range(5)))


class _Game:
    """The net with the silent ways found so far."""

    def __init__(self, net: PetriNet) -> None:
        self.net = net
        self.by_label: dict[str, list[int]] = {}
        for t, transition in enumerate(net.transitions):
            if transition.label is not None:
                self.by_label.setdefault(transition.label, []).append(t)
        self.silent = [t for t, transition in enumerate(net.transitions) if transition.label is None]
        self.ways: dict[tuple[Marking, str | None], tuple[int, ...] | None] = {}

    def play(self, trace: list[str]) -> tuple[int, int, int, int, int]:
        """(produced, consumed, missing, remaining, unknown) of one trace."""
        marking = self.net.initial
        produced, consumed, missing, unknown = sum(marking), 0, 0, 0
        for label in trace:
            if label not in self.by_label:
                unknown += 1
                continue
            way = self.way(marking, label)
            if way is None:
                t = min(self.by_label[label], key=lambda t: self.lacking(marking, t))
                lack = {p: max(w - marking[p], 0) for p, w in self.net.pre[t]}
                missing += sum(lack.values())
                marking = tuple(n + lack.get(p, 0) for p, n in enumerate(marking))
                way = (t,)
            for t in way:
                produced += sum(w for _, w in self.net.post[t])
                consumed += sum(w for _, w in self.net.pre[t])
                marking = self.net.fire(marking, t)
        for t in self.way(marking, None) or ():
            produced += sum(w for _, w in self.net.post[t])
            consumed += sum(w for _, w in self.net.pre[t])
            marking = self.net.fire(marking, t)
        missing += sum(max(f - n, 0) for n, f in zip(marking, self.net.final))
        consumed += sum(self.net.final)
        remaining = sum(max(n - f, 0) for n, f in zip(marking, self.net.final))
        return produced, consumed, missing, remaining, unknown

    def lacking(self, marking: Marking, t: int) -> int:
        return sum(max(w - marking[p], 0) for p, w in self.net.pre[t])

    def way(self, marking: Marking, label: str | None) -> tuple[int, ...] | None:
        """The shortest silent way to fire `label` (its transition included), or to the end if None."""
        key = (marking, label)
        if key not in self.ways:
            self.ways[key] = self._find(marking, label)
        return self.ways[key]

    def _find(self, marking: Marking, label: str | None) -> tuple[int, ...] | None:
        came: dict[Marking, tuple[Marking, int] | None] = {marking: None}
        queue = [marking]
        for at in queue:
            last: tuple[int, ...] | None = None
            if label is None:
                last = () if at == self.net.final else None
            else:
                ready = [t for t in self.by_label[label] if self.lacking(at, t) == 0]
                last = (ready[0],) if ready else None
            if last is not None:
                path: list[int] = []
                step = came[at]
                while step is not None:
                    path.append(step[1])
                    step = came[step[0]]
                return (*reversed(path), *last)
            for t in self.silent:
                if self.lacking(at, t) == 0:
                    after = self.net.fire(at, t)
                    if after not in came and len(came) < LIMIT:
                        came[after] = (at, t)
                        queue.append(after)
        return None
