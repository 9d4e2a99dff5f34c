"""Parts of a Petri net that behave as automata, and which activity each of them bounds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hoshin.kernels.search import SILENT, UNBOUND, UNKNOWN, Net, Parts
from hoshin.mine.model.petri import Arcs, PetriNet


def lay_out(net: PetriNet, codes: Mapping[str, int]) -> Net:
    """`net` as arrays; `codes` gives each activity its number."""
    return Net(
        *_flat(net.pre),
        *_flat(net.post),
        np.array([SILENT if t.label is None else codes[t.label] for t in net.transitions], dtype=np.int32),
        np.array(net.initial, dtype=np.int32),
        np.array(net.final, dtype=np.int32),
    )


def _flat(sides: tuple[Arcs, ...]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    at = np.concatenate([[0], np.cumsum([len(side) for side in sides], dtype=np.int64)]).astype(np.int32)
    return at, np.array([arc for side in sides for arc in side], dtype=np.int32).reshape(-1, 2)


def find_parts(net: PetriNet, codes: Mapping[str, int]) -> Parts:
    """Sets of places that always hold exactly one token, chosen to cover every activity that they can.

    Each is a 0/1 place invariant, found by integer programming to cover the most activities not yet
    covered; a sound free-choice net has enough of them (Desel, Esparza 1995, ch. 5). An activity that
    none covers has no bound: alignments stay optimal and take longer.
    """
    part_of = np.full(len(codes), UNKNOWN, dtype=np.int32)
    for label in net.labels():
        part_of[codes[label]] = UNBOUND
    chosen: list[list[int]] = []
    open_labels = set(net.labels())
    while open_labels:
        places = _invariant(net, open_labels)
        covered = {label for label in open_labels if _moves(net, set(places), label)} if places else set()
        if not covered:
            break
        for name in covered:
            part_of[codes[name]] = len(chosen)
        chosen.append(places)
        open_labels -= covered
    arcs: list[tuple[int, int, int]] = []
    arc_at = [0]
    state_of = np.full((len(chosen), len(net.places)), -1, dtype=np.int32)
    final = []
    for c, places in enumerate(chosen):
        state_of[c, places] = range(len(places))
        for t, transition in enumerate(net.transitions):
            own = transition.label is not None and part_of[codes[transition.label]] == c
            does = codes[transition.label] if own and transition.label is not None else SILENT
            takes = [int(state_of[c, p]) for p, _ in net.pre[t] if state_of[c, p] >= 0]
            gives = [int(state_of[c, p]) for p, _ in net.post[t] if state_of[c, p] >= 0]
            if takes:
                arcs.append((takes[0], gives[0], does))
            elif own:
                arcs.append((-1, -1, does))
        arc_at.append(len(arcs))
        final.append(next((i for i, p in enumerate(places) if net.final[p]), 0))
    return Parts(
        states=np.array([len(places) for places in chosen], dtype=np.int32),
        final=np.array(final, dtype=np.int32),
        arc_at=np.array(arc_at, dtype=np.int32),
        arc=np.array(arcs, dtype=np.int32).reshape(len(arcs), 3),
        state_of=state_of,
        part_of=part_of,
    )


def _moves(net: PetriNet, places: set[int], label: str) -> bool:
    return any(t.label == label and any(p in places for p, _ in net.pre[i]) for i, t in enumerate(net.transitions))


def _invariant(net: PetriNet, labels: set[str]) -> list[int]:
    """Places with weights y in {0, 1}: y C = 0, y m0 = 1 = y mf, each transition taking at most one, covering
    the most `labels`; empty if there is none."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    n_places, names = len(net.places), sorted(labels)
    effect = np.zeros((len(net.transitions), n_places))
    takes = np.zeros_like(effect)
    gives = np.zeros_like(effect)
    for t in range(len(net.transitions)):
        for p, w in net.pre[t]:
            takes[t, p] = w
        for p, w in net.post[t]:
            gives[t, p] = w
    effect = gives - takes
    n = n_places + len(names)
    reach = np.zeros((len(names), n))
    for i, name in enumerate(names):
        for t, transition in enumerate(net.transitions):
            if transition.label == name:
                reach[i, :n_places] += takes[t] > 0
        reach[i, n_places + i] = -1

    def wide(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.hstack([rows, np.zeros((rows.shape[0], len(names)))])

    ends = wide(np.array([net.initial, net.final], dtype=np.float64))
    found = milp(
        np.concatenate([np.full(n_places, 1e-4), np.full(len(names), -1.0)]),
        integrality=np.ones(n),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(wide(effect), 0, 0),
            LinearConstraint(wide(takes), 0, 1),
            LinearConstraint(ends, 1, 1),
            LinearConstraint(reach, 0, np.inf),
        ],
    )
    return [] if found.x is None else [p for p in range(n_places) if found.x[p] > 0.5]
