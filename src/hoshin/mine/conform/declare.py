"""Declare: constraints between activities, found with support and confidence, and checked.

Source: Pesic, Schonenberg, van der Aalst, DECLARE (2007); Di Ciccio, Montali, Declarative Process
Specifications (2022).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels import declare as kernel
from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog

# Template: what makes it concern a case (a, b, either or every case), and how it reads.
TEMPLATES = {
    "existence": ("every", "{a} happens"),
    "absence2": ("every", "{a} happens at most once"),
    "exactly1": ("every", "{a} happens exactly once"),
    "init": ("every", "cases start with {a}"),
    "end": ("every", "cases end with {a}"),
    "responded existence": ("a", "if {a} happens, {b} does too"),
    "coexistence": ("either", "{a} and {b} happen together or not at all"),
    "response": ("a", "{a} is followed by {b}"),
    "alternate response": ("a", "each {a} is followed by {b} before the next {a}"),
    "chain response": ("a", "{a} is directly followed by {b}"),
    "precedence": ("b", "{b} is preceded by {a}"),
    "alternate precedence": ("b", "each {b} is preceded by {a} after the last {b}"),
    "chain precedence": ("b", "{b} is directly preceded by {a}"),
    "succession": ("either", "{a} is followed by {b}, and {b} preceded by {a}"),
    "alternate succession": ("either", "{a} and {b} take turns"),
    "chain succession": ("either", "{a} and {b} come directly one after the other"),
    "not coexistence": ("either", "{a} and {b} never happen together"),
    "not succession": ("a", "{b} never comes after {a}"),
    "not chain succession": ("a", "{b} never comes directly after {a}"),
}
# What each template says already: weaker ones are not listed beside it.
IMPLIES = {
    "exactly1": ("existence", "absence2"),
    "init": ("existence",),
    "end": ("existence",),
    "chain response": ("alternate response", "response", "responded existence"),
    "alternate response": ("response", "responded existence"),
    "response": ("responded existence",),
    "chain precedence": ("alternate precedence", "precedence"),
    "alternate precedence": ("precedence",),
    "chain succession": ("alternate succession", "succession", "coexistence", "chain response", "chain precedence",
                         "alternate response", "alternate precedence", "response", "precedence",
                         "responded existence"),
    "alternate succession": ("succession", "coexistence", "alternate response", "alternate precedence", "response",
                             "precedence", "responded existence"),
    "succession": ("coexistence", "response", "precedence", "responded existence"),
    "coexistence": ("responded existence",),
    "not coexistence": ("not succession", "not chain succession"),
    "not succession": ("not chain succession",),
}  # fmt: skip
SYMMETRIC = {"coexistence", "not coexistence"}


@dataclass(frozen=True, slots=True)
class Constraint:
    """`template` over `a` (and `b`). Of `concerned` cases, `holds` satisfy it."""

    template: str
    a: str
    b: str = ""
    concerned: int = 0
    holds: int = 0

    def __str__(self) -> str:
        return TEMPLATES[self.template][1].format(a=f"'{self.a}'", b=f"'{self.b}'")

    @property
    def confidence(self) -> float:
        return self.holds / self.concerned if self.concerned else 1.0


def discover_declare(
    log: EventLog, *, support: float = 0.1, confidence: float = 1.0, weaker: bool = False
) -> list[Constraint]:
    """Constraints that concern at least share `support` of the cases and hold in at least `confidence` of those.

    Only the strongest of those that say the same are listed, unless `weaker`. What follows by chance (two
    activities that both always happen) is listed too: a constraint is a regularity, not a rule. Raises
    InvalidInput(declare.share) unless both shares are in [0, 1].

    >>> [str(c) for c in discover_declare(EventLog.from_traces(["ab", "ab", "c"]), support=0.5)][:2]
    ["'a' happens at most once", "'b' happens at most once"]
    """
    for name, value in (("support", support), ("confidence", confidence)):
        if not 0 <= value <= 1:
            raise InvalidInput("declare.share", f"{name} must be in [0, 1], got {value}.")
    n_cases = max(log.n_cases, 1)
    strong = [c for c in _all(log) if c.concerned and c.concerned >= support * n_cases and c.confidence >= confidence]
    if not weaker:
        strong = _strongest(strong)
    return sorted(strong, key=lambda c: (-c.confidence, -c.concerned, c.template, c.a, c.b))


def _strongest(found: list[Constraint]) -> list[Constraint]:
    names = {(c.template, c.a, c.b) for c in found}
    said = set()
    for template, a, b in names:
        for weaker in IMPLIES.get(template, ()):
            said.add((weaker, a, b))
            if weaker in ("responded existence", "coexistence", "not succession", "not chain succession") and (
                template in SYMMETRIC or ("succession" in template and not template.startswith("not"))
            ):
                said.add((weaker, b, a))
    return [c for c in found if (c.template, c.a, c.b) not in said]


def _all(log: EventLog) -> Iterable[Constraint]:
    """Every constraint over the log's activities with its counts."""
    variant, first_case = group_traces(log.activity, log.case_start)
    weight = np.bincount(variant, minlength=first_case.size).astype(np.int64)
    traces = [log.activity[log.case_start[c] : log.case_start[c + 1]] for c in first_case]
    start = np.concatenate([[0], np.cumsum([t.size for t in traces], dtype=np.int64)]).astype(np.int64)
    flat = np.concatenate(traces) if traces else np.empty(0, dtype=np.int32)
    names, n = log.activities, len(log.activities)
    yield from _single(log, traces, weight)
    held = kernel.count_pairs(flat, start, weight, n)
    cases = np.zeros(n, dtype=np.int64)
    for trace, w in zip(traces, weight):
        cases[np.unique(trace)] += w
    rows = {
        "responded existence": held[kernel.TOGETHER],
        "response": held[kernel.RESPONSE],
        "alternate response": held[kernel.ALTERNATE_RESPONSE],
        "chain response": held[kernel.CHAIN_RESPONSE],
        "precedence": held[kernel.PRECEDENCE],
        "alternate precedence": held[kernel.ALTERNATE_PRECEDENCE],
        "chain precedence": held[kernel.CHAIN_PRECEDENCE],
        "succession": held[kernel.SUCCESSION],
        "alternate succession": held[kernel.ALTERNATE_SUCCESSION],
        "chain succession": held[kernel.CHAIN_SUCCESSION],
        "coexistence": held[kernel.TOGETHER],
        "not coexistence": cases[:, None] + cases[None, :] - 2 * held[kernel.TOGETHER],
        "not succession": cases[:, None] - held[kernel.AFTER],
        "not chain succession": cases[:, None] - held[kernel.DIRECTLY],
    }
    either = cases[:, None] + cases[None, :] - held[kernel.TOGETHER]
    concerned = {"a": np.broadcast_to(cases[:, None], (n, n)), "b": np.broadcast_to(cases[None, :], (n, n))}
    concerned["either"] = either
    for template, row in rows.items():
        whom = concerned[TEMPLATES[template][0]]
        for a in range(n):
            for b in range(n):
                if a != b and not (template in SYMMETRIC and a > b):
                    yield Constraint(template, names[a], names[b], int(whom[a, b]), int(row[a, b]))


