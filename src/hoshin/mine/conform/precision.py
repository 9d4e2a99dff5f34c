"""Precision: how much of what the model allows has been seen, by edges that escape the log.

`escaping_edges` follows the model along the runs that the cases are aligned to, so every case counts
(Adriansyah, Munoz-Gama, Carmona, van Dongen, van der Aalst, Measuring Precision of Modeled Behavior, 2015,
with one alignment per variant). `fitting_edges` follows the cases themselves, as far as the model allows them
(Munoz-Gama, Carmona, A Fresh Look at Precision in Process Conformance, 2010). `markov` and `entropy` measure
otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.align import Alignments
from hoshin.mine.conform.steps import State, Steps, steps_of
from hoshin.mine.model.family import Model


@dataclass(slots=True)
class _Prefix:
    """A prefix of runs: `weight` cases go on from here, to `next`."""

    state: State
    weight: int = 0
    next: dict[str, _Prefix] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Precision:
    """`value` is 1 - `escaping` / `allowed`, both weighted by cases. `widest` lists what the model allows and
    the log never does, costliest first: (activities before, activity, cases that could have)."""

    value: float
    allowed: int
    escaping: int
    widest: tuple[tuple[tuple[str, ...], str, int], ...]


def escaping_edges(aligned: Alignments, model: Model, *, top: int = 10) -> Precision:
    """Precision by alignments of `model`; 1 where there is nothing to go by."""
    cases = np.bincount(aligned.variant, minlength=aligned.n_variants)
    return _escaping(((aligned.run(v), int(cases[v])) for v in range(aligned.n_variants)), steps_of(model), top)


def fitting_edges(log: EventLog, model: Model, *, top: int = 10) -> Precision:
    """ETC precision of `model`: a case counts up to the event that the model does not allow, which is how other
    tools count too. It flatters a model that fits little: nothing is said of what it does beyond that event."""
    return _escaping(_cases(log), steps_of(model), top)


def _cases(log: EventLog) -> Iterable[tuple[tuple[str, ...], int]]:
    """The variants of `log` with their cases."""
    variant, first_case = group_traces(log.activity, log.case_start)
    cases = np.bincount(variant, minlength=first_case.size)
    names = np.array(log.activities, dtype=object)
    for c, n in zip(first_case, cases):
        yield tuple(names[log.activity[log.case_start[c] : log.case_start[c + 1]]]), int(n)


def _escaping(runs: Iterable[tuple[tuple[str, ...], int]], steps: Steps, top: int) -> Precision:
    allowed = escaping = 0
    widest: list[tuple[tuple[str, ...], str, int]] = []
    stack: list[tuple[tuple[str, ...], _Prefix]] = [((), _prefixes(runs, steps))]
    while stack:
        before, prefix = stack.pop()
        stack.extend(((*before, label), after) for label, after in prefix.next.items())
        if not prefix.weight:
            continue
        possible = steps.enabled(prefix.state)
        unseen = possible - prefix.next.keys()
        allowed += prefix.weight * len(possible)
        escaping += prefix.weight * len(unseen)
        widest.extend((before[-3:], label, prefix.weight) for label in sorted(unseen))
        if len(widest) > 50 * top:
            widest = sorted(widest, key=lambda w: -w[2])[:top]
    widest = sorted(widest, key=lambda w: -w[2])[:top]
    return Precision(1 - escaping / allowed if allowed else 1.0, allowed, escaping, tuple(widest))


def _prefixes(runs: Iterable[tuple[tuple[str, ...], int]], steps: Steps) -> _Prefix:
    """The prefix tree of `runs` with their counts, each followed as far as the model allows."""
    root = _Prefix(steps.start)
    for run, n in runs:
        at = root
        for label in run:
            at.weight += n
            if label not in at.next:
                at.next[label] = _Prefix(steps.after(at.state, label))
            at = at.next[label]
            if not at.state:
                break
    return root
