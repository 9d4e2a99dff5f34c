"""Log skeleton: six relations that every case (or all but a few) keeps; what breaks them stands out.

Source: Verbeek, The Log Skeleton Visualizer in ProM 6.9 (2021).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hoshin.errors import InvalidInput
from hoshin.kernels import declare as kernel
from hoshin.kernels.variants import group_traces
from hoshin.log.eventlog import EventLog

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Relations over activities, as pairs (a, b).

    `equivalence`: equally often in every case (a < b). `always_after`: after each a there is a b.
    `always_before`: before each a there is a b. `never_together` (a < b). `follows`: a is somewhere
    directly followed by b. `counts` are the numbers of times an activity happens in a case.
    """

    equivalence: frozenset[Pair]
    always_after: frozenset[Pair]
    always_before: frozenset[Pair]
    never_together: frozenset[Pair]
    follows: frozenset[Pair]
    counts: dict[str, frozenset[int]]


def discover_skeleton(log: EventLog, *, noise: float = 0.0) -> Skeleton:
    """The skeleton of `log`, each relation kept by all but share `noise` of the cases that it concerns.

    Raises InvalidInput(skeleton.noise) unless 0 <= noise < 1.

    >>> found = discover_skeleton(EventLog.from_traces(["abc", "acb"]))
    >>> sorted(found.always_after), found.counts["a"]
    ([('a', 'b'), ('a', 'c')], frozenset({1}))
    """
    if not 0 <= noise < 1:
        raise InvalidInput("skeleton.noise", f"noise must be in [0, 1), got {noise}.")
    names, n, total = log.activities, len(log.activities), log.n_cases
    flat, start, weight, _ = _variants(log)
    held = kernel.count_pairs(flat, start, weight, n)
    present = np.zeros(n, dtype=np.int64)
    times: list[Counter[int]] = [Counter() for _ in names]
    for v, w in enumerate(weight):
        counts = np.bincount(flat[start[v] : start[v + 1]], minlength=n)
        present += w * (counts > 0)
        for a in range(n):
            times[a][int(counts[a])] += int(w)
    keep = 1 - noise

    def pairs(holds: NDArray[np.int64], of: NDArray[np.int64] | int, *, ordered: bool = True) -> frozenset[Pair]:
        fits = (holds >= keep * np.asarray(of)) & (np.asarray(of) > 0)
        return frozenset(
            (names[a], names[b]) if ordered else (min(names[a], names[b]), max(names[a], names[b]))
            for a, b in np.argwhere(np.broadcast_to(fits, (n, n)))
            if a != b
        )

    either = present[:, None] + present[None, :] - held[kernel.TOGETHER]
    apart = either - held[kernel.TOGETHER]
    direct = frozenset((names[a], names[b]) for a, b in np.argwhere(held[kernel.DIRECTLY] > noise * total))
    return Skeleton(
        equivalence=pairs(held[kernel.EQUALLY], total, ordered=False),
        always_after=pairs(held[kernel.RESPONSE], present[:, None]),
        always_before=pairs(held[kernel.PRECEDENCE].T, present[:, None]),
        never_together=pairs(apart, either, ordered=False),
        follows=direct,
        counts={name: _usual(times[a], keep * total) for a, name in enumerate(names)},
    )


def _usual(times: Counter[int], enough: float) -> frozenset[int]:
    """The commonest counts that make up `enough` cases."""
    result: set[int] = set()
    covered = 0
    for count, cases in sorted(times.items(), key=lambda item: (-item[1], item[0])):
        if covered >= enough:
            break
        result.add(count)
        covered += cases
    return frozenset(result)


def check_skeleton(log: EventLog, skeleton: Skeleton) -> list[list[str]]:
    """What each case breaks, in words; an empty list for a case that keeps the skeleton."""
    flat, start, weight, variant = _variants(log)
    told = [_broken([log.activities[a] for a in flat[start[v] : start[v + 1]]], skeleton) for v in range(weight.size)]
    return [told[v] for v in variant]


def _broken(trace: list[str], skeleton: Skeleton) -> list[str]:
    count = Counter(trace)
    last = {a: i for i, a in enumerate(trace)}
    first = {a: i for i, a in reversed(list(enumerate(trace)))}
    result = [
        f"{a!r} happens {count[a]} times, usual: {', '.join(map(str, sorted(usual)))}"
        for a, usual in skeleton.counts.items()
        if count[a] not in usual
    ]
    result += [f"{a!r} is unknown" for a in count if a not in skeleton.counts]
    result += [f"{a!r} and {b!r} happen unequally often" for a, b in skeleton.equivalence if count[a] != count[b]]
    result += [
        f"{a!r} has no {b!r} after it" for a, b in skeleton.always_after if a in last and last.get(b, -1) < last[a]
    ]
    result += [
        f"{a!r} has no {b!r} before it"
        for a, b in skeleton.always_before
        if a in first and first.get(b, len(trace)) > first[a]
    ]
    result += [f"{a!r} and {b!r} happen together" for a, b in skeleton.never_together if count[a] and count[b]]
    known = skeleton.counts
    steps = {(a, b) for a, b in pairwise(trace) if a != b and a in known and b in known}
    result += [f"{b!r} directly follows {a!r}" for a, b in steps - skeleton.follows]
    return sorted(result)


def _variants(
    log: EventLog,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Variants end to end, where each starts, how many cases follow it, and the variant of each case."""
    variant, first_case = group_traces(log.activity, log.case_start)
    traces = [log.activity[log.case_start[c] : log.case_start[c + 1]] for c in first_case]
    start = np.concatenate([[0], np.cumsum([t.size for t in traces], dtype=np.int64)]).astype(np.int64)
    flat = np.concatenate(traces) if traces else np.empty(0, dtype=np.int32)
    return flat, start, np.bincount(variant, minlength=first_case.size).astype(np.int64), variant
