"""The quality of a model: fitness, precision, their F-score, generalisation, simplicity, soundness.

Source: Buijs, van Dongen, van der Aalst, Quality Dimensions in Process Discovery (2014).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.align import Alignments, align
from hoshin.mine.conform.precision import Precision, escaping_edges
from hoshin.mine.model.family import Model, as_net
from hoshin.mine.model.petri import PetriNet
from hoshin.mine.model.sound import Soundness, check_soundness


@dataclass(frozen=True, slots=True)
class Quality:
    """`fitness` is that of the whole log by optimal alignments, `precision` by escaping edges, `f_score` their
    harmonic mean. `generalisation` is 1 - mean over activities of 1/sqrt(times done); `simplicity` is
    1 / (1 + max(mean arc degree - 2, 0)) of the net. `fitting_share` of the cases need no deviation."""

    fitness: float
    precision: float
    f_score: float
    generalisation: float
    simplicity: float
    fitting_share: float
    deviations: int
    soundness: Soundness
    escaping: Precision


def judge(log: EventLog, model: Model, *, aligned: Alignments | None = None) -> Quality:
    """The quality of `model` for `log`; `aligned` if the alignments are known."""
    net = as_net(model)
    aligned = aligned or align(log, model)
    escaping = escaping_edges(aligned, model)
    fits = float((aligned.case_cost() == 0).mean()) if log.n_cases else 1.0
    return Quality(
        fitness=aligned.log_fitness,
        precision=escaping.value,
        f_score=f_score(aligned.log_fitness, escaping.value),
        generalisation=generalisation(aligned, net),
        simplicity=simplicity(net),
        fitting_share=fits,
        deviations=aligned.total_cost,
        soundness=check_soundness(net),
        escaping=escaping,
    )


def f_score(fitness: float, precision: float) -> float:
    """
    >>> f_score(1.0, 0.5), f_score(0.0, 0.0)
    (0.6666666666666666, 0.0)
    """
    return 2 * fitness * precision / (fitness + precision) if fitness + precision else 0.0


def generalisation(aligned: Alignments, net: PetriNet) -> float:
    """1 - mean over the model's activities of 1/sqrt(times done in the aligned runs); never done counts 1."""
    cases = np.bincount(aligned.variant, minlength=aligned.n_variants)
    times: Counter[int] = Counter()
    for v in range(aligned.n_variants):
        for fired in aligned.fires[aligned.offset[v] : aligned.offset[v + 1]]:
            if fired >= 0:
                times[int(fired)] += int(cases[v])
    known = {label: code for code, label in enumerate(aligned.labels)}
    labels = net.labels()
    return 1 - sum(1 / np.sqrt(times[known[label]] or 1) for label in labels) / len(labels) if labels else 1.0


def simplicity(net: PetriNet) -> float:
    """Inverse mean arc degree of places and transitions (Blum 2015)."""
    nodes = len(net.places) + len(net.transitions)
    degree = 2 * net.n_arcs() / nodes if nodes else 0.0
    return 1 / (1 + max(degree - 2, 0))
