"""What a reviewer says of one activity or path of a model, and which remarks cannot all be right."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import combinations

from hoshin.errors import InvalidInput
from hoshin.mine.model.automaton import END, START, Pair

ARROW = " > "
# Verdicts that change the model or the log; the others are heard, and change nothing.
CHANGING = ("workaround", "missing_step", "logged_late", "not_real")


@dataclass(frozen=True, slots=True)
class Remark:
    """`element` is an activity, or `A > B` for the path from A directly to B; `(start)` and `(end)` stand for the
    ends of a case. `step` names a missing step; `after` is the activity after which a late one really happens.
    `by`, `at` and `why` say who remarked it, when (ISO) and why; `state` is that of its record."""

    id: str
    verdict: str
    element: str
    step: str = ""
    after: str = ""
    by: str = ""
    at: str = ""
    why: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two remarks that cannot both be followed."""

    first: Remark
    second: Remark
    reason: str


def read_element(text: str, known: Collection[str]) -> str | Pair:
    """An activity of `known`, or the two ends of a path; InvalidInput(review.element) names the nearest.

    >>> read_element("a > b", {"a", "b"}), read_element("(start) > a", {"a"}), read_element("a > b", {"a > b"})
    (('a', 'b'), ('(start)', 'a'), 'a > b')
    """
    if text in known:
        return text
    parts = text.split(ARROW)
    ends = {*known, START, END}
    for n in range(1, len(parts)):
        pair = ARROW.join(parts[:n]), ARROW.join(parts[n:])
        if pair[0] in ends - {END} and pair[1] in ends - {START}:
            return pair
    wrong = next((p for p in parts if p not in ends), text)
    error = InvalidInput.unknown("review.element", "activity of the model", wrong, known)
    raise InvalidInput("review.element", error.message, hint=f"{error.hint} A path is written 'A > B'.", element=text)


def check_remark(remark: Remark, known: Collection[str]) -> None:
    """InvalidInput(review.remark) if the remark does not say what its verdict needs, or names what is not there."""
    element = read_element(remark.element, known)
    wrong = ""
    if remark.verdict == "missing_step" and not remark.step:
        wrong = "it does not name the missing step"
    elif remark.verdict != "missing_step" and remark.step:
        wrong = "only a missing step has a step"
    elif remark.verdict == "logged_late" and not isinstance(element, str):
        wrong = "an activity is logged late, not a path"
    elif remark.verdict != "logged_late" and remark.after:
        wrong = "only what is logged late has an `after`"
    elif remark.after and remark.after == element:
        wrong = "nothing happens after itself"
    if wrong:
        raise InvalidInput(
            "review.remark",
            f"The remark {remark.verdict} on {remark.element!r} cannot be used: {wrong}.",
            hint="Write 'A > B' --step X for a missing step, ACTIVITY --after OTHER for what is logged late.",
        )
    if remark.after:
        read_element(remark.after, known)
        if remark.after not in known:
            raise InvalidInput("review.remark", f"{remark.after!r} is a path; what is late happens after an activity.")


def find_conflicts(remarks: Iterable[Remark], known: Collection[str]) -> list[Conflict]:
    """Every two remarks that cannot both be followed, whatever the order they are given in."""
    ordered = sorted(remarks, key=lambda r: r.id)
    found = []
    for a, b in combinations(ordered, 2):
        reason = _clash(a, b, known) or _clash(b, a, known)
        if reason:
            found.append(Conflict(a, b, reason))
    late = {r.element: r for r in ordered if r.verdict == "logged_late" and r.after}
    for first in late.values():
        seen, at = [first], late.get(first.after)
        while at is not None and at not in seen:
            seen.append(at)
            at = late.get(at.after)
        if at is first and len(seen) > 1 and first.id == min(r.id for r in seen):
            found.append(Conflict(first, seen[1], "They move activities after one another in a circle."))
    return found


def _clash(a: Remark, b: Remark, known: Collection[str]) -> str:
    """Why `b` cannot be followed where `a` is; '' if it can."""
    element, other = read_element(a.element, known), read_element(b.element, known)
    if "unclear" in (a.verdict, b.verdict) or "wrong" in (a.verdict, b.verdict):
        return ""
    same = element == other
    if a.verdict == "not_real":
        if same and b.verdict != "not_real":
            return f"One says that {a.element!r} is not real, the other treats it as real ({b.verdict})."
        if isinstance(element, str) and (element == b.after or (isinstance(other, tuple) and element in other)):
            return f"One says that {a.element!r} is not real, the other builds on it."
    if a.verdict == "right" and same and b.verdict == "workaround":
        return f"One says that {a.element!r} is right, the other that it is a workaround."
    if a.verdict == "logged_late" and a.after:
        if same and b.verdict == "logged_late" and b.after and b.after != a.after:
            return f"They place {a.element!r} after {a.after!r} and after {b.after!r}."
        changes = b.verdict in CHANGING and isinstance(other, tuple)
        if changes and element in other:
            return f"One moves {a.element!r}, the other changes a path at the place where it stands."
    if a.verdict == b.verdict == "missing_step" and same and a.step != b.step:
        return f"They put {a.step!r} and {b.step!r} on the same place {a.element!r}."
    return ""
