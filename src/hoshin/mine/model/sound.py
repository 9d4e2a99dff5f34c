"""Soundness of a net: it can always complete, completes cleanly, and has no dead part.

By reachability, with a bound on the markings looked at. Source: van der Aalst, The Application of
Petri Nets to Workflow Management (1998).
"""

from __future__ import annotations

from dataclasses import dataclass

from hoshin.mine.model.blocks import net_to_tree
from hoshin.mine.model.petri import Marking, PetriNet

LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class Soundness:
    """`sound` is None when the bound was reached before an answer. `problems` say what is wrong, each with
    the shortest trace that shows it; `n_markings` were looked at (0 where the structure alone decides)."""

    sound: bool | None
    problems: tuple[str, ...]
    n_markings: int
    why: str


def check_soundness(net: PetriNet, *, limit: int = LIMIT) -> Soundness:
    """Is `net` sound: from every reachable marking the final one can be reached, nothing is left over, and
    every transition can fire?

    A block-structured net is sound by construction. Otherwise the markings are enumerated; a marking
    that covers an earlier one on its path proves the net unbounded.
    """
    if net_to_tree(net) is not None:
        return Soundness(True, (), 0, "The net is block-structured, which is sound by construction.")
    number: dict[Marking, int] = {net.initial: 0}
    markings = [net.initial]
    came: list[tuple[int, int]] = [(-1, -1)]
    back: list[list[int]] = [[]]
    fired: set[int] = set()
    for at, marking in enumerate(markings):
        for t in net.enabled(marking):
            fired.add(t)
            after = net.fire(marking, t)
            known = number.get(after)
            if known is None:
                if _covers_an_ancestor(markings, came, at, after):
                    how = _told(net, came, at, t)
                    return Soundness(False, (f"Tokens pile up without bound {how}.",), len(markings), "Unbounded.")
                if len(markings) >= limit:
                    why = f"The bound of {limit:,} markings was reached before an answer."
                    return Soundness(None, (), len(markings), why)
                known = number[after] = len(markings)
                markings.append(after)
                came.append((at, t))
                back.append([])
            back[known].append(at)
    return _judge(net, number, markings, came, back, fired)


def _judge(
    net: PetriNet,
    number: dict[Marking, int],
    markings: list[Marking],
    came: list[tuple[int, int]],
    back: list[list[int]],
    fired: set[int],
) -> Soundness:
    """The verdict over a complete reachability graph."""
    problems = []
    completes = [False] * len(markings)
    stack = [number[net.final]] if net.final in number else []
    for m in stack:
        completes[m] = True
    while stack:
        for m in back[stack.pop()]:
            if not completes[m]:
                completes[m] = True
                stack.append(m)
    if not all(completes):
        stuck = [m for m, done in enumerate(completes) if not done]
        m = next((m for m in stuck if not net.enabled(markings[m])), stuck[0])
        where = net.marked(markings[m])
        problems.append(f"It cannot complete {_told(net, came, m)}: tokens at {where} never reach the end.")
    for m, marking in enumerate(markings):
        if marking != net.final and all(a >= b for a, b in zip(marking, net.final)):
            left = {k: n for k, n in net.marked(marking).items() if n > net.final[net.places.index(k)]}
            problems.append(f"It ends with tokens left over {_told(net, came, m)}: {left}.")
            break
    dead = [t for t in range(len(net.transitions)) if t not in fired]
    if dead:
        names = ", ".join(net.transitions[t].label or net.transitions[t].name for t in dead[:5])
        problems.append(f"{len(dead)} transitions can never fire: {names}.")
    why = f"All {len(markings):,} reachable markings were looked at."
    return Soundness(not problems, tuple(problems), len(markings), why)


def _covers_an_ancestor(markings: list[Marking], came: list[tuple[int, int]], at: int, after: Marking) -> bool:
    while at >= 0:
        if all(a >= b for a, b in zip(after, markings[at])):
            return True
        at = came[at][0]
    return False


def _told(net: PetriNet, came: list[tuple[int, int]], at: int, last: int = -1) -> str:
    """The visible trace that leads to marking number `at` (and then fires `last`)."""
    path = [last] if last >= 0 else []
    while at > 0:
        at, t = came[at]
        path.append(t)
    labels = [label for t in reversed(path) if (label := net.transitions[t].label) is not None]
    return "after " + " > ".join(labels) if labels else "at the start"
