"""The model that people say is right: the reviewed model with their remarks followed, sound as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hoshin.errors import Conflict as Clash
from hoshin.errors import InvalidInput
from hoshin.mine.model.automaton import Pair
from hoshin.mine.model.edit import edit_paths, follows_within, paths_of, substitute
from hoshin.mine.model.family import Model, as_net
from hoshin.mine.model.sound import Soundness, check_soundness
from hoshin.mine.model.tree import TAU, leaf, loop, seq, xor
from hoshin.mine.review.remark import CHANGING, Remark, check_remark, find_conflicts, read_element

# Marks what a remark has put in its place, so that no other remark takes it for what the model had.
SETTLED = "\x00"


@dataclass(frozen=True, slots=True)
class Corrected:
    """`model` follows the remarks; `moves` are (activity, after), in the order to carry them out. `unlogged` are
    the steps that people do and the reviewed model does not have. `notes` say which remark has no effect and why."""

    model: Model
    soundness: Soundness
    moves: tuple[tuple[str, str], ...]
    unlogged: frozenset[str]
    notes: dict[str, str]


def correct(model: Model, remarks: Sequence[Remark]) -> Corrected:
    """Follow all remarks at once; the order they are given in does not matter.

    `not_real` leaves out an activity (its place stays free) or forbids a path; `missing_step` puts the step on a path,
    or after an activity; `logged_late` with `after` moves the activity there; `workaround` and what changes nothing
    leave the model as it is. Without remarks the very same model comes back.

    Conflict(review.conflict) names two remarks that exclude each other, or a path that others bring back;
    InvalidInput(review.empty) if no trace would be left, InvalidInput(review.move) if an activity can happen before the
    one it is moved after.
    """
    known = as_net(model).labels()
    for remark in remarks:
        check_remark(remark, known)
    for clash in find_conflicts(remarks, known):
        a, b = clash.first, clash.second
        raise Clash(
            "review.conflict",
            f"Remarks {a.id} ({a.by or 'unknown'}) and {b.id} ({b.by or 'unknown'}) exclude each other: {clash.reason}",
            hint="Withdraw one of them, with a reason.",
        )
    given = sorted((r for r in remarks if r.verdict in CHANGING), key=lambda r: (r.verdict, r.element, r.id))
    edited, notes = _change_paths(model, given, known)
    gone = _dropped(given, known) - paths_of(edited) if len(given) > 1 else set()
    moves = _in_order({r.element: r.after for r in given if r.verdict == "logged_late" and r.after})
    moved: set[str] = set()
    for activity, after in moves:
        edited = _move(edited, activity, after, SETTLED + after if after in moved else after)
        moved.add(activity)
    for remark in given:
        if remark.verdict == "not_real" and isinstance(read_element(remark.element, known), str):
            edited = substitute(edited, remark.element, TAU)
    steps = {r.element: r.step for r in given if r.verdict == "missing_step" and r.element in known}
    for element, step in sorted(steps.items()):
        label = SETTLED + element if element in moved else element
        edited = substitute(edited, label, seq(leaf(label), leaf(SETTLED + step)))
    for label in sorted(as_net(edited).labels()) if edited is not model else ():
        if label.startswith(SETTLED):
            edited = substitute(edited, label, leaf(label.removeprefix(SETTLED)))
    back = sorted(gone & paths_of(edited)) if gone else []
    if back:
        raise Clash(
            "review.conflict",
            f"The path {' > '.join(back[0])} is remarked as not real, but comes back with what is left out or moved.",
            hint="Withdraw one of the remarks, or say which step is missing on the path.",
        )
    unlogged = frozenset(r.step for r in given if r.verdict == "missing_step") - known
    return Corrected(edited, check_soundness(as_net(edited)), moves, unlogged, notes)


def _dropped(given: Sequence[Remark], known: frozenset[str]) -> set[Pair]:
    elements = [read_element(r.element, known) for r in given if r.verdict == "not_real"]
    return {e for e in elements if isinstance(e, tuple)}


def _change_paths(model: Model, given: Sequence[Remark], known: frozenset[str]) -> tuple[Model, dict[str, str]]:
    drop: set[Pair] = set()
    insert: dict[Pair, str] = {}
    notes: dict[str, str] = {}
    asked = [(r, read_element(r.element, known)) for r in given if r.verdict in ("not_real", "missing_step")]
    made = paths_of(model) if any(isinstance(e, tuple) for _, e in asked) else set()
    for remark, element in asked:
        if not isinstance(element, tuple):
            continue
        if element not in made:
            notes[remark.id] = "The model does not have this path: nothing to change."
        elif remark.verdict == "not_real":
            drop.add(element)
        else:
            insert[element] = SETTLED + remark.step
    if not drop and not insert:
        return model, notes
    found = edit_paths(model, drop, insert)
    if found is None:
        raise InvalidInput(
            "review.empty",
            f"Without {', '.join(sorted(f'{a} > {b}' for a, b in drop))} no case could run through the model.",
            hint="Say what happens instead: a missing step on the path.",
        )
    return found, notes


def _in_order(late: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Moves such that an activity is in its place before another is put after it."""
    found: list[tuple[str, str]] = []
    left = dict(sorted(late.items()))
    while left:
        free = next(a for a, after in left.items() if after not in left)
        found.append((free, left.pop(free)))
    return tuple(found)


def _move(model: Model, activity: str, after: str, target: str) -> Model:
    """`activity` directly after `after` (labelled `target`): as often as it could follow, or not at all if it could."""
    seen = follows_within(model, target, activity)
    if seen is None or activity in seen.steps[0]:
        raise InvalidInput(
            "review.move",
            f"{activity!r} can happen without {after!r} before it, so that cannot be its place.",
            hint="Name an activity that always comes first, or remark logged_late without --after.",
        )
    states = {row[target] for row in seen.steps if target in row}
    block = leaf(SETTLED + activity)
    if any(activity in seen.steps[seen.steps[q][activity]] for q in states if activity in seen.steps[q]):
        block = loop(block)
    if any(q in seen.final or target in seen.steps[q] for q in states):
        block = xor(block, TAU)
    emptied = substitute(model, activity, TAU)
    return substitute(emptied, target, seq(leaf(target), block))