def _single(log: EventLog, traces: list[NDArray[np.int32]], weight: NDArray[np.int64]) -> Iterable[Constraint]:
    """The constraints on one activity."""
    n = len(log.activities)
    counts = np.array([np.bincount(t, minlength=n) for t in traces]).reshape(len(traces), n)
    total = int(weight.sum())
    ends = {"init": np.zeros(n, dtype=np.int64), "end": np.zeros(n, dtype=np.int64)}
    for trace, w in zip(traces, weight):
        if trace.size:
            ends["init"][trace[0]] += w
            ends["end"][trace[-1]] += w
    rows = {
        "existence": weight @ (counts > 0),
        "absence2": weight @ (counts < 2),
        "exactly1": weight @ (counts == 1),
        **ends,
    }
    for template, row in rows.items():
        for a, name in enumerate(log.activities):
            yield Constraint(template, name, "", total, int(row[a]))


def check_declare(log: EventLog, constraints: Iterable[Constraint]) -> list[tuple[Constraint, NDArray[np.bool_]]]:
    """Each constraint with its counts on `log`, and which cases break it, bool (n_cases,).

    Raises InvalidInput(declare.template) for an unknown template; an activity the log lacks never happens.
    """
    variant, first_case = group_traces(log.activity, log.case_start)
    names = [[log.activities[a] for a in log.activity[log.case_start[c] : log.case_start[c + 1]]] for c in first_case]
    result = []
    for c in constraints:
        if c.template not in TEMPLATES:
            raise InvalidInput.unknown("declare.template", "constraint", c.template, TEMPLATES)
        told = np.array([_told(c, trace) for trace in names], dtype=np.int8).reshape(len(names))
        of_case = told[variant]
        counted = Constraint(c.template, c.a, c.b, int((of_case >= 0).sum()), int((of_case == 1).sum()))
        result.append((counted, of_case == 0))
    return result


def _told(c: Constraint, trace: list[str]) -> int:
    """1 if the trace satisfies the constraint, 0 if it breaks it, -1 if it is not concerned."""
    has = {"a": c.a in trace, "b": c.b in trace}
    whom = TEMPLATES[c.template][0]
    if whom != "every" and not (has["a"] or has["b"] if whom == "either" else has[whom]):
        return -1
    at = {x: [i for i, y in enumerate(trace) if y == x] for x in (c.a, c.b)}
    a, b = at[c.a], at[c.b]
    return int(_satisfied(c.template, a, b, len(trace)))


def _satisfied(template: str, a: list[int], b: list[int], n: int) -> bool:
    """Whether positions `a` and `b` of a trace of `n` events satisfy the template, which concerns it."""

    def follows() -> bool:
        return bool(b) and (not a or b[-1] > a[-1])

    def precedes() -> bool:
        return bool(a) and (not b or a[0] < b[0])

    def turns_after() -> bool:
        return follows() and all(any(x < y < z for y in b) for x, z in zip(a, [*a[1:], n]))

    def turns_before() -> bool:
        return precedes() and all(any(x < y < z for y in a) for x, z in zip([-1, *b[:-1]], b))

    def directly_after() -> bool:
        return all(x + 1 in b for x in a)

    def directly_before() -> bool:
        return all(y - 1 in a for y in b)

    match template:
        case "existence":
            return bool(a)
        case "absence2":
            return len(a) < 2
        case "exactly1":
            return len(a) == 1
        case "init":
            return bool(a) and a[0] == 0
        case "end":
            return bool(a) and a[-1] == n - 1
        case "responded existence" | "coexistence":
            return bool(a) and bool(b)
        case "response":
            return follows()
        case "alternate response":
            return turns_after()
        case "chain response":
            return directly_after()
        case "precedence":
            return precedes()
        case "alternate precedence":
            return turns_before()
        case "chain precedence":
            return directly_before()
        case "succession":
            return bool(a) and bool(b) and follows() and precedes()
        case "alternate succession":
            return bool(a) and bool(b) and turns_after() and turns_before()
        case "chain succession":
            return directly_after() and directly_before()
        case "not coexistence":
            return not (a and b)
        case "not succession":
            return not b or b[-1] < a[0]
    return not any(x + 1 in b for x in a)
