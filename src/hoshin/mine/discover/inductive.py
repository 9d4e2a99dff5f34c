"""Inductive miner: a sound block-structured model, fitting every trace, or the commoner behaviour with `noise`.

Source: Leemans, Fahland, van der Aalst, Discovering Block-Structured Process Models from Event Logs
(2013) and ... Containing Infrequent Behaviour (2014).
"""

from __future__ import annotations

from collections.abc import Sequence

from hoshin.errors import InvalidInput
from hoshin.log.eventlog import EventLog
from hoshin.mine.discover import _splits
from hoshin.mine.discover._cuts import Follows, and_cut, loop_cut, sequence_cut, skipped_together, xor_cut
from hoshin.mine.discover._splits import Sublog
from hoshin.mine.model.tree import TAU, ProcessTree, leaf, loop, par, seq, simplify, xor


def discover(log: EventLog, *, noise: float = 0.0) -> ProcessTree:
    """The process tree of `log`. With `noise` 0 every trace fits; above, rare behaviour is left out where it
    stands in the way of structure.

    Raises InvalidInput(discover.noise) unless 0 <= noise < 1.

    >>> print(discover(EventLog.from_traces(["abcd", "acbd", "aed"])))
    ->( 'a', X( +( 'b', 'c' ), 'e' ), 'd' )
    """
    check_noise(noise)
    return simplify(Miner(log.activities, noise).mine(_splits.sublog_of(log)))


def check_noise(noise: float) -> None:
    if not 0 <= noise < 1:
        raise InvalidInput("discover.noise", f"noise must be in [0, 1), got {noise}.", hint="0.2 is usual.")


class Miner:
    """The recursion: base cases, cuts, cuts after filtering, and what is left to do when nothing cuts."""

    def __init__(self, names: Sequence[str], noise: float) -> None:
        self.names = names
        self.noise = noise

    def mine(self, log: Sublog) -> ProcessTree:
        n_traces = sum(log.values())
        empty = log.get((), 0)
        if n_traces == empty:
            return TAU
        if empty:
            rest = {trace: n for trace, n in log.items() if trace}
            tree = self.mine(rest)
            return xor(TAU, tree) if empty >= self.noise * n_traces else tree
        dfg = _splits.follows_of(log)
        if len(dfg.activities) == 1:
            return self.single(log, next(iter(dfg.activities)), n_traces)
        found = self.cut(log, dfg)
        if found is None and self.noise:
            found = self.cut(log, dfg.without_rare(self.noise))
        return found if found is not None else self.fall_through(log, dfg)

    def single(self, log: Sublog, activity: int, n_traces: int) -> ProcessTree:
        """One activity: once, or repeated."""
        repeated = sum(n for trace, n in log.items() if len(trace) > 1)
        tree = leaf(self.names[activity])
        return tree if repeated == 0 or repeated < self.noise * n_traces else loop(tree)

    def cut(self, log: Sublog, dfg: Follows) -> ProcessTree | None:
        """The first cut that applies, with its parts mined."""
        if parts := xor_cut(dfg):
            return xor(*self.mine_all(_splits.split_xor(log, parts)))
        if parts := sequence_cut(dfg):
            return seq(*self.mine_all(_splits.split_sequence(log, skipped_together(dfg, parts))))
        if parts := and_cut(dfg):
            return par(*self.mine_all([_splits.project(log, part) for part in parts]))
        if parts := loop_cut(dfg):
            body, *redos = self.mine_all(_splits.split_loop(log, parts))
            return loop(body, xor(*redos))
        return None

    def mine_all(self, logs: list[Sublog]) -> list[ProcessTree]:
        return [self.mine(log) for log in logs]

    def fall_through(self, log: Sublog, dfg: Follows) -> ProcessTree:
        """What fits every trace when no cut does, the most precise first."""
        for once in sorted(dfg.activities):
            if all(trace.count(once) == 1 for trace in log):
                return par(leaf(self.names[once]), self.mine(_splits.project(log, dfg.activities - {once})))
        for apart in sorted(dfg.activities):
            rest = _splits.project(log, dfg.activities - {apart})
            if self.has_cut(rest):
                return par(self.mine(_splits.project(log, {apart})), self.mine(rest))
        for strict in (True, False):
            repeats = _splits.split_repeats(log, dfg, strict=strict)
            if repeats is not None:
                return loop(self.mine(repeats))
        return loop(TAU, xor(*(leaf(self.names[a]) for a in sorted(dfg.activities))))

    def has_cut(self, log: Sublog) -> bool:
        dfg = _splits.follows_of({trace: n for trace, n in log.items() if trace})
        graphs = [dfg, dfg.without_rare(self.noise)] if self.noise else [dfg]
        if any(xor_cut(g) or sequence_cut(g) or and_cut(g) or loop_cut(g) for g in graphs):
            return True
        return len(dfg.activities) == 1
