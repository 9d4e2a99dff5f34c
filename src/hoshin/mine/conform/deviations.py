"""Deviations of a log from a model, grouped and ranked by what they cost, with the cases."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.align import Alignments, Move
from hoshin.mine.conform.loss import Loss, Yardstick, loss_of, yardstick

Kind = Literal["skipped", "extra", "moved"]


@dataclass(frozen=True, slots=True)
class Deviation:
    """`activity` was skipped, done in excess, or moved (done, but not where the model has it) after `after` (None =
    at the start). `times` counts it over all cases, `case_ids` are those concerned, the costliest first."""

    kind: Kind
    activity: str
    after: str | None
    times: int
    loss: Loss
    case_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Deviations:
    """All deviations, the costliest first, and the yardstick they are measured by."""

    found: tuple[Deviation, ...]
    stick: Yardstick


def find_deviations(log: EventLog, aligned: Alignments, *, keep_ids: int = 20) -> Deviations:
    """Group the deviations of `aligned`, an alignment of `log`.

    The excess time (and money) of a case over the conforming cases is shared equally among its
    deviations, so that the sum over all deviations counts no hour twice.

    >>> from hoshin.mine.conform.align import align
    >>> from hoshin.mine.model.tree import parse_tree
    >>> log = EventLog.from_traces(["abc", "ac", "abcc"])
    >>> found = find_deviations(log, align(log, parse_tree("->( 'a', 'b', 'c' )"))).found
    >>> sorted((d.kind, d.activity, d.after, d.times) for d in found)
    [('extra', 'c', 'c', 1), ('skipped', 'b', 'a', 1)]
    """
    stick = yardstick(log, aligned.case_cost())
    cases_of = np.argsort(aligned.variant, kind="stable")
    first = np.searchsorted(aligned.variant[cases_of], np.arange(aligned.n_variants + 1))
    cases: dict[tuple[Kind, str, str | None], list[np.ndarray[tuple[int], np.dtype[np.int64]]]] = {}
    parts: dict[tuple[Kind, str, str | None], list[np.ndarray[tuple[int], np.dtype[np.float64]]]] = {}
    times: Counter[tuple[Kind, str, str | None]] = Counter()
    for v in np.flatnonzero(aligned.cost):
        own = cases_of[first[v] : first[v + 1]]
        counts = Counter(grouped(aligned.moves(int(v))))
        total = sum(counts.values())
        for key, n in counts.items():
            times[key] += n * own.size
            cases.setdefault(key, []).append(own)
            parts.setdefault(key, []).append(np.full(own.size, n / total))
    result = []
    for key, groups in cases.items():
        concerned, share = np.concatenate(groups), np.concatenate(parts[key])
        loss = loss_of(stick, concerned, share)
        costliest = concerned[np.argsort(-stick.case_time_s[concerned], kind="stable")][:keep_ids]
        ids = tuple(str(log.case_ids[int(c)]) for c in costliest)
        result.append(Deviation(*key, times[key], loss, ids))
    result.sort(key=lambda d: (-(d.loss.excess_money or 0.0), -d.loss.excess_s, -d.times, d.activity, d.after or ""))
    return Deviations(tuple(result), stick)


def grouped(moves: list[Move]) -> list[tuple[Kind, str, str | None]]:
    """The deviations of one alignment; an activity both skipped and done in excess has moved, and stands where the
    model has it."""
    skipped: list[tuple[str, str | None]] = []
    extra: list[tuple[str, str | None]] = []
    last: str | None = None
    for event, model in moves:
        if event is None and model is not None:
            skipped.append((model, last))
        elif model is None and event is not None:
            extra.append((event, last))
        last = model or last
    result: list[tuple[Kind, str, str | None]] = []
    for activity, after in skipped:
        other = next((x for x in extra if x[0] == activity), None)
        if other:
            extra.remove(other)
        result.append(("moved" if other else "skipped", activity, after))
    return result + [("extra", activity, after) for activity, after in extra]
