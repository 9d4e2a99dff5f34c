"""Precision: how much of what the model allows has been seen.

`escaping_edges` follows the model along the aligned runs and counts what it allows and nobody does
(Adriansyah, Munoz-Gama, Carmona, van Dongen, van der Aalst, Measuring Precision of Modeled Behavior,
2015). `markovian` compares short sequences, wherever they stand (Augusto, Armas-Cervantes, Conforti,
Dumas, La Rosa, Measuring Fitness and Precision of Automatically Discovered Process Models, 2022).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

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
    """Alignment-based ETC precision of `model`; 1 where there is nothing to go by."""
    steps = steps_of(model)
    root = _runs(aligned, steps)
    allowed = escaping = 0
    widest: list[tuple[tuple[str, ...], str, int]] = []
    stack: list[tuple[tuple[str, ...], _Prefix]] = [((), root)]
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


def _runs(aligned: Alignments, steps: Steps) -> _Prefix:
    """The prefix tree of the runs that the cases are aligned to."""
    cases = np.bincount(aligned.variant, minlength=aligned.n_variants)
    root = _Prefix(steps.start)
    for v in range(aligned.n_variants):
        at = root
        for label in aligned.run(v):
            at.weight += int(cases[v])
            if label not in at.next:
                at.next[label] = _Prefix(steps.after(at.state, label))
            at = at.next[label]
    return root
