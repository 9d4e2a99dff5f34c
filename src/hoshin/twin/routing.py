"""Routing: what comes next, given as much of a case's past as the log can vouch for.

A variable-order Markov model: the state is the longest suffix of the past seen at least `least` times, up to
`order` tasks; it compiles to an automaton. A symbol is an activity and whether it starts beside the one before,
so sets of parallel tasks are drawn as sets. Source: Ron, Singer & Tishby, The power of amnesia (1996).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

from hoshin.twin.model import Way
from hoshin.twin.observe import Tasks

Context = tuple[int, ...]
START = -1


def sequences(tasks: Tasks) -> list[list[int]]:
    """Symbols of each case: 2 x activity + beside."""
    symbol = (2 * tasks.act.astype("int64") + tasks.beside).tolist()
    edge = tasks.case_start.tolist()
    return [symbol[a:b] for a, b in pairwise(edge)]


def contexts(cases: list[list[int]], order: int, least: int) -> dict[Context, Counter[int]]:
    """Every context worth a state, with counts of what follows (END_SYMBOL at the end of a case)."""
    found: dict[Context, Counter[int]] = {(): Counter()}
    live = [(c, k) for c, case in enumerate(cases) for k in range(len(case) + 1)]
    for c, k in live:
        found[()][cases[c][k] if k < len(cases[c]) else START] += 1
    for length in range(1, order + 1):
        groups: dict[Context, list[tuple[int, int]]] = defaultdict(list)
        for c, k in live:
            if k - length >= -1:
                case = cases[c]
                past = tuple(case[k - length : k]) if k >= length else (START, *case[:k])
                groups[past].append((c, k))
        live = []
        for past, places in groups.items():
            if len(places) >= least:
                found[past] = Counter(cases[c][k] if k < len(cases[c]) else START for c, k in places)
                live += places
        if not live:
            break
    return found


def routing(tasks: Tasks, *, order: int, least: int, first_state: int = 0) -> tuple[list[Way], int]:
    """Ways of the automaton and its number of states; the first is where cases start. Delays are named
    'before>activity' with 'before' empty at the start of a case.

    Shares are those of the log run through the automaton, so that a case visits each state as often as in the log.
    """
    cases = sequences(tasks)
    names = tasks.log.activities
    found = contexts(cases, order, least)
    kept = set(found) | {(START,)}
    number: dict[Context, int] = {(START,): first_state}
    counts: dict[Context, Counter[int]] = defaultdict(Counter)
    step: dict[tuple[Context, int], Context] = {}
    for case in cases:
        here: Context = (START,)
        for symbol in case:
            counts[here][symbol] += 1
            if (here, symbol) not in step:
                there = (*here, symbol)
                while there not in kept:
                    there = there[1:]
                step[here, symbol] = there
                number.setdefault(there, first_state + len(number))
            here = step[here, symbol]
        counts[here][START] += 1
    ways: list[Way] = []
    for here, state in number.items():
        total = sum(counts[here].values())
        prior = names[here[-1] // 2] if here and here[-1] >= 0 else ""
        for symbol, n in sorted(counts[here].items()):
            if symbol == START:
                ways.append(Way(state, "", n / total, first_state))
                continue
            act, beside = divmod(symbol, 2)
            to = number[step[here, symbol]]
            ways.append(Way(state, names[act], n / total, to, bool(beside), f"{prior}>{names[act]}"))
    return ways, len(number)
