"""Slow twins: every kernel once more, in the plainest Python, to compare with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise


def is_ordered(case: Sequence[int], t_ns: Sequence[int]) -> bool:
    keys = list(zip(case, t_ns))
    return all(a <= b for a, b in pairwise(keys))


def order(case: Sequence[int], t_ns: Sequence[int]) -> list[int]:
    return sorted(range(len(case)), key=lambda e: (case[e], t_ns[e], e))


def count_follows(traces: Sequence[Sequence[str]]) -> dict[tuple[str, str], int]:
    return dict(Counter(pair for trace in traces for pair in pairwise(trace)))


def pair_gaps(cases: Sequence[Sequence[tuple[str, int, int]]]) -> dict[tuple[str, str], list[int]]:
    """`cases` hold (activity, begin, end) in order."""
    gaps: dict[tuple[str, str], list[int]] = {}
    for case in cases:
        for (a, _, end), (b, begin, _) in pairwise(case):
            gaps.setdefault((a, b), []).append(max(begin - end, 0))
    return gaps


def group_traces(traces: Sequence[Sequence[str]]) -> list[int]:
    """Number of the variant of each trace, in order of first appearance."""
    seen: dict[tuple[str, ...], int] = {}
    return [seen.setdefault(tuple(trace), len(seen)) for trace in traces]


def flag_repeats(traces: Sequence[Sequence[str]]) -> list[int]:
    """0 first time in its trace, 1 directly after itself, 2 back after other work."""
    return [0 if a not in trace[:i] else 1 if trace[i - 1] == a else 2 for trace in traces for i, a in enumerate(trace)]
