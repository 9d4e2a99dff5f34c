"""Entropy-based precision and recall: how much of the variety of one language the other has.

The variety of a language is the growth rate of its traces per step when they are chained by an end mark: the
logarithm of the spectral radius of its automaton. Unlike measures by prefixes it is monotone: of two models that
accept the same traces of the log, the one that allows more is never more precise. Source: Polyvyanyy, Solti,
Weidlich, Di Ciccio, Mendling, Monotone Precision and Recall Measures for Comparing Executions and Specifications of
Dynamic Systems (2020), exact matching.
"""

from __future__ import annotations

from collections import Counter
from math import log as ln

import numpy as np
from scipy.optimize import brentq
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import eigs

from hoshin.errors import NotConverged
from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.steps import State, Steps, steps_of
from hoshin.mine.model.family import Model

LIMIT = 20_000
# Up to so many states all eigenvalues are computed, above only the greatest.
DENSE = 300


def entropic(log: EventLog, model: Model) -> tuple[float, float]:
    """(precision, recall): the shares of the model's, and of the log's, variety that their common traces have.

    A trace that deviates anywhere is not common, so recall falls fast with noise. A single trace has variety 0:
    against it the share is 1 if that trace is common, else 0. NotConverged(conform.entropy) when the model has
    more than 20,000 states.

    >>> from hoshin.mine.model.tree import parse_tree
    >>> precision, recall = entropic(EventLog.from_traces(["a", "b"]), parse_tree("X( 'a', 'b', 'c', 'd' )"))
    >>> round(precision, 9), recall
    (0.5, 1.0)
    """
    steps = steps_of(model)
    seen, common = _lengths(log, steps)
    part, whole, possible = _variety(common), _variety(seen), model_variety(steps)
    if not common:
        return 0.0, float(not seen)
    return (part / possible if possible else 1.0), (part / whole if whole else 1.0)


def _lengths(log: EventLog, steps: Steps) -> tuple[Counter[int], Counter[int]]:
    """How many different traces the log has of each length, and how many of them the model accepts."""
    _, first_case = group_traces(log.activity, log.case_start)
    seen: Counter[int] = Counter()
    common: Counter[int] = Counter()
    for c in first_case:
        trace = log.activity[log.case_start[c] : log.case_start[c + 1]]
        seen[trace.size] += 1
        state = steps.start
        for a in trace:
            state = steps.after(state, log.activities[a])
        common[trace.size] += steps.complete(state)
    return seen, +common


def _variety(lengths: Counter[int]) -> float:
    """Of finitely many traces: log(1/x) for the root x of sum n x^(length + 1) = 1, the chains being a renewal."""
    if lengths.total() < 2:
        return 0.0
    return -ln(brentq(lambda x: sum(n * x ** (size + 1) for size, n in lengths.items()) - 1, 0.0, 1.0, xtol=1e-15))


def model_variety(steps: Steps) -> float:
    """Of the traces of a model: the logarithm of the spectral radius of its automaton, each end linked to the start."""
    number: dict[State, int] = {steps.start: 0}
    queue = [steps.start]
    edges: list[tuple[int, int]] = []
    for state in queue:
        for label in sorted(steps.enabled(state)):
            after = steps.after(state, label)
            if after not in number:
                number[after] = len(number)
                queue.append(after)
                if len(queue) > LIMIT:
                    raise NotConverged(
                        "conform.entropy",
                        f"The model has more than {LIMIT:,} states.",
                        hint="Use the Markovian precision, which does not enumerate them.",
                    )
            edges.append((number[state], number[after]))
    edges += [(number[state], 0) for state in queue if steps.complete(state)]
    return ln(max(_radius(edges, _returning(edges, len(queue))), 1.0))


def _returning(edges: list[tuple[int, int]], n: int) -> list[int]:
    """States from which the start is reached again; the others never complete."""
    back: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        back[b].append(a)
    seen, stack = {0}, [0]
    while stack:
        for a in back[stack.pop()]:
            if a not in seen:
                seen.add(a)
                stack.append(a)
    return sorted(seen)


def _radius(edges: list[tuple[int, int]], kept: list[int]) -> float:
    row = {state: i for i, state in enumerate(kept)}
    inside = [(row[a], row[b]) for a, b in edges if a in row and b in row]
    if not inside:
        return 0.0
    at = np.array(inside).T
    # The identity is added so that no other eigenvalue is as great as the real one (Perron, Frobenius).
    matrix = csr_array((np.ones(at.shape[1]), (at[0], at[1])), shape=(len(kept), len(kept))) + eye_array(len(kept))
    if len(kept) <= DENSE:
        return float(np.linalg.eigvals(matrix.toarray()).real.max()) - 1
    found = eigs(matrix, k=1, which="LR", v0=np.ones(len(kept)), return_eigenvectors=False)
    return float(found.real.max()) - 1
