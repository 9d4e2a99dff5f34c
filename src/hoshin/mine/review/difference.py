"""What a review changes: activities and paths of the model, cases and events of the log, fitness and precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import HoshinError
from hoshin.log.eventlog import EventLog
from hoshin.mine.conform.align import align
from hoshin.mine.conform.loss import Loss, loss_of, yardstick
from hoshin.mine.conform.quality import Quality, judge
from hoshin.mine.model.automaton import END, START, Pair
from hoshin.mine.model.edit import paths_of, substitute
from hoshin.mine.model.family import Model, as_net
from hoshin.mine.model.tree import TAU
from hoshin.mine.review.correct import Corrected
from hoshin.mine.review.relog import correct_log
from hoshin.mine.review.remark import ARROW, Remark, read_element

# Markings that the alignment with a net without block structure may visit before it is given up.
PATIENCE = 50_000


@dataclass(frozen=True, slots=True)
class Effect:
    """What one remark does, and how many cases and events of the log are at its place."""

    remark: Remark
    does: str
    cases: int
    events: int


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """From the reviewed model and the log as it was to the corrected ones.

    `paths_added`, `paths_removed` are pairs that can directly follow in one model only; None where the model has too
    many states to tell. `before` and `after` are None where judging failed, as `said` tells. `after` is that of the
    corrected model on the corrected log, with steps that nobody logs unseen. `workarounds` are kept in the model; their
    cases count as deviating, with the loss against cases that conform and use none.
    """

    effects: tuple[Effect, ...]
    activities_added: tuple[str, ...]
    activities_removed: tuple[str, ...]
    activities_moved: tuple[tuple[str, str], ...]
    paths_added: tuple[Pair, ...] | None
    paths_removed: tuple[Pair, ...] | None
    before: Quality | None
    after: Quality | None
    workarounds: tuple[tuple[Remark, Loss], ...]
    log: EventLog
    said: tuple[str, ...]


def compare_models(log: EventLog, model: Model, corrected: Corrected, remarks: Sequence[Remark]) -> Difference:
    """The difference that `remarks`, followed in `corrected`, make to `model` and to `log`."""
    known = as_net(model).labels()
    old, new = known, as_net(corrected.model).labels()
    said: list[str] = []
    added, removed = _paths(model, corrected.model, said)
    relogged = correct_log(log, remarks, corrected.moves)
    visible = corrected.model
    for step in sorted(corrected.unlogged - set(log.activities)):
        visible = substitute(visible, step, TAU)
    before = _judged(log, model, "before", said)
    unchanged = relogged is log and visible is model
    return Difference(
        effects=tuple(_effect(log, r, known, corrected) for r in sorted(remarks, key=lambda r: (r.at, r.id))),
        activities_added=tuple(sorted(new - old)),
        activities_removed=tuple(sorted(old - new)),
        activities_moved=corrected.moves,
        paths_added=added,
        paths_removed=removed,
        before=before,
        after=before if unchanged else _judged(relogged, visible, "after", said),
        workarounds=_workarounds(relogged, visible, remarks, known),
        log=relogged,
        said=tuple(said),
    )


def places(log: EventLog, element: str | Pair) -> NDArray[np.int64]:
    """The events at an activity, or those that end a path (at an end of the case: those that stand there)."""
    code = {name: number for number, name in enumerate(log.activities)}
    if isinstance(element, str):
        return np.flatnonzero(log.activity == code.get(element, -1))
    first = np.zeros(log.n_events, dtype=np.bool_)
    held = log.events_per_case() > 0
    first[log.case_start[:-1][held]] = True
    a, b = (code.get(name, -1) for name in element)
    if element[0] == START:
        return np.flatnonzero(first & (log.activity == b))
    if element[1] == END:
        return np.flatnonzero(np.append(first[1:], True)[: log.n_events] & (log.activity == a))
    before = np.append(np.int32(-1), log.activity[:-1])[: log.n_events]
    return np.flatnonzero(~first & (log.activity == b) & (before == a))


def _effect(log: EventLog, remark: Remark, known: frozenset[str], corrected: Corrected) -> Effect:
    element = read_element(remark.element, known)
    events = places(log, element)
    cases = np.unique(log.case_of_event()[events]).size
    where = f"on {remark.element}" if isinstance(element, tuple) else f"after {remark.element}"
    does = {
        "not_real": f"removes {'the path ' if isinstance(element, tuple) else ''}{remark.element}",
        "missing_step": f"adds {remark.step} {where}",
        "logged_late": f"moves {remark.element} after {remark.after}" if remark.after else "marks its times doubtful",
        "workaround": "keeps it, counts it as a deviation",
    }.get(remark.verdict, "nothing")
    return Effect(remark, corrected.notes.get(remark.id, does), int(cases), int(events.size))


def _paths(model: Model, new: Model, said: list[str]) -> tuple[tuple[Pair, ...] | None, tuple[Pair, ...] | None]:
    if new is model:
        return (), ()
    try:
        old_paths, new_paths = paths_of(model), paths_of(new)
    except HoshinError as error:
        said.append(f"Paths not compared: {error}")
        return None, None
    return tuple(sorted(new_paths - old_paths)), tuple(sorted(old_paths - new_paths))


def _judged(log: EventLog, model: Model, which: str, said: list[str]) -> Quality | None:
    try:
        return judge(log, model, aligned=align(log, model, limit=PATIENCE))
    except HoshinError as error:
        said.append(f"The model {which} was not judged: {error}")
        return None


def _workarounds(
    log: EventLog, model: Model, remarks: Sequence[Remark], known: frozenset[str]
) -> tuple[tuple[Remark, Loss], ...]:
    asked = [r for r in remarks if r.verdict == "workaround"]
    if not asked:
        return ()
    try:
        cost = align(log, model, limit=PATIENCE).case_cost()
    except HoshinError:
        cost = np.zeros(log.n_cases, dtype=np.int32)
    of_case = log.case_of_event()
    cases = [np.unique(of_case[places(log, read_element(r.element, known))]).astype(np.int64) for r in asked]
    for own in cases:
        cost[own] += 1
    stick = yardstick(log, cost)
    return tuple((r, loss_of(stick, own)) for r, own in zip(asked, cases))


def path_text(pair: Pair) -> str:
    return ARROW.join(pair)
