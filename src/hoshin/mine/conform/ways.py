"""Silent ways through a net: what fires unseen so that an activity can happen, or so that the end is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hoshin.mine.model.petri import Arcs, Marking, PetriNet


@dataclass(frozen=True, slots=True)
class Way:
    """Transitions to fire in order and the marking they lead to; `produced` and `consumed` count tokens."""

    fires: tuple[int, ...]
    marking: Marking
    produced: int
    consumed: int


class Ways:
    """Ways of `net`, remembered. A search looks at `limit` markings at most."""

    def __init__(self, net: PetriNet, *, limit: int = 2_000) -> None:
        self.net = net
        self.limit = limit
        self.by_label: dict[str, list[int]] = {}
        for t, transition in enumerate(net.transitions):
            if transition.label is not None:
                self.by_label.setdefault(transition.label, []).append(t)
        self._silent = [t for t, transition in enumerate(net.transitions) if transition.label is None]
        self._leading = {label: self._leading_to(ts) for label, ts in self.by_label.items()}
        self._clusters = self._find_clusters()
        self._givers = [[t for t in ts if net.transitions[t].label is None] for ts in net.producers()]
        self._lateness = _lateness(net)
        self._found: dict[tuple[Marking, str], tuple[list[Way], Iterator[Way]]] = {}
        self._home: dict[Marking, Way | None] = {}

    def to(self, marking: Marking, label: str, n: int = 0) -> Way | None:
        """The `n`-th way to do `label`, its transition included, the shortest first; None if there is none.

        Only ways of which every step is needed for the activity: what else may fire can as well fire later.
        """
        key = (marking, label)
        if key not in self._found:
            self._found[key] = ([], self._search(marking, label))
        found, more = self._found[key]
        while len(found) <= n:
            way = next(more, None)
            if way is None:
                return None
            found.append(way)
        return found[n]

    def home(self, marking: Marking) -> Way | None:
        """A silent way to the final marking, the shortest of those looked at."""
        if marking not in self._home:
            self._home[marking] = self._find_home(marking)
        return self._home[marking]

    def forced(self, marking: Marking, label: str) -> tuple[Way, int]:
        """Do `label` where it lacks the fewest tokens: the way, and how many tokens had to be added."""

        def lack(t: int) -> int:
            return sum(max(w - marking[p], 0) for p, w in self.net.pre[t])

        t = min(self.by_label[label], key=lack)
        added = dict(self.net.pre[t])
        able = tuple(max(n, added.get(p, 0)) for p, n in enumerate(marking))
        return self._way((t,), self.net.fire(able, t)), lack(t)

    def _way(self, fires: tuple[int, ...], marking: Marking) -> Way:
        pre, post = self.net.pre, self.net.post
        return Way(fires, marking, sum(w for t in fires for _, w in post[t]), sum(w for t in fires for _, w in pre[t]))

    def _leading_to(self, targets: list[int]) -> list[int]:
        """The silent transitions that can give tokens, however far, to the inputs of `targets`."""
        wanted = {p for t in targets for p, _ in self.net.pre[t]}
        leading: set[int] = set()
        grows = True
        while grows:
            found = {t for t in self._silent if t not in leading and any(p in wanted for p, _ in self.net.post[t])}
            wanted |= {p for t in found for p, _ in self.net.pre[t]}
            leading |= found
            grows = bool(found)
        return sorted(leading)

    def _search(self, marking: Marking, label: str) -> Iterator[Way]:
        """Backwards from what the activity needs, which finds a way past much that runs side by side; then
        forwards, which finds the others."""
        given: set[Marking] = set()
        for way in self._backwards(marking, label):
            given.add(way.marking)
            yield way
        for way in self._forwards(marking, label):
            if way.marking not in given:
                yield way

    def _backwards(self, marking: Marking, label: str) -> Iterator[Way]:
        """What lacks a token is demanded of each transition that gives it, the latest place first: `demand` is
        the least marking from which `path` can fire (Abdulla et al., Well-Structured Transition Systems, 1996)."""
        queue: list[tuple[Arcs, tuple[int, ...]]] = [(self.net.pre[t], (t,)) for t in self.by_label[label]]
        seen = {demand for demand, _ in queue}
        for demand, path in queue:
            lacks = [p for p, w in demand if marking[p] < w]
            if not lacks:
                after = marking
                for t in path:
                    after = self.net.fire(after, t)
                yield self._way(path, after)
                continue
            last = max(lacks, key=self._lateness.__getitem__)
            for t in self._givers[last]:
                before = _before(demand, self.net.pre[t], self.net.post[t])
                if before not in seen and len(seen) < self.limit:
                    seen.add(before)
                    queue.append((before, (t, *path)))

    def _forwards(self, marking: Marking, label: str) -> Iterator[Way]:
        """By trying every silent step that may lead there."""
        came: dict[Marking, tuple[int, ...]] = {marking: ()}
        queue = [marking]
        for at in queue:
            path = came[at]
            for t in self.by_label[label]:
                if _able(at, self.net.pre[t]) and self._all_needed(path, t):
                    yield self._way((*path, t), self.net.fire(at, t))
            for t in self._leading[label]:
                if _able(at, self.net.pre[t]):
                    after = self.net.fire(at, t)
                    if after not in came:
                        if len(came) >= self.limit // 8:
                            return
                        came[after] = (*path, t)
                        queue.append(after)

    def _all_needed(self, path: tuple[int, ...], last: int) -> bool:
        """Whether every step of `path` gives a token that a later step takes."""
        wanted = dict(self.net.pre[last])
        for t in reversed(path):
            gives = [p for p, _ in self.net.post[t] if wanted.get(p, 0) > 0]
            if not gives:
                return False
            for p, w in self.net.post[t]:
                wanted[p] = wanted.get(p, 0) - w
            for p, w in self.net.pre[t]:
                wanted[p] = max(wanted.get(p, 0), 0) + w
        return True

    def _find_clusters(self) -> dict[int, list[int]]:
        """Per place whose silent consumers all take from the same places, and nothing else silent does: those."""
        takers: dict[int, set[int]] = {}
        for t in self._silent:
            for p, _ in self.net.pre[t]:
                takers.setdefault(p, set()).add(t)
        result: dict[int, list[int]] = {}
        for p, cluster in takers.items():
            sides = {self.net.pre[t] for t in cluster}
            if len(sides) == 1 and all(takers[q] == cluster for q, _ in next(iter(sides))):
                result[p] = sorted(cluster)
        return result

    def _find_home(self, marking: Marking) -> Way | None:
        came: dict[Marking, tuple[int, ...]] = {marking: ()}
        queue = [marking]
        for at in queue:
            if at == self.net.final:
                return self._way(came[at], at)
            for t in self._next_home(at):
                after = self.net.fire(at, t)
                if after not in came:
                    if len(came) >= self.limit:
                        return None
                    came[after] = (*came[at], t)
                    queue.append(after)
        return None

    def _next_home(self, marking: Marking) -> list[int]:
        """Silent transitions to try from `marking`: where a token has to leave its place, and what may take it
        competes with nothing else, those alone (a persistent set: Valmari, Stubborn Sets, 1991)."""
        for p, cluster in self._clusters.items():
            if marking[p] > self.net.final[p] and _able(marking, self.net.pre[cluster[0]]):
                return cluster
        return [t for t in self._silent if _able(marking, self.net.pre[t])]


def _able(marking: Marking, side: Arcs) -> bool:
    for p, w in side:  # noqa: SIM110 - the inmost step
        if marking[p] < w:
            return False
    return True


def _before(demand: Arcs, pre: Arcs, post: Arcs) -> Arcs:
    """The least marking from which a transition leads to at least `demand`."""
    left = dict(demand)
    for p, w in post:
        if p in left:
            left[p] = max(left[p] - w, 0)
    for p, w in pre:
        left[p] = left.get(p, 0) + w
    return tuple(sorted((p, w) for p, w in left.items() if w))


def _lateness(net: PetriNet) -> list[int]:
    """Per place, how late in the order of the flow its latest giver stands, cycles cut where a walk meets itself."""
    # Nodes: places, then transitions; numbered backwards as a walk leaves them.
    n = len(net.places)
    targets = [[n + t for t in takers] for takers in net.consumers()] + [[p for p, _ in side] for side in net.post]
    rank = [0] * len(targets)
    seen: set[int] = set()
    left = len(targets)
    for root in sorted(range(len(targets)), key=lambda m: -net.initial[m] if m < n else 1):
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(targets[root]))]
        while stack:
            node, more = stack[-1]
            after = next((m for m in more if m not in seen), None)
            if after is None:
                stack.pop()
                left -= 1
                rank[node] = left
            else:
                seen.add(after)
                stack.append((after, iter(targets[after])))
    return [max((rank[n + t] for t in givers), default=-1) for givers in net.producers()]
