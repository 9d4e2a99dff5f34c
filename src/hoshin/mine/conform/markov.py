"""Markovian precision: the share of the model's short sequences that the log has.

The abstraction of order k holds every sequence of k + 1 steps, start and end counted as steps.
Source: Augusto, Armas-Cervantes, Conforti, Dumas, La Rosa, Measuring Fitness and Precision of
Automatically Discovered Process Models (2022), with the boolean cost function.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import numpy as np

from hoshin.errors import InvalidInput, NotConverged
from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.steps import NetSteps, State
from hoshin.mine.model.family import Model, as_net, find_tree
from hoshin.mine.model.tree import ProcessTree

START, END = "\x02", "\x03"
Word = tuple[str, ...]
# A factor of a trace: (word, whether it stands at the start, at the end).
Factor = tuple[Word, bool, bool]
LIMIT = 200_000


def markovian(log: EventLog, model: Model, *, order: int = 2) -> tuple[float, float]:
    """(precision, fitness) of order `order`: shares of the model's, and of the log's, sequences that both have.

    Raises InvalidInput(conform.order) unless order is 1, 2 or 3, and NotConverged(conform.markov) when the
    model has more than 200,000 sequences or states.
    """
    if order not in (1, 2, 3):
        raise InvalidInput("conform.order", f"order must be 1, 2 or 3, got {order}.", hint="2 is usual.")
    seen, possible = log_grams(log, order), model_grams(model, order)
    both = len(seen & possible)
    return both / len(possible) if possible else 1.0, both / len(seen) if seen else 1.0


def log_grams(log: EventLog, order: int) -> frozenset[Word]:
    """The sequences of `order` + 1 steps of the log."""
    _, first_case = group_traces(log.activity, log.case_start)
    names = np.array(log.activities, dtype=object)
    result: set[Word] = set()
    for c in first_case:
        result.update(grams((START, *names[log.activity[log.case_start[c] : log.case_start[c + 1]]], END), order))
    return frozenset(result)


def grams(steps: Word, order: int) -> Iterable[Word]:
    """Windows of `order` + 1 steps; all of a shorter sequence.

    >>> list(grams(("a", "b", "c"), 1))
    [('a', 'b'), ('b', 'c')]
    """
    size = order + 1
    return (steps[i : i + size] for i in range(max(len(steps) - size, 0) + 1))


def model_grams(model: Model, order: int) -> frozenset[Word]:
    """The sequences of `order` + 1 steps of the model's traces."""
    tree = find_tree(model)
    return _net_grams(NetSteps(as_net(model)), order) if tree is None else _tree_grams(tree, order)


def _tree_grams(tree: ProcessTree, order: int) -> frozenset[Word]:
    size = order + 1
    result: set[Word] = set()
    for word, starts, ends in _factors(tree, size):
        steps = ((START,) if starts else ()) + word + ((END,) if ends else ())
        if len(steps) == size or (starts and ends and len(steps) < size):
            result.add(steps)
    return frozenset(result)


def _factors(tree: ProcessTree, size: int) -> set[Factor]:
    """Factors of up to `size` activities of the traces of `tree`; one at an end also counts as one inside."""
    if tree.operator is None:
        word: Word = () if tree.label is None else (tree.label,)
        return _loosened({(word, True, True), ((), True, not word), ((), not word, True)})
    parts = [_factors(child, size) for child in tree.children]
    if tree.operator == "xor":
        return set().union(*parts)
    if tree.operator == "loop":
        body, redo = parts
        again = _chained(redo, body, size)
        result = body
        while True:
            longer = result | _chained(result, again, size)
            if len(longer) == len(result):
                return result
            result = longer
    result = parts[0]
    for part in parts[1:]:
        result = (_chained if tree.operator == "sequence" else _shuffled)(result, part, size)
    return result


def _loosened(factors: set[Factor]) -> set[Factor]:
    return {
        (word, starts and s, ends and e) for word, starts, ends in factors for s, e in product((True, False), repeat=2)
    }


def _chained(first: set[Factor], second: set[Factor], size: int) -> set[Factor]:
    """Factors of a trace of `first` followed by one of `second`."""
    result = {(w, s, False) for w, s, _ in first} | {(w, False, e) for w, _, e in second}
    heads = _by_length([(w, e) for w, s, e in second if s])
    for word, starts, ends in first:
        if ends:
            for n in range(size - len(word) + 1):
                result.update((word + w, starts, e) for w, e in heads.get(n, ()))
    return _checked(result)


def _shuffled(first: set[Factor], second: set[Factor], size: int) -> set[Factor]:
    """Factors of the interleavings of a trace of `first` and one of `second`."""
    result: set[Factor] = set()
    others: dict[int, list[Factor]] = {}
    for factor in second:
        others.setdefault(len(factor[0]), []).append(factor)
    for word, starts, ends in first:
        for n in range(size - len(word) + 1):
            for other, s, e in others.get(n, ()):
                result.update((w, starts and s, ends and e) for w in _interleaved(word, other))
        _checked(result)
    return result


def _interleaved(a: Word, b: Word) -> Iterable[Word]:
    if not a or not b:
        yield a + b
        return
    yield from ((a[0], *rest) for rest in _interleaved(a[1:], b))
    yield from ((b[0], *rest) for rest in _interleaved(a, b[1:]))


def _by_length(words: Iterable[tuple[Word, bool]]) -> dict[int, list[tuple[Word, bool]]]:
    result: dict[int, list[tuple[Word, bool]]] = {}
    for word, flag in words:
        result.setdefault(len(word), []).append((word, flag))
    return result


def _checked(factors: set[Factor]) -> set[Factor]:
    if len(factors) > LIMIT:
        raise NotConverged(
            "conform.markov",
            f"The model has more than {LIMIT:,} short sequences.",
            hint="Use a lower order.",
        )
    return factors


def _net_grams(steps: NetSteps, order: int) -> frozenset[Word]:
    """By walking states together with the last `order` steps. The net should be sound: what can never
    complete is counted too."""
    result: set[Word] = set()
    start: tuple[State, Word] = (steps.start, (START,))
    seen, stack = {start}, [start]
    while stack:
        state, last = stack.pop()
        if steps.complete(state) and (len(last) == order or last[0] == START):
            result.add((*last, END))
        for label in steps.enabled(state):
            word = (*last, label)
            if len(word) == order + 1:
                result.add(word)
            after = (steps.after(state, label), word[-order:])
            if after not in seen:
                seen.add(after)
                stack.append(after)
                if len(seen) > LIMIT:
                    raise NotConverged(
                        "conform.markov", f"The model has more than {LIMIT:,} states.", hint="Use a lower order."
                    )
    return frozenset(result)
